# The commands of the README. `make` alone lists them. Works with GNU make 3.81 (macOS) and sh.

PYTHON ?= python3#                 the Python 3.11+ that .venv is made with
CORES ?= all#                      cores for Snakemake
CONFIG ?= config/config.yaml#      what `make benchmark` runs
MEASURED ?= results#               the finished run that `make estimate` scales
PROFILE ?= profiles/slurm#         the profile whose submissions `make estimate` counts
TARGET ?=#                         rules or files that `make benchmark` stops at; else all
RESULTS ?= results#                the run that `make compare` looks at
OTHER ?=#                          results that `make compare` holds it against
ARENA ?=#                          folder with other people's networks, for config/arena.yaml
PYTEST_ARGS ?=#                    for instance PYTEST_ARGS="-m 'not workflow'"
LOCK_ARGS ?=#                      for instance LOCK_ARGS=--upgrade

EXTRAS := workflow hdf5 onnx docs dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SMOKE := results/smoke
# Snakemake, after it has been made sure that no other run, and no killed one, is in the way.
RUN := $(BIN)/markovlens run --cores $(CORES)
IN_ARENA := $(if $(ARENA),--config 'tasks={"arena": {"folder": "$(ARENA)"}}')

# One thread for each process: unpinned BLAS made one EM step 80 times slower.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
# An environment that `make` was started from must not leak into ours.
unexport PYTHONPATH PYTHONHOME

.PHONY: help env benchmark report estimate compare smoke test test-frameworks test-formats slurm-test slurm chromium lint dag docs dist audit lock clean
.DELETE_ON_ERROR:

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 - \2/p' Makefile

env: $(READY) ## make .venv from requirements.lock, when it is not there or not up to date

$(READY): requirements.lock pyproject.toml envs/venv.py
	$(PYTHON) envs/venv.py $(VENV)
	@touch $@

benchmark: $(READY) ## run CONFIG (config/config.yaml) to its report or TARGET, show the main table
	$(RUN) $(CONFIG) $(TARGET) -- $(IN_ARENA)

report: $(READY) ## write results/report.html, and first whatever it is made of that is missing
	$(RUN) $(CONFIG) results/report.html -- $(IN_ARENA)

# The job list is CONFIG's, whatever has been made already.
estimate: $(READY) ## core-hours and submissions of CONFIG, from the benchmark files in MEASURED
	@[ -e $(CONFIG) ] || { echo "$(CONFIG): expected a config, got no file; name one by CONFIG=," \
	  "such as CONFIG=config/smoke.yaml" >&2; exit 1; }
	@[ -e $(MEASURED)/provenance/config.resolved.yaml ] || { echo "$(MEASURED): expected a finished" \
	  "run, got none; finish one, such as \`make benchmark\`, or name its results by MEASURED=" >&2; \
	  exit 1; }
	@$(BIN)/snakemake --configfile $(CONFIG) $(IN_ARENA) --summary 2>$(VENV)/estimate.log \
	  | $(BIN)/python -m markovlens.running.estimate $(CONFIG) --measured $(MEASURED) \
	      --profile $(PROFILE) || \
	  { tail -n 5 $(VENV)/estimate.log; exit 1; }

compare: $(READY) ## say what differs beyond its intervals from OTHER, results of another machine
	@[ -n "$(OTHER)" ] || { echo "OTHER: expected the results of another machine, got none; name" \
	  "their folder by OTHER=, and yours by RESULTS= where it is not results" >&2; exit 1; }
	@$(BIN)/python -m markovlens.running.comparing $(RESULTS) $(OTHER)

# In a folder of its own, so that it leaves the benchmark's results alone; downloads are shared.
smoke: $(READY) ## run config/smoke.yaml in results/smoke (under 3 minutes)
	@mkdir -p resources $(SMOKE)
	@[ -e $(SMOKE)/resources ] || ln -s ../../resources $(SMOKE)/resources
	$(RUN) config/smoke.yaml --directory $(SMOKE)

# Up to four at a time; which tests stay together is said in tests/conftest.py. Hundreds of
# processes import the package; where Python is told to write no bytecode, each would compile it.
test: $(READY) chromium slurm ## run all tests; they end with pytest's summary
	@$(BIN)/python -m compileall -q src
	@$(BIN)/pytest -n logical --maxprocesses 4 --no-loadscope-reorder $(PYTEST_ARGS)

# Frameworks that are large have an environment of their own.
test-frameworks: .frameworks/.ready ## run the tests of every framework's adapter, none skipped
	@.frameworks/bin/pytest tests/adapters tests/activations/test_importing.py \
	  tests/activations/test_along_training.py tests/recurrence/test_watchable.py $(PYTEST_ARGS)
	@KERAS_BACKEND=jax .frameworks/bin/pytest tests/adapters/test_keras.py $(PYTEST_ARGS)

.frameworks/.ready: frameworks.lock pyproject.toml envs/venv.py
	$(PYTHON) envs/venv.py .frameworks frameworks.lock
	@touch $@

# Other tools that read machines: on top of .venv, as none of them needs anything of its own.
test-formats: .formats/.ready ## run the tests of machines' files with every peer that reads them
	@.formats/bin/python -m pytest tests/machines/formats tests/reliance/properties $(PYTEST_ARGS)

SITE := import sysconfig; print(sysconfig.get_path("purelib"))

.formats/.ready: envs/formats.txt $(READY)
	$(PYTHON) -m venv --clear .formats
	.formats/bin/python -m pip install --quiet --no-deps -r envs/formats.txt
	echo "import site; site.addsitedir('$$($(BIN)/python -c '$(SITE)')')" \
	  >"$$(.formats/bin/python -c '$(SITE)')/below.pth"
	@touch $@

slurm-test: $(READY) slurm ## run only that one of all tests which starts a SLURM of two nodes
	@$(BIN)/pytest -m slurm --log-cli-level=INFO tests/slurm $(PYTEST_ARGS)

# Warnings are errors: a page nobody reaches, a link or a name that leads nowhere.
docs: $(READY) ## build the site into site/, without a network
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs site
	@echo "site/index.html"

dist: $(READY) ## build sdist and wheel into dist/, and check what they hold
	@rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

# The list is CycloneDX and needs no network; faults are asked of the Python Packaging Advisory
# Database.
audit: $(READY) ## list what is locked in dist/sbom.json, ask for known faults in it
	@mkdir -p dist
	$(BIN)/python envs/sbom.py requirements.lock dist/sbom.json
	$(BIN)/pip-audit --requirement requirements.lock --no-deps --disable-pip

# Two tests need programs that are not Python's: SLURM, which is run without being set up as a
# service, and Chromium with its driver, which opens the report. Where the programs cannot be
# installed, these tests are skipped, visibly.
slurm: $(READY)
	@$(call debian,slurmctld,slurm-wlm munge)

chromium: $(READY)
	@$(call debian,chromedriver,chromium chromium-driver)

APT = DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get -q -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120
# $(call debian,command,packages): install packages of Debian if the command is not there.
define debian
if command -v $(1) >/dev/null 2>&1; then exit 0; fi; \
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
  echo "Installing $(2) for a test"; \
  { $(APT) update && $(APT) -y install --no-install-recommends $(2); } >$(VENV)/$@.log 2>&1 || \
  { tail -n 5 $(VENV)/$@.log; echo "NOTICE: no $(1); the test that needs it is skipped"; }; \
else \
  echo "NOTICE: $(1) is not installed; the test that needs it is skipped"; \
fi
endef

lint: $(READY) ## check style, types, rules, environments, keys and columns
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/python envs/sync.py --check
	$(BIN)/python -m markovlens.config.docs --check config/README.md
	$(BIN)/python -m markovlens.tables.docs --check results/README.md

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

# EXTRAS are in .venv; those of large frameworks are in frameworks.lock alone.
# What only the CUDA build of torch needs is left out: the lock must suit the CPU build and macOS.
# Versions younger than a week are left out, which pip does since 26.1, where an index says when
# they came: faults planted in a release are mostly found by then.
lock: $(READY) ## pin everything anew: requirements.lock, frameworks.lock, envs/*.yaml
	$(BIN)/python -m pip install --quiet 'pip>=26.1'
	$(call locked,requirements.lock,$(addprefix --extra ,$(EXTRAS)))
	$(call locked,frameworks.lock,--all-extras --constraint requirements.lock)
	$(BIN)/python envs/sync.py

# $(call locked,file,options): write all pins that the options ask for.
define locked
CUSTOM_COMPILE_COMMAND="make lock" PIP_UPLOADED_PRIOR_TO=P7D $(BIN)/pip-compile --quiet --strip-extras $(2) \
  --unsafe-package pip --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
  --no-emit-options --annotation-style line $(LOCK_ARGS) --output-file $(1) pyproject.toml
grep -v -E '^(nvidia-|cuda-|triton)' $(1) | sed 's/^\(torch==[0-9.]*\)+cpu/\1    /' >$(1).new
mv $(1).new $(1)
endef

clean: ## remove results (not results/README.md), logs and .snakemake; resources and .venv stay
	@echo "Removing results/* (not results/README.md), logs and .snakemake"
	@find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	@rm -rf logs .snakemake
