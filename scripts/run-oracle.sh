#!/bin/sh
# Runs a Python test against other libraries, or skips it (77) where they are not installed.
if ! "${PYTHON:-build/venv/bin/python}" -c 'import duckdb, pandas, polars, pyarrow, scipy' 2>/dev/null; then
    echo "skipped: the libraries to compare with are missing; scripts/deps.sh --python installs them"
    exit 77
fi
exec "${PYTHON:-build/venv/bin/python}" -B "$@"
