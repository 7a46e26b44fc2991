# Two commands matter: `make demo` and `make test`. Each sets up all it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.suyuan-installed
SOURCES := pyproject.toml constraints.txt native/Cargo.toml $(wildcard native/src/*.rs)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-twin test-slow lint format bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): $(SOURCES)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@# compat: the folder itself is on the path, and with it the extension module that is built into it.
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt \
	   --config-settings editable_mode=compat --editable '.[dev]'
	@# setuptools keeps going when the optional extension does not build; where there is a Rust
	@# toolchain that would hide a compile error, so it is checked here.
	@if command -v cargo >/dev/null 2>&1; then \
	   $(abspath $(BIN))/python -I -c 'import suyuan_native' || { cargo build --release --manifest-path native/Cargo.toml; exit 1; }; \
	 else echo 'No Rust toolchain: the plain-Python twins are used (slower, same answers).'; fi
	@touch $@

setup: $(STAMP)  ## .venv with the package, the native kernels (with a Rust toolchain) and the tools

demo: setup  ## start the server, play two supply chains through it, trace, verify, print labels, keep serving
	@$(BIN)/suyuan demo $(DEMO)

test: setup  ## the fast tests
	@$(BIN)/python -m pytest -q

test-twin: setup  ## the fast tests without the native kernels
	@SUYUAN_NATIVE=0 $(BIN)/python -m pytest -q

test-slow: setup  ## crash loops, pages in Chromium, real counter-parties; says what it skips and why
	@PYTHON=$(BIN)/python ./.ci/slow

lint: setup  ## ruff, mypy --strict, and the import rules of the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup  ## put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup  ## the benchmarks; tables are kept in docs/performance.md
	@$(BIN)/python -m pytest bench -q --benchmark-only --benchmark-columns=min,median,ops,rounds -m ''

clean:  ## remove what set-up and runs made
	@rm -rf $(VENV) build *.egg-info native/target demo-data .pytest_cache .mypy_cache .ruff_cache .hypothesis
