# Everything a newcomer needs: `make demo` shows the plant, `make test` proves it.
# Needs make, git and Python 3.11 or newer; the rest is installed into .venv from the lock file.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.installed
DEMO_ARGS ?=
TEST_ARGS ?=
# Test files are shared out to this many processes; the slow journeys run one after the other.
WORKERS ?= 2
# The processes of one run walk sets in one order, each run in another; the run prints which.
ifndef HASH_SEED
HASH_SEED := $(shell shuf -i 1-4294967295 -n 1)
endif
test check: export PYTHONHASHSEED := $(HASH_SEED)
SIDE_BY_SIDE = -n $(WORKERS) --dist loadfile
BENCH_ARGS ?=

.PHONY: help demo demo-reset test check lint chromium mosquitto sparkplug-reader timescale lock clean screenshots bench-edge bench-edge-peer soak

help: ## show these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(STAMP) ## run the whole demo plant; Ctrl-C stops it
	@exec $(BIN)/lineside-demo $(DEMO_ARGS)

demo-reset: $(STAMP) ## the same, on fresh data
	@exec $(BIN)/lineside-demo --reset $(DEMO_ARGS)

test: lint chromium mosquitto sparkplug-reader timescale ## lint, then every test
	@echo "HASH_SEED=$(HASH_SEED)"
	$(BIN)/pytest -m "not journey" $(SIDE_BY_SIDE) $(TEST_ARGS)
	$(BIN)/pytest -m journey $(TEST_ARGS)

check: lint sparkplug-reader ## lint, then the fast tests
	@echo "HASH_SEED=$(HASH_SEED)"
	$(BIN)/pytest -m "not journey" $(SIDE_BY_SIDE) $(TEST_ARGS)

lint: $(STAMP) ## style, formatting, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache

chromium: ## install Debian's Chromium for the browser tests, where that is possible
	@.ci/chromium

mosquitto: ## install Debian's mosquitto for the broker tests, where that is possible
	@.ci/mosquitto

timescale: ## install TimescaleDB for Node.js for its tests, where that is possible
	@.ci/timescale

sparkplug-reader: $(STAMP) ## make the environment of the library that reads our Sparkplug node in the tests
	@.ci/sparkplug-reader

MINUTES ?= 10
BROKER ?= iotcore
SEED ?= 1
SOAK_ARGS ?=

soak: $(STAMP) ## run the whole plant under faults; MINUTES=30 BROKER=mosquitto SEED=1
	@exec $(BIN)/python -m tests.faults.soak_program --minutes $(MINUTES) --broker $(BROKER) --seed $(SEED) $(SOAK_ARGS)

BENCH := build/bench-edge
PEER := thingsboard-gateway==3.8.5

bench-edge: $(STAMP) ## how fast agent, broker and gateway are, on a device with 1,000 changing values
	$(BIN)/python -m benchmarks.edge $(BENCH_ARGS)

bench-edge-peer: $(STAMP) $(BENCH)/.peer ## the same beside thingsboard-gateway, which gets an environment of its own
	$(BIN)/python -m benchmarks.edge --peer $(BENCH)/peer/bin/python $(BENCH_ARGS)

$(BENCH)/.peer:
	@mkdir -p $(BENCH)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(BENCH)/peer
	$(BIN)/uv pip install --quiet --python $(BENCH)/peer/bin/python setuptools $(PEER)
	@touch $@

screenshots: $(STAMP) chromium ## take the screenshots that the documents show
	$(BIN)/python docs/screenshots/take.py

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

lock: $(STAMP) ## resolve the dependencies again; UPGRADE=1 takes newer versions
	$(COMPILE) --extra dev $(if $(UPGRADE),--upgrade) --output-file requirements.lock
	$(COMPILE) --extra build --constraint requirements.lock --output-file requirements-runtime.lock

clean: ## remove .venv, caches and build leftovers; the demo's data stays
	rm -rf .venv build dist *.egg-info .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@.ci/venv
	@touch $@
