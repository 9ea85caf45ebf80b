#!/bin/sh
# A wheel of the Python package for any CPython of 3.11 and later, with every library inside, in build/dist:
#   scripts/wheel.sh [--quick]
# --quick leaves out auditwheel: the wheel then needs the system's libraries, those of DuckDB excepted.
set -eu
cd "$(dirname "$0")/.."
venv=build/wheel-venv
stamp=$venv/$(cksum <scripts/requirements-wheel.txt | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r scripts/requirements-wheel.txt
    touch "$stamp"
fi
rm -rf build/dist
mkdir -p build/dist/plain
# Without isolation: the tools are those that were pinned.
"$venv/bin/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir build/dist/plain .
if [ "${1:-}" = --quick ]; then
    mv build/dist/plain/*.whl build/dist/
else
    PATH=$PWD/$venv/bin:$PATH "$venv/bin/auditwheel" repair --wheel-dir build/dist build/dist/plain/*.whl
fi
rm -rf build/dist/plain
ls -l build/dist
