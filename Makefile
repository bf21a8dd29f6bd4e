# Everything sets itself up in .venv; PYTHON=python3.12 make ... chooses the interpreter.
SHELL := /bin/sh
BIN := .venv/bin

.PHONY: help demo test e2e check format bench soak docs picture constraints clean
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: ## Show the whole flow on a simulated fleet; leaves the command at .venv/bin/sunsift
	@tools/setup parquet,web
	@$(BIN)/sunsift demo

test: check ## Check everything, then run all tests
	@tools/servers azurite osls mermaid ministack chromium lint
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

e2e: ## Deploy to an emulated AWS beside real servers: as it is, several workers, under fire (10 minutes)
	@tools/setup dev,lab
	$(BIN)/python -m pytest -m e2e -n 3 --dist loadfile

check: ## Lint, formatting, types, import rules, known flaws of dependencies
	@tools/setup dev,lab
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/audit.py

format: ## Format the code, and mend what the linter can mend
	@tools/setup dev,lab
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## Measure speed, memory and size; prints a table
	@tools/setup dev,lab
	$(BIN)/python -m tests.benchmarks

soak: ## Run the deterministic simulation for long
	@tools/setup dev,lab
	$(BIN)/python -m tests.simulation.soak --runs 20000

docs: ## Build the documentation's site in build/site
	@tools/setup dev,lab
	@tools/servers mermaid
	$(BIN)/sphinx-build -W --keep-going -q -c docs . build/site
	@echo "The site begins at build/site/docs/index.html"

picture: ## Draw the pictures of the demo and of the model in docs/pictures again
	@tools/setup dev,lab
	$(BIN)/python tools/picture.py docs/pictures/demo.svg
	$(BIN)/python tools/model_pictures.py docs/pictures

.PHONY: reference
reference: ## Write the reference of the command line, docs/cli.md, again
	@tools/setup dev,lab
	$(BIN)/python tools/cli_reference.py docs/cli.md

.PHONY: package infra-check
package: ## Make the zips of the Lambda functions for both architectures, and say what they weigh
	@tools/package --arch x86_64
	@tools/package --arch arm64

infra-check: ## Package for AWS without deploying, and check the templates
	@infra/check

.PHONY: screenshots
screenshots: ## Take the pictures of the pages in docs/pictures again
	@tools/setup dev,lab
	@tools/servers chromium
	$(BIN)/python -m tests.browser.screenshots docs/pictures

constraints: ## Renew constraints/ with the newest versions that suit the oldest Python
	@tools/renew-constraints

clean: ## Remove what make made
	rm -rf .venv demo-data dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
