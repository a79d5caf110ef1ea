PYTHON ?= python3
BIN := .venv/bin
RUNS := .venv/.runs
READY := .venv/.ready
E2E := .venv/.e2e
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: help setup run check test proofs libcamera bench e2e install

help:     ## list the targets
	@grep -hE '^[a-z0-9]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## /make \1\t/'

setup: $(READY)  ## make the virtual environment .venv with all that development needs
run: $(RUNS)     ## start the daemon on the simulated rig; an empty data folder gets a demo scan
	@$(BIN)/focusrig serve --demo $(ARGS)
check: $(READY)  ## lint, types, layers, JavaScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint --deny-warnings web
test: $(READY)   ## the fast test suite
	$(BIN)/pytest -n 4 --dist loadfile $(ARGS)
proofs: $(READY) ## the longer proofs: 10,000 slices, 10,000 moves with faults, a million garbled lines a dialect
	$(BIN)/pytest -m slow -s $(ARGS)
libcamera:       ## the camera driver on real picamera2 and libcamera, in a Debian of its own (as root; the first time 1.5 GB)
	@tests/libcamera/run.sh $(ARGS)
bench: $(READY)  ## stack quality, speed and memory on known truth, against other stackers found here
	$(BIN)/python -m benchmarks.stack $(ARGS)
e2e: $(E2E)      ## whole scans on the simulated rig, reconstructed by COLMAP beside the known truth
	$(BIN)/python -m benchmarks.reconstruction $(ARGS)
install:         ## install as a service on a Raspberry Pi (asks for sudo)
	sudo systemd/install.sh

$(RUNS): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Focusrig needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python lacks venv. On Debian: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) .
	@touch $@

$(READY): $(RUNS)
	$(PIP) '.[dev]'
	@touch $@

$(E2E): $(READY)
	$(PIP) '.[dev,e2e]'
	@touch $@
