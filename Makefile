# Two commands are all anybody needs: `make demo` and `make test`.
# Each makes its own environment in .venv from the locked versions, once.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
READY := .venv/ready
DEMO := --configfile config/config.yaml config/demo.yaml
BENCHMARKS := batch_making cgcnn_step torchmd_step readouts peak_memory graph_building planning scaling \
  whole_trial two_readings two_trials

.PHONY: demo evidence test test-slurm test-report bench bench-gpu lint lock clean-demo

# After any stop, `make demo` resumes.
demo: $(READY)  ## The whole workflow on embedded data: tables, figures and a report.
	$(BIN)/snakemake --cores $(CORES) $(DEMO) --quiet rules
	@$(BIN)/gnnpool where results/demo

# From the bundle in evidence/ alone: no data, no training. It fails if the tables kept there, or docs/findings.md, are
# not what comes out.
evidence: $(READY)  ## Tables, figures and the report from the trials that come with the project.
	@$(BIN)/gnnpool remake evidence results/evidence --check docs/findings.md

# Two files of tests at a time; the tests of a file share what they set up.
test: $(READY)  ## All tests, on a CPU, without network.
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# As root on Debian or Ubuntu it installs Slurm, munge and MariaDB where they are missing.
test-slurm: $(READY)  ## Tests on a real Slurm cluster of one node, brought up for them and taken down.
	@$(BIN)/python tests/slurm/packages.py \
	  || echo "*** NO SLURM HERE, for the reason above: the tests that need a cluster are NOT run. ***"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slurm -rs tests/slurm

test-report: $(READY)  ## Tests of the report in a real browser, installed for them where that is possible.
	@$(BIN)/python tests/unit/report/chromium.py install \
	  || echo "*** NO CHROMIUM HERE, for the reason above: no browser looks at the report. ***"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -rs tests/unit/report

# RAW=path/to/matbench_perovskites.json.gz measures the way of real data too.
bench: $(READY)  ## Claims about speed, measured on this machine, which should have nothing else to do.
	@for name in $(BENCHMARKS); do \
	  echo "== $$name"; raw=; if [ $$name = graph_building ]; then raw="$(if $(RAW),--raw $(RAW))"; fi; \
	  $(BIN)/python benchmarks/$$name.py $$raw || exit 1; \
	done
	@$(BIN)/python benchmarks/report.py

# GRAPHS=folder takes files of graphs instead of generated crystals.
bench-gpu: $(READY)  ## The same on a GPU: steps, packing, and the hours of the paper's grid.
	@$(BIN)/python benchmarks/gpu.py $(if $(GRAPHS),--graphs $(GRAPHS))
	@$(BIN)/python benchmarks/report.py

lint: $(READY)  ## Style of Python and workflow files, the direction of imports, and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/lint-imports
	$(BIN)/mypy

lock: pyproject.toml  ## Resolve pyproject.toml anew and write every version to requirements.lock.
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -e ".[all,dev]"
	.venv-lock/bin/python workflow/envs/lock.py > requirements.lock
	.venv-lock/bin/python workflow/envs/environment.py > workflow/envs/environment.yaml
	rm -rf .venv-lock

clean-demo:  ## Remove what `make demo` made.
	rm -rf results/demo logs/demo

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'gnnpool needs Python 3.11 or newer, found ' + sys.version.split()[0] + '; try: make PYTHON=python3.12 ...')"
	@echo "Setting up .venv (a few minutes the first time) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -c requirements.lock -e ".[all,dev]"
	@touch $(READY)
