# make train trains the network, make test runs every check, make help lists the rest.

CFLAGS ?= -O3 -march=native
STRICT  = -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-psabi -fno-math-errno
PYTHON ?= python3
SEEDS  ?= 200
# One job more than processors, for one may wait for a slow server.
JOBS   := $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))
MAKEFLAGS += --no-builtin-rules --no-print-directory -j$(JOBS)

# The chapters with a checker, in their order: they have a chunk tests/NAME_test.c. These have their own rules: network,
# fuzz, run, lanes.
CHECKED  := $(shell cd chapters && sed -n 's,^// <<tests/\(.*\)_test\.c>>=$$,\1,p' $$(ls | sort -n))
CHAPTERS := $(filter-out network fuzz run lanes,$(CHECKED))
FAST      = fully_connected_fast convolution_fast
CHECKS    = $(foreach name,$(CHAPTERS) $(FAST),build/$(name)_test build/$(name)_complex)
SHAPES    = $(patsubst %,%_shapes.log,$(filter %_test,$(CHECKS)))   # under the sanitizers
NETWORK   = build/network_complex build/network_lanes build/network_double
RUN       = build/run_double build/run_lanes
LANES     = $(foreach lanes,4 8 16,build/lanes_$(lanes) build/lanes_fast_$(lanes))
MODERN   := $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && echo yes)
TOOLS    := $(if $(MODERN),tangle weave concordance mutate figures width measured files python data)
NOPYTHON  = $(PYTHON): not here, or older than Python 3.9
LOGS      = $(CHECKS:%=%.log) $(SHAPES) $(NETWORK:%=%.log) $(TOOLS:%=build/%_test.log) \
            build/inside_test.log build/mnist_test.log build/fuzz_test.log $(RUN:%=%.log) $(LANES:%=%.log)

.PHONY: all help always tangle stitch lines python train data gradcheck figure-data bench numbers check-fast \
        check-network check-lanes check-run test shapes seeds mutants stress errata book pdf figures browser-test \
        pdf-test dist dist-test platforms clean
.DELETE_ON_ERROR:

all: build/mnist build/study build/draw
help:
	@sed -n 's/^## //p' Makefile

# ---- The chapters are the source ----

# The tangler writes the files whose content changes, so that only what depends on these is built anew. It refuses to
# overwrite one that was edited by hand, so it looks at what is newer. Without Python the C is used as it is.
EDITED := $(shell find src tests '(' -name '*.[ch]' -o -type d ')' -newer build/tangled 2>/dev/null)
build/tangled: $(wildcard chapters/*.md) paper/tangle.py $(if $(EDITED),always)
	@mkdir -p build/report
	@$(if $(MODERN),$(PYTHON) paper/tangle.py,echo '$(NOPYTHON): the C stays as it is')
	@touch $@
src/%.c: build/tangled ;
src/%.h: build/tangled ;
tests/%.c: build/tangled ;
tests/%.h: build/tangled ;
.PRECIOUS: src/%.c src/%.h tests/%.c tests/%.h

## make tangle         write src/ and tests/ from the chapters
tangle: build/tangled
## make stitch         carry hand edits of src/ and tests/ back into the chapters
stitch: python
	@$(PYTHON) paper/stitch.py
## make lines          compile everything with messages that name the chapters' lines
lines: python build/tangled
	@$(PYTHON) paper/tangle.py --lines build/lines
	@for file in build/lines/*/*.c; do $(CC) $(STRICT) -Ibuild/lines/src -fsyntax-only $$file || exit; done
python:
	@$(if $(MODERN),:,echo '$(NOPYTHON): install it, or name it: PYTHON=...' >&2; exit 1)

# ---- Programs ----

FLAGS   = $(CFLAGS)
APART   = -Dflatten=unused -Dalways_inline=unused   # functions that are not compiled into each other, for speed alone
TRAINER = src/mnist.c src/fast.c src/program.h src/safetensors.h
TRIED   = $(addprefix build/,mnist mnist-plain mnist-double study inside draw one.c)   # what the programs' tests call
# Each program is one file. gcc, when told so, compiles no function for callers from elsewhere: in half the time.
WHOLE  := $(shell echo 'int main(void) { return 0; }' | $(CC) -Werror -fwhole-program -x c - -o /dev/null 2>/dev/null \
          && echo -fwhole-program)
compile = @echo '$(strip $(CC) $(filter-out $(APART),$(filter -D%,$(FLAGS)))) $< -o $@'; \
          $(CC) $(STRICT) $(WHOLE) $(FLAGS) $< -o $@ -pthread -lm

build/mnist build/mnist-plain build/mnist-double: $(TRAINER)
	$(compile)
build/inside build/study build/bench: build/%: src/%.c $(TRAINER)
	$(compile)
build/bench-%: src/bench.c $(TRAINER)
	$(compile)
build/draw: src/draw.c src/program.h
	$(compile)
build/mnist-plain build/bench-plain: FLAGS += -DPLAIN
build/mnist-double: FLAGS += -DDOUBLE
build/inside: FLAGS += -O1
build/bench-double: FLAGS += -DPLAIN -DDOUBLE
build/bench-%-filters: FLAGS += -DFILTERS=$(@:build/bench-%-filters=%)

## make build/one.c    the trainer as a single file, with what it includes in its place
build/one.c: $(TRAINER)
	@awk 'function put(file,  line, part) { while ((getline line <file) > 0) \
	    if (line ~ /^#include "/) { split(line, part, "\""); put("src/" part[2]) } else print line } \
	    BEGIN { put("src/mnist.c") }' >$@

# Drawn digits: what the checks of the network look at, and what is trained on where MNIST cannot be had.
DRAWN = build/drawn/t10k-labels-idx1-ubyte
$(DRAWN): build/draw
	@build/draw --out build/drawn

# ---- Training and measuring ----

PROGRAM  = build/mnist$(if $(PLAIN),-plain)
DATA     = data
get-data = sh src/get-data.sh $(if $(MNIST),'$(MNIST)',download) $(DATA)

## make train          train the paper's network on MNIST (MNIST=dir: files that are here; PLAIN=1: with the plain sums)
train: $(PROGRAM) build/draw
	@if $(get-data); then $(PROGRAM) --data $(DATA); elif [ -n '$(MNIST)' ]; then exit 1; \
	else echo 'MNIST is neither here nor within reach: training on drawn digits instead'; \
	    build/draw --out build/drawn && $(PROGRAM) --data build/drawn --save drawn.safetensors; fi
## make data           download MNIST into data/ (MNIST=dir: unpack it from there; MIRRORS="URL URL": other mirrors)
data: build/tangled
	@$(get-data)
## make gradcheck      finite differences of the whole network on real pictures (MNIST=dir)
gradcheck: data build/network_double
	@build/network_double $(DATA)
## make figure-data    train six times and look inside, for the tables in figures/data: about a minute (MNIST=dir)
figure-data: data build/study build/inside build/activations_complex
	@sh figures/data.sh $(DATA)
## make bench          how fast every part is, and why; beside NumPy and PyTorch where they are installed
bench: build/bench build/bench-plain build/bench-double $(patsubst %,build/bench-%-filters,16 32 64)
	@$(CC) -std=gnu11 -O2 src/onednn.c -o build/onednn -ldnnl 2>build/onednn.log || rm -f build/onednn
	@{ build/bench-plain --seconds >build/plain.txt && build/bench-double --seconds >build/double.txt && \
	build/bench build/plain.txt build/double.txt && \
	for filters in 16 32 64; do build/bench-$$filters-filters --step 1; done && \
	for batch in 1 128 1024; do build/bench --step 1 $$batch; done && build/bench --read 1 && \
	$(if $(MODERN),$(PYTHON) src/compare.py,echo '$(NOPYTHON): no comparison with NumPy and PyTorch'); \
	} | tee build/bench.txt
## make numbers        measure, and renew the figures of README and chapter 9 that stand for it
numbers: python bench
	@$(PYTHON) paper/measured.py --take "$$($(CC) --version | sed 1q)"
	@$(PYTHON) figures/figures.py

# ---- Checks: tests/NAME_test.c includes src/NAME.c or, for chapter 9, src/fast.c ----

# Every checker is built in double, watched by the sanitizers, and with complex numbers, whose memory gcc 12 does not
# watch. The second suits exercises: a function without its body is warned of, and then checked. The first does not.
build/%_test: FLAGS = -Og -g1 @build/sanitizers $(APART)
build/%_test: tests/%_test.c src/%.c tests/check.h build/sanitizers
	$(compile)
build/%_complex: FLAGS = -Og -g1 $(SANITIZE) -DCOMPLEX -Wno-error=unused-parameter -Wno-error=unused-function
build/%_complex: tests/%_test.c src/%.c tests/check.h
	$(compile)
$(FAST:%=build/%_test): build/%_fast_test: tests/%_test.c src/fast.c tests/check.h build/sanitizers
	$(compile)
$(FAST:%=build/%_complex): build/%_fast_complex: tests/%_test.c src/fast.c tests/check.h
	$(compile)
$(FAST:%=build/%_test) $(FAST:%=build/%_complex): FLAGS += -DFAST

# The sanitizers, where the compiler has their libraries.
build/sanitizers: build/tangled
	@echo '-fsanitize=address,undefined -fno-sanitize=vla-bound -fno-sanitize-recover=all' >$@
	@echo 'int main(void) { return 0; }' | $(CC) @$@ -x c - -o /dev/null 2>/dev/null || : >$@

# The trainer's own functions with each kind of number; in lanes they are compiled as the trainer is.
$(NETWORK): tests/network_test.c tests/check.h $(TRAINER)
	$(compile)
build/network_complex: FLAGS = $(CFLAGS) -O1 -g1 -DCOMPLEX $(APART)
build/network_double: FLAGS = $(CFLAGS) -O1 -g1 -DDOUBLE $(APART)
build/network_lanes: FLAGS = $(CFLAGS)

## make check-NAME     one chapter's checks: make check-convolution; of one equation: ONLY='(8)' make check-convolution
check-%: build/%_complex
	@build/$*_complex
## make check-network  the whole network's: by its definition, by complex steps, lanes against doubles
check-network: $(NETWORK) $(DRAWN)
	@build/network_complex
	@build/network_lanes >build/network.lanes && build/network_double <build/network.lanes

# Every layer's lanes beside doubles.
build/lanes_%: FLAGS = $(CFLAGS) -O1 -Isrc $(APART) $(if $(findstring fast,$*),,-DPLAIN) \
    $(addprefix -DLANES=,$(filter-out fast double,$(subst _, ,$*)))
build/lanes_%: tests/lanes_test.c src/fast.c tests/check.h
	$(compile)
## make check-lanes    every layer of chapters 1 to 6, and the fast sums, in rows of 4, 8 and 16 lanes against doubles
check-lanes: $(LANES) build/lanes_double
	@for lanes in $(LANES); do $$lanes | build/lanes_double || exit; done

# The training run beside its oracle, with two filters, which is quick. In double it is built with the plain sums.
build/run_double: FLAGS = $(CFLAGS) -O1 -DFILTERS=2 -DDOUBLE -DPLAIN $(APART)
build/run_lanes: FLAGS = $(CFLAGS) -O1 -DFILTERS=2
$(RUN): tests/run_test.c src/study.c $(TRAINER)
	$(compile)
## make check-run      the whole training run by its definition, step by step, and the programs by their files
check-run: $(RUN)
	@build/run_double && build/run_lanes
## make check-fast     the chapters' checks for the fast sums of chapter 9
check-fast: $(FAST:%=build/%_complex)
	@build/fully_connected_fast_complex && build/convolution_fast_complex

# Damaged files, for the parsers: build/fuzz_test tests/corpus INPUTS.
build/fuzz_test: FLAGS = -O1 -g1 @build/sanitizers
build/fuzz_test: tests/fuzz_test.c src/program.h src/safetensors.h build/sanitizers
	$(compile)

# ---- Tests: every program writes a log, so that reports don't mix; tests/summary.sh adds up their last lines ----

## make test           every check, every small shape, the tests of the tools and of the trainer
test: $(filter %/data_test.log,$(LOGS)) $(LOGS)
	@sh tests/summary.sh $(LOGS)
## make shapes         every small shape alone
shapes: $(SHAPES)
	@cat $^
$(LOGS): always
log = >$@ 2>&1 || true

# What the book shows beside its equations: a first line with compiler and time, then a line for each result.
$(CHECKS:%=%.log) build/network_complex.log: %.log: %
	@printf 'compiler\t%s\t%s\n' "$$($(CC) --version | sed 1q)" "$$(date '+%Y-%m-%d %H:%M')" >build/report/$(*F).tsv
	@REPORT=build/report/$(*F).tsv $< $(log)
$(SHAPES): %_shapes.log: %
	@SHAPES=1 $< $(log)
build/network_lanes.log: build/network_lanes build/network_double
	@{ build/network_lanes >build/network.lanes && build/network_double <build/network.lanes; } $(log)
build/network_double.log: build/network_double
	@build/network_double build/drawn $(log)
$(NETWORK:%=%.log): $(DRAWN)

$(LANES:%=%.log): %.log: % build/lanes_double
	@$< | build/lanes_double $(log)
$(RUN:%=%.log): %.log: %
	@$< $(log)
build/fuzz_test.log: build/fuzz_test
	@build/fuzz_test tests/corpus 50000 $(log)
$(TOOLS:%=build/%_test.log): build/%.log: tests/%.py build/tangled
	@CC='$(CC)' $(PYTHON) $< $(log)
build/concordance_test.log: $(CHECKS:%=%.log)
build/files_test.log: $(TRIED)
build/%_test.log: tests/%_test.sh $(TRIED)
	@sh $< $(log)

## make seeds          other draws of numbers and shapes: 200, or SEEDS=20
seeds: $(CHECKS) build/network_complex $(RUN) $(DRAWN)
	@seq $(SEEDS) | xargs -P $(JOBS) -I N sh tests/seed.sh N $(CHECKS) build/network_complex $(RUN)
	@echo '$(SEEDS) passed, 0 failed'
## make mutants        what catches each wrong version of the chapters, each small edit of their code, of the trainer's
mutants: python $(CHAPTERS:%=build/%_complex) $(TRIED)
	@for name in $(CHAPTERS); do echo "$$name: what each wrong version is caught by"; \
	    MUTANTS=1 build/$${name}_complex | grep '^  (\|wrong versions\|FAILED'; done
	@CC='$(CC)' $(PYTHON) tests/mutate.py $(CHAPTERS) fast trainer

## make stress         damaged files, failing system calls, kills, two runs at once: some minutes, or EFFORT=0.1
stress: python
	@CC='$(CC)' $(PYTHON) tests/stress.py $(EFFORT)

# ---- The book ----

book pdf figures errata dist browser-test pdf-test dist-test: python build/tangled
## make book           weave the chapters and the last results of make test into build/book/index.html
book:
	@$(PYTHON) paper/weave.py
## make pdf            print the book, with FULL=1 its tests, too (needs pdflatex and rsvg-convert)
pdf:
	@$(PYTHON) paper/printed.py $(if $(FULL),--full)
## make figures        draw figures/*.svg from the tables in figures/data
figures:
	@$(PYTHON) figures/figures.py
## make errata         write paper/errata.md and paper/concordance.md from what the checks measure
errata: $(CHECKS:%=%.log)
	@$(PYTHON) paper/tables.py
## make browser-test   try the book in Chromium, where there is one
browser-test:
	@$(PYTHON) tests/browser_test.py
## make pdf-test       look through the printed book, where it can be made
pdf-test:
	@PYTHON=$(PYTHON) sh tests/pdf_test.sh
## make dist           the sources, the book and the reading edition, into build/dist: twice the same bytes
dist: $(CHECKS:%=%.log) build/network_complex.log
	@sh tests/summary.sh $(filter %.log,$^)
	@$(PYTHON) paper/dist.py
## make dist-test      build a release twice, in two places, and compare
dist-test:
	@$(PYTHON) tests/dist_test.py
## make platforms      checks, trainer and files with every compiler and machine that is here, for paper/platforms.md
platforms: python build/tangled
	@CC='$(CC)' $(PYTHON) tests/platforms.py
## make clean          remove what make has built
clean:
	rm -rf build
