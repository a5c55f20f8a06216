# Two commands matter to a newcomer: `make demo` and `make test`. Both install what they need.
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
SEED ?= 1
WORKERS ?= 3

.PHONY: help demo test explore lint bench bench-pacing sim lab venv setup docs clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

venv: $(STAMP) ## the Python environment, from the locked requirements

$(STAMP): requirements.lock pyproject.toml
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is needed"; exit 1; }
	@test -x $(PY) || python3 -m venv $(VENV) || { sudo -n true 2>/dev/null && S=sudo; \
		$$S apt-get update -q && $$S apt-get install -y -q python3-venv && python3 -m venv $(VENV); }
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP) ## a real Asterisk, a real Redis and the test speech, cached between runs
	@$(PY) -m lab setup >/dev/null

demo: setup ## 200 real calls through two real Asterisks; report in demo/report.json
	@$(PY) -m lab.demo --seed $(SEED)

test: setup ## every test, on real Asterisk pairs and real Redis servers
	@OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

explore: setup ## the property tests in search of new counterexamples
	@HYPOTHESIS_PROFILE=explore $(PY) -m pytest -n $(WORKERS) -m hypothesis

lint: venv ## ruff, mypy --strict, import contracts, YAML
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/yamllint -s .
	@$(VENV)/bin/hadolint Dockerfile ops/asterisk.Dockerfile

bench: setup ## the figures of docs/performance.md, measured here and now
	@$(PY) -m bench

bench-pacing: venv ## pacers against each other on simulated floors; writes bench/pacing/RESULTS.md
	@$(PY) -m bench.pacing

sim: venv ## replay one simulated shift with faults: make sim SEED=42
	@$(PY) -m dialerd.sim --seed $(SEED) --faults --trace

docs: venv ## write again what docs/ takes from the code
	@$(PY) -m docs.generate

lab: setup ## a pair of Asterisks to play with, until Ctrl-C
	@$(PY) -m lab up

clean: ## remove what make made here (the cache outside stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache demo
