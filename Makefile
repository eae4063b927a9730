# Everything happens in .venv and node_modules, which make creates by itself.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.project
NODE_READY := node_modules/.ready
SOAKS := churn_in_groups stalled endings resume rolling_stop partition
BESIDE := tests/asyncapi/test_parser.py tests/docs_ui tests/layers tests/test_demo.py tests/test_docs.py tests/typing
CHECKED := nexws tools docs/examples $(wildcard tests examples benchmarks)

# Material's advice about its successor is for its users' shells, not for every build.
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test test-rest test-beside pytest check check-format check-lint check-mypy check-pyright check-imports \
	check-sizes check-docs format bench soak chaos docs browser lock clean

help:
	@echo "make demo      run the chat example (ARGS=... is passed on)"
	@echo "make install   create .venv and node_modules, which the rest does by itself"
	@echo "make test      everything that CI runs: check, then all tests"
	@echo "make check     format, lint, types, imports, sizes, docs"
	@echo "make pytest    the tests alone (ARGS=... is passed on)"
	@echo "make format    let ruff format and fix the code"
	@echo "make bench     run the benchmarks"
	@echo "make soak      run the long tests of servers, which are not part of make test"
	@echo "make chaos     kill nodes and broker under clients that come back (ARGS=... is passed on)"
	@echo "make docs      serve the documentation while you write it"
	@echo "make browser   find Chromium for the browser tests, or install it"
	@echo "make lock      regenerate the lock files (ARGS=--upgrade for newer versions)"
	@echo "make clean     remove what make created"

install: $(READY) $(NODE_READY)

demo: $(READY)
	@$(BIN)/nexws demo $(ARGS)

# --- tests and checks ---

# On two cores, of which either half uses one for most of the time; servers have theirs for themselves in the end.
test: $(READY) $(NODE_READY) browser
	@$(MAKE) --no-print-directory --jobs=2 test-rest test-beside

test-rest:
	$(BIN)/python -m pytest $(BESIDE:%=--ignore=%) $(ARGS)

test-beside: check
	$(BIN)/python -m pytest $(BESIDE) -p no:cacheprovider $(ARGS)

pytest: $(READY) $(NODE_READY) browser
	$(BIN)/python -m pytest $(ARGS)

check: check-format check-lint check-mypy check-pyright check-imports check-sizes check-docs

check-format: $(READY)
	$(BIN)/ruff format --check $(CHECKED)

check-lint: $(READY)
	$(BIN)/ruff check $(CHECKED)

check-mypy: $(READY)
	$(BIN)/mypy $(CHECKED)

check-pyright: $(READY) $(NODE_READY)
	node_modules/.bin/pyright --warnings

check-imports: $(READY)
	$(BIN)/lint-imports --no-cache --no-logo

check-sizes: $(READY)
	$(BIN)/python tools/check_sizes.py nexws

# Not --quiet: it makes --strict blind.
check-docs: $(READY)
	$(BIN)/mkdocs build --strict --site-dir site

format: $(READY)
	$(BIN)/ruff check --fix-only $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

bench: $(READY)
	@set -e; for file in $(sort $(wildcard benchmarks/bench_*.py)); do echo "== $$file"; PYTHONPATH=. $(BIN)/python "$$file"; done

soak: $(READY)
	@set -e; for name in $(SOAKS); do echo "== $$name"; PYTHONPATH=. $(BIN)/python "tests/soak/$$name.py"; done

chaos: $(READY)
	PYTHONPATH=. $(BIN)/python tests/soak/chaos.py $(ARGS)

docs: $(READY)
	$(BIN)/mkdocs serve

browser:
	@tools/browser.sh

# --- the tools ---

$(VENV)/.created: tools/venv.sh
	@tools/venv.sh $(VENV)
	@touch $@

$(VENV)/.locked: requirements-dev.lock $(VENV)/.created
	@echo "installing the locked tools into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# Nothing is resolved or downloaded here: the lock has brought it all, the build backend too.
$(READY): pyproject.toml $(VENV)/.locked
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(NODE_READY): package.json package-lock.json
	@echo "installing pyright into node_modules"
	@npm ci --ignore-scripts --loglevel=error
	@touch $@

lock:
	tools/lock.sh $(ARGS)

clean:
	rm -rf $(VENV) node_modules site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
