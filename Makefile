# make train   trains the network; make test   runs every check; make help   lists the rest

CFLAGS ?= -O3 -march=native
STRICT  = -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-psabi -fno-math-errno
PYTHON ?= python3
MAKEFLAGS += --no-print-directory -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

CHAPTERS = fully_connected convolution cross_correlation downsampling activations loss optimisation
CHECKS   = $(CHAPTERS:%=build/%_test) $(CHAPTERS:%=build/%_complex)
NETWORK  = build/network_complex build/network_lanes build/network_double
LOGS     = $(CHECKS:%=%.log) build/network_complex.log build/network_double.log build/tangle_test.log build/committed_test.log build/mnist_test.log

.PHONY: all train test data tangle stitch lines clean help
.DELETE_ON_ERROR:

all: build/mnist build/mnist-double

help:
	@echo 'make train          train the paper'"'"'s network on MNIST (MNIST=dir: files that are there already)'
	@echo 'make test           every check of every chapter, the tests of the tools and the trainer'
	@echo 'make check-NAME     one chapter'"'"'s checks; NAME: $(CHAPTERS) network'
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

build/%_test: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 $(SANITIZE) tests/$*_test.c -o $@ -lm

build/%_complex: tangle
	@[ $@ -nt tests/$*_test.c -a $@ -nt src/$*.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) -O1 $(SANITIZE) -DCOMPLEX tests/$*_test.c -o $@ -lm

# The trainer's own functions, with each kind of number.
KIND_complex = -DCOMPLEX
KIND_double  = -DDOUBLE
$(NETWORK): build/network_%: tangle
	@[ $@ -nt tests/network_test.c -a $@ -nt src/mnist.c -a $@ -nt tests/check.h ] || $(CC) $(STRICT) $(CFLAGS) $(KIND_$*) tests/network_test.c -o $@ -pthread -lm

lines: tangle
	@$(PYTHON) chapters/tangle.py --lines build/lines
	@for name in $(CHAPTERS) network; do $(CC) $(STRICT) -fsyntax-only build/lines/tests/$${name}_test.c || exit; done
	@$(CC) $(STRICT) -fsyntax-only build/lines/src/mnist.c

check-%: build/%_complex
	@build/$*_complex

check-network: $(NETWORK)
	@build/network_complex
	@build/network_lanes >build/network.lanes && build/network_double <build/network.lanes

# Every program's report goes to a log, so that reports don't mix; a log that holds no failure is shown last line only.
build/%_test.log: build/%_test
	@build/$*_test >$@ 2>&1 || true

build/%_complex.log: build/%_complex
	@build/$*_complex >$@ 2>&1 || true

build/network_double.log: build/network_lanes build/network_double
	@{ build/network_lanes >build/network.lanes && build/network_double <build/network.lanes; } >$@ 2>&1 || true

build/tangle_test.log: tangle
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) tests/tangle_test.py >$@ 2>&1 || true; else echo '0 passed, 0 failed' >$@; fi

# What is committed must be what the chapters tangle to, whatever the work tree holds by now.
build/committed_test.log: tangle
	@rm -rf build/committed && mkdir -p build/committed
	@if command -v $(PYTHON) >/dev/null && git archive HEAD 2>/dev/null | tar -x -C build/committed 2>/dev/null && [ -f build/committed/chapters/tangle.py ]; then \
	if $(PYTHON) build/committed/chapters/tangle.py --check >$@ 2>&1; then echo '1 passed, 0 failed' >>$@; else echo '0 passed, 1 failed' >>$@; fi; \
	else echo '0 passed, 0 failed' >$@; fi

build/mnist_test.log: build/mnist build/mnist-double
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

clean:
	rm -rf build
