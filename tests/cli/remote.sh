#!/bin/sh
# Stores on S3 and on a web server.
. "$(dirname "$0")/harness.sh"
python=${PYTHON:-python3}
simulate
unset AWS_ENDPOINT_URL_S3
export HOME="$work" # no extension of the user's own

# ---- Without the extension: what is lacking, and how to get it
run 1 bars --store s3://bucket/store
says "httpfs" "pip install" "FACTORIUM_HTTPFS"
run 1 ls --store https://127.0.0.1:1/store
says "httpfs"
run 1 sql --store s3://bucket/store "SELECT 1"
says "httpfs"
FACTORIUM_HTTPFS=/nowhere/httpfs run 1 bars --store s3://bucket/store
says "FACTORIUM_HTTPFS=/nowhere/httpfs"

# ---- What needs a store of this machine
run 1 ingest archive --store s3://bucket/store
says "factorium ingest needs a store on this machine"
check "no folder was made" test ! -e s3:
run 1 verify --store s3://bucket/store
says "factorium verify needs a store on this machine"
run 1 cache ls --store http://127.0.0.1/store
says "a cache needs a store on this machine"

httpfs=$(find "$root/build/deps/httpfs" -name httpfs.duckdb_extension 2>/dev/null | head -n 1)
if [ -z "$httpfs" ] || ! "$python" -c '' 2>/dev/null; then
    echo "skipped the rest: build/deps/httpfs or Python is missing (scripts/deps.sh --python)"
    finish
fi

# ---- With it
export FACTORIUM_HTTPFS="$httpfs"
start_bucket_server "$python" "$work"
web=$AWS_ENDPOINT_URL/web

run 1 bars --store "$web/store"
says "$web/store/files.txt" "factorium ls --store FOLDER --files"
run 0 ls --store store --files
cp stdout store/files.txt
prints "market=futures_um/data_type=aggTrades/symbol=BTCUSDT/year=2024/month=08/day=08/data.parquet"
run 0 bars --store store --interval 5m --no-cache -o here.csv
run 0 ls --store store --format json -o here.json
for far in s3://bucket/store "$web/store/"; do
    run 0 bars --store "$far" --interval 5m -o far.csv
    check "$far gives the same bars" cmp here.csv far.csv
    run 0 ls --store "$far" --format json -o far.json
    check "$far lists the same" cmp here.json far.json
    run 0 ls --store "$far" --files -o far.csv
    check "$far lists the same files" cmp store/files.txt far.csv
    run 0 bars --store "$far" --bar tick:1000 --symbols BTCUSDT -o far.csv
    run 0 bars --store store --bar tick:1000 --symbols BTCUSDT -o near.csv
    check "$far gives the same tick bars" cmp near.csv far.csv
    run 1 bars --store "$far" --symbols BTCUSD
    says "BTCUSDT"
    run 1 bars --store "$far" --symbols BTCUSDT --from 2024-08-07 --to 2024-08-09
    says "2024-08-07"
    run 3 bars --store "$far" --symbols BTCUSDT --from 2024-08-07 --to 2024-08-09 --missing skip -o far.csv
    run 1 bars --store "$far" --engine native
    says "the native engine reads files of this machine only"
    run 0 sql --store "$far" "SELECT count(*) AS n, count(DISTINCT symbol) AS m FROM trades"
    cp stdout far.csv
    run 0 sql --store store "SELECT count(*) AS n, count(DISTINCT symbol) AS m FROM trades"
    check "$far answers the same query" cmp stdout far.csv
    run 2 sql --store "$far" "SELECT * FROM read_text('$web/archive/x')"
    says "allow-external"
    run 0 sql --store "$far" "SELECT count(*) FROM bars"
done
run 1 bars --store s3://bucket/nothing
says "s3://bucket/nothing is no store"
check "nothing is left beside the store" test ! -e s3:

# ---- A list that is hostile, or not of this store
printf '../../etc/passwd.parquet\n' >store/files.txt
run 1 bars --store "$web/store"
says "files.txt, line 1" "is no path of a store's file"
printf 'market=futures_um/data_type=aggTrades/symbol=BTCUSDT/year=2024/month=08/day=08/gone.parquet\n' >store/files.txt
run 1 bars --store "$web/store"
says "gone.parquet"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
run 1 bars --store s3://bucket/store
finish
