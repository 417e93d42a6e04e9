# Two commands are all anybody needs: `make demo` and `make test`.
# Each makes its own environment in .venv from the locked versions, once.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
READY := .venv/ready
DEMO := --configfile config/config.yaml config/demo.yaml

.PHONY: demo test lint lock clean-demo

demo: $(READY)  ## The whole workflow on embedded data: tables, figures and a report.
	$(BIN)/snakemake --cores $(CORES) $(DEMO) --quiet rules
	$(BIN)/snakemake --cores 1 $(DEMO) --quiet all --report results/demo/report.html
	@$(BIN)/gnnpool where results/demo

test: $(READY)  ## All tests, on a CPU, without network.
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

lint: $(READY)  ## Style of Python and workflow files, and the direction of imports.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/lint-imports

lock: pyproject.toml  ## Resolve pyproject.toml anew and write every version to requirements.lock.
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -e ".[dev,slurm]"
	.venv-lock/bin/python workflow/envs/lock.py > requirements.lock
	rm -rf .venv-lock

clean-demo:  ## Remove what `make demo` made.
	rm -rf results/demo logs/demo

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'gnnpool needs Python 3.11 or newer, found ' + sys.version.split()[0] + '; try: make PYTHON=python3.12 ...')"
	@echo "Setting up .venv (a few minutes the first time) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -c requirements.lock -e ".[dev]"
	@touch $(READY)
