# The main commands are `make demo` and `make test`. The first call creates the environment in .venv from the locked
# versions.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
READY := .venv/ready
DEMO := --configfile config/config.yaml config/demo.yaml
BENCHMARKS := batch_making cgcnn_step torchmd_step readouts peak_memory graph_building planning scaling \
  whole_trial two_readings two_trials

.PHONY: demo evidence evidence-remade evidence-shown docs test test-slurm test-report torture bench bench-gpu lint lock audit clean-demo

# After any stop, `make demo` resumes.
demo: $(READY)  ## The whole workflow on embedded data: tables, figures and a report.
	$(BIN)/snakemake --cores $(CORES) $(DEMO) --quiet rules
	@$(BIN)/gnnpool where results/demo

# From the bundle in evidence/ alone, without data or training. It fails if the committed tables, docs/findings.md or the
# README differ from the result.
evidence: $(READY)  ## Tables, figures and the report from the trials that come with the project.
	@$(MAKE) --no-print-directory --jobs 2 evidence-remade evidence-shown

evidence-remade: $(READY)
	@$(BIN)/gnnpool remake evidence results/evidence-remade --check docs/findings.md

evidence-shown: $(READY)
	@$(BIN)/python docs/readme.py --check

# Open site/index.html; search works from a disk too. Any broken link or docstring stops it.
docs: $(READY)  ## The documentation as a site, in site/.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo site/index.html

# Two processes; the tests of one file run in one process, because they share fixtures.
test: $(READY)  ## All tests, on a CPU, without network.
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# As root on Debian or Ubuntu this installs Slurm, munge and MariaDB if they are missing.
test-slurm: $(READY)  ## Tests on a real one-node Slurm cluster, which is started and stopped for them.
	@$(BIN)/python tests/slurm/packages.py \
	  || echo "*** NO SLURM HERE, for the reason above: tests that need a cluster are NOT run. ***"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slurm -rs tests/slurm

test-report: $(READY)  ## Tests of the report in a real browser, which is installed if possible.
	@$(BIN)/python tests/unit/report/chromium.py install \
	  || echo "*** NO CHROMIUM HERE, for the reason above: browser tests of the report are NOT run. ***"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -rs tests/unit/report

# TRIES="--kills 20 --flips 100" makes it shorter. The last command puts the measured table into docs/reliability.md.
torture: $(READY)  ## Kill, stop, damage and refuse: whether every promise of docs/reliability.md holds.
	nice $(BIN)/python tests/torture/run.py $(TRIES)
	$(BIN)/python tests/torture/page.py
	nice $(BIN)/python -m pytest --hypothesis-profile long tests/unit/test_fuzz.py \
	  tests/unit/data/test_fuzz_files.py

# RAW=path/to/matbench_perovskites.json.gz also measures the preparation of a real dataset.
bench: $(READY)  ## Measure the claims about speed; run it on an idle machine.
	@for name in $(BENCHMARKS); do \
	  echo "== $$name"; raw=; if [ $$name = graph_building ]; then raw="$(if $(RAW),--raw $(RAW))"; fi; \
	  $(BIN)/python benchmarks/$$name.py $$raw || exit 1; \
	done
	@$(BIN)/python benchmarks/report.py

# GRAPHS=folder uses files of graphs instead of generated crystals.
bench-gpu: $(READY)  ## Measure steps, packing, and the hours of the paper's grid on a GPU.
	@$(BIN)/python benchmarks/gpu.py $(if $(GRAPHS),--graphs $(GRAPHS))
	@$(BIN)/python benchmarks/report.py

lint: $(READY)  ## Style of Python and workflow files, the direction of imports, and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/lint-imports
	$(BIN)/mypy

lock: pyproject.toml  ## Resolve pyproject.toml and write every version to requirements.lock.
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -e ".[all,dev]"
	.venv-lock/bin/python workflow/envs/lock.py > requirements.lock
	.venv-lock/bin/python workflow/envs/environment.py > workflow/envs/environment.yaml
	.venv-lock/bin/python workflow/envs/licences.py > docs/licences.md
	rm -rf .venv-lock

# The newest tools in an environment of their own. The bill of materials, results/sbom.json, needs no network beyond their
# installation; the advisories come from https://osv.dev, and an advisory that applies ends this with an error.
audit: $(READY)  ## A bill of materials of the environment, and known vulnerabilities of the locked versions.
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check --upgrade cyclonedx-bom pip-audit
	@mkdir -p results
	.venv-audit/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
	  --output-file results/sbom.json $(BIN)/python
	.venv-audit/bin/pip-audit --vulnerability-service osv --no-deps --disable-pip --requirement requirements.lock

clean-demo:  ## Remove what `make demo` made.
	rm -rf results/demo logs/demo

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'gnnpool needs Python 3.11 or newer, found ' + sys.version.split()[0] + '; try: make PYTHON=python3.12 ...')"
	@echo "Setting up .venv (a few minutes the first time) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[all,dev]"
	@touch $(READY)
