# What one can do here. `make help` lists it; every target sets up what it needs by itself, once, in .venv.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Depends on setup.cfg: a new dependency or entry point is installed by the next target that runs.
READY := $(VENV)/.ready

ARGS ?=
# A file's tests stay together, for they share an engine; the long files come first, as they are named. No more workers than cores: some
# tests are about time.
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
DATA ?=
OUT ?=
# The extra `bench`, one at a time: where one has no wheel for this Python the others still count.
PEERS := business-rules cel-python common-expression-language django-oscar rule-engine zen-engine
# Before anything is installed: a minute's wait for a typing mistake is a minute too much.
ifeq ($(filter replay,$(MAKECMDGOALS))$(DATA),replay)
$(error Say which file: make replay DATA=invoices.csv)
endif

say = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## List the targets
	@printf 'tuan: a commerce engine for group buying, flash sales and distribution\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'
	@printf '\nPYTHON=python3.12 chooses the interpreter (3.11 or newer) when .venv is made.\n'

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  printf 'tuan needs Python 3.11 or newer, and "%s" is %s.\nSay which to use, for example: make %s PYTHON=python3.12\n' \
	    '$(PYTHON)' "$$($(PYTHON) --version 2>&1 || true)" '$(or $(firstword $(MAKECMDGOALS)),test)' >&2; exit 1; }
	$(call say,installing tuan and its tools into $(VENV) (once; a minute or two))
	@$(PYTHON) -m venv $(VENV) || { printf 'Cannot make %s; on Debian or Ubuntu: apt install python3-venv\n' '$(VENV)' >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: demo
demo: $(READY) ## Run a flash sale (20,000 buyers, a crash), the groups after it, and an audit
	$(call say,tuan demo)
	@$(BIN)/tuan demo $(ARGS)

.PHONY: serve
serve: $(READY) ## Start an engine with the example loaded, and print how to call it
	$(call say,tuan serve --example)
	@$(BIN)/tuan serve --example $(ARGS)

.PHONY: test
test: $(READY) ## Run every test (ARGS="tests/unit -k money" narrows it)
	$(call say,pytest $(PARALLEL) $(ARGS))
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: check
check: $(READY) ## Lint, types, import contracts, proto lint and compatibility
	$(call say,ruff check)
	@$(BIN)/ruff check .
	$(call say,ruff format --check)
	@$(BIN)/ruff format --check .
	$(call say,mypy --strict)
	@$(BIN)/mypy
	$(call say,import contracts)
	@$(BIN)/lint-imports
	$(call say,buf lint)
	@$(BIN)/buf lint
	$(call say,buf breaking (against the released API))
	@$(BIN)/buf breaking --against protos/released.binpb

.PHONY: bench
bench: $(READY) ## Measure all, peers too (OUT=FILE: JSON, SVG; ARGS="ONLY=orders" a part)
	$(call say,other engines to measure beside ours)
	@for peer in $(PEERS); do \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check $$peer || printf '%s cannot be installed here; left out\n' $$peer; done
	@[ -d $(VENV)/node/node_modules/@vendure/core ] || npm install --silent --no-audit --no-fund --prefix $(VENV)/node \
	  @vendure/core@3 pg@8 || printf 'Vendure cannot be installed here; left out\n'
	$(call say,bench)
	@$(BIN)/python -m tests.bench $(if $(OUT),OUT=$(OUT)) $(ARGS)

.PHONY: replay
replay: $(READY) ## Replay real invoices as orders and refunds (DATA=FILE.csv)
	$(call say,replay of $(DATA))
	@$(BIN)/python -m tests.replay '$(DATA)' $(ARGS)

.PHONY: chaos
chaos: $(READY) ## The long campaigns: 3,000 kills, 1,000 sales (hours)
	$(call say,long campaigns)
	@TUAN_CAMPAIGN=long $(BIN)/python -m pytest tests/chaos $(ARGS)

.PHONY: protos
protos: $(READY) ## Regenerate stubs and client from protos/ (ARGS=--release freezes the API)
	$(call say,stubs and client from protos/)
	@$(BIN)/python protos/generate.py $(ARGS)
	@$(BIN)/python clients/python/generate_client.py

.PHONY: clean
clean: ## Remove .venv, caches and build folders (never data/)
	@rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -path ./data -prune -o \( -name __pycache__ -o -name '*.egg-info' \) -type d -print0 | xargs -0 rm -rf
