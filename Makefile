# make train   trains the network; make test   runs every check; make book   weaves the chapters; make help   lists the rest

CFLAGS ?= -O3 -march=native
STRICT  = -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-psabi -fno-math-errno
PYTHON ?= python3
SEEDS  ?= 200
MAKEFLAGS += --no-print-directory -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

CHAPTERS = notation fully_connected convolution cross_correlation downsampling activations loss optimisation
CHECKS   = $(CHAPTERS:%=build/%_test) $(CHAPTERS:%=build/%_complex)
SHAPES   = $(CHAPTERS:%=build/%_shapes) $(CHAPTERS:%=build/%_adjoint)
PYTHON_TESTS = tangle weave concordance mutate figures
NETWORK  = build/network_complex build/network_lanes build/network_double
LOGS     = $(CHECKS:%=%.log) $(SHAPES:%=%.log) build/network_complex.log build/network_double.log build/network_differences.log build/tables_test.log $(PYTHON_TESTS:%=build/%_test.log) build/committed_test.log build/inside_test.log build/mnist_test.log

# The sanitizers, where the compiler has their libraries.
SANITIZERS = $(shell echo 'int main(void) { return 0; }' | $(CC) -fsanitize=address,undefined -x c - -o /dev/null 2>/dev/null && echo -fsanitize=address,undefined -fno-sanitize-recover=all)

.PHONY: all train gradcheck test bench shapes mutants seeds errata data figures figure-data tangle stitch lines book paper browser-test paper-test python clean help
.DELETE_ON_ERROR:
.SECONDARY: $(CHECKS) $(SHAPES)

all: build/mnist

help:
	@echo 'make train          train the paper'"'"'s network on MNIST (MNIST=dir: files that are there already)'
	@echo 'make test           every check of every chapter, the tests of the tools and the trainer'
	@echo 'make shapes         every small shape, under the sanitizers (make test does it too)'
	@echo 'make mutants        each wrong version of the chapters and every small edit of their code: what catches it'
	@echo 'make seeds          200 other draws of numbers and shapes'
	@echo 'make errata         write paper/errata.md and paper/concordance.md from what the checks measure'
	@echo 'make bench          how fast every part is, and why; beside NumPy and PyTorch where they are installed'
	@echo 'make check-NAME     one chapter'"'"'s checks; NAME: $(CHAPTERS) network'
	@echo 'make gradcheck      finite differences of the whole network on real pictures (MNIST=dir)'
	@echo 'make data           download MNIST into data/'
	@echo 'make figures        draw figures/*.svg from the tables in figures/data'
	@echo 'make figure-data    write those tables anew (MNIST=dir: the folder of the files)'
	@echo 'make tangle         write src/ and tests/ from the chapters'
	@echo 'make stitch         carry hand edits of src/ and tests/ back into the chapters'
	@echo 'make lines          compile everything with messages that name the chapters'"'"' lines'
	@echo 'make book           weave the chapters and the last results of make test into build/book/index.html'
	@echo 'make paper          print them as build/paper.pdf (needs pdflatex and rsvg-convert)'
	@echo 'make browser-test   try the book in Chromium;  make paper-test   look through the printed paper'
	@echo 'make clean          remove what make has built'

# The chapters are the source. Without Python the committed files of src/ and tests/ are used as they are.
tangle:
	@mkdir -p build
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) paper/tangle.py; else echo 'no $(PYTHON): src/ and tests/ are used as they are'; fi

stitch: python
	@$(PYTHON) paper/stitch.py

# make PLAIN=1: with the plain sums of chapters 1 and 2
MNIST_PROGRAM = build/mnist$(if $(PLAIN),-plain)
build/mnist: tangle
	@[ $@ -nt src/mnist.c -a $@ -nt src/fast.c -a $@ -nt src/program.h ] || { echo 'cc src/mnist.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/mnist.c -o $@ -pthread -lm; }

build/mnist-plain: tangle
	@[ $@ -nt src/mnist.c -a $@ -nt src/program.h ] || { echo 'cc -DPLAIN src/mnist.c -o $@'; $(CC) $(STRICT) $(CFLAGS) -DPLAIN src/mnist.c -o $@ -pthread -lm; }

build/mnist-double: tangle
	@[ $@ -nt src/mnist.c ] || { echo 'cc -DDOUBLE src/mnist.c -o $@'; $(CC) $(STRICT) $(CFLAGS) -DDOUBLE src/mnist.c -o $@ -pthread -lm; }

build/inside build/study: build/%: tangle
	@[ $@ -nt src/$*.c -a $@ -nt src/mnist.c -a $@ -nt src/fast.c -a $@ -nt src/program.h ] || { echo 'cc src/$*.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/$*.c -o $@ -pthread -lm; }

build/draw: tangle
	@[ $@ -nt src/draw.c -a $@ -nt src/program.h ] || { echo 'cc src/draw.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/draw.c -o $@ -lm; }

# Drawn digits: what the checks of the network look at, and what is trained on where MNIST cannot be had.
build/drawn/t10k-labels-idx1-ubyte: build/draw
	@[ $@ -nt build/draw ] || build/draw --out build/drawn

build/bench: tangle
	@[ $@ -nt src/bench.c ] || { echo 'cc src/bench.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/bench.c -o $@ -pthread -lm; }

build/bench-double: tangle
	@[ $@ -nt src/bench.c ] || { echo 'cc -DDOUBLE src/bench.c -o $@'; $(CC) $(STRICT) $(CFLAGS) -DDOUBLE src/bench.c -o $@ -pthread -lm; }

build/bench-%-filters: tangle
	@[ $@ -nt src/bench.c ] || $(CC) $(STRICT) $(CFLAGS) -DFILTERS=$* src/bench.c -o $@ -pthread -lm

build/%_test: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 $(SANITIZE) tests/$*_test.c -o $@ -lm

# make check-NAME suits exercises: a function without its body is warned of, and then checked. make test takes no warnings: build/%_test.
build/%_complex: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -Wno-error=unused-parameter -Wno-error=unused-function -O1 $(SANITIZE) -DCOMPLEX tests/$*_test.c -o $@ -lm

# Every small shape under the sanitizers: in double, because gcc 12 does not watch the memory of complex numbers, and with complex numbers for the adjoint test.
build/%_shapes: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 -g $(SANITIZERS) tests/$*_test.c -o $@ -lm

build/%_adjoint: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 -g $(SANITIZERS) -DCOMPLEX tests/$*_test.c -o $@ -lm

# The trainer's own functions, with each kind of number.
KIND_complex = -DCOMPLEX
KIND_double  = -DDOUBLE
$(NETWORK): build/network_%: tangle
	@[ $@ -nt tests/network_test.c -a $@ -nt src/mnist.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) $(CFLAGS) $(KIND_$*) tests/network_test.c -o $@ -pthread -lm

lines: python tangle
	@$(PYTHON) paper/tangle.py --lines build/lines
	@for name in $(CHAPTERS) network; do $(CC) $(STRICT) -fsyntax-only build/lines/tests/$${name}_test.c || exit; done
	@for name in mnist inside study draw bench; do $(CC) $(STRICT) -fsyntax-only build/lines/src/$$name.c || exit; done

check-%: build/%_complex
	@build/$*_complex

shapes: $(SHAPES:%=%.log)
	@cat $(SHAPES:%=%.log)

# Other draws of numbers and shapes, SEEDS of them: every check and every mutant in both forms, and the whole network.
seeds: $(CHECKS) build/network_complex build/drawn/t10k-labels-idx1-ubyte
	@start=$$(date +%s); for seed in $$(seq $(SEEDS)); do echo $$seed; done | xargs -P $(shell getconf _NPROCESSORS_ONLN) -I N sh tests/seed.sh N $(CHECKS) build/network_complex && \
	echo "$(SEEDS) seeds in a row in $$(($$(date +%s) - start)) s" && echo '$(SEEDS) passed, 0 failed'

# Finite differences of the whole network on real pictures.
gradcheck: build/network_double
	@if [ -n "$(MNIST)" ]; then sh src/get-data.sh '$(MNIST)' build/data && build/network_double build/data; else build/network_double data; fi

check-network: $(NETWORK) build/drawn/t10k-labels-idx1-ubyte
	@build/network_complex
	@build/network_lanes >build/network.lanes && build/network_double <build/network.lanes

# Every program's report goes to a log, so that reports don't mix; a log that holds no failure is shown last line only.
build/%_test.log: build/%_test
	@$(call fresh-report,$*_test); REPORT=build/report/$*_test.tsv build/$*_test >$@ 2>&1 || true

build/%_complex.log: build/%_complex
	@$(call fresh-report,$*_complex); REPORT=build/report/$*_complex.tsv build/$*_complex >$@ 2>&1 || true

$(SHAPES:%=%.log): %.log: %
	@SHAPES=1 $< >$@ 2>&1 || true

# What the book shows beside its equations: a first line with compiler and time, then a line for each result.
fresh-report = mkdir -p build/report; printf 'compiler\t%s\t%s\n' "$$($(CC) --version | head -n 1)" "$$(date '+%Y-%m-%d %H:%M')" >build/report/$(1).tsv

build/tables_test.log: $(CHECKS:%=%.log)
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) paper/tables.py --check >$@ 2>&1 || true; else echo '0 passed, 0 failed' >$@; fi

errata: python $(CHECKS:%=%.log)
	@$(PYTHON) paper/tables.py

$(PYTHON_TESTS:%=build/%_test.log): build/%.log: tangle
	@if command -v $(PYTHON) >/dev/null; then CC='$(CC)' $(PYTHON) tests/$*.py >$@ 2>&1 || true; else echo '0 passed, 0 failed' >$@; fi

build/network_complex.log build/network_differences.log build/network_double.log: build/drawn/t10k-labels-idx1-ubyte

build/network_differences.log: build/network_double
	@build/network_double build/drawn >$@ 2>&1 || true

build/network_double.log: build/network_lanes build/network_double
	@{ build/network_lanes >build/network.lanes && build/network_double <build/network.lanes; } >$@ 2>&1 || true

# What is committed must be what the chapters tangle to, whatever the work tree holds by now.
build/committed_test.log: tangle
	@rm -rf build/committed && mkdir -p build/committed
	@if command -v $(PYTHON) >/dev/null && git archive HEAD 2>/dev/null | tar -x -C build/committed 2>/dev/null && [ -f build/committed/paper/tangle.py ]; then \
	if $(PYTHON) build/committed/paper/tangle.py --check >$@ 2>&1; then echo '1 passed, 0 failed' >>$@; else echo '0 passed, 1 failed' >>$@; fi; \
	else echo '0 passed, 0 failed' >$@; fi

build/inside_test.log: build/inside build/mnist build/draw
	@sh tests/inside_test.sh >$@ 2>&1 || true

build/mnist_test.log: build/mnist build/mnist-double build/mnist-plain build/study build/draw
	@sh tests/mnist_test.sh >$@ 2>&1 || true

test: $(LOGS)
	@sh tests/summary.sh $(LOGS)

# Every chapter's checks against every wrong version of its catalogue, then against every small edit of its code.
mutants: python tangle $(CHAPTERS:%=build/%_complex)
	@for name in $(CHAPTERS); do echo "$$name: what each wrong version is caught by"; MUTANTS=1 build/$${name}_complex | grep '^  (\|wrong versions\|FAILED'; done
	@CC='$(CC)' $(PYTHON) tests/mutate.py $(CHAPTERS)

python:
	@command -v $(PYTHON) >/dev/null || { echo 'no $(PYTHON) here: install Python 3, or name it with PYTHON=...' >&2; exit 1; }

# These two need programs that few machines have; where they are missing, each says so and passes nothing.
browser-test: python tangle
	@$(PYTHON) tests/browser_test.py

paper-test: python tangle
	@PYTHON=$(PYTHON) sh tests/paper_test.sh

book: python tangle
	@$(PYTHON) paper/weave.py

paper: python tangle
	@$(PYTHON) paper/printed.py

data:
	@sh src/get-data.sh download data

# MNIST=dir, or data/, or the mirrors; and where none of them can be had, drawn digits.
train: $(MNIST_PROGRAM) build/draw
	@if [ -n "$(MNIST)" ]; then sh src/get-data.sh '$(MNIST)' build/data && $(MNIST_PROGRAM) --data build/data; \
	elif sh src/get-data.sh download data; then $(MNIST_PROGRAM) --data data; \
	else echo 'MNIST is neither here nor within reach: training on drawn digits instead'; build/draw --out build/drawn && $(MNIST_PROGRAM) --data build/drawn; fi

figures: python
	@$(PYTHON) figures/figures.py

# Trains six times and looks inside: about a minute. Without MNIST=dir the files must be in data/.
figure-data: build/study build/inside build/activations_complex
	@if [ -n "$(MNIST)" ]; then sh src/get-data.sh '$(MNIST)' build/data && sh figures/data.sh build/data; \
	elif [ -f data/t10k-labels-idx1-ubyte ]; then sh figures/data.sh data; \
	else echo "figure-data: needs MNIST, the paper's data: 'make data' downloads it, or give its folder as MNIST=dir" >&2; exit 1; fi

# One program after the other, so that none disturbs another.
bench: build/bench build/bench-double build/bench-16-filters build/bench-32-filters build/bench-64-filters
	@{ build/bench-double --seconds >build/double.txt && build/bench build/double.txt && \
	for filters in 16 32 64; do build/bench-$$filters-filters --step 1; done && \
	if command -v $(PYTHON) >/dev/null; then $(PYTHON) src/compare.py; else echo 'no $(PYTHON): no comparison with NumPy and PyTorch'; fi; } | tee build/bench.txt

clean:
	rm -rf build
