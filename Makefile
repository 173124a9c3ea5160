# `make` lists the targets. Everything lives in .venv; PYTHON=… chooses the interpreter (3.11 or later).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What the tests need beyond Python: both compilers, cross compilers and emulators for the boards, a browser for the reports.
TOOLS := clang:clang nm:binutils qemu-system-arm:qemu-system-arm qemu-aarch64:qemu-user \
    arm-none-eabi-gcc:"gcc-arm-none-eabi libnewlib-arm-none-eabi" \
    aarch64-linux-gnu-gcc:"gcc-aarch64-linux-gnu libc6-dev-arm64-cross" \
    arm-linux-gnueabihf-gcc:"gcc-arm-linux-gnueabihf libc6-dev-armhf-cross" chromium:chromium
PIP := $(PY) -m pip install -q
NATIVE := $(shell find gnc hil firmware_bridge -name '*.pyx' -o -name '*.pxd' -o -path 'gnc/core/*' \
    -o -path 'firmware_bridge/link/*' -o -path 'firmware_bridge/icd/generated/icd.[ch]') setup.py
C_SOURCES = $(shell find gnc/core firmware_bridge/board firmware_bridge/link tests -name '*.[ch]')
CORE_TESTS := tests/core tests/gnc tests/closed_loop

.PHONY: help demo tools test test-long check bench coverage mutation define build clean
help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: build ## build, fly a whole approach to the station and write its report
	@rm -rf runs/demo
	$(VENV)/bin/proxops run iss-vbar --seed 1 --out runs/demo

tools: ## install what the tests need beyond Python, or say how (on Debian and Ubuntu, as root)
	@./.ci/need $(TOOLS)

test: $(VENV)/.test build tools ## every test but the long ones (installs what they need)
	$(PY) -m pytest -n auto -m "not long"

test-long: $(VENV)/.test build tools ## every test there is
	$(PY) -m pytest -n auto

check: $(VENV)/.test $(VENV)/.dev build ## formatting, lint and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/clang-format --dry-run --Werror $(C_SOURCES)
	$(VENV)/bin/mypy

bench: $(VENV)/.bench build ## race ProxOps against Basilisk, filterpy and NumPy, side by side
	PROXOPS_ALSO=benchmarks $(PY) setup.py -q build_ext --inplace
	$(PY) -m benchmarks

coverage: $(VENV)/.test $(VENV)/.dev build ## line coverage of gnc/core by its own tests, at least 95 %
	rm -rf build/coverage build/internals
	PROXOPS_OPT="-O0 --coverage" $(PY) setup.py -q build --build-lib build/coverage/lib --build-temp build/coverage/temp
	PROXOPS_OPT="-O0 --coverage" PYTHONPATH=$(CURDIR)/build/coverage/lib:$(CURDIR) $(PY) -P -m pytest -q -n auto -m "not long" -o pythonpath= $(CORE_TESTS)
	$(VENV)/bin/gcovr --fail-under-line 95

SAMPLE := 40
mutation: $(VENV)/.test $(VENV)/.dev build ## break SAMPLE lines of gnc/core in turn; count what tests notice: docs/mutation.md
	$(PY) .ci/mutation.py --sample $(SAMPLE) $(CORE_TESTS)

clean: ## remove everything that a build, a test or a run made
	rm -rf build dist *.egg-info gnc/_core $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find gnc hil firmware_bridge tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	find gnc hil benchmarks \( -name '*.so' -o -name '*.c' -not -path 'gnc/core/*' \) -delete
	rm -f firmware_bridge/*.so firmware_bridge/wire.c

define: $(VENV)/.installed ## after a change in gnc/core/definitions: write the files made from them, and build
	PROXOPS_ONLY=gnc $(PY) setup.py -q build_ext --inplace
	$(PY) -m gnc.define
	$(PY) -m firmware_bridge.icd
	$(PY) setup.py -q build_ext --inplace

build: $(VENV)/.built # compiles what changed

$(VENV)/.python:
	./.ci/venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml
	@$(PY) .ci/requirements.py build run | $(PIP) -r /dev/stdin
	@touch $@

$(VENV)/.test $(VENV)/.dev $(VENV)/.bench: $(VENV)/.%: $(VENV)/.installed
	@$(PY) .ci/requirements.py $* | $(PIP) -r /dev/stdin
	@touch $@

# An editable install with no extension: a failed build leaves the package registered, and the next one compiles the rest.
$(VENV)/.registered: $(VENV)/.installed
	@PROXOPS_ONLY= $(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.built: $(VENV)/.registered $(NATIVE) build/modules $(if $(PROXOPS_MODULES),FORCE)
	@$(PY) setup.py -q build_ext --inplace
	@touch $@

# PROXOPS_MODULES of the last build; setup.py writes it too.
build/modules: FORCE
	@mkdir -p $(@D) && echo '$(PROXOPS_MODULES)' | cmp -s - $@ || echo '$(PROXOPS_MODULES)' > $@
FORCE:
