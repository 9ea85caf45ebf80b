#!/bin/sh
# Runs the tests of the Python package on the build in BUILD (build), or skips them (77) where that cannot be:
#   scripts/run-pytest.sh [pytest's arguments]
cd "$(dirname "$0")/.." || exit 1
build=${FACTORIUM_BUILD_DIR:-build}
python=build/python-venv/bin/python
if [ ! -e "$build/python/factorium/_core.abi3.so" ]; then
    echo "skipped: the Python package was not built, as Python's headers are missing; scripts/deps.sh installs them"
    exit 77
fi
if ! "$python" -c 'import pytest, numpy, pandas, polars, pyarrow, duckdb' 2>/dev/null; then
    echo "skipped: the tests' environment is missing; scripts/deps.sh --python makes it"
    exit 77
fi
PYTHONPATH=$build/python exec "$python" -B -m pytest "$@"
