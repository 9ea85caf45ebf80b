#!/bin/sh
# bars and factor by shards: the same bytes as without, and what is said where an executor cannot be had.
. "$(dirname "$0")/harness.sh"
simulate
unset FACTORIUM_WORK

FACTORIUM_PYTHON=/nowhere/python run 1 bars --store store --executor local://2
says "--executor needs the Python package, which /nowhere/python does not find" "FACTORIUM_PYTHON"
check "nothing was planned" test ! -e store/.shards

FACTORIUM_PYTHON=${PYTHON:-python3}
PYTHONPATH=$build/python
export FACTORIUM_PYTHON PYTHONPATH
if ! "$FACTORIUM_PYTHON" -c 'import factorium.distributed' 2>/dev/null; then
    echo "skipped the rest: the Python package was not built"
    finish
fi

# ---- Bars
for bar in 1m tick:500 dollar:1e5; do
    run 0 bars --store store --bar "$bar" --notional --num-trades --no-cache -o one.csv
    run 0 bars --store store --bar "$bar" --notional --num-trades --no-cache --executor local://2 --shards 5 -o many.csv
    check "$bar: the same bytes" cmp one.csv many.csv
done
check "no shard's file is left" test -z "$(ls -A store/.shards)"
run 0 bars --store store --executor local://1 --work elsewhere -o many.parquet
check "--work is where they go" test -d elsewhere
FACTORIUM_WORK=named run 0 bars --store store --executor local://1 -o many.parquet
check "and so is FACTORIUM_WORK" test -d named
run 0 bars --store store --executor local://1 --progress json -o many.parquet
says '"stage":"1/1 bars","unit":"shards"'
run 3 bars --store store --from 2024-08-07 --to 2024-08-09 --missing skip --executor local://1 -o many.csv
says "2024-08-07"

# ---- What is wrong
run 2 bars --store store --executor slurm://x
says "begins with none of local://, ray://, dask://, spark://"
run 2 bars --store store --executor local://1 --shards 0
says "--shards"
run 1 bars --store store --executor local://1 --symbols NONE
says "NONE"
find store -name data.parquet | head -n 1 >bad
cp "$(cat bad)" whole
head -c 1000 whole >"$(cat bad)"
run 1 bars --store store --executor local://2 --shards 6 --no-cache
says "shards failed" "stage 0, shard" "$(sed 's|.*symbol=\([^/]*\).*|\1|' bad)"
check "what was done stays" test -n "$(ls -A store/.shards)"
cp whole "$(cat bad)"
rm -rf store/.shards

# ---- Factors
run 0 bars --store store --interval 5m -o bars.parquet
for formula in 'm = ts_mean(close,20)' 'r = cs_rank(ts_delta(close,5))' 'x = ts_mean(cs_rank(volume),7)'; do
    run 0 factor "$formula" --bars bars.parquet --from 2024-08-08 --to 2024-08-09 -o one.csv
    run 0 factor "$formula" --bars bars.parquet --from 2024-08-08 --to 2024-08-09 --executor local://2 --work work \
        --shards 3 -o many.csv
    check "$formula: the same bytes" cmp one.csv many.csv
done
run 0 factor 'r = cs_rank(close)' --store store --interval 5m --wide -o one.csv
run 0 factor 'r = cs_rank(close)' --store store --interval 5m --wide --executor local://2 -o many.csv
check "wide: the same bytes" cmp one.csv many.csv
run 2 factor 'r = cs_rank(close)' --bars bars.parquet --executor local://2
says "say where all nodes read and write: --work DIR"
run 2 factor 'r = cs_rank(close)' --bars bars.parquet --store store --executor local://2
says "give either --bars or --store"
finish
