# salesloop — `make help` lists what can be done. Needs Python 3.11 or newer; everything else is fetched into .venv.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.salesloop-ready
ROOMS := $(wildcard domain runtime projections workflows api cli worker.py benchmarks tests)
WORKERS ?= 3
PYTEST_ARGS ?=
# Whatever the shell says: a test run starts a hundred of our programs, and each would compile them anew.
export PYTHONDONTWRITEBYTECODE :=
BENCH_ARGS ?=
LIFECYCLE_ARGS ?=
COMPILE = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

.PHONY: help setup demo pictures test check pytest durations fmt bench prove-lifecycle histories clean-data lock pages

help: ## what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

setup: $(STAMP) ## the environment in .venv, from the hashed lock; quick when nothing changed

$(STAMP): requirements.txt pyproject.toml
	@test -x $(BIN)/python || { $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "salesloop needs Python 3.11 or newer")' \
		&& { $(PYTHON) -m venv $(VENV) || { rm -rf $(BIN); echo "python3 -m venv failed: on Debian, apt install python3-venv"; exit 1; }; }; }
	@echo "setting up $(VENV)"
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r requirements.txt \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --offline --editable .
	@touch $(STAMP)

demo: setup ## the whole system on a generated pipeline (or DATA=<folder>), until Ctrl-C
	@$(BIN)/salesloop dev --demo $(if $(DATA),--data "$(DATA)") || test $$? -eq 130

pictures: setup ## the README's pictures anew, from a real run of the demonstration
	$(BIN)/python docs/pictures/record.py

test: setup check pytest ## everything: style, types, import rules, tests

check: setup ## style, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(ROOMS)
	$(BIN)/lint-imports --no-logo

pytest: setup ## the tests alone; PYTEST_ARGS="tests/runtime -k kill" narrows, WORKERS=0 runs them in one process
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

durations: setup ## the tests, and what each file took into tests/seconds.json, for the order of the next fresh checkout
	RECORD_SECONDS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

pages: setup ## the pages that are made from the code: docs/authority.md and docs/events.md
	$(BIN)/python -m tests.api.authority
	$(BIN)/python -m tests.domain.event_catalogue

fmt: setup ## format and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## our speed beside the limit and the peers, two minutes; BENCH_ARGS="--full" or "--only append-one"
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

prove-lifecycle: setup ## the lifecycle of 20,000 customers, beside one computed from the raw events; LIFECYCLE_ARGS="--customers 2000 --seed 3"
	$(BIN)/python -m benchmarks.lifecycle $(LIFECYCLE_ARGS)

histories: setup ## record the workflows' histories that are not there yet, as VERSION=v2 after a definition was changed on purpose
	@test -n "$(VERSION)" || { echo "say VERSION=v2 or the like: files that are there are kept and go on being replayed"; exit 1; }
	RECORD_HISTORIES=$(VERSION) $(BIN)/python -m pytest -q tests/workflows/test_histories.py -k as_soon_as_it_has_happened

clean-data: setup ## remove .salesloop (or SALESLOOP_DATA); refuses while the system runs
	@$(BIN)/python -m runtime.clean_data

lock: setup ## requirements*.txt anew from pyproject.toml, every file hashed; UPGRADE=1 takes newer versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev --output-file requirements.txt
	sed -E 's/ *\\$$//; /^ *--hash/d' requirements.txt > $(VENV)/locked.txt
	$(COMPILE) --constraint $(VENV)/locked.txt --extra chat --extra mcp --output-file requirements-runtime.txt
