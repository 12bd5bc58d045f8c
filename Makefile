# Every target sets up what it needs: Python 3.11 or newer, make and a C compiler are enough.
# Versions are pinned by constraints.txt; an environment is renewed only when pyproject.toml or constraints.txt change.

PYTHON ?= python3
VENV := .venv
WHEEL_VENV := .venv-wheel
DEMO_VENV := .venv-demo
BENCH_VENV := .venv-bench
LOCK_VENV := .venv-lock
PACKAGES := cli.py crawler lineage store evaluation sandbox
SOURCES := $(shell find $(PACKAGES) -type f -not -name '*.py[co]' 2>/dev/null)
PIP := -m pip --disable-pip-version-check
PIP_INSTALL := $(PIP) install --quiet --quiet --constraint constraints.txt
# Nothing of the working tree may stand in for what the environment holds.
ISOLATED := PYTHONSAFEPATH=1
# Byte code is written when a file is imported, as most never are: to compile all that is installed takes two minutes.
unexport PYTHONDONTWRITEBYTECODE
# The real models are made by the part that needs them first, and read by the others.
FAMILY := build/tested-family
PYTEST := $(ISOLATED) LINEAGE_UNDER_TEST=wheel LINEAGE_TEST_FAMILY=$(CURDIR)/$(FAMILY) $(WHEEL_VENV)/bin/coverage run -m pytest

# Parts of the tests: what starts commands or crawls; what evaluates models, opens a browser or follows the docs; the next; the rest.
COMMANDS := tests/cli tests/crawler
MODELS := tests/docs tests/evaluation tests/explorer tests/sandbox
# Lines are not counted where others run them too, or where none of ours run: counting doubles the time of the tests of
# `lineage`, which draw hundreds of examples. What is reported is so at most what is covered.
UNCOUNTED := tests/benchmarks tests/fuzzing tests/lineage tests/security tests/style

.PHONY: help demo test test-commands test-models test-others test-uncounted test-chosen nothing-kept check check-form check-types check-layers check-docs bench bench-full docs clean lock sbom
.DELETE_ON_ERROR:

help:
	@echo 'make demo   crawl a fictional Hub, evaluate real tiny models, see what drifted; nothing leaves this machine'
	@echo 'make test   build the wheel, install it in a clean environment, test it there; -j4: its four parts beside each other'
	@echo 'make check  format, lint, types, layers, documentation'
	@echo 'make bench  every benchmark, small, and benchmarks/results.md of what they print; bench-full: large'
	@echo 'make docs   write the generated parts of docs/ anew, and build the pages in build/docs'
	@echo 'make lock   requirements.lock anew: what is installed without extras, with hashes'
	@echo 'make sbom   dist/hub-lineage.cdx.json: the bill of materials (CycloneDX) of what requirements.lock installs'
	@echo 'make clean  remove all that these targets made'

demo: $(DEMO_VENV)/.ready
	$(DEMO_VENV)/bin/lineage demo

# Beside each other with `make -j4 check`: the types take longer than all else together.
check: check-form check-types check-layers check-docs

check-form: $(VENV)/.ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

check-types: $(VENV)/.ready
	$(VENV)/bin/mypy

check-layers: $(VENV)/.ready
	$(VENV)/bin/lint-imports

check-docs: $(VENV)/.ready
	$(VENV)/bin/python -m docs.generate --check
	$(VENV)/bin/python -m docs.check
	$(VENV)/bin/python -m docs.build

# Four parts, each in a process of its own: with `make -j4 test` they run beside each other. Lines are counted in three.
# PYTEST_ARGS, where it is given, chooses what to run in their stead.
test: $(if $(PYTEST_ARGS),test-chosen,test-commands test-models test-others test-uncounted)
	$(WHEEL_VENV)/bin/coverage combine --quiet
	$(WHEEL_VENV)/bin/coverage report --skip-covered --show-missing

test-commands: nothing-kept
	$(PYTEST) $(COMMANDS)

test-models: nothing-kept
	$(PYTEST) $(MODELS)

test-others: nothing-kept
	$(PYTEST) $(addprefix --ignore=,$(COMMANDS) $(MODELS) $(UNCOUNTED))

test-uncounted: nothing-kept
	$(subst $(WHEEL_VENV)/bin/coverage run,$(WHEEL_VENV)/bin/python,$(PYTEST)) $(UNCOUNTED)

test-chosen: nothing-kept
	$(PYTEST) $(PYTEST_ARGS)

nothing-kept: $(WHEEL_VENV)/.installed
	rm -rf $(FAMILY)*
	$(WHEEL_VENV)/bin/coverage erase

bench: $(BENCH_VENV)/.ready
	$(BENCH_VENV)/bin/python -m benchmarks.rig.all_figures

bench-full: $(BENCH_VENV)/.ready
	$(BENCH_VENV)/bin/python -m benchmarks.rig.all_figures --full

docs: $(VENV)/.ready
	$(VENV)/bin/python -m docs.generate
	$(VENV)/bin/python -m docs.build

clean:
	rm -rf $(VENV) $(WHEEL_VENV) $(DEMO_VENV) $(BENCH_VENV) dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .demo
	find $(PACKAGES) tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment to work in (the project editable, with every tool), ...
$(VENV)/.ready: pyproject.toml constraints.txt
	$(call create_environment,$(VENV))
	$(VENV)/bin/python $(PIP_INSTALL) --no-compile --no-build-isolation --group dev --editable .
	@touch $@

# What is installed without extras, with hashes: resolved anew from constraints.txt, in an environment of its own.
lock: pyproject.toml constraints.txt
	$(call create_environment,$(LOCK_VENV))
	$(LOCK_VENV)/bin/python $(PIP_INSTALL) pip-tools
	$(LOCK_VENV)/bin/pip-compile --quiet --generate-hashes --strip-extras --constraint constraints.txt --output-file requirements.lock \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml

# What is installed without extras, as CycloneDX, the same bytes each time: each package with version and hashes. It is made
# and not kept, because it names the places that packages come from.
sbom: $(WHEEL_VENV)/.ready
	mkdir -p dist
	$(WHEEL_VENV)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
	  --output-format JSON --output-file dist/hub-lineage.cdx.json

# ... one for the demo: the project editable, with what evaluates models and draws reports and none of the tools, ...
$(DEMO_VENV)/.ready: pyproject.toml constraints.txt
	$(call create_environment,$(DEMO_VENV))
	$(DEMO_VENV)/bin/python $(PIP_INSTALL) --no-build-isolation --editable '.[eval,reports]'
	@touch $@

# ... one for the benchmarks: what they measure, extras included, and what they measure it beside, ...
$(BENCH_VENV)/.ready: pyproject.toml constraints.txt
	$(call create_environment,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python $(PIP_INSTALL) --no-build-isolation --group dev --editable '.[arrow,eval,ray]'
	@touch $@

# ... one that holds nothing but what the wheel and its extras ask for and the test tools, ...
$(WHEEL_VENV)/.ready: pyproject.toml constraints.txt
	rm -rf $(WHEEL_VENV)
	$(call create_environment,$(WHEEL_VENV))
	$(WHEEL_VENV)/bin/python $(PIP_INSTALL) --no-compile --no-build-isolation --group test '.[arrow,eval,inspect,mcp,ray,reports]'
	@touch $@

# ... and in it the wheel, built anew whenever a source changed.
$(WHEEL_VENV)/.installed: $(WHEEL_VENV)/.ready $(SOURCES) $(wildcard docs/*.md) README.md LICENSE
	rm -rf dist
	$(WHEEL_VENV)/bin/python -m hatchling build --target wheel
	$(WHEEL_VENV)/bin/python $(PIP_INSTALL) --no-deps --force-reinstall dist/*.whl
	@touch $@

# An old pip knows no dependency groups, and an old setuptools cannot build the packages of `eval` that come as sources alone:
# each environment first gets the pip and the build backends that constraints.txt names.
define create_environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
@echo 'Setting up $(1): about a minute, and longer where packages must come over the network.'
@$(PYTHON) -c 'import ensurepip' || { echo 'This Python cannot make environments: on Debian and Ubuntu, sudo apt install python3-venv'; exit 1; }
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
$(1)/bin/python $(PIP_INSTALL) --no-compile --upgrade pip hatchling setuptools
endef
