#!/bin/sh
# Looking into a store: ls, verify, sql, klines.
. "$(dirname "$0")/harness.sh"
simulate
day() { echo "store/market=futures_um/data_type=aggTrades/symbol=$1/year=2024/month=08/day=$2"; }

# ---- ls
run 0 ls --store store
check "a row a symbol" test "$(wc -l <stdout)" = 4
rm -r "$(day BTCUSDT 09)"
mkdir -p "$(day BTCUSDT 12)" "$(day BTCUSDT 11)"
cp "$(day BTCUSDT 08)/data.parquet" "$(day BTCUSDT 12)/"
run 0 ls --store store -s BTCUSDT --format json
prints '"days":2' '"missing_days":3' '"gaps":"2024-08-09 to 2024-08-11"' '"rows":6000'
for format in parquet arrow csv json; do run 0 ls --store store --type aggTrades -o list.$format; done
run 0 sql --panel list.parquet "SELECT first_day + 0 AS day, symbol FROM panel WHERE last_day = DATE '2024-08-12'"
prints "2024-08-08,BTCUSDT"
run 1 ls --store store --market spot
says "has nothing of what was asked for"
run 1 ls --store nowhere
run 2 ls
says "--store"
echo broken >"$(day BTCUSDT 12)/data.parquet"
run 0 ls --store store -s BTCUSDT --format json
says "warning" "day=12/data.parquet"
prints '"rows":null'

# ---- verify
rm -rf store
"$factorium" ingest archive --store store --quiet
run 0 verify --store store
says "problems: 0"
check "nothing on stdout where all is well" test ! -s stdout

# Every byte of a file matters: a bit turned anywhere is noticed, or it is one that no reader looks at.
file="$(day ETHUSDT 08)/data.parquet"
cp "$file" whole
size=$(wc -c <whole)
noticed=0
for at in 4 100 1000 3000 5000 9000 12000 $((size - 900)) $((size - 500)) $((size - 20)); do
    cp whole "$file"
    printf '\377' | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
    "$factorium" verify --store store -s ETHUSDT -q >stdout 2>stderr
    [ $? = 4 ] && noticed=$((noticed + 1))
done
check "damage is noticed ($noticed of 10)" test $noticed -ge 8
cp whole "$file"

cp "$(day ETHUSDT 09)/data.parquet" "$(day ETHUSDT 08)/more.parquet"
run 4 verify --store store --format json
prints '"severity":"problem"' "rows are of another day" '"repair":"ingest'
rm "$(day ETHUSDT 08)/more.parquet"
cp whole "$(day ETHUSDT 08)/more.parquet"
run 4 verify --store store --format json
prints "have the id of the row before them"
rm "$(day ETHUSDT 08)/more.parquet" && rm -r "$(day ETHUSDT 09)"
run 4 verify --store store --format json
prints "the day was ingested" "ingest ETHUSDT-aggTrades-2024-08-09.zip again"
run 0 ingest archive --store store --quiet
run 0 verify --store store --symbols ETHUSDT --from 2024-08-08 --days 1
says "days: 1"
cp "$(day ETHUSDT 09)/data.parquet" "$(day BTCUSDT 09)/data.parquet"
run 4 verify --store store --format json
prints "and ingest recorded"
mkdir -p store/.factorium/tmp/left
run 4 verify --store store --format json
prints '"severity":"note"' "of an ingest that was cut short"
run 0 ingest archive --store store --quiet --again
run 0 verify --store store -q

# A day that was replaced by one of another seed with as many rows.
"$factorium" simulate archive2 --symbols 3 --days 2 --trades 3000 --seed 7 --quiet
"$factorium" ingest archive2 --store store2 --quiet
same_day=$(day BTCUSDT 08 | cut -d/ -f2-)
cp "$(day BTCUSDT 08)/data.parquet" whole
cp "store2/$same_day/data.parquet" "$(day BTCUSDT 08)/data.parquet"
run 4 verify --store store --format json
prints "bytes, and ingest wrote"
cp whole "$(day BTCUSDT 08)/data.parquet"
# Bytes of a footer that no reader looks at, so that all else is as it was.
sed -i 's/factorium/Factorium/' "$(day BTCUSDT 08)/data.parquet"
check "the sizes are the same" test "$(wc -c <whole)" = "$(wc -c <"$(day BTCUSDT 08)/data.parquet")"
run 4 verify --store store --format json
prints "its bytes are not those that ingest wrote" "remove the file and ingest BTCUSDT-aggTrades-2024-08-08.zip again"
# Records of before there were digests: sizes are compared, and a note says so.
sed -i '/digest/d' store/.factorium/sources/futures_um/aggTrades/*/*.json
run 0 verify --store store --format json
prints "no digest of 2 files" '"severity":"note"' "ingest --again"
cp "store2/$same_day/data.parquet" "$(day BTCUSDT 08)/data.parquet"
run 4 verify --store store --format json
prints "bytes, and ingest wrote"
run 0 ingest archive --store store --quiet --again
run 0 verify --store store
says "problems: 0, notes: 0"
rm -rf store2 archive2

# Faults of the tree are findings beside the others.
mkdir -p "$(day BTCUSDT 08 | sed 's/month=08/month=8/')" "$(day ETHUSDT 32)"
cp "$(day BTCUSDT 08)/data.parquet" "$(day BTCUSDT 08 | sed 's/month=08/month=8/')/"
cp "$(day ETHUSDT 08)/data.parquet" "$(day ETHUSDT 32)/"
run 4 verify --store store --format json
prints "the day lies there twice" "remove one of the two folders" "day=32" "part of no date" '"day":"2024-08-08"'
says "files: 7" "problems: 2"
run 0 ls --store store
says "day=32: the folder's name is part of no date" "the day lies there twice"
run 1 bars --store store -s BTCUSDT
says "twice"
rm -r "$(day ETHUSDT 32)" "$(dirname "$(day BTCUSDT 08 | sed 's/month=08/month=8/')")"
mkdir "$(day ETHUSDT 30 | sed 's/month=08/month=02/' | xargs dirname)" && cp -r "$(day ETHUSDT 08)" "$(day ETHUSDT 30 | sed 's/month=08/month=02/')"
run 4 verify --store store --format json
prints "month=02/day=30" "part of no date"
rm -r "$(day ETHUSDT 30 | sed 's/month=08/month=02/' | xargs dirname)"
run 1 verify --store store --from 2030-01-01 --days 1
says "has no days of what was asked for"
run 0 verify --store store -q

# ---- sql
sql() { # code, query, option...
    code=$1
    shift
    run "$code" sql --store store "$@"
}
sql 0 'SELECT symbol, count(*) AS n FROM trades GROUP BY ALL ORDER BY ALL'
prints "symbol,n" "BTCUSDT,6000"
sql 0 "SELECT count(*) AS n FROM trades WHERE symbol = 'ETHUSDT' AND date = DATE '2024-08-09'"
sql 0 'SELECT symbol, count(*) AS n FROM bars GROUP BY ALL ORDER BY ALL' -i 1d -q
prints "BTCUSDT,2"
sql 0 'SELECT max(agg_trade_id) AS id FROM aggTrades'
"$factorium" bars --store store -i 1h -q -o panel.csv
run 0 sql --panel panel.csv 'SELECT count(*) AS n, sum(volume) > 0 AS some FROM panel'
prints "n,some" ",true"
for format in json table parquet arrow; do
    run 0 sql --panel panel.csv 'FROM panel LIMIT 3' -o "rows.$format" --format $format
done
sql 0 "SELECT sum(id) AS huge, 1.5::DECIMAL(4, 2) AS d, [1, 2] AS list, NULL AS nothing FROM trades"
prints "huge,d,list,nothing" ',1.5,"[1, 2]",'
sql 0 "SELECT sum(id) AS n, sum(9223372036854775807) AS huge FROM trades"
prints "n,huge" "e+2"
sql 0 "SELECT sum(9223372036854775807) AS huge FROM trades" --format json
prints '"huge":1.'
sql 1 "SELECT CASE WHEN x > 900000 THEN x::HUGEINT * 9223372036854775807 ELSE x END AS huge FROM range(1000000) t(x)"
says "cast its column in the query, to DOUBLE or to VARCHAR"
# Nothing but the store is read, and nothing is changed.
printf 'a\n1\n' >outside.csv
mkdir other store2 && printf 'a\n1\n' >other/x.csv && cp other/x.csv store2/x.csv
logging="enable_logging(level='trace', storage='file', storage_config={'path':'store/log'})"
find store -type f | sort >files-before
for query in "SELECT * FROM read_csv('outside.csv')" "SELECT * FROM read_csv('$work/outside.csv')" \
    "SELECT * FROM read_csv('store/../outside.csv')" "FROM glob('$work/*')" "SELECT * FROM read_text('/etc/passwd')" \
    "FROM bars, read_text('/proc/self/environ')" "SELECT * FROM 'other/x.csv'" "SELECT * FROM read_parquet('https://example.org/x.parquet')" \
    "COPY (SELECT 1) TO 'x.csv'" "COPY (SELECT 1) TO 'store/x.csv'" "SELECT 1) AS a; EXPORT DATABASE 'store/x'; SELECT (1" "PRAGMA version" "EXPLAIN SELECT 1" "ATTACH 'x.db'" "INSTALL httpfs" "LOAD httpfs" \
    "SET lock_configuration = false" "SET enable_external_access = true" "CREATE TABLE x AS SELECT 1" "DROP VIEW trades" \
    "EXPORT DATABASE 'store/x'" "SELECT 1; SELECT 2" "SELEC" "" "SELECT * FROM nothing" "CALL pragma_version()" \
    "PREPARE x AS SELECT 1" "DELETE FROM trades" "SELECT * FROM read_csv('store2/x.csv')" "FROM glob('*')" "SELECT getenv('HOME')" \
    "FROM $logging, (SELECT count(*) FROM trades)" "SELECT 1 WHERE EXISTS (FROM system.main.\"ENABLE_LOGGING\"())" "DESCRIBE FROM $logging" \
    "WITH x AS (FROM Enable_Logging()) SELECT 1" "FROM query('FROM ' || 'enable_logging()')" "FROM checkpoint()" "FROM enable_profiling()" \
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))" "FROM read_text('/proc/self/fd/3')" "FROM sniff_csv('outside.csv')" \
    "FROM parquet_metadata('panel.csv')" "USE other" "SELECT 1 INTO x" "PIVOT trades ON symbol USING count(*)"; do
    last="sql $query"
    code=0
    "$factorium" sql --store store "$query" >stdout 2>stderr || code=$?
    check "$query: exit code $code" test $code = 2
done
check "no file was made" test ! -e x.csv -a ! -e store/x.csv -a ! -e x.db -a ! -e store/x
find store -type f | sort | diff files-before - >changes.txt
check "the store has no other files than before: $(cat changes.txt)" test ! -s changes.txt
says "PIVOT" "ON symbol IN"
# Whatever reads is a query, however it ends.
for query in "PIVOT trades ON symbol IN ('BTCUSDT') USING count(*)" "SHOW TABLES" "DESCRIBE trades" "SUMMARIZE trades" "SELECT 1; -- one" \
    "SELECT 1 /* one */ ;;" "TABLE trades" "VALUES (1)" "FROM range(3)" "FROM duckdb_views()" "WITH panel AS (SELECT 1) FROM panel" \
    "SELECT summary FROM (SELECT 1 AS summary)" "FROM glob('store/**')"; do
    sql 0 "$query"
done
run 2 sql --store store "FROM panel"
says "--panel FILE"
run 2 sql "SELECT count(*) FROM bars"
says "the query reads bars" "--store DIR"
run 0 sql --store store --allow-external "SELECT a FROM read_csv('outside.csv')"
prints "a"
# Who reads a file that must be sorted, and one without the usual columns.
mkdir -p mixed/market=futures_um/data_type=aggTrades/symbol=XYZ/year=2024/month=08/day=08
run 0 sql --store store --allow-external "SELECT * EXCLUDE (market, data_type, symbol, year, month, day) FROM aggTrades
    WHERE symbol = 'BTCUSDT' AND day = 8 ORDER BY agg_trade_id % 2, agg_trade_id" \
    -o mixed/market=futures_um/data_type=aggTrades/symbol=XYZ/year=2024/month=08/day=08/part.parquet
run 1 bars --store mixed --engine native
says "part.parquet: row 1501 comes before the row above it" "--engine auto"
run 0 bars --store mixed --engine auto -v --no-cache -o sorted.csv
says "part.parquet: DuckDB engine, because: the symbol has a file that is not in (time, id) order"
run 0 bars --store store -s BTCUSDT --from 2024-08-08 --days 1 -q -o whole.csv
sed -i 's/XYZ/BTCUSDT/' sorted.csv
check "bars of rows in any order" cmp sorted.csv whole.csv
# Columns of others' stores: named, or nothing is passed over in silence.
mkdir -p theirs/market=mine/data_type=ticks/symbol=XYZ/year=2024/month=08/day=08
run 0 sql --store store --allow-external "SELECT epoch_ms(transact_time) AS ts, price AS px, quantity AS sz,
    CASE WHEN is_buyer_maker THEN 'sell' ELSE 'buy' END AS taker FROM aggTrades WHERE symbol = 'BTCUSDT' AND day = 8" \
    -o theirs/market=mine/data_type=ticks/symbol=XYZ/year=2024/month=08/day=08/part.parquet
run 1 sql --store theirs 'FROM trades'
says "the query reads trades" "its data types are ticks" "--map"
run 0 sql --store theirs 'SELECT count(*) AS n FROM ticks'
prints "3000"
for engine in native duckdb auto; do
    run 1 bars --store theirs --engine $engine
    says 'part.parquet has no column "time" for the time; its columns are: ts, px, sz, taker'
    run 1 bars --store theirs --engine $engine --map time=ts,price=prize,quantity=sz
    says 'part.parquet has no column "prize" for the price' "--map price=NAME"
done
map=time=ts,price=px,quantity=sz,side=taker
run 0 sql --store theirs --map $map 'SELECT count(*) AS n, count(is_buyer_maker) AS sides, min(CAST(time AS DATE)) AS day FROM trades'
prints "3000,3000,2024-08-08"
run 0 sql --store theirs --map $map -i 1d 'SELECT symbol, num_buyer + num_seller AS n FROM bars'
prints "XYZ,3000"
run 2 sql --store theirs --map time=ts 'FROM trades'
says "--map"
run 1 sql --store theirs --exchange nowhere 'FROM trades'
says 'unknown exchange "nowhere"'
run 4 verify --store theirs --format json
prints "--map time=NAME"
run 0 verify --store theirs --map $map
says "days: 1, files: 1, rows: 3000, problems: 0"
cp -r theirs/market=mine store/
sql 0 'SELECT symbol, count(*) AS n FROM trades GROUP BY ALL ORDER BY ALL'
prints "BTCUSDT,6000"
says "warning" "not among the trades" "ticks"
sql 0 'SELECT count(*) AS n FROM aggTrades'
check "nothing is said of trades that are not read" test "$(grep -c warning stderr)" = 0
sql 0 "SELECT symbol, count(*) AS n FROM trades GROUP BY ALL ORDER BY ALL" --map $map
prints "BTCUSDT,6000" "XYZ,3000"
rm -r store/market=mine
# Symbols that are not there.
sql 1 'FROM bars' -s NOPE
says "--missing skip leaves out"
sql 3 'SELECT DISTINCT symbol FROM bars' -s NOPE,BTCUSDT --missing skip -i 1d
prints "BTCUSDT"
says "left out: no futures_um aggTrades of NOPE"
# Names of others do no harm.
mkdir -p "odd's/market=m'; DROP VIEW trades; --/data_type=t/symbol=A/year=2024/month=08/day=08"
cp "$(day BTCUSDT 08)/data.parquet" "odd's/market=m'; DROP VIEW trades; --/data_type=t/symbol=A/year=2024/month=08/day=08/"
run 2 sql --store "odd's" 'SELECT count(*) FROM trades'
rm -r "odd's/market=m'; DROP VIEW trades; --"
mkdir -p "odd's/market=m"
cp -r store/market=futures_um/data_type=aggTrades "odd's/market=m/data_type=t"
run 0 bars --store "odd's" -q -i 1d --map time=transact_time,price=price,quantity=quantity,id=agg_trade_id -o odd.csv
run 1 sql --panel /nowhere/x.csv 'FROM panel'
cp panel.csv "it's [1]*.csv"
run 0 sql --panel "it's [1]*.csv" 'SELECT count(*) > 9 AS many FROM panel'
prints "true"
cp -r store "my [store]*" && mkdir "my s" && cp other/x.csv "my s/"
run 0 sql --store "my [store]*" 'SELECT count(*) > 9 AS many FROM trades'
prints "true"
run 2 sql --store "my [store]*" "SELECT * FROM 'my s/x.csv'"
run 2 sql --store "my [store]*" "SELECT * FROM read_csv('my [store][*]/../other/x.csv')"
# Times are told apart by their size: spot has microseconds since 2025.
"$factorium" simulate spot --market spot --from 2025-01-05 --symbols 1 --days 1 --trades 500 --quiet
"$factorium" ingest spot --store store --quiet
sql 0 "SELECT market, count(*) AS n, bool_and(CAST(time AS DATE) = date) AS ok FROM trades WHERE symbol = 'BTCUSDT' GROUP BY ALL ORDER BY ALL"
prints "futures_um,6000,true" "spot,500,true"
sql 0 "SELECT DISTINCT market FROM aggTrades ORDER BY ALL"
prints "futures_um" "spot"
run 2 sql --store store
says "one query"

# ---- klines
"$factorium" simulate klines --type klines --interval 5m --symbols 2 --days 2 --quiet
"$factorium" ingest klines --store kstore --quiet
run 0 bars --store kstore --num-trades -o k.csv
check "a bar a kline" test "$(wc -l <k.csv)" -gt 500
run 0 sql --store kstore --panel k.csv "SELECT count(*) AS n FROM panel p JOIN klines_5m k ON p.symbol = k.symbol AND
    p.start_time = k.open_time WHERE p.close = k.close AND p.volume = k.volume AND p.num_buyer_volume = k.taker_buy_volume
    AND p.num_trades = k.count AND p.num_buyer IS NULL AND (p.volume = 0 OR p.vwap BETWEEN p.low AND p.high)
    AND p.end_time = p.start_time + 300000"
prints "$(($(wc -l <k.csv) - 1))"
run 0 bars --store kstore --engine duckdb --num-trades -o k2.csv
check "klines by both engines" cmp k.csv k2.csv
run 2 bars --store kstore -i 7m
says "become bars of 5m" "multiple"
run 0 bars --store kstore -v --engine native -o k3.csv
says "day=08/data.parquet: native engine"
run 0 sql --store kstore --allow-external "SELECT * EXCLUDE (market, data_type, symbol, year, month, day) FROM klines_5m
    WHERE symbol = 'BTCUSDT' AND day = 8 ORDER BY open_time DESC" -o turned.parquet
first=$(find kstore -path '*symbol=BTCUSDT*day=08*' -name data.parquet)
cp "$first" kline-day && cp turned.parquet "$first"
run 0 bars --store kstore -v --num-trades -o k4.csv
says "day=08/data.parquet: DuckDB engine, because: $first is not in the order of its times"
check "klines in any order" cmp k.csv k4.csv
run 1 bars --store kstore --engine native
says "is not in the order of its times"
cp kline-day "$first"
run 2 bars --store kstore --bar tick:5
# Longer bars of them, from whichever klines fit.
run 0 bars --store kstore -i 1h --num-trades -o hours.csv
check "an hour of klines is a bar" test "$(wc -l <hours.csv)" = 97
run 0 sql --panel hours.csv --store kstore "SELECT count(*) AS n FROM panel p JOIN (SELECT symbol, open_time // 3600000 AS hour,
    max(high) AS high, min(low) AS low, arg_min(open, open_time) AS open, arg_max(close, open_time) AS close, sum(volume) AS volume,
    sum(quote_volume) / sum(volume) AS vwap, sum(taker_buy_volume) AS buyers, sum(count) AS n FROM klines_5m GROUP BY ALL) k
    ON p.symbol = k.symbol AND p.start_time = k.hour * 3600000 WHERE p.end_time = p.start_time + 3600000 AND p.high = k.high
    AND p.low = k.low AND p.open = k.open AND p.close = k.close AND abs(p.volume - k.volume) < 1e-6 AND abs(p.vwap - k.vwap) < 1e-6
    AND abs(p.num_buyer_volume - k.buyers) < 1e-6 AND p.num_trades = k.n AND p.num_buyer IS NULL"
prints "96"
run 0 bars --store kstore -t klines -i 1h --num-trades -o hours2.csv
check "klines that fit are found" cmp hours.csv hours2.csv
run 0 bars --store kstore -t klines -i 1h --num-trades --engine duckdb -o hours2.csv
check "longer bars by both engines" cmp hours.csv hours2.csv
run 0 bars --store kstore -t klines --num-trades -o k2.csv
check "the only klines are meant" cmp k.csv k2.csv
run 1 bars --store kstore -t klines -i 1m
says "no data type klines" "klines_5m"
# A folder as others leave it, which does not say how long its klines are.
"$factorium" simulate minutes --type klines --interval 1m --symbols 2 --days 2 --quiet
"$factorium" ingest minutes --store kstore --quiet
run 1 bars --store kstore -t klines
says "klines_1m, klines_5m"
run 0 bars --store kstore -t klines -i 1h --num-trades -o hours2.csv
check "the longest klines that fit" cmp hours.csv hours2.csv
run 0 bars --store kstore -t klines -i 2m --num-trades -o two.csv
mkdir -p bare/market=futures_um
cp -r kstore/market=futures_um/data_type=klines_1m bare/market=futures_um/data_type=klines
for engine in auto duckdb; do
    run 0 bars --store bare -i 2m --num-trades --engine $engine -o two2.csv
    check "klines of a folder without an interval, $engine" cmp two.csv two2.csv
done
rm -r bare/market=futures_um/data_type=klines
cp -r kstore/market=futures_um/data_type=klines_5m bare/market=futures_um/data_type=klines
run 1 bars --store bare -i 10m
says "row 1, column close_time" "not of 1 minute"
rm -r kstore/market=futures_um/data_type=klines_1m
run 0 bars --store kstore --from 2024-08-08 --to "2024-08-08 01:00:00" -s BTCUSDT -q
check "twelve klines of 5 minutes are an hour" test "$(wc -l <stdout)" = 13
run 0 verify --store kstore
finish
