#!/bin/sh
# What eval prints, and what it says of input that is wrong.
. "$(dirname "$0")/harness.sh"
simulate
run 0 bars --store store --symbols all --interval 1h --no-sides -o bars.parquet
run 0 sql --panel bars.parquet -o factors.parquet \
    'SELECT symbol, start_time, end_time, open / close - 1 AS reversal, volume AS size FROM panel'

run 0 eval --bars bars.parquet --factor factors.parquet --horizons 1,4
same "$work/stdout" eval-summary.csv
# Many columns of few rows lie on their side.
run 0 eval --bars bars.parquet --factor factors.parquet --horizons 1,4 --format table
same "$work/stdout" eval-summary.txt
run 0 eval --bars bars.parquet --factor factors.parquet --horizons 1,4 --quantiles 3 --table quantiles
same "$work/stdout" eval-quantiles.csv
run 0 eval --bars bars.parquet --factor factors.parquet --columns reversal --table decay --decay 3 --format json
same "$work/stdout" eval-decay.json
run 0 eval --bars bars.parquet --factor factors.parquet --table correlation --redundant 0.05 --horizons 1
prints "reversal,size"
# Bars of the store itself, on several threads, are the same bars.
run 0 eval --store store --interval 1h --factor factors.parquet --horizons 1,4 --threads 3
check "bars of the store and of a file give the same" cmp "$work/stdout" "$expected/eval-summary.csv"
run 0 eval --bars bars.parquet --factor factors.parquet --table all -o all.json --quiet
check "all tables are one JSON object" python3 -c "
import json
tables = json.load(open('all.json'))
assert list(tables)[0] == 'summary' and len(tables) == 11, list(tables)
assert len(tables['summary']) == 6 and tables['summary'][0]['factor'] == 'reversal'
assert tables['ic'] and tables['events'] and tables['symbols']"
run 0 eval --bars bars.parquet --factor factors.parquet --table ic -o ic.parquet --quiet
run 0 eval --bars bars.parquet --factor factors.parquet -s BTCUSDT --table symbols
says "no time has more than 1 symbols"
prints "BTCUSDT"

run 2 eval --bars bars.parquet
says "say which factor"
run 2 eval --factor factors.parquet
says "--bars FILE"
run 2 eval --bars bars.parquet --store store --factor factors.parquet
says "either --bars or --store"
run 2 eval --bars bars.parquet --factor factors.parquet --delay 0
says "--no-delay"
run 0 eval --bars bars.parquet --factor factors.parquet --no-delay
run 2 eval --bars bars.parquet --factor factors.parquet --horizons 1,x
says "whole numbers between commas"
run 2 eval --bars bars.parquet --factor factors.parquet --horizons 500
says "the longest has 48"
run 2 eval --bars bars.parquet --factor factors.parquet --table everything
says "there is no table everything"
run 2 eval --bars bars.parquet --factor factors.parquet --table all --format csv
says "JSON alone"
run 1 eval --bars bars.parquet --factor factors.parquet --columns nothing
says "no column nothing" "reversal, size"
run 1 eval --bars bars.parquet --factor factors.parquet --price vwop
says "no column vwop"
run 1 eval --bars nowhere.parquet --factor factors.parquet
says "nowhere.parquet"
finish
