# Thin aliases: dev.py does the work, and on a machine without make so can you.
PYTHON ?= python3
TASKS = setup demo test test-faults lint types imports check bench fix docs clean
.PHONY: help $(TASKS)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install everything into this folder
demo: ## three sample batches, from file to scanned tin; ARGS="--check --json" verifies and ends
test: ## every suite; ARGS="app -k merkle" for some of it
test-faults: ## the long series of kills, reorgs, lies and full disks
lint: ## ruff, codespell
types: ## mypy, and tsc for the page
imports: ## who may import whom
check: ## lint, types, imports and test
bench: ## every benchmark as JSON lines; ONLY=gas for one
fix: ## let ruff repair what it can
docs: ## write the generated reference pages again
clean: ## remove what was installed or built; your data stays

$(TASKS):
	@$(PYTHON) dev.py $@ $(ARGS)
