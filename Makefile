# Two commands do everything: `make chat` (install and open the chat) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help chat test check fix bench campaign docs lock wheelhouse clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

chat: $(VENV)/.chat ## Set everything up and open the chat (with piped input: answer once)
	@$(BIN)/ipcom-chat $(ARGS)

test: $(VENV)/.dev check ## Everything CI runs: checks, then all tests with coverage
	@$(BIN)/python -m pytest -n 4 --dist worksteal --cov --cov-report=
	@$(BIN)/python -m coverage report --fail-under=90
	@$(BIN)/python -m coverage report --include='*/ipcom_chat/domain/*' --fail-under=100

check: $(VENV)/.dev ## Format, lint, types, layers
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format

bench: $(VENV)/.dev ## Measure, beside others, and print a Markdown report (ARGS=--full: a million entries)
	@$(BIN)/python -m benchmarks $(ARGS)

campaign: $(VENV)/.dev ## Break everything at random, and look whether what was promised holds
	@$(BIN)/python -m campaign $(ARGS)

docs: $(VENV)/.dev ## Regenerate the generated parts of docs/ (licences, screenshots)
	@$(BIN)/python -m docs.dependencies
	@$(BIN)/python -m docs.screenshots

wheelhouse: $(VENV)/.chat ## Collect the wheel and all it needs in dist/, for machines without a network
	@rm -rf dist; mkdir dist
	@$(PIP) download --no-deps --require-hashes --only-binary=:all: --dest dist -r locks/chat.txt
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@cp locks/chat.txt dist/lock.txt; cd dist && sha256sum -- *.whl lock.txt > SHA256SUMS
	@cd dist && wheel=$$(ls ipcom_chat-*.whl) && tar -cf "$${wheel%-py3-none-any.whl}-offline.tar" -- *.whl lock.txt SHA256SUMS
	@echo "dist/ is complete: docs/operations.md says how to install from it." >&2

lock: ## Resolve the lock files again (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-strip-extras --extra ai --extra semantic --extra web --group build pyproject.toml \
	  -o locks/chat.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-strip-extras --all-extras --group build --group dev pyproject.toml \
	  -o locks/dev.txt

clean: ## Remove the environment and caches
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "ipcom-chat needs Python 3.11 or newer. Install it, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing. On Debian: sudo apt install python3-venv" >&2; exit 1; }

# The lock names everything; resolving it again fails in older pips, where a package with extras is
# also asked for without them.
$(VENV)/.chat: locks/chat.txt pyproject.toml | $(BIN)/python
	@echo "Setting up ipcom-chat (once, about a minute)..." >&2
	@$(PIP) install --require-hashes --no-deps -r locks/chat.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@echo "Ready. An AI, the team's primary, completion, all of them optional: $(BIN)/ipcom-chat setup" >&2
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.chat
	@echo "Setting up the development tools..." >&2
	@$(PIP) install --require-hashes --no-deps -r locks/dev.txt
	@touch $@
