# Everything runs from .venv, which the first command makes. `make help` lists the commands.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := true
# Python keeps what it compiles, even where an image forbids it: compiling torch, MLflow and DVC again at
# every start takes longer than most stages do.
unexport PYTHONDONTWRITEBYTECODE
STUDY ?= leak_free
JOBS ?= 1
CLUSTER ?= local:$(JOBS)

# A recipe for maps of ground without labels: docs/honest.md says what each part does.
HONEST := split.method=blocks reduce.method=mnf reduce.normalise=unit reduce.components=30 reduce.fit_on=train \
	patches.window=1 model.name=kernel_ridge model.attention=none inference.smoothing=random_walker inference.random_walker.seeds=training \
	inference.random_walker.sharpness=1 inference.random_walker.gamma=0.001 inference.random_walker.beta=1 \
	inference.random_walker.borders=1

SHOWN := Experiment|oa$$|aa$$|kappa$$|gain_over_floor$$|test_inside_training_windows$$|(scene|split|reduce|patches|model|train|inference)\.

.DEFAULT_GOAL := help
.PHONY: help repro honest folds test quick check bench drill study ui experiments lock doctor champion clean

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 14

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

repro: .venv/ready ## the whole pipeline, whatever of it is out of date
	dvc repro

honest: .venv/ready ## a recipe for maps of ground without labels: CHANGE="split.seed=7 split.blocks.side=12"
	dvc exp run $(addprefix -S ,$(HONEST) $(CHANGE))

folds: .venv/ready ## test every labelled pixel once, one model a fold of blocks: CHANGE="model.name=svm patches.window=1"
	PYTHONPATH=src python -m experiments.folds $(CHANGE)

test: .venv/ready ## every test, also end to end (minutes)
	python -m pytest -n 2 --dist loadfile

quick: .venv/ready ## the tests that take seconds
	python -m pytest -n 2 -m "not slow"

check: .venv/ready ## linter, formatter, type checker
	ruff check .
	ruff format --check .
	mypy

bench: .venv/ready ## measure, half an hour: writes docs/results/performance.md
	for name in maps scaling regions step stages overheads; do python -m benchmarks.$$name || exit 1; done

drill: .venv/ready ## kill, fill disks, flip bits, and count; hours: writes docs/results/reliability.md. Goes on if stopped
	@PYTHONPATH=src python -m benchmarks.drill

study: .venv/ready ## variants x splits x seeds, and a report with tests: STUDY=leak_free JOBS=2 (or CLUSTER=...)
	PYTHONPATH=src python -m experiments.studies $(STUDY) --cluster $(CLUSTER)

# `make -n ui` prints the link alone.
ui: .venv/ready ## MLflow over every run, on http://127.0.0.1:5000 (PORT=5001 for another)
	+@PYTHONPATH=src python -m experiments.mlflow_page $(if $(findstring n,$(firstword -$(MAKEFLAGS))),--link)

champion: .venv/ready ## register the model in the workspace in MLflow, as champion of its scene
	@PYTHONPATH=src python -m experiments.mlflow_champion

experiments: .venv/ready ## the experiments on this commit: what each changed, and its scores
	@dvc exp show --no-pager --only-changed --drop '(?!$(SHOWN)).*'

lock: ## pin what pyproject.toml asks for, from the package index
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --extra pipeline --extra onnx --extra cluster --extra shared --extra dev -o requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock  # any build of that version

doctor: .venv/ready ## find and mend what a killed DVC leaves, asking first: YES=1 does not ask
	@PYTHONPATH=src python -m experiments.doctor $(if $(YES),--yes)

clean: ## remove checkpoints of trainings that never ended
	rm -rf .scratch
