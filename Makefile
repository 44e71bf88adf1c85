# `make help` lists the targets. Everything runs from .venv, which `make install` creates from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test check format lock docs score bench faults fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## create .venv from requirements.lock

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## write requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-header --no-annotate pyproject.toml -o requirements.lock
