#!/bin/sh
# Times factorium beside its peers on the same data:  scripts/bench.sh [CASE...] [--json FILE] [--list]
# scripts/bench.sh distributed: engines beside a pool of processes; see bench/engines.py.
# Every case is a line: what it does, ours, the peer's, the ratio, the peak memory of both.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = distributed ]; then
    shift
    [ -x build/distributed-venv/bin/python ] || sh scripts/check.sh distributed
    exec build/distributed-venv/bin/python -B bench/engines.py "$@"
fi
python=build/venv/bin/python
if ! "$python" -c 'import duckdb' 2>/dev/null; then
    sh scripts/deps.sh --python
fi
[ -x build/venv-evaluation/bin/python ] || sh scripts/deps.sh --evaluation
make all
cmake --build build --target bench_load bench_factor bench_evaluate >/dev/null
exec "$python" bench/bench.py "$@"
