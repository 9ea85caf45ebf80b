# A thin front of CMake; `make help` says what there is.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
MAKEFLAGS += --no-print-directory

.PHONY: all demo test bench check wheel install deps clean help

all: build/configured
	@cmake --build build -j $(JOBS) --target product

deps:
	@sh scripts/deps.sh

build/configured: CMakeLists.txt CMakePresets.json $(wildcard cmake/*) scripts/deps.sh
	@sh scripts/deps.sh
	@cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@touch $@

demo: all
	@sh scripts/demo.sh

test: all
	@cmake --build build -j $(JOBS)
	ctest --test-dir build --output-on-failure -j $(JOBS)

bench: all
	@sh scripts/bench.sh $(CASE)

check:
	@sh scripts/check.sh quick

wheel:
	@sh scripts/deps.sh
	@sh scripts/wheel.sh

install: all
	DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"

clean:
	rm -rf build build-*

help:
	@echo "make            build the program and the libraries into build/"
	@echo "make demo       simulate an archive, ingest it, build bars, evaluate a factor, show what came out"
	@echo "make test       build and run all tests"
	@echo "make bench      time it beside its peers (CASE=name for one case)"
	@echo "make check      format and shell checks; scripts/check.sh has more"
	@echo "make wheel      a wheel of the Python package, with every library inside, into build/dist"
	@echo "make install    install below PREFIX (default /usr/local); DESTDIR is honoured"
	@echo "make deps       install what the build needs and is missing; the others do so, too"
	@echo "make clean      remove what was built, and the fetched DuckDB"
