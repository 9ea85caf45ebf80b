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
# Input that gives nothing: an error, or an answer that is said to be empty.
run 0 eval '1 + 0 * close' --bars bars.parquet --horizons 1
says "no time has 3 rows with values that differ; its IC is empty"
prints "1 + 0 * close,1,0,,,,"
run 0 eval close --bars bars.parquet --horizons 1 --quantiles 4
says "no time has 4 rows with values, one for each quantile"
run 0 eval close --bars bars.parquet --horizons 1 --quantiles 3
check "3 of 3 are quantiles" sh -c '! grep -q quantile stderr'
run 2 eval 'combined = close' volume --combine equal --bars bars.parquet
says "a factor is called combined already"
run 0 sql --panel bars.parquet -o none.parquet 'SELECT symbol, start_time, end_time, close FROM panel WHERE close < 0'
run 1 eval --factor none.parquet --bars bars.parquet
says "the factors have no rows"
run 1 eval ts_mean --bars bars.parquet
says "there is no column ts_mean; the operator of that name takes arguments in parentheses"
run 0 eval '0 / 0 * close' --bars bars.parquet --horizons 1
says "it has no value"
run 0 eval close --bars bars.parquet -s BTCUSDT --horizons 1
says "no time has more than 1 symbols"
run 0 sql --panel bars.parquet -o one_time.parquet 'SELECT * FROM panel WHERE end_time = (SELECT min(end_time) FROM panel)'
run 2 eval close --bars one_time.parquet
says "needs a symbol with 3 rows; the longest has 1"
run 2 backtest close --bars one_time.parquet
says "the bars have 1"
run 2 check close --bars one_time.parquet
says "they have 1 time"
run 0 sql --panel bars.parquet -o bad_prices.parquet \
    "SELECT symbol, start_time, end_time, volume, CASE symbol WHEN 'BTCUSDT' THEN -close WHEN 'ETHUSDT' THEN 0 ELSE close END AS close FROM panel"
run 0 eval volume --bars bad_prices.parquet
says "column close: 96 prices are zero or negative and count as missing"
run 0 backtest volume --bars bad_prices.parquet
says "96 prices are zero or negative"
run 0 sql --panel bars.parquet -o elsewhere.parquet \
    "SELECT symbol, start_time + 864000000 AS start_time, end_time + 864000000 AS end_time, volume AS f FROM panel"
for verb in eval backtest report; do
    run 1 $verb --bars bars.parquet --factor elsewhere.parquet
    says "no row of the factors has the start_time, end_time and symbol of one of the bars"
done
run 1 eval --bars bars.parquet --factor factors.parquet --columns nothing
says "no column nothing" "reversal, size"
run 1 eval --bars bars.parquet --factor factors.parquet --price vwop
says "no column vwop"
run 1 eval --bars nowhere.parquet --factor factors.parquet
says "nowhere.parquet"
finish
