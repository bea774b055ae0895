# Every command bootstraps what it needs: Python 3.12+ is enough, and Node 20+ for the bundle,
# the real command line of the platform and, where no browser is installed, a browser.
.PHONY: help dev dev-reset test test-deep check format-check lint imports types assets bundle audit bench lock format
.DEFAULT_GOAL := help

PORT ?= 4300
DATA ?= .dev
PYTEST_ARGS ?=
export PYTHON

BOOTSTRAP = @sh dev/bootstrap.sh
BIN = .venv/bin
LOCKED = pip compile --quiet --universal --generate-hashes --no-header --python-version 3.12

help: # What there is
	@awk -F ':.*# ' '/^[a-z-]+:.*# / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

dev: # The whole local stack, until Ctrl-C; PORT= is the control plane's, DATA= its folder
	$(BOOTSTRAP)
	@$(BIN)/python -m dev --port $(PORT) --data $(DATA)

dev-reset: # Forget the local stack's data
	$(BOOTSTRAP)
	@$(BIN)/python -m dev --data $(DATA) reset

test: # The tests, about half an hour on 2 cores; PYTEST_ARGS= narrows them
	$(BOOTSTRAP)
	@$(BIN)/python -m pytest -m "not deep" -n 2 --dist loadfile $(PYTEST_ARGS)

test-deep: # The long runs, with progress
	$(BOOTSTRAP)
	@$(BIN)/python -m pytest -m deep -v -s $(PYTEST_ARGS)

check: format-check lint imports types assets test bundle # What CI runs, in its order

format-check: # Is every file as the formatter leaves it
	$(BOOTSTRAP)
	@$(BIN)/ruff format --check

lint: # Ruff's rules, and the workflows
	$(BOOTSTRAP)
	@$(BIN)/ruff check
	@$(BIN)/actionlint
	@$(BIN)/zizmor --offline --quiet .github

imports: # Which room may import which
	$(BOOTSTRAP)
	@$(BIN)/lint-imports

types: # mypy, strict
	$(BOOTSTRAP)
	@$(BIN)/mypy

assets: # Is the dashboard what web/ builds, and light enough
	@command -v npm >/dev/null || { echo "Node 20 or later is needed: apt-get install nodejs npm, brew install node, or https://nodejs.org" >&2; exit 1; }
	@npm ci --prefix web --ignore-scripts --silent --no-audit --no-fund
	@node web/build.mjs --check

bundle: # What the platform would deploy: built by its own command, checked and started
	$(BOOTSTRAP)
	@$(BIN)/python -m dev.bundle

audit: # Weaknesses that PyPI and npm know of what is locked; a mirror of them may not tell
	$(BOOTSTRAP)
	@$(BIN)/pip-audit --disable-pip --require-hashes --strict --progress-spinner off -r requirements.txt -r dev/requirements.txt -r scripts/requirements.txt -r scripts/breakglass.txt
	@for lock in web/package-lock.json dev/*/package-lock.json; do echo "$$lock"; npm audit --prefix "$${lock%/*}" --package-lock-only --audit-level=high || exit 1; done

bench: # The numbers: health while dependencies hang, imports, our switch beside the platform's, drain, verdict, database, values in step, Redis, audit log, switches, dashboard, incidents (an hour)
	$(BOOTSTRAP)
	@for name in health imports rollback drain detection database in_step redis_commands audit flags dashboard incidents; do $(BIN)/python -m benchmarks.$$name || exit 1; done

lock: # Pin the requirement files anew, with hashes
	@uv=$$(sh dev/bootstrap.sh uv) && "$$uv" $(LOCKED) requirements.in -o requirements.txt && "$$uv" $(LOCKED) dev/requirements.in -c requirements.txt -o dev/requirements.txt && "$$uv" $(LOCKED) scripts/requirements.in -c dev/requirements.txt -o scripts/requirements.txt && "$$uv" $(LOCKED) scripts/breakglass.in -c requirements.txt -o scripts/breakglass.txt

format: # Format, and mend what can be mended
	$(BOOTSTRAP)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix
