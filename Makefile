# From bare Python to a running demo: `make demo`. The environment is built once, in .venv, and again when
# pyproject.toml or requirements.lock change, or when this folder has moved.

# The first Python that will do; PYTHON=/path/to/python names another one.
VERSION_OK := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3 python; do \
	$$p -c '$(VERSION_OK)' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
HERE := $(shell printf '%s' '$(CURDIR)' | cksum | cut -d' ' -f1)
BASE := $(VENV)/base-$(HERE).stamp
DEV := $(VENV)/dev-$(HERE).stamp

# Without a GPU the build of PyTorch that is made for that, where the index has it: the other brings gigabytes of CUDA.
TORCH := $(shell grep '^torch==' requirements.lock)

# Nothing of the user's own Python leaks in.
unexport PYTHONPATH PYTHONHOME
export PYTHONNOUSERSITE := 1
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo chat test check bench lock sample clean
.DEFAULT_GOAL := demo

demo: $(BASE)
	$(PY) -m curate run pipelines/legal.yaml

chat: $(DEV)
	$(PY) -m curate run pipelines/legal_chat.yaml

test: $(DEV)
	$(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

check: $(DEV)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) $(VENV)/bin/lint-imports

# Minutes to hours; on the real data sets, which lie beside the checkout.
bench: DATA ?= ../shared/data
bench: $(DEV)
	$(PY) -m benchmarks.extraction $(DATA) benchmarks/results/extraction.md
	$(PY) -m benchmarks.language $(DATA) benchmarks/results/language.json
	$(PY) -m benchmarks.normalise $(DATA) benchmarks/results/normalise.json
	$(PY) benchmarks/signals.py
	$(PY) benchmarks/quality_legal.py
	$(PY) benchmarks/token_choice.py
	$(PY) benchmarks/minhash.py
	$(PY) -m benchmarks.near_duplicates
	$(PY) -m benchmarks.dedup_quality
	$(PY) -m benchmarks.scale_duplicates
	$(PY) -m benchmarks.passages
	$(PY) -m benchmarks.decontamination benchmarks/results/decontamination.json
	$(PY) -m benchmarks.pii_patterns $(DATA) benchmarks/results/pii_patterns.json
	$(PY) -m benchmarks.pii_names $(DATA) benchmarks/results/pii_names.json
	$(PY) -m benchmarks.pii_consistency $(DATA)
	$(PY) benchmarks/pii_legal.py
	$(PY) -m benchmarks.pii_step $(DATA)
	$(PY) -m benchmarks.whole_run
	$(PY) -m benchmarks.whatif 1000000 benchmarks/results/whatif.json
	$(PY) -m benchmarks.synth_embedded
	$(PY) -m benchmarks.echo_chamber
	$(PY) -m benchmarks.saturation
	$(PY) -m benchmarks.loader $(DATA)
	$(PY) -m benchmarks.throughput
	$(PY) -m benchmarks.forgetting $(DATA)

sample:
	$(PYTHON) pipelines/sample/generate.py
	$(PYTHON) pipelines/general/generate.py

# The stamp's name holds the folder: an editable install knows its absolute path, so a moved one installs anew.
$(BASE): pyproject.toml requirements.lock
	@$(call environment)
	@echo "Installing curate into $(VENV) (once) ..."
	@$(PY) -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

$(DEV): pyproject.toml requirements.lock
	@$(call environment)
	@echo "Installing curate and its development tools into $(VENV) (once) ..."
	@command -v nvidia-smi >/dev/null || $(PY) -m pip install --quiet --constraint requirements.lock "$(TORCH)+cpu" 2>/dev/null || true
	@$(PY) -m pip install --quiet --constraint requirements.lock --editable '.[dev,synth,train]'
	@touch $(BASE) $@

define environment
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		$(call find_python) \
		"$(PYTHON)" -m venv --clear $(VENV) || { \
			echo "$(PYTHON) cannot make a virtual environment (on Debian and Ubuntu: install python3-venv)" >&2; exit 2; }; \
	fi
endef

define find_python
	if ! "$(PYTHON)" -c '$(VERSION_OK)' 2>/dev/null; then \
		echo "curate needs Python 3.11 to 3.14, and found $$("$(PYTHON)" -V 2>/dev/null || echo none)." >&2; \
		echo "Install one of them, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 2; \
	fi; \
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
		echo "Note: fastText has no wheel for this Python; its models and 'classify' need 3.11 or 3.12." >&2; \
	fi;
endef

# Versions alone, from an empty environment of the oldest supported Python, so that one lock serves all.
lock:
	@fresh=$$(mktemp -d) && python3.11 -m venv $$fresh \
	&& $$fresh/bin/python -m pip install --quiet '.[dev,hub,s3,synth,train]' \
	&& $$fresh/bin/python -m pip freeze --all --exclude curate --exclude pip --exclude setuptools \
		| sed 's/+cpu$$//' | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$' | LC_ALL=C sort -f > requirements.lock; \
	status=$$?; rm -rf "$$fresh"; exit $$status

clean:
	rm -rf $(VENV) runs build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
