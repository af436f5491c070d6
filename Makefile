# Everything runs in .venv, which is made here from hash-locked packages.
# `make help` lists the targets; ARGS go to pytest: make test ARGS='-k demo -x'

SHELL := /bin/sh
VENV := .venv
RUN := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest -n auto --dist loadgroup
ARGS :=

# A caller's settings must not lead Python to other modules than the environment's.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV

# The first Python that is new enough, whatever `python3` is; PYTHON=/path/to/python chooses another.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python3.10 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
INSTALL = for python in $(or $(PYTHON),$(CANDIDATES)) none; do \
	if $$python -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then break; fi; done; \
	if [ $$python = none ]; then echo "no Python 3.10 or newer found; try: make PYTHON=/path/to/python" >&2; exit 2; fi; \
	$$python requirements/install.py $(VENV)

.PHONY: help venv demo test test-peers lint lint-actions peers lock docs clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

# What the program and its tests need.
$(VENV)/.test: requirements/test.txt requirements/pip.txt actions/uv.txt requirements/install.py pyproject.toml
	@$(INSTALL) requirements/test.txt
	@touch $@

# The same and the linters.
$(VENV)/.dev: requirements/dev.txt $(VENV)/.test
	@$(INSTALL) requirements/dev.txt
	@touch $@

venv: $(VENV)/.dev ## make .venv with everything that development needs

demo: $(VENV)/.test ## sign, verify, tamper and see the refusal, on this machine alone
	@$(RUN) -m demo

test: $(VENV)/.test ## run all tests; those with real peers where the peers are present
	$(PYTEST) $(ARGS)

test-peers: $(VENV)/.test ## run the tests with real peers, and fail where one is missing
	BOLTSEAL_REQUIRE_PEERS=1 $(PYTEST) -m peers $(ARGS)

lint: $(VENV)/.dev lint-actions ## check style, types, and the action and workflow files
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

ACTIONS = $(wildcard action.yml actions/*/action.yml)
WORKFLOWS = $(wildcard .github/workflows/*.yml)
SCHEMA = $(VENV)/bin/check-jsonschema --quiet --builtin-schema
ACT = $(firstword $(wildcard $(BOLTSEAL_PEERS)/bin/act $(HOME)/.cache/boltseal-peers/bin/act) \
	$(shell command -v act))

lint-actions: $(VENV)/.dev
	$(SCHEMA) vendor.github-workflows $(WORKFLOWS)
	$(if $(ACTIONS),$(SCHEMA) vendor.github-actions $(ACTIONS))
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(VENV)/bin/zizmor --offline --quiet --no-progress --strict-collection .github $(ACTIONS)
	$(if $(ACT),$(ACT) --validate --strict --container-daemon-socket - --workflows .github/workflows)

peers: ## install the real peers beside the system (Debian)
	.ci/peers

# A lock holds the hashes for every platform and for Python 3.10 and newer.
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--custom-compile-command 'make lock' $(UPGRADE)

lock: $(VENV)/.dev ## resolve the lock files again; UPGRADE=--upgrade takes newer versions
	$(LOCK) --group pyproject.toml:install --output-file requirements/pip.txt
	$(LOCK) pyproject.toml --group build --group test --output-file requirements/test.txt
	$(LOCK) pyproject.toml --group build --group test --group lint \
		--constraints requirements/test.txt --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --constraints requirements/test.txt --output-file actions/requirements.txt
	echo uv | $(LOCK) --output-file actions/uv.txt -

docs: $(VENV)/.test ## write docs/actions.md and docs/commands.md again
	$(RUN) -m tests.docs.pages

clean: ## remove the environment and every cache
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
