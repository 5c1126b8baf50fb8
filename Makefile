# LeadSync. `make` alone lists what there is to do.

# What it runs on; each can be set in the environment or on the command line (`make demo PORT=8001`).
PORT ?= 8000
LEADSYNC_VAR ?= var
JOBS ?= auto
TEST_DATABASE_URL ?= postgres://127.0.0.1:5432/leadsync
TEST_REDIS_URL ?= redis://127.0.0.1:6379/15
LINT_DATABASE_URL ?= postgres://127.0.0.1:5432/postgres
BENCH_DATABASE_URL ?= postgres://127.0.0.1:5432/leadsync_bench
BENCH_LEADS ?= 100000
export PORT LEADSYNC_VAR BENCH_LEADS
# Programs are compiled once, not at each start: without the compiled files one that does nothing takes three times as
# long to begin, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/python -m pytest
FAULTS := tests/faults
CODE := leadsync leads campaigns feedback
PO := $(wildcard leadsync/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

# The settings of a production installation, for checks that start nothing.
AS_PRODUCTION := env LEADSYNC_ENV=production DEBUG=0 \
	SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	ALLOWED_HOSTS=leads.example.com CSRF_TRUSTED_ORIGINS=https://leads.example.com \
	LEADSYNC_BASE_URL=https://leads.example.com DEFAULT_FROM_EMAIL=leadsync@example.com \
	DATABASE_URL=postgres://leadsync@127.0.0.1/leadsync CELERY_BROKER_URL=redis://127.0.0.1:6379/0 \
	CACHE_URL=redis://127.0.0.1:6379/1 EMAIL_URL=smtp+tls://leadsync:secret@mail.example.com:587

ON_SERVERS := env DATABASE_URL="$(TEST_DATABASE_URL)" CELERY_BROKER_URL="$(TEST_REDIS_URL)" CACHE_URL="$(TEST_REDIS_URL)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo demo-reset reset port-free test test-postgres suite suite-postgres e2e faults faults-postgres \
	check bench lock messages format

help: ## Say what there is to do
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- installation

install: $(VENV)/.installed $(MO) ## Fill .venv/ from the hashed locks
	@:

# A command named python3.13 may be a version switcher's stub that refuses to run, so each candidate is tried.
# A virtual environment that is already there and runs on a new enough Python is kept.
$(VENV)/.installed: requirements/dev.txt
	@set -eu; \
	new_enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }; \
	if ! new_enough $(BIN)/python; then \
		rm -rf $(VENV); found=; \
		for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3 python \
			"$$HOME"/.pyenv/versions/3.14*/bin/python "$$HOME"/.pyenv/versions/3.13*/bin/python \
			"$$HOME"/.pyenv/versions/3.12*/bin/python; do \
			if [ -n "$$python" ] && new_enough "$$python"; then found=$$python; break; fi; \
		done; \
		if [ -n "$$found" ] && "$$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
			"$$found" -m venv $(VENV); \
		elif command -v uv >/dev/null 2>&1; then \
			uv venv --quiet --python "$${found:-3.13}" $(VENV); \
		elif [ -n "$$found" ]; then \
			echo "$$found is there, but its venv module is not. Install it (on Debian and Ubuntu: apt install python3-venv)," >&2; \
			echo "or install uv, then run make again." >&2; exit 1; \
		else \
			echo "LeadSync needs Python 3.12 or newer, and none was found (looked for python3.14, python3.13, python3.12," >&2; \
			echo "python3, python, and under ~/.pyenv/versions). Do one of these, then run make again:" >&2; \
			echo "  - install Python 3.12 or newer with your system's package manager" >&2; \
			echo "  - install uv (https://docs.astral.sh/uv/); make then lets it fetch Python" >&2; \
			echo "  - name one yourself: make install PYTHON=/path/to/python3.13" >&2; exit 1; \
		fi; \
	fi; \
	echo "Installing into $(VENV) with $$($(BIN)/python -V)"; \
	if command -v uv >/dev/null 2>&1; then uv=uv; \
	elif sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > $(VENV)/uv.txt && \
		$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.txt 2>/dev/null; then uv=$(BIN)/uv; \
	else uv=; fi; \
	if [ -n "$$uv" ]; then \
		"$$uv" pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt; \
	else \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt; \
	fi; \
	touch $@

%.mo: %.po $(VENV)/.installed
	@$(BIN)/python -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' $< $@

# ---------------------------------------------------------------------------------------------- the sample company

# Collecting hashes and compresses, which takes a while: only when a file has changed.
STATIC := $(LEADSYNC_VAR)/static/staticfiles.json
$(STATIC): $(VENV)/.installed leadsync/settings.py $(shell find static -type f)
	@$(MANAGE) collectstatic --clear --no-input --verbosity 0
	@touch $@

demo: install port-free $(STATIC) ## Start LeadSync with the sample company: web, worker and beat, no server needed
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) demo
	@trap : INT; $(BIN)/honcho --app-root . --env /dev/null --procfile leadsync/demo/Procfile start || [ $$? -eq 130 ]

demo-reset: reset demo ## Forget the demo's data and start anew

reset:
	@if [ -n "$${DATABASE_URL:-}" ]; then \
		echo "DATABASE_URL is set. make demo-reset only deletes the embedded data under $(LEADSYNC_VAR);" >&2; \
		echo "empty that database yourself, or unset DATABASE_URL." >&2; exit 1; \
	fi
	@cd "$(LEADSYNC_VAR)" 2>/dev/null || exit 0; \
	rm -rf leadsync.sqlite3 leadsync.sqlite3-wal leadsync.sqlite3-shm broker mail uploads static beat-schedule*

port-free: install
	@$(BIN)/python -P leadsync/demo/port.py

# ---------------------------------------------------------------------------------------------- tests and checks

test: suite e2e faults ## Run all tests on the embedded database, browser tests too

test-postgres: suite-postgres faults-postgres ## Run the tests on PostgreSQL and Redis (TEST_DATABASE_URL, TEST_REDIS_URL)

suite: install ## Run the tests that need neither browser nor real processes
	$(PYTEST) -n $(JOBS) -m "not e2e and not faults"

suite-postgres: install ## The same on PostgreSQL and Redis, without the tests that see no database
	$(ON_SERVERS) ONLY_WITH_DATABASE=1 $(PYTEST) -n $(JOBS) -m "not e2e and not faults"

e2e: install ## Run the browser tests only
	$(PYTEST) -n $(JOBS) -m e2e tests/e2e

faults: install ## Run the tests that kill real processes only
	$(PYTEST) -n $(JOBS) -m faults $(FAULTS)

faults-postgres: install ## The same on PostgreSQL and Redis
	$(ON_SERVERS) $(PYTEST) -n $(JOBS) -m faults $(FAULTS)

check: install ## Lint, types, layers, migrations, catalogues, production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find templates $(CODE) -name '*.html' -print0 | xargs -0 $(BIN)/djade --check --target-version 6.1
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --severity-level medium --configfile pyproject.toml --recursive $(CODE)
	$(MANAGE) makemigrations --check --dry-run
	env DJANGO_SETTINGS_MODULE=tests.settings DATABASE_URL="$(LINT_DATABASE_URL)" \
		$(MANAGE) lintmigrations --no-cache --quiet ok ignore
	$(MANAGE) catalogues --check
	$(AS_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

bench: install ## Measure speed against the floor, on PostgreSQL (BENCH_LEADS=100000)
	env DATABASE_URL="$(BENCH_DATABASE_URL)" $(BIN)/python -m tests.bench

# ---------------------------------------------------------------------------------------------- upkeep

format: install ## Put code and templates into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates $(CODE) -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 6.1

messages: install ## Bring the catalogues up to date with the strings in code and templates
	$(MANAGE) catalogues

# One resolution for Python 3.12 and later, without any index address in it. The second lock takes its versions from
# the first, so that what is tested is what is installed. UPGRADE=1 takes the newest versions that fit.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.12 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: install ## Lock exact versions and hashes from pyproject.toml (UPGRADE=1: newest that fit)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev --output-file requirements/dev.txt
	$(COMPILE) --constraints requirements/dev.txt --no-annotate --output-file requirements/base.txt
