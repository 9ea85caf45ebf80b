#!/bin/sh
# Plans of shards where nothing is shared but a bucket: plan, run on two machines, merge on a third; killed, damaged, refused.
. "$(dirname "$0")/harness.sh"
python=${PYTHON:-python3}
unset AWS_ENDPOINT_URL_S3 AWS_SESSION_TOKEN AWS_DEFAULT_REGION
if ! "$python" -c '' 2>/dev/null; then
    echo "skipped: $python, which runs the server, is missing"
    exit 77
fi
simulate
mkdir there
start_bucket_server "$python" "$work/there"

# on MACHINE run CODE ARGUMENT...: a machine is a folder for temporary files of its own.
on() {
    mkdir -p "$work/machine-$1"
    export TMPDIR="$work/machine-$1"
    shift
    "$@"
    export TMPDIR="$work/tmp"
}

# ---- Bars: the work folder lies beside the plan
plan=s3://bucket/jobs/bars.json
on 0 run 0 plan --store store --interval 1h --shards 5 -o $plan
says "stage 0: 5 shards"
check "the plan is there" test -s there/jobs/bars.json
check "and nowhere here" test ! -e s3:
on 1 run 0 run $plan --shard 1/2
says "3 shards run, 0 done before"
on 3 run 1 merge $plan
says "2 of 5 shards of stage 0 were not run: 1, 3"
check "nothing is written" test ! -s stdout
on 2 run 0 run $plan --shard 2/2
says "2 shards run, 0 done before"
on 2 run 0 run $plan
says "0 shards run, 5 done before"
on 3 run 0 merge $plan -f csv
mv stdout merged.csv
run 0 bars --store store --interval 1h -f csv
check "bars" cmp stdout merged.csv
folder=$(echo there/jobs/bars.shards/*/stage-0)
check "a row and a result of each shard" test "$(find "$folder" -type f | wc -l)" = 10

# ---- Expressions: what stages pass to each other goes by way of the bucket
run 0 bars --store store --interval 30m -o bars.parquet --quiet
text='cs_rank(ts_mean(cs_rank(close), 4)) + ts_delta(close, 2)'
plan=s3://bucket/factor.json
on 0 run 0 plan "$text" --bars bars.parquet -n 3 -o $plan --work s3://bucket/work
on 1 run 3 run $plan --shard 1/2
says "stage 1 waits for shards of stage 0"
(on 1 run 0 run $plan --shard 1/2 --wait) >other &
waiting=$!
on 2 run 0 run $plan --shard 2/2 --wait
wait $waiting
check "the other half: $(cat other)" test ! -s other
on 3 run 0 merge $plan -o merged.csv
run 0 factor "$text" --bars bars.parquet --format csv
check "a factor in four stages" cmp stdout merged.csv

# ---- Killed at any moment: no object is half there, and it goes on elsewhere
plan=s3://bucket/killed.json
on 0 run 0 plan --store store --interval 1m -n 6 -o $plan --no-cache
for pause in 0.02 0.05 0.10 0.20; do
    TMPDIR="$work/machine-1" "$factorium" run $plan --quiet &
    victim=$!
    sleep $pause
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    for file in there/killed.shards/*/stage-0/*.parquet; do
        [ ! -e "$file" ] || check "$file is whole" sh -c "tail -c 4 '$file' | grep -q PAR1"
    done
done
on 2 run 0 run $plan
on 3 run 0 merge $plan -o merged.csv
run 0 bars --store store --interval 1m -f csv
check "after kills" cmp stdout merged.csv

# ---- Gaps, doubles, damage
folder=$(echo there/killed.shards/*/stage-0)
cp "$folder/00001.json" "$folder/00007.json"
on 4 run 4 merge $plan -o out.csv
says "s3://bucket/killed.shards/" "/stage-0/00007.json is the row of no shard of stage 0"
rm "$folder/00007.json" "$folder/00003.json"
on 5 run 1 merge $plan -o out.csv
says "were not run: 3"
on 6 run 0 run $plan
says "1 shards run, 5 done before"
printf 'X' | dd of="$folder/00002.parquet" bs=1 seek=300 conv=notrunc 2>/dev/null
on 7 run 4 merge $plan -o out.csv
says "s3://bucket/killed.shards/" "/stage-0/00002.parquet is not what its row says: remove it"
check "no output" test ! -e out.csv
rm "$folder/00002.parquet"
on 6 run 1 merge $plan -o out.csv
says "were not run: 2"
on 7 run 0 run $plan
says "1 shards run, 5 done before"
on 7 run 0 merge $plan -o again.csv
check "made again" cmp again.csv merged.csv

# ---- What the server refuses
AWS_SECRET_ACCESS_KEY=wr0ng on 8 run 1 run $plan
says "s3://bucket/killed.json" "HTTP 403"
AWS_SECRET_ACCESS_KEY=wr0ng on 8 run 1 plan --store store -o s3://bucket/other.json
says "s3://bucket/other.json" "HTTP 403"
AWS_SECRET_ACCESS_KEY=wr0ng on 8 run 1 merge $plan
says "s3://bucket/killed.json" "HTTP 403"
check "the secret is never shown" sh -c '! grep -q wr0ng stderr'
on 8 run 1 run s3://bucket/gone.json
says "s3://bucket/gone.json"
on 8 run 1 plan --store store -o plan.json --work "$AWS_ENDPOINT_URL/bucket"
says "$AWS_ENDPOINT_URL/bucket" "or to s3://"

# ---- A store there, too
httpfs=$(find "$root/build/deps/httpfs" -name httpfs.duckdb_extension 2>/dev/null | head -n 1)
if [ -z "$httpfs" ]; then
    echo "skipped the rest: build/deps/httpfs is missing (scripts/deps.sh --python)"
    finish
fi
export FACTORIUM_HTTPFS="$httpfs" HOME="$work"
cp -r store there/store
plan=s3://bucket/far.json
on 0 run 0 plan --store s3://bucket/store --interval 5m -n 4 -o $plan
n_before=$(wc -l <requests)
on 1 run 0 run $plan --shard 1/2
tail -n +$((n_before + 1)) requests | grep 'prefix=store' >listed
check "a shard lists the files of its symbols" grep -q 'symbol%3DBTCUSDT' listed
check "... and no others: $(cat listed)" sh -c '! grep -v symbol%3D listed'
on 2 run 0 run $plan --shard 2/2
on 3 run 0 merge $plan -f csv
mv stdout merged.csv
run 0 bars --store store --interval 5m -f csv
check "bars of a store there" cmp stdout merged.csv
on 0 run 0 plan "$text" --store s3://bucket/store --interval 30m -n 2 -o s3://bucket/far-factor.json
on 1 run 0 run s3://bucket/far-factor.json
on 2 run 0 merge s3://bucket/far-factor.json -o merged.csv
run 0 factor "$text" --bars bars.parquet --format csv
check "a factor of a store there" cmp stdout merged.csv
on 0 run 0 plan --store s3://bucket/store --interval 1h -n 2 -o $plan
rm -r there/store/market=futures_um/data_type=aggTrades/symbol=BTCUSDT
on 3 run 4 run $plan
says "is not what it was when the plan was made: plan again"
finish
