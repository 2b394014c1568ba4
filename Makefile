# Every command works on a machine that has never seen the project: it first makes .venv, once.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev
INSTALLED_BENCH := .venv/.installed-bench
INSTALLED_FRAMEWORKS := .venv/.installed-frameworks
INSTALLED_DOCS := .venv/.installed-docs
EXPERIMENT ?= demo
BENCHMARK ?= docs/benchmarks/latest.json

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow frameworks lint format types bench peers validation docs wheel clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 14) else "codesign needs Python 3.11 to 3.14; this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv (about 1.2 GB; a minute or more, once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(INSTALLED_BENCH): $(INSTALLED)
	@echo "installing JAX and PyTorch into .venv (about 2 GB, more where PyTorch brings CUDA; once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

$(INSTALLED_FRAMEWORKS): $(INSTALLED_BENCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[rl,torch]'
	@touch $@

$(INSTALLED_DOCS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

demo: $(INSTALLED) ## evolve walking robots for a minute or two and print the page that shows them
	$(BIN)/codesign evolve experiment=$(EXPERIMENT)

test: $(INSTALLED_DEV) ## run the fast tests
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile

test-slow: $(INSTALLED_DEV) ## run the slow tests
	$(BIN)/python -m pytest -m slow -n auto --dist worksteal

frameworks: $(INSTALLED_FRAMEWORKS) ## install PyTorch and JAX, whose tests and notebooks are skipped without

lint: $(INSTALLED_DEV) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED_DEV) ## mend style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(INSTALLED_DEV) $(INSTALLED_FRAMEWORKS) ## check types
	$(BIN)/pyright

bench: $(INSTALLED) ## measure this machine, compare with the committed benchmark, and with JAX and PyTorch
	$(BIN)/codesign bench $(if $(wildcard $(BENCHMARK)),previous=$(BENCHMARK))
	@$(MAKE) --no-print-directory peers

peers: $(INSTALLED_BENCH) ## measure JAX and PyTorch beside codesign
	$(BIN)/python -m benchmarks.compare

validation: $(INSTALLED) ## compare the physics with theory, and write docs/validation.md and its figures
	$(BIN)/python -m benchmarks.validation

docs: $(INSTALLED_DOCS) ## build the documentation site, with its notebooks executed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict -f tools/documentation/mkdocs.yml
	@echo "build/site/index.html"

wheel: $(INSTALLED_DEV) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## remove what was built or cached; runs/ and .venv stay
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis
	find benchmarks codesign examples tests tools -name __pycache__ -prune -exec rm -rf {} +
