# quick: a selection of tests, in half a minute · check: everything that CI checks · fix: format, and fix lint errors
# explore: new examples for property tests, and all cases of the tests of which the usual run takes a sample (hours)
# golden: update the golden files · docs: build the documentation site into site/ · pictures: update its screenshots
# bench: compare with similar programs
PYTHON ?= python3

.PHONY: quick check lint test explore fix golden docs pictures bench

quick:
	$(PYTHON) -m pytest -q -n auto -m "not slow"

check: lint test

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	PYTHONPATH=src $(PYTHON) -c "from importlinter.cli import lint_imports_command as check; check()"

test:
	$(PYTHON) -m pytest -q -n auto --cov --cov-report=term:skip-covered

explore:
	$(PYTHON) -m pytest -q -n auto -m hypothesis --hypothesis-profile explore
	FEEDPUB_THOROUGH=1 $(PYTHON) -m pytest -q -n auto -m "not hypothesis"

fix:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

golden:
	$(PYTHON) -m pytest -q tests/test_feeds.py tests/test_cli.py --update-golden

docs:
	$(PYTHON) -m zensical build --clean --strict

pictures:
	$(PYTHON) tools/make_pictures.py

bench:
	$(PYTHON) benchmarks/writers.py
	$(PYTHON) benchmarks/build.py
	$(PYTHON) benchmarks/links.py
