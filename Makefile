# `make help` lists the targets. Everything runs from .venv, which `make install` creates; that needs python3 with pip, and no more.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(PYTHON) -m pip --python $(BIN)/python --quiet --disable-pip-version-check
# One more than there are processors, eight at most: many tests wait for processes that they started, or for leases to run out.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, (os.cpu_count() or 1) + 1))')
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist worksteal
FUZZ_MINUTES ?= 10
SCORE := ../shared/tools/score_mail.py

.DEFAULT_GOAL := help
.PHONY: help install demo test check format lock docs score bench faults fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## create .venv from requirements.lock, hashes checked

# Without ensurepip, which Debian packs apart from python3: the pip that is there installs into the new environment.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("Deskgate needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --without-pip .venv
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## play the whole story on a database of its own, step by step
	$(BIN)/deskgate demo

test: install ## all tests, those with a long form in their short one; up to three that fail once more, alone
	$(PYTEST); $(BIN)/python -m tests.again $$?

check: install ## format, lint, types, directions of imports, the configuration's reference
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m gateway.config.reference docs/configuration.md --check

format: install ## put the code into its form, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install ## write docs/configuration.md anew
	$(BIN)/python -m gateway.config.reference docs/configuration.md

bench: install ## measure this machine
	$(BIN)/deskgate bench

faults: install ## kill, stop and cut whatever can fail, in the long form
	$(PYTEST) --long tests/faults

fuzz: install ## mutants of real mail, then property tests with new examples, for FUZZ_MINUTES (10) together
	$(BIN)/python -m tests.mail.fuzz --seconds $$((30 * $(FUZZ_MINUTES)))
	end=$$(($$(date +%s) + 30 * $(FUZZ_MINUTES))); \
	while [ $$(date +%s) -lt $$end ]; do $(PYTEST) -q --no-header -m hypothesis --hypothesis-profile=default || exit 1; done

score: install ## how well mail is understood, measured on the shared corpora where they are
	@if [ -f $(SCORE) ]; then $(PYTHON) $(SCORE) && $(BIN)/python -m tests.mail.speed; else echo "no $(SCORE) here: nothing to measure with, so nothing was measured"; fi

# requirements-runtime.lock is the part of requirements.lock that an image needs.
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock: ## write both lock files anew (needs uv)
	$(UV_COMPILE) --all-extras pyproject.toml --output-file requirements.lock
	$(UV_COMPILE) --extra embedded --extra build --constraint requirements.lock pyproject.toml --output-file requirements-runtime.lock

clean: ## remove .venv and what tools left behind; data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
