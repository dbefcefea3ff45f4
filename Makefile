# Each target makes its own environment when there is none: Python 3.11 or newer a C++ compiler and git are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
BENCH_VENV := .venv-bench
BENCH_READY := $(BENCH_VENV)/ready
SOURCES := $(shell find core src -name '*.py' -o -name '*.[ch]pp' -o -name '*.inc' -o -name CMakeLists.txt)
# What runs is what the checkout builds, not what PYTHONPATH may name.
BENCH_PYTHON := env -u PYTHONPATH $(BENCH_VENV)/bin/python

SANITIZE := build/sanitize
SANITIZE_READY := $(SANITIZE)/ready
SANITIZERS = $(foreach library,libasan.so libubsan.so libstdc++.so,$(shell $(CXX) -print-file-name=$(library)))

.PHONY: demo demo-dask test check torture chaos sanitize bench bench-queue bench-parts scale scaling format clean

demo: $(READY)
	$(BIN)/python examples/queue_demo.py

# On a cluster of this machine's cores; `make demo-dask CLUSTER=tcp://10.0.0.1:8786` is on that one.
CLUSTER ?= local
demo-dask: $(READY)
	$(BIN)/python examples/dask_cluster.py $(CLUSTER)

# Tests of services and workers wait half of their time.
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(min(16, 2 * (os.cpu_count() or 1)))')
test: $(READY)
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal -q

check: $(READY)
	$(BIN)/ruff format --check src tests examples benchmarks docs
	$(BIN)/ruff check src tests examples benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/fresh.py --check

# The queue killed, stopped, filled, corrupted and raced at every place and for long, and engines, codecs and the store
# tried with more examples; `make test` does a part of it.
torture: $(READY)
	QUEUEBIT_TORTURE=whole $(BIN)/python -m pytest -n 2 -q tests/torture tests/worker tests/queue tests/engines \
	tests/codec tests/store tests/providers/test_processes.py

# `make chaos SECONDS=60 SEED=7` is another run. The summary of the last whole one is in docs/reliability.md.
SECONDS ?= 600
SEED ?= 1
chaos: $(READY)
	mkdir -p build
	$(BIN)/python -m tests.torture.chaos --seconds $(SECONDS) --seed $(SEED) --markdown build/chaos.md

# The native engine's tests with the address and undefined-behaviour sanitizers of GCC in the core.
sanitize: $(SANITIZE_READY)
	env -u PYTHONPATH LD_PRELOAD="$(SANITIZERS)" ASAN_OPTIONS=detect_leaks=0 \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 QUEUEBIT_FUZZ_STEPS=3000 \
	$(SANITIZE)/venv/bin/python -m pytest -n auto -q -p no:cacheprovider tests/engines/test_native_*.py \
	tests/codec/test_plain_circuits.py \
	tests/engines/test_statevector_engine.py

# `make bench QUICK=1`, likewise `bench-queue`, `bench-parts` and `scale`, is a glance at the light rows, which writes nothing.
bench: $(BENCH_READY)
	$(BENCH_PYTHON) -m benchmarks.peers $(if $(QUICK),--quick)
	$(BENCH_PYTHON) -m benchmarks.local_jobs $(if $(QUICK),--quick)

bench-queue: $(BENCH_READY)
	$(BENCH_PYTHON) -m benchmarks.queue $(if $(QUICK),--quick)

bench-parts: $(BENCH_READY)
	$(BENCH_PYTHON) -m benchmarks.parts $(if $(QUICK),--quick)

# What this machine takes for each step, measured, and from that what thousands of workers would do, simulated.
scale: $(BENCH_READY)
	$(BENCH_PYTHON) -m benchmarks.scale $(if $(QUICK),--quick)

scaling: $(BENCH_READY)
	$(BENCH_PYTHON) -m benchmarks.scaling

format: $(READY)
	$(BIN)/ruff format src tests examples benchmarks docs
	$(BIN)/ruff check --fix src tests examples benchmarks docs
	$(BIN)/python docs/fresh.py

clean:
	rm -rf $(VENV) $(BENCH_VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml $(filter core/%,$(SOURCES))
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "queuebit needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

# The sources with a core of their own, and everything else from the environment above.
$(SANITIZE_READY): $(READY)
	@echo "building the core with sanitizers in $(SANITIZE): a minute or two"
	$(BIN)/python -m venv --clear --without-pip $(SANITIZE)/venv
	$(BIN)/python -c 'import sys, sysconfig; print(sysconfig.get_path("purelib"), file=open(sys.argv[1], "w"))' \
	$$($(SANITIZE)/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/development.pth
	CXX=$(CXX) $(BIN)/python -m pip --python $(SANITIZE)/venv install --quiet --disable-pip-version-check --no-deps \
	--config-settings=cmake.define.QUEUEBIT_SANITIZE=ON --config-settings=build-dir=$(SANITIZE)/core \
	--config-settings=install.strip=false --editable .
	grep -q __asan_init $(SANITIZE)/venv/lib*/python*/site-packages/queuebit/_core*.so
	touch $(SANITIZE_READY)

# The peers, and queuebit as it is installed: its own build, no links to the sources.
$(BENCH_READY): benchmarks/requirements.txt pyproject.toml $(SOURCES)
	@echo "installing queuebit and its peers in $(BENCH_VENV): a few minutes the first time"
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt .
	touch $(BENCH_READY)
