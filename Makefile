# Entry points. `make demo` and `make test` are all that a newcomer needs.

BLPSEG = .build/release/blpseg
SOURCES = Package.swift Sources Tests Benchmarks Fuzz
C_SOURCES = $(shell git ls-files '*.c' '*.cpp' '*.h')

.PHONY: demo build build-tests test test-portability test-interop test-library fuzz sanitize bench check format dist cuda-check \
  test-dist setup clean

demo: build
	@rm -rf runs/demo
	$(BLPSEG) train Configs/demo.yaml

build: setup
	swift build -c release --product blpseg

# Tests run in release mode, as users run the program; one at a time, since each uses all cores.
test: build-tests
	swift test -c release --skip-build --no-parallel --skip InteropTests

# Those that compare numbers, also as narrower processors compute: limits instruction sets and threads.
test-portability: build-tests
	@Scripts/test-portability

# Against real counterparts: PyTorch, pydensecrf, TensorBoard, SciPy, in a Python environment made in .interop.
test-interop: build-tests
	@Scripts/setup-interop
	swift test -c release --skip-build --no-parallel --filter InteropTests

# A package of its own that imports BLPSegKit from this checkout, trains and predicts; builds everything anew.
test-library: setup
	@Scripts/test-library

# One build for both, the program that they start included.
build-tests: setup
	swift build -c release --build-tests

# Damaged files for every reader, SECONDS for each; those that a reader does not hold against are kept in Fuzz/cases.
SECONDS = 20
fuzz: setup
	swift build -c release --product fuzz
	.build/release/fuzz --seconds $(SECONDS)
	Fuzz/c/run $(SECONDS)

# The kernels by themselves, without LibTorch, under the address, undefined-behaviour and thread sanitizers.
sanitize:
	@Scripts/sanitize

# Ours beside plain PyTorch, OpenCV and pydensecrf, in turn; takes half an hour, and wants a machine that does nothing else.
bench: setup
	swift build -c release --product benchmarks
	@Scripts/setup-interop
	.build/release/benchmarks run

# Format, dependencies that no file imports, imports that Package.swift does not declare or that a file does not use, and
# warnings in our own code: all are errors.
check: setup
	swift format lint --strict --recursive $(SOURCES)
	@format=$$(Scripts/setup-format) && $$format --dry-run --Werror $(C_SOURCES)
	BLPSEG_STRICT=1 BLPSEG_INDEX=$(CURDIR)/.build-check/index swift build -c release --build-tests --scratch-path .build-check \
	  --explicit-target-dependency-import-check error
	Scripts/check-imports .build-check/index

format:
	swift format --in-place --recursive $(SOURCES)
	@format=$$(Scripts/setup-format) && $$format -i $(C_SOURCES)

# Numbers and times of an NVIDIA GPU, beside plain PyTorch where Python has it, by the program that `make dist` made.
cuda-check:
	@Scripts/cuda-check

# The program for machines without Swift, in dist/, and a test of it in an empty root folder (as root, with debootstrap).
dist: setup
	@Scripts/dist

test-dist:
	@Scripts/test-dist

setup:
	@Scripts/setup

clean:
	rm -rf .build .build-check .build-fuzz .build-sanitize .build-library .build-dist dist
