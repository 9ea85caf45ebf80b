#!/bin/sh
# What backtest prints, and what it says of input that is wrong.
. "$(dirname "$0")/harness.sh"
simulate
run 0 bars --store store --symbols all --interval 1h --no-sides -o bars.parquet
run 0 sql --panel bars.parquet -o factors.parquet \
    'SELECT symbol, start_time, end_time, open / close - 1 AS reversal, volume AS size FROM panel'

run 0 backtest --bars bars.parquet --factor factors.parquet --buy-cost 0.0005 --sell-cost 0.0005
same "$work/stdout" backtest-metrics.csv
run 0 backtest --bars bars.parquet --factor factors.parquet --columns reversal -w quantiles --quantiles 3 --every 6 --table trades
same "$work/stdout" backtest-trades.csv
run 0 backtest --bars bars.parquet --factor factors.parquet --columns size -w long --max-position 0.4 --table equity --threads 3
mv stdout equity.csv
run 0 backtest --bars bars.parquet --factor factors.parquet --columns size -w long --max-position 0.4 --table equity --threads 1
check "threads give the same bytes" cmp equity.csv stdout
check "a row a time" test "$(wc -l <equity.csv)" = 49
run 0 backtest --bars bars.parquet --factor factors.parquet --columns size --table positions -o positions.parquet

run 2 backtest --bars bars.parquet --factor factors.parquet --delay 0
says "--no-delay"
run 2 backtest --bars bars.parquet --factor factors.parquet --buy-cost 1.5
says "--buy-cost" "a number from 0"
run 2 backtest --bars bars.parquet --factor factors.parquet --sell-cost 1
says "--sell-cost" "a number from 0"
run 2 report --bars bars.parquet --factor factors.parquet --buy-cost 1.5
says "--buy-cost"
run 2 backtest --bars bars.parquet --factor factors.parquet --weights everything
says "neutral, long, quantiles"
run 2 backtest --bars bars.parquet --factor factors.parquet --table everything
says "there is no table everything"
run 1 backtest --bars bars.parquet --factor factors.parquet --funding rate
says "no column rate"
run 2 backtest --bars bars.parquet
says "say which factor"
finish
