#!/bin/sh
# What bars writes: rows, formats, ranges, kinds of bars.
. "$(dirname "$0")/harness.sh"
simulate

run 0 bars --store store --symbols BTCUSDT --interval 4h
same "$work/stdout" bars-4h.csv
run 0 bars --store=store -s BTCUSDT -i4h -f json
same "$work/stdout" bars-4h.json
run 0 bars --store store -s BTCUSDT --interval 4h --format table
same "$work/stdout" bars-4h.txt
run 0 bars --store store --symbols all --interval 1m --format table
same "$work/stdout" bars-1m.txt
run 0 bars --store store -s ETHUSDT,BTCUSDT --interval 1d --no-sides --notional --num-trades
same "$work/stdout" bars-columns.csv
run 0 bars --store store -s BTCUSDT --bar tick:1000
same "$work/stdout" bars-tick.csv
run 0 bars --store store -s BTCUSDT --bar volume:60 --drop-last
same "$work/stdout" bars-volume.csv
run 0 bars --store store -s BTCUSDT --bar dollar:4e6
same "$work/stdout" bars-dollar.csv
run 0 bars --store store -s BTCUSDT -i 1m --from '2024-08-08 00:00:00' --to '2024-08-08 00:20:00' --fill previous
same "$work/stdout" bars-fill.csv

# The default interval, and the same bars from any number of threads.
run 0 bars --store store --threads 1
mv stdout one.csv
run 0 bars --store store --threads 4 --interval 1m --memory-limit 512MB
check "threads give the same bytes" cmp one.csv stdout

# Ranges say what they took.
run 0 bars --store store --from 2024-08-08 --to 2024-08-10
says "2 days: 2024-08-08, 2024-08-09"
check "a half-open range of all days is all days" cmp one.csv stdout
run 0 bars --store store --from 2024-08-08 --days 1
says "1 day: 2024-08-08"
run 0 bars --store store --from 2024-08-08 --days 1 --quiet
check "--quiet is quiet" test ! -s stderr
run 0 bars --store store --from '2024-08-08 01:00:00' --to '2024-08-08 02:00:00' -s BTCUSDT
says "from 2024-08-08 01:00:00 until before 2024-08-08 02:00:00"
run 1 bars --store store --days 3
says "no futures_um aggTrades" "2024-08-08 to 2024-08-09"

run 1 bars --store store --to 2020-01-01
says "no futures_um aggTrades of BTCUSDT on 2019-12-31 (it has 2024-08-08 to 2024-08-09)"

# A symbol all of whose days were removed is none of the store's.
cp -r store removed
rm -r removed/market=futures_um/data_type=aggTrades/symbol=SOLUSDT/year=2024/month=08/day=*
run 0 bars --store removed -i 1d --format json
prints '"ETHUSDT"'
check "no bars of SOLUSDT" test "$(grep -c SOLUSDT stdout)" = 0
run 0 bars --store removed -i 1d --from 2024-08-08 --to 2024-08-10
run 1 bars --store removed -i 1d -s SOLUSDT,ETHUSDT
says "futures_um aggTrades of SOLUSDT has no days"
run 3 bars --store removed -i 1d -s SOLUSDT,ETHUSDT --missing skip
says "left out: futures_um aggTrades of SOLUSDT has no days"
rm -r removed/market=futures_um/data_type=aggTrades/symbol=*/year=2024/month=08/day=*
run 1 bars --store removed -i 1d
says "has nothing of what was asked for"

# Without --type the tables that hold no trades do not count.
cp -r store several
types=several/market=futures_um
cp -r $types/data_type=aggTrades $types/data_type=fundingRate
cp -r $types/data_type=aggTrades $types/data_type=metrics
run 0 bars --store several
check "bars of the only trades there are" cmp one.csv stdout
run 2 bars --store several --type fundingRate
says "fundingRate is a table without trades"
cp -r $types/data_type=aggTrades $types/data_type=trades
run 2 bars --store several
says "has several data types: choose one with --type: aggTrades, trades"
rm -r $types/data_type=aggTrades $types/data_type=trades
run 1 bars --store several
says "has no trades or klines, but: fundingRate, metrics"
finish
