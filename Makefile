# Names the commands of this project; `make` or `make help` lists them.
# SPDX-License-Identifier: Apache-2.0
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
datadir ?= $(PREFIX)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/llava-tools
SHARE = $(DESTDIR)$(datadir)
# What a reader without the sources has beside the pages.
DOCUMENTS := README.md CHANGELOG.md BENCHMARKS.md SECURITY.md LICENSE
BIN := .build/release
# MPI for llava-train, which finds the library beside itself or in lib/llava-tools.
MPICC ?= mpicc
MPI_LIBRARY ?= $(BIN)/libllava-mpi.so
MPI_PACKAGES := libopenmpi-dev openmpi-bin
libdir ?= $(PREFIX)/lib
TOOLS := $(shell sed -n '/^let tools/,/^]/s/^  "\([a-z-]*\)":.*/\1/p' Package.swift)
# Folders of examples/ that tools read by themselves.
SHARED := prompts rubrics
# The sets of kernels, best first, each a ceiling (LLAVA_CPU in llava(7)).
SETS := amx avx512bf16 avx512 avx2 scalar
PACKAGES := libopenblas-dev libjpeg-dev libpng-dev libzstd-dev nettle-dev zlib1g-dev \
  libcurl4-openssl-dev zstd pkg-config
# What `bench` and the virtual environment need besides.
BENCH_PACKAGES := python3-venv python3-dev g++ cmake ninja-build jq
# PyTorch for `agreement` and `bench`: your own interpreter, or a virtual environment made here.
PYTHON ?= .venv/bin/python
# llama.cpp for `bench`: a folder of its programs, or nothing to build it here; `agreement` compares with
# it where it was built. BENCH: more options.
LLAMA_CPP ?=
LLAMA_BUILD := $(if $(LLAMA_CPP),,.build/llama.cpp/ready)
# A Python with the packages of requirements-openvino.txt for `bench`, or the one made here.
OPENVINO ?= .build/openvino/bin/python
OPENVINO_VENV := $(if $(filter .build/%,$(OPENVINO)),.build/openvino/ready)
BENCH ?=
TIME ?= 600
FUZZED ?= $(patsubst Tests/Fuzz/corpus/%/,%,$(wildcard Tests/Fuzz/corpus/*/))
# limits.c has instructions of x86; elsewhere its rows are left out.
LIMITS := $(if $(filter x86_64,$(shell uname -m)),.build/limits)
VENV := $(if $(filter .venv/%,$(PYTHON)),.venv/ready)
REQUIREMENTS := Tests/Agreement/requirements.txt Tests/Benchmarks/requirements.txt
# Makes the tools start fast: the C++ library in the binary, relocations packed, no exported names. The script
# leaves out hashes of Swift's, which nothing reads and which differ from folder to folder.
FAST_LINK := -use-ld=lld -L.build/link -Xclang-linker -static-libgcc \
  $(addprefix -Xlinker ,--no-export-dynamic -z pack-relative-relocs -T .build/link/no-hashes.ld)
RELEASE := swift build -c release --static-swift-stdlib --disable-local-rpath -Xlinker -s $$(cat .build/link/flags)
# What `run.sh` leaves out of the screen stands in its log.
SWIFT_TEST = LLAVA_TOOLS_DIRECTORY="$(CURDIR)/$(BIN)" Tests/run.sh .build/test.log swift test

.PHONY: always help packages bench-packages build mpi mpi-library demo test test-cpus soak fuzz bench agreement docs docs-check \
  format lint install dist deb uninstall clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

packages: ## Install the system packages that are missing (Debian, Ubuntu)
	$(call install-packages,$(PACKAGES))

bench-packages: packages
	$(call install-packages,$(BENCH_PACKAGES))

define install-packages
	@command -v dpkg-query > /dev/null || exit 0; missing=""; sudo=""; \
	for name in $(1); do \
	  dpkg-query -W -f '$${Status}' $$name 2> /dev/null | grep -q 'ok installed' \
	    || missing+=" $$name"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	[ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	set -x; $$sudo apt-get update -q; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing
endef

.build/link/version: always
	@mkdir -p $(@D)
	@swiftc --version 2>&1 | cmp -s - $@ || swiftc --version > $@ 2>&1

# Tried once for each Swift: without lld or glibc 2.36 the tools are linked as Swift does it by itself.
.build/link/flags: .build/link/version
	ln -sf "$$(clang -print-file-name=libstdc++.a || echo none)" $(@D)/libstdc++.a
	echo 'SECTIONS { /DISCARD/ : { *(.swift_modhash) } } INSERT AFTER .comment;' > $(@D)/no-hashes.ld
	echo 'print("links fast")' > $(@D)/try.swift
	if swiftc -static-stdlib $(FAST_LINK) $(@D)/try.swift -o $(@D)/try && $(@D)/try; \
	then echo '$(addprefix -Xswiftc ,$(FAST_LINK))' > $@; else echo > $@; fi

build: packages .build/link/flags ## Build the tools in release, Swift's library linked statically
	for tool in $(TOOLS); do $(RELEASE) --product $$tool; done

mpi: ## Build the library for training with MPI; installs Debian's Open MPI where there is no mpicc
	@command -v $(MPICC) > /dev/null || $(MAKE) mpi-packages
	@$(MAKE) mpi-library

mpi-packages:
	$(call install-packages,$(MPI_PACKAGES))

mpi-library: $(MPI_LIBRARY)

# Anew for each MPI: their interfaces differ.
$(MPI_LIBRARY): Sources/C/CMPI/plugin/mpi.c Sources/C/CMPI/include/CMPI.h always
	@mkdir -p $(@D)
	$(MPICC) -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -fPIC -fvisibility=hidden -shared -o $@ $<

demo: build ## Caption the bundled pictures with the bundled tiny model
	@examples/demo.sh

test: build ## Run every test, the command tests on the release tools (long sweeps in short)
	@! command -v $(MPICC) > /dev/null || $(MAKE) mpi-library
	@$(SWIFT_TEST)

test-cpus: build ## Run every test with each set of kernels as the ceiling
	@for set in $(SETS); do echo "LLAVA_CPU=$$set"; LLAVA_CPU=$$set $(SWIFT_TEST); done

soak: build ## Run every test with the long forms of the sweeps: ten thousand pictures, fuzzing (hours)
	@LLAVA_SOAK=1 $(SWIFT_TEST)

bench: build bench-packages $(VENV) $(LIMITS) $(LLAMA_BUILD) $(OPENVINO_VENV) ## Time the tools and their peers side by side
	$(RELEASE) --product llava-bench
	@! command -v $(MPICC) > /dev/null || $(MAKE) mpi-library
	$(PYTHON) -W ignore Tests/Benchmarks/bench.py --tools $(BIN) \
	  --llama-cpp $(or $(LLAMA_CPP),.build/llama.cpp) --openvino $(OPENVINO) $(BENCH)

.build/limits: Tests/Benchmarks/limits.c | bench-packages
	mkdir -p .build
	$$(command -v clang || echo cc) -O3 -march=native -Wall -Wextra -pthread -o $@ $<

# Its packages want versions of others' that PyTorch's peer does not; where they do not install, a row says so.
.build/openvino/ready: Tests/Benchmarks/requirements-openvino.txt | bench-packages
	python3 -m venv .build/openvino
	.build/openvino/bin/python -m pip install -q -r $< || echo 'bench: OpenVINO does not install'
	touch $@

.build/llama.cpp/ready: Tests/Benchmarks/llama_cpp.sh | bench-packages $(VENV)
	PYTHON=$(PYTHON) Tests/Benchmarks/llama_cpp.sh .build/llama.cpp
	touch $@

fuzz: ## Fuzz every reader for TIME (600) seconds each, from Tests/Fuzz/corpus on; FUZZED: some of them
	LLAVA_FUZZ=1 swift build -c release --sanitize=fuzzer --scratch-path .build/fuzz --product reader-fuzzer
	mkdir -p $(addprefix .build/fuzz/found/,$(FUZZED))
	for reader in $(FUZZED); do \
	  case $$reader in image) seeds=images ;; stream) seeds=streams ;; tokenizer) seeds=text ;; \
	    gguf|sandboxed) seeds=$$reader ;; config) seeds=models/llava-hf ;; *) seeds= ;; esac; \
	  LLAVA_FUZZED=$$reader .build/fuzz/release/reader-fuzzer -max_total_time=$(TIME) -max_len=16384 \
	    -rss_limit_mb=1024 -timeout=5 -artifact_prefix=.build/fuzz/$$reader- .build/fuzz/found/$$reader \
	    Tests/Fuzz/corpus/$$reader $${seeds:+Tests/Golden/$$seeds}; \
	done

agreement: build $(VENV) ## Compare every stage with PyTorch at true widths
	$(PYTHON) Tests/Agreement/agreement.py --tools $(BIN) --llama-cpp $(or $(LLAMA_CPP),.build/llama.cpp)

.venv/ready: $(REQUIREMENTS) | bench-packages
	python3 -m venv .venv
	.venv/bin/python -m pip install -q $(addprefix -r ,$^)
	touch $@

docs: build ## Write the completions anew from the tools
	for tool in $(TOOLS); do \
	  $(BIN)/$$tool --generate-completion-script bash > completions/bash/$$tool; \
	  $(BIN)/$$tool --generate-completion-script zsh > completions/zsh/_$$tool; \
	  $(BIN)/$$tool --generate-completion-script fish > completions/fish/$$tool.fish; \
	done

docs-check: docs ## Hold the pages and completions against the tools
	@changed=$$(git status --porcelain -- man completions); \
	[ -z "$$changed" ] || { echo "not committed: $$changed" >&2; exit 1; }
	$(SWIFT_TEST) --filter DocsTests

format: ## Format the Swift sources
	swift format -i -r -p Package.swift Sources Tests

lint: ## Check the format and the layout
	swift format lint --strict -r -p Package.swift Sources Tests
	$(SWIFT_TEST) --filter LayoutTests

$(addprefix $(BIN)/,$(TOOLS)):
	$(MAKE) build

install: $(addprefix $(BIN)/,$(TOOLS)) ## Install under PREFIX (/usr/local), below DESTDIR if set
	for tool in $(TOOLS); do \
	  install -D -m 755 $(BIN)/$$tool "$(DESTDIR)$(bindir)/$$tool"; \
	  install -D -m 644 completions/bash/$$tool "$(SHARE)/bash-completion/completions/$$tool"; \
	  install -D -m 644 completions/zsh/_$$tool "$(SHARE)/zsh/site-functions/_$$tool"; \
	  install -D -m 644 completions/fish/$$tool.fish "$(SHARE)/fish/vendor_completions.d/$$tool.fish"; \
	done
	if [ -e $(MPI_LIBRARY) ]; then \
	  install -D -m 644 $(MPI_LIBRARY) "$(DESTDIR)$(libdir)/llava-tools/libllava-mpi.so"; \
	fi
	for page in man/*.[157]; do install -D -m 644 $$page "$(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}"; done
	install -D -m 644 -t "$(DESTDIR)$(docdir)" $(DOCUMENTS)
	for file in $$(cd examples && find $(SHARED) -type f); do \
	  install -D -m 644 "examples/$$file" "$(SHARE)/llava-tools/$$file"; \
	done

dist: ## Make the source archive .build/dist/llava-tools-VERSION.tar.gz, which builds offline
	.ci/dist .build/dist

deb: build ## Make the Debian package .build/deb/llava-tools_VERSION-1_ARCHITECTURE.deb
	$(call install-packages,dpkg-dev lintian)
	.ci/deb .build/deb

uninstall: ## Remove what install put there
	for tool in $(TOOLS); do rm -f "$(DESTDIR)$(bindir)/$$tool" \
	  "$(SHARE)/bash-completion/completions/$$tool" "$(SHARE)/zsh/site-functions/_$$tool" \
	  "$(SHARE)/fish/vendor_completions.d/$$tool.fish"; done
	for page in man/*.[157]; do rm -f "$(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}"; done
	rm -rf "$(DESTDIR)$(docdir)" "$(DESTDIR)$(libdir)/llava-tools"
	for name in $(SHARED); do rm -rf "$(SHARE)/llava-tools/$$name"; done

clean: ## Remove what was built
	rm -rf .build .venv
