# make train   trains the network; make test   runs every check; make help   lists the rest

CFLAGS ?= -O3 -march=native
STRICT  = -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-psabi -fno-math-errno
PYTHON ?= python3
MAKEFLAGS += --no-print-directory -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

CHAPTERS = fully_connected convolution cross_correlation downsampling activations loss optimisation
CHECKS   = $(CHAPTERS:%=build/%_test) $(CHAPTERS:%=build/%_complex)
LOGS     = $(CHECKS:%=%.log) build/tangle_test.log build/committed_test.log build/mnist_test.log

.PHONY: all train test bench data tangle stitch lines clean help
.DELETE_ON_ERROR:

all: build/mnist build/mnist-double

help:
	@echo 'make train          train the paper'"'"'s network on MNIST (MNIST=dir: files that are there already)'
	@echo 'make test           every check of every chapter, the tests of the tools and the trainer'
	@echo 'make bench          how fast every part is, and why; beside NumPy and PyTorch where they are installed'
	@echo 'make check-NAME     one chapter'"'"'s checks; NAME: $(CHAPTERS)'
	@echo 'make                build/mnist, and build/mnist-double, which --gradcheck needs'
	@echo 'make data           download MNIST into data/'
	@echo 'make tangle         write src/ and tests/ from the chapters'
	@echo 'make stitch         carry hand edits of src/ and tests/ back into the chapters'
	@echo 'make lines          compile everything with messages that name the chapters'"'"' lines'
	@echo 'make clean          remove what make has built'

# The chapters are the source. Without Python the committed files of src/ and tests/ are used as they are.
tangle:
	@mkdir -p build
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) chapters/tangle.py; else echo 'no $(PYTHON): src/ and tests/ are used as they are'; fi

stitch:
	@$(PYTHON) chapters/stitch.py

build/mnist: tangle
	@[ $@ -nt src/mnist.c ] || { echo 'cc src/mnist.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/mnist.c -o $@ -pthread -lm; }

build/mnist-double: tangle
	@[ $@ -nt src/mnist.c ] || { echo 'cc -DDOUBLE src/mnist.c -o $@'; $(CC) $(STRICT) $(CFLAGS) -DDOUBLE src/mnist.c -o $@ -pthread -lm; }

build/bench: tangle
	@[ $@ -nt src/bench.c ] || { echo 'cc src/bench.c -o $@'; $(CC) $(STRICT) $(CFLAGS) src/bench.c -o $@ -pthread -lm; }

build/bench-double: tangle
	@[ $@ -nt src/bench.c ] || { echo 'cc -DDOUBLE src/bench.c -o $@'; $(CC) $(STRICT) $(CFLAGS) -DDOUBLE src/bench.c -o $@ -pthread -lm; }

build/bench-%-filters: tangle
	@[ $@ -nt src/bench.c ] || $(CC) $(STRICT) $(CFLAGS) -DFILTERS=$* src/bench.c -o $@ -pthread -lm

build/%_test: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 $(SANITIZE) tests/$*_test.c -o $@ -lm

build/%_complex: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 $(SANITIZE) -DCOMPLEX tests/$*_test.c -o $@ -lm

lines: tangle
	@$(PYTHON) chapters/tangle.py --lines build/lines
	@for name in $(CHAPTERS); do $(CC) $(STRICT) -fsyntax-only build/lines/tests/$${name}_test.c || exit; done
	@for name in mnist bench; do $(CC) $(STRICT) -fsyntax-only build/lines/src/$$name.c || exit; done

check-%: build/%_complex
	@build/$*_complex

# Every program's report goes to a log, so that reports don't mix; a log that holds no failure is shown last line only.
build/%_test.log: build/%_test
	@build/$*_test >$@ 2>&1 || true

build/%_complex.log: build/%_complex
	@build/$*_complex >$@ 2>&1 || true

build/tangle_test.log: tangle
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) tests/tangle_test.py >$@ 2>&1 || true; else echo '0 passed, 0 failed' >$@; fi

# What is committed must be what the chapters tangle to, whatever the work tree holds by now.
build/committed_test.log: tangle
	@rm -rf build/committed && mkdir -p build/committed
	@if command -v $(PYTHON) >/dev/null && git archive HEAD 2>/dev/null | tar -x -C build/committed 2>/dev/null && [ -f build/committed/chapters/tangle.py ]; then \
	if $(PYTHON) build/committed/chapters/tangle.py --check >$@ 2>&1; then echo '1 passed, 0 failed' >>$@; else echo '0 passed, 1 failed' >>$@; fi; \
	else echo '0 passed, 0 failed' >$@; fi

build/mnist_test.log: build/mnist build/mnist-double build/bench build/bench-double
	@sh tests/mnist_test.sh >$@ 2>&1 || true

test: $(LOGS)
	@sh tests/summary.sh $(LOGS)

data:
	@sh src/get-data.sh download data

# MNIST=dir, or data/, or the mirrors; and where none of them can be had, drawn digits.
train: build/mnist
	@if [ -n "$(MNIST)" ]; then sh src/get-data.sh '$(MNIST)' build/data && build/mnist --data build/data; \
	elif sh src/get-data.sh download data; then build/mnist --data data; \
	else echo 'MNIST is neither here nor within reach: training on drawn digits instead'; build/mnist; fi

# One program after the other, so that none disturbs another.
bench: build/bench build/bench-double build/bench-16-filters build/bench-32-filters build/bench-64-filters
	@build/bench-double --seconds >build/double.txt
	@build/bench build/double.txt
	@for filters in 16 32 64; do build/bench-$$filters-filters --step 1; done
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) src/compare.py; else echo 'no $(PYTHON): no comparison with NumPy and PyTorch'; fi

clean:
	rm -rf build
