# Two commands matter: `make demo` and `make test`. `make help` lists the others.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PYTHONUNBUFFERED := 1

.PHONY: help demo test test-sqlite test-postgresql test-browser test-cluster check format requirements messages screenshots bench clean

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.venv/installed: requirements.txt
	@$(PYTHON) bin/install requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@$(PYTHON) bin/install requirements-dev.txt
	@touch $@

var/local.env: | .venv/installed
	@$(BIN)/python bin/local-env $@

catalogues: .venv/installed
	@$(BIN)/python bin/messages compile

demo: .venv/installed var/local.env catalogues  ## Serve the demonstration (PORT=8000, IDEAS=45000, DATA=file, SEARCH=elasticsearch)
	@$(if $(filter elasticsearch,$(SEARCH)),bin/services up elasticsearch && eval "$$(bin/services env elasticsearch)" &&) SEARCH=$(or $(SEARCH),database) DEMONSTRATION=1 $(BIN)/python bin/demo --port $(PORT) $(if $(IDEAS),--ideas $(IDEAS)) $(if $(DATA),--data "$(DATA)")

test: test-sqlite test-postgresql test-browser  ## Every test, with the services it needs

test-sqlite: .venv/installed-dev var/local.env catalogues
	@echo "== Tests on SQLite"
	env -u DATABASE_URL -u REDIS_URL -u ELASTICSEARCH_URL $(BIN)/pytest -q -n 2 -m "not browser and not postgresql and not elasticsearch and not cluster" tests

test-postgresql: .venv/installed-dev var/local.env catalogues
	@echo "== Tests on PostgreSQL and Elasticsearch"
	bin/services up postgres elasticsearch redis && eval "$$(bin/services env postgres elasticsearch)" && env -u REDIS_URL $(BIN)/pytest -q -n 2 --dist loadgroup -m "not browser and not real_data and not cluster" tests

test-browser: .venv/installed-dev var/local.env catalogues
	@echo "== The journey and every page in a real browser"
	bin/services up chromium && eval "$$(bin/services env chromium)" && env -u DATABASE_URL $(BIN)/pytest -q -m browser tests

test-cluster: .venv/installed-dev var/local.env catalogues  ## Kill a node of a three-node Elasticsearch (needs 4 GiB)
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -q -m cluster tests/faults

check: .venv/installed-dev var/local.env catalogues  ## Format, lint, types, layers, translations, migrations, templates, audit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy accounts charts ideas search community projects reports demonstration config
	$(BIN)/lint-imports
	$(BIN)/python bin/messages check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/shellcheck -x bin/services bin/services.d/*.sh .ci/run
	env -u DATABASE_URL DEBUG=0 SITE_URL=https://tournee.example ALLOWED_HOSTS=tournee.example $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/pip-audit -r requirements.txt --disable-pip --no-deps --progress-spinner off

format: .venv/installed-dev  ## Format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

requirements: .venv/installed-dev  ## Compile the pinned requirements from pyproject.toml
	$(BIN)/uv pip compile -q --python-version 3.11 pyproject.toml -o requirements.txt --no-emit-index-url --custom-compile-command "make requirements" $(UPGRADE)
	$(BIN)/uv pip compile -q --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.txt --no-emit-index-url --custom-compile-command "make requirements" $(UPGRADE)

screenshots: .venv/installed-dev var/local.env catalogues  ## Picture the journey again, into docs/screenshots
	bin/services up chromium && eval "$$(bin/services env chromium)" && DEMONSTRATION=1 $(BIN)/python bin/screenshots

messages: .venv/installed-dev  ## Bring the translation catalogues up to date with the code
	$(BIN)/python bin/messages update && $(BIN)/python bin/messages compile

bench: .venv/installed-dev var/local.env catalogues  ## Measure search, pages and embedding (IDEAS=45000; bench/results.json)
	bin/services up postgres redis elasticsearch
	eval "$$(bin/services env)" && $(BIN)/python -m bench.search --ideas $(or $(IDEAS),45000) && $(BIN)/python -m bench.pages --ideas $(or $(IDEAS),45000) && $(BIN)/python -m bench.pages --ideas $(or $(IDEAS),45000) --only "similar while typing" "page: search" --rates 20 40
	$(BIN)/python -m bench.pages --engine database --clients 1 --ideas $(or $(IDEAS),45000)
	$(BIN)/python -m bench.embedding
	$(BIN)/python -m bench.tables

clean:  ## Remove what can be made again (not the demonstration's data)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache var/static var/cache
