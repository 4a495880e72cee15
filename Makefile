# Leadline: `make demo` shows it at work, `make up` leaves it running, `make test` proves it.
# Needs git, make and a python3 of 3.11 or 3.12; nothing here needs root.

SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATE := .leadline
EVIDENCE := $(STATE)/evidence
CODE := src plugins dags demo sandbox

# Nothing of ours calls home, and on a closed network each such call would wait.
export GX_ANALYTICS_ENABLED := false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
export SCARF_ANALYTICS := false
export DO_NOT_TRACK := 1

# A service account may have a home that it cannot write to, and uv stops without its cache.
UV_CACHE := $(or $(UV_CACHE_DIR),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/uv,$(HOME)/.cache/uv))
ifneq ($(shell mkdir -p "$(UV_CACHE)" 2>/dev/null && test -w "$(UV_CACHE)" && echo yes),yes)
export UV_NO_CACHE := 1
endif

# A shell that has read .leadline/environment.sh names the demonstration's hub and Airflow: not what is tested.
OWN := $(addprefix -u ,$(filter-out AIRFLOW__USAGE_%,$(filter AIRFLOW_% LEADLINE_%,$(.VARIABLES))))
CLEAN := $(if $(OWN),env $(OWN))

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11

# A lock is stale when compiling it again, with its own versions preferred, gives other lines.
define stale
mkdir -p $(STATE)/locks && cp $(1).txt $(STATE)/locks/$(1).txt \
	&& $(COMPILE) $(2) -o $(STATE)/locks/$(1).txt \
	&& if ! diff <(grep -v '^ *#' $(1).txt) <(grep -v '^ *#' $(STATE)/locks/$(1).txt); then \
		echo "$(1).txt is stale: run make lock" >&2; exit 1; fi
endef

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test systems lint bench clean lock format

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 12) else "Leadline needs Python 3.11 or 3.12, and %s is %d.%d: make PYTHON=python3.12" % ((sys.executable,) + v))'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(VENV)/installed: requirements-dev.txt pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.venv-clients/installed: requirements-clients.txt | $(BIN)/uv
	$(PYTHON) -m venv .venv-clients
	$(BIN)/uv pip install --quiet --python .venv-clients/bin/python --require-hashes -r requirements-clients.txt
	@touch $@

# Each task of Airflow, and each test that starts a process, would compile our modules anew where Python keeps none.
setup: $(VENV)/installed ## the environment that everything below uses
	-@$(BIN)/python -m compileall -q $(CODE)

demo: setup ## a full distribution day of every sample supplier, then the report
	$(BIN)/python -m demo day

up: setup ## the same, left running: prints addresses and sign-ins
	$(BIN)/python -m demo up

down: ## stop what `make up` started
	$(BIN)/python -m demo down

# Vendors' Node clients; without npm their tests are skipped by name.
NODE_CLIENTS := tests/sandbox/clients/node
.node-clients/installed: $(NODE_CLIENTS)/package-lock.json
	@if command -v npm >/dev/null; then \
		mkdir -p .node-clients && cp $(NODE_CLIENTS)/package*.json .node-clients/ \
		&& cd .node-clients && npm ci --silent --no-audit --no-fund && touch installed; \
	else echo "no npm here: tests with Node clients are skipped"; fi

test: setup .venv-clients/installed .node-clients/installed ## every test, on SQLite and PostgreSQL
	rm -rf $(EVIDENCE)
	$(CLEAN) $(BIN)/python -m pytest -n 2 --dist loadfile --evidence=$(EVIDENCE)
	$(CLEAN) $(BIN)/python -m pytest -q tests/systems/stale.py --evidence=$(EVIDENCE)

systems: ## make docs/systems.md anew of what the last `make test` proved
	PYTHONPATH=plugins $(BIN)/python -m tests.systems.table $(EVIDENCE)

lint: setup ## style, types, import rules, mappings, locks, the Compose file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(CLEAN) $(BIN)/leadline lint
	$(CLEAN) $(BIN)/python -m pytest -q tests/test_structure.py
	@$(call stale,requirements-dev,requirements-dev.in)
	@$(call stale,requirements,requirements.in -c requirements-dev.txt)
	@$(call stale,requirements-clients,requirements-clients.in)
	@$(call stale,requirements-uv,requirements-uv.in)
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## side-by-side benchmarks, as a table and in .leadline/bench.json
	$(CLEAN) $(BIN)/python -m benchmarks

lock: $(BIN)/uv ## recompile the four locks
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) requirements.in -c requirements-dev.txt -o requirements.txt
	$(COMPILE) requirements-clients.in -o requirements-clients.txt
	$(COMPILE) requirements-uv.in -o requirements-uv.txt

clean: ## forget hub, staging, sandbox and Airflow state
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m demo down --quiet; fi
	rm -rf $(STATE)
