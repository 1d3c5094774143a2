# Everything here needs Python 3.11, git and make; the rest is fetched into .venv/ and .assize/.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
DEV = $(or $(PYTHON),$(error Python 3.11 is missing: install it)) -m dev
# `make test ARGS="tests/unit -k median"`
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo run sample test lint bench bench-peers soak screenshots doctor manual requirements venv clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## one real expiry from bonded reports to redeemed P and N, on a stack of its own
	@$(DEV) demo $(ARGS)

run:  ## database, broker, chain, web, worker, beat and attestors, until Ctrl-C
	@$(DEV) run

sample:  ## an expiry with windows of minutes, beside a running `make run`
	@$(DEV) sample

test:  ## all tests, with services of their own; ARGS goes to pytest
	@$(DEV) test $(ARGS)

lint: venv  ## ruff, mypy, import-linter
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench:  ## measure; prints a table and writes bench/results.json
	@$(DEV) bench $(ARGS)

bench-peers: venv  ## gas beside the peers' own published contracts, in one run
	@.venv/bin/python -m bench.peers

soak:  ## settlement under 20,000 seeded faults, then at rest; writes bench/results.json
	@$(DEV) soak $(ARGS)

screenshots:  ## every page and the pages of a story in a real browser, into docs/screens
	@SCREENS=docs/screens $(DEV) test tests/browser/test_every_page.py tests/browser/test_stages.py tests/browser/test_desk_work.py tests/browser/test_desk_grid.py -q

doctor:  ## is everything that the settings name there and as it should be?
	@$(DEV) manage doctor

manual: venv  ## write the pages of docs/ that come out of the code
	@.venv/bin/python -m tests.manual

requirements: venv  ## resolve requirements.in, and the part of it that the image has
	@.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.txt requirements.in
	@sed '/what builds and tests/,$$d' requirements.in | .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate -q -c requirements.txt -o deploy/requirements.txt -

venv:
	@$(DEV) venv

clean:  ## remove what was made here; a running stack keeps its lock, stop it first
	@rm -rf .venv .assize .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
