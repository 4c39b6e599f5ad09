# The commands of the README. `make` alone lists them. Works with GNU make 3.81 (macOS) and sh.

PYTHON ?= python3#                 the Python 3.11+ that .venv is made with
CORES ?= all#                      cores for Snakemake
CONFIG ?= config/config.yaml#      what `make benchmark` runs
MEASURED ?= results#               the finished run that `make estimate` scales
PROFILE ?= profiles/slurm#         the profile whose submissions `make estimate` counts
ARENA ?=#                          folder with other people's networks, for config/arena.yaml
PYTEST_ARGS ?=#                    for instance PYTEST_ARGS="-m 'not workflow'"
LOCK_ARGS ?=#                      for instance LOCK_ARGS=--upgrade

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SMOKE := results/smoke
# Snakemake, after it has been made sure that no other run, and no killed one, is in the way.
RESUME := $(BIN)/python -m markovlens.resume
IN_ARENA := $(if $(ARENA),--config 'tasks={"arena": {"folder": "$(ARENA)"}}')

# One thread for each process: unpinned BLAS made one EM step 80 times slower.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
# An environment that `make` was started from must not leak into ours.
unexport PYTHONPATH PYTHONHOME

.PHONY: help env benchmark report estimate smoke test long-test slurm-test slurm chromium lint dag lock clean
.DELETE_ON_ERROR:

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 - \2/p' Makefile

env: $(READY) ## make .venv from requirements.lock, when it is not there or not up to date

$(READY): requirements.lock pyproject.toml envs/venv.py
	$(PYTHON) envs/venv.py $(VENV)
	@touch $@

benchmark: $(READY) ## run CONFIG (config/config.yaml), write the report, show the main table
	$(RESUME) --configfile $(CONFIG) $(IN_ARENA) --cores $(CORES)
	@if [ ! -e results/tables/comparison.md ]; then exit 0; fi; \
	$(MAKE) --no-print-directory report && \
	echo && cat results/tables/comparison.md && \
	echo && echo "Report: results/report.html" && echo "Table:  results/tables/comparison.csv"

# Made again only when a result or a caption is newer.
report: $(READY) ## write results/report.html from what is there
	@if [ -e results/report.html ] && [ -z "$$(find results workflow/report -type f \
	    -newer results/report.html ! -path '$(SMOKE)/*' ! -name 'dag.*' | head -n 1)" ]; then \
	  echo "The report is up to date."; \
	else \
	  PYTHONWARNINGS=ignore::RuntimeWarning \
	    $(BIN)/snakemake --configfile $(CONFIG) $(IN_ARENA) --report results/new-report.html && \
	  mv results/new-report.html results/report.html; \
	fi

# The job list is CONFIG's, whatever has been made already.
estimate: $(READY) ## core-hours and submissions of CONFIG, from the benchmark files in MEASURED
	@$(BIN)/snakemake --configfile $(CONFIG) $(IN_ARENA) --summary 2>$(VENV)/estimate.log \
	  | $(BIN)/python -m markovlens.estimate $(CONFIG) --measured $(MEASURED) \
	      --profile $(PROFILE) || \
	  { tail -n 5 $(VENV)/estimate.log; exit 1; }

# In a folder of its own, so that it leaves the benchmark's results alone; downloads are shared.
smoke: $(READY) ## run config/smoke.yaml in results/smoke (under 3 minutes)
	@mkdir -p resources $(SMOKE)
	@[ -e $(SMOKE)/resources ] || ln -s ../../resources $(SMOKE)/resources
	$(RESUME) --directory $(SMOKE) --configfile config/smoke.yaml --cores $(CORES)
	@echo; cat $(SMOKE)/results/tables/comparison.md

test: $(READY) chromium ## run all tests but the next two; they end with pytest's summary
	@$(BIN)/pytest $(PYTEST_ARGS)

long-test: $(READY) ## run, kill and break whole benchmarks of a small config
	@$(BIN)/pytest -m long tests/workflow $(PYTEST_ARGS)

slurm-test: $(READY) slurm ## run the smoke config on a SLURM of two nodes, started on this machine
	@$(BIN)/pytest -m slurm --log-cli-level=INFO tests/slurm $(PYTEST_ARGS)

# Without SLURM its test is skipped, visibly. Where it can be installed, it is; no service is started.
slurm:
	@if command -v slurmctld >/dev/null 2>&1 && command -v munged >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing SLURM for its test"; \
	  { apt-get -q update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	    apt-get -q -y install --no-install-recommends slurm-wlm munge; \
	  } >$(VENV)/slurm.log 2>&1 || \
	  { tail -n 5 $(VENV)/slurm.log; echo "NOTICE: no SLURM; its test is skipped"; }; \
	else \
	  echo "NOTICE: SLURM is not installed; its test is skipped"; \
	fi

# A test opens the report in headless Chromium; without its driver that test is skipped, visibly.
chromium:
	@if command -v chromedriver >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing Chromium and its driver for the test of the report"; \
	  { apt-get -q update && DEBIAN_FRONTEND=noninteractive \
	    apt-get -q -y install --no-install-recommends chromium chromium-driver; \
	  } >$(VENV)/chromium.log 2>&1 || \
	  { tail -n 5 $(VENV)/chromium.log; echo "NOTICE: no Chromium; the report is not opened"; }; \
	else \
	  echo "NOTICE: chromedriver is not installed; the test that opens the report is skipped"; \
	fi

lint: $(READY) ## check style, types, rules, environments and the config table
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/python envs/sync.py --check
	$(BIN)/python -m markovlens.config_docs --check config/README.md

dag: $(READY) ## draw the rules: results/figures/dag.svg, or dag.mmd (Mermaid) without graphviz
	@mkdir -p results/figures
	@if command -v dot >/dev/null 2>&1; then \
	  $(BIN)/snakemake --quiet --rulegraph dot >results/figures/dag.dot && \
	  dot -Tsvg results/figures/dag.dot -o results/figures/dag.svg && \
	  rm results/figures/dag.dot && echo "results/figures/dag.svg"; \
	else \
	  $(BIN)/snakemake --quiet --rulegraph mermaid-js >results/figures/dag.mmd && \
	  echo "results/figures/dag.mmd (graphviz is not installed)"; \
	fi

# What only the CUDA build of torch needs is left out: the lock must suit the CPU build and macOS.
lock: $(READY) ## pin everything anew: requirements.lock and envs/*.yaml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --all-extras --strip-extras \
	  --unsafe-package pip --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --no-emit-options --annotation-style line $(LOCK_ARGS) \
	  --output-file requirements.lock pyproject.toml
	grep -v -E '^(nvidia-|cuda-|triton)' requirements.lock | \
	  sed 's/^\(torch==[0-9.]*\)+cpu/\1    /' >requirements.lock.new
	mv requirements.lock.new requirements.lock
	$(BIN)/python envs/sync.py

clean: ## remove results (not results/README.md), logs and .snakemake; resources and .venv stay
	@echo "Removing results/* (not results/README.md), logs and .snakemake"
	@find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	@rm -rf logs .snakemake
