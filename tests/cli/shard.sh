#!/bin/sh
# Plans of shards: the bytes of one machine, parts, kills, gaps, doubles, damage, changes.
. "$(dirname "$0")/harness.sh"
simulate

# Bars and factors: the same bytes.
run 0 plan --store store --interval 1h --shards 5 -o bars.json
says "stage 0: 5 shards, bars of symbols and days"
run 0 run bars.json
says "5 shards run, 0 done before"
run 0 merge bars.json -f csv
mv stdout merged.csv
run 0 bars --store store --interval 1h -f csv
check "bars" cmp stdout merged.csv
for bar in tick:500 dollar:4e5; do
    run 0 plan --store store --bar $bar -n 7 -o other.json --notional --num-trades --drop-last
    run 0 run other.json
    run 0 merge other.json -o merged.csv
    run 0 bars --store store --bar $bar --notional --num-trades --drop-last -f csv
    check "$bar" cmp stdout merged.csv
done
"$factorium" simulate klines --type klines --interval 5m --symbols 2 --days 3 --quiet
"$factorium" ingest klines --store kstore --quiet
for interval in 1h 2d; do
    run 0 plan --store kstore --type klines --interval $interval -n 5 -o other.json
    run 0 run other.json
    run 0 merge other.json -o merged.csv
    run 0 bars --store kstore --type klines --interval $interval -f csv
    check "klines of $interval" cmp stdout merged.csv
done
printf 'symbol,sector,industry,subindustry,cap\nBTCUSDT,a,1,1,3\nETHUSDT,b,2,2,2\nSOLUSDT,b,2,3,1\n' >sectors.csv
run 0 plan --alpha101 --store store --interval 30m -a sectors.csv -n 7 -o alphas.json --work elsewhere
run 0 run alphas.json
check "the work folder" test -d elsewhere
run 0 merge alphas.json -o merged.csv
run 0 factor --alpha101 --store store --interval 30m -a sectors.csv --format csv
check "alpha101" cmp stdout merged.csv
run 0 bars --store store --interval 30m -o bars.parquet --quiet
run 3 plan --alpha101 --bars bars.parquet --missing skip -n 7 -o alphas.json
says "factors are left out"
run 0 run alphas.json
run 3 merge alphas.json -o merged.csv
run 3 factor --alpha101 --bars bars.parquet --missing skip --format csv
check "alpha101 without sectors" cmp stdout merged.csv

# Parts of a stage, and stages that wait for each other.
run 0 plan 'cs_rank(ts_delta(close, 2))' --bars bars.parquet -n 3 -o factor.json
run 3 run factor.json --shard 1/2
says "stage 1 waits for shards of stage 0"
run 1 run factor.json --stage 1
says "stage 1 waits for stage 0, of which 1 of 3 shards were not run, the first of them shard 1"
run 1 merge factor.json
says "1 of 3 shards of stage 0 were not run: 1"
check "nothing is written" test ! -s stdout
"$factorium" run factor.json --shard 1/2 --wait --quiet &
waiting=$!
run 0 run factor.json --shard 2/2 --wait
check "both parts end" wait $waiting
run 0 run factor.json --shard 9/9
run 0 run factor.json -v
says "0 shards run, 6 done before" "done before"
run 0 merge factor.json -o merged.csv
run 0 factor 'cs_rank(ts_delta(close, 2))' --bars bars.parquet --format csv
check "a factor in two parts" cmp stdout merged.csv
for part in 0/4 5/4 1 a/b 1/0 /3 3/ -1/2 1/2/3 99999999999999999999/3; do
    run 2 run factor.json --shard=$part
    says "K from 1 to N"
done
run 2 run factor.json --stage 2
says "from 0 to 1"

# Killed at any moment: run again, and it is done. No file is half written.
run 0 plan --store store --interval 1m -n 6 -o killed.json --no-cache
for pause in 0.00 0.02 0.04 0.06 0.08 0.10 0.15; do
    "$factorium" run killed.json --quiet &
    victim=$!
    sleep $pause
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    for file in killed.shards/*/stage-0/*.parquet; do
        [ ! -e "$file" ] || check "$file is whole" sh -c "tail -c 4 '$file' | grep -q PAR1"
    done
done
run 0 run killed.json
run 0 merge killed.json -o merged.csv
run 0 bars --store store --interval 1m -f csv
check "after kills" cmp stdout merged.csv

# Two at once.
rm -rf killed.shards
"$factorium" run killed.json --quiet &
one=$!
"$factorium" run killed.json --quiet &
two=$!
check "the first of two" wait $one
check "the second of two" wait $two
run 0 merge killed.json -f csv
check "two at once" cmp stdout merged.csv

# Damage, doubles, changes.
folder=$(echo killed.shards/*/stage-0)
printf 'X' | dd of="$folder/00002.parquet" bs=1 seek=300 conv=notrunc 2>/dev/null
run 4 merge killed.json -o out.csv
says "00002.parquet is not what its row says: run shard 2 of stage 0 again"
check "no output" test ! -e out.csv
run 0 run killed.json
says "1 shards run" "made again"
cp "$folder/00001.json" "$folder/00007.json"
run 4 merge killed.json -o out.csv
says "00007.json is the row of no shard"
rm "$folder/00007.json" "$folder/00003.json"
run 1 merge killed.json -o out.csv
says "were not run: 3"
run 0 run killed.json
sed 's/"interval_ms":.*/"interval_ms": 120000,/' killed.json >changed.json
run 4 run changed.json
says "was changed after it was made"
run 4 merge changed.json
run 1 run bars.csv
says "bars.csv"
printf 'no plan' >no.json
run 1 merge no.json
says "no.json is no plan"
day=$(find store -name data.parquet | sort | head -n 1)
cp "$day" kept && cp kept "$day"
rm -rf killed.shards
run 4 run killed.json
says "is not what it was when the plan was made: plan again"
mv store away
mkdir store
run 4 run killed.json
says "is not what it was when the plan was made: plan again"
rmdir store
run 1 run killed.json
says "$work/store" "No such file"
mv away store

# What is wrong with a request.
run 2 plan --store store
says "-o plan.json"
run 2 plan -o plan.json
says "--bars FILE, or --store DIR"
run 2 plan --bars bars.parquet -o plan.json
says "bars that are there already need no plan"
run 2 plan close --store store --fill previous -o plan.json
says "it goes with plans of bars"
run 2 plan --store store -n 0 -o plan.json
says "from 1 to 10000"
run 2 plan 'cs_rank(' --bars bars.parquet -o plan.json
says "line 1"
run 1 plan 'cs_rank(clos)' --bars bars.parquet -o plan.json
says "did you mean close?" "    cs_rank(clos)"
run 1 plan close --bars nowhere.parquet -o plan.json
says "nowhere.parquet"
run 1 plan --store store --interval 1h -o nowhere/plan.json
says "nowhere"
run 2 run
says "name one plan"
run 2 merge a b
says "name one plan"
run 1 run nowhere.json
says "nowhere.json"
finish
