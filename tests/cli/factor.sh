#!/bin/sh
# Expressions over bars: files, stores, attributes, what is printed and what is refused.
. "$(dirname "$0")/harness.sh"
simulate
"$factorium" bars --store store --interval 1h -o bars.parquet --quiet || fail "bars"
"$factorium" bars --store store --interval 1h -o bars.csv --quiet || fail "bars"

run 0 factor 'r = cs_rank(ts_delta(close,20)/ts_shift(close,20))' --bars bars.parquet -o f.parquet
run 0 sql --panel f.parquet 'SELECT count(*), count(r), min(r), max(r) FROM panel'
prints "144,84,0.0,1.0"
run 0 factor 'r = cs_rank(ts_delta(close,20)/ts_shift(close,20))' --bars bars.parquet --format csv
mv stdout from-parquet
for source in "--bars bars.csv" "--store store --interval 1h"; do
    # shellcheck disable=SC2086
    run 0 factor 'r = cs_rank(ts_delta(close,20)/ts_shift(close,20))' $source --format csv
    check "the same from $source" cmp stdout from-parquet
done
run 0 factor 'ts_mean(close, 2)' 'b = ts_max(high, 3); _c = low' --bars bars.parquet --format csv
check "the header" test "$(head -n 1 stdout)" = 'start_time,end_time,symbol,"ts_mean(close, 2)",b'
printf '_d = ts_delta(close, 1)\nup = _d > 0 # rising\nsum = ts_sum(up, 5)\n' >alphas.txt
run 0 factor -f alphas.txt --bars bars.parquet --format csv
check "two factors" test "$(head -n 1 stdout)" = 'start_time,end_time,symbol,up,sum'
run 0 factor -f alphas.txt --bars bars.parquet --explain
prints "2 factors of 1 column: close" "look-back: 5 rows" "memory: panel"
run 0 factor -f alphas.txt --print
prints "_1 = ts_delta(close, 1) > 0" "sum = ts_sum(_1, 5)"
run 0 factor 'cs_rank(close)' --bars bars.parquet --wide --format csv
check "wide" test "$(head -n 1 stdout)" = 'end_time,BTCUSDT,ETHUSDT,SOLUSDT'
check "wide rows" test "$(wc -l <stdout)" = 49
run 0 factor close --bars bars.parquet -s ETHUSDT --from 2024-08-09 --to '2024-08-09 03:00:00' --format csv
check "a part of the panel" test "$(wc -l <stdout)" = 4
for format in csv json parquet arrow table; do
    run 0 factor close --bars bars.parquet -o "out.$format" --format $format
    check "$format" test -s "out.$format"
done

printf 'symbol,sector,cap\nBTCUSDT,a,3\nETHUSDT,b,2\nSOLUSDT,b,1\n' >attributes.csv
run 0 factor 'n = group_count(close, sector) * cap' --bars bars.parquet --attributes attributes.csv --format csv
check "groups" test "$(sed -n '2,4p' stdout | cut -d, -f3- | tr '\n' ' ')" = "BTCUSDT,3.0 ETHUSDT,4.0 SOLUSDT,2.0 "
run 2 factor 'x = sector + 1' --bars bars.parquet -a attributes.csv
says "holds texts" "^"
run 1 factor 'x = sektor' --bars bars.parquet -a attributes.csv
says "line 1, column 5: there is no column sektor; did you mean sector?" "    x = sektor" "        ^"
run 2 factor "\`é€\` + foo(close)"
says 'line 1, column 8: there is no operator foo' "           ^"

# Symbols are texts, whatever they look like.
printf 'Symbol,start_time,end_time,close\n000001,0,60000,1\n600000,0,60000,2\n' >digits.csv
run 0 factor 'r = cs_rank(close)' --bars digits.csv --format csv
check "symbols of digits" test "$(sed 1d stdout | cut -d, -f3- | tr '\n' ' ')" = "000001,0.0 600000,1.0 "
run 0 sql --panel bars.parquet -o numbers.parquet 'SELECT start_time, end_time, 5 AS symbol, close FROM panel LIMIT 1'
run 1 factor close --bars numbers.parquet
says "the column symbol must hold texts"

# Published formulas.
printf 'symbol,sector,industry,subindustry,cap\nBTCUSDT,1,1,1,3\nETHUSDT,2,2,2,2\nSOLUSDT,2,2,3,1\n' >sectors.csv
run 0 factor --alpha101 --bars bars.parquet -a sectors.csv -o alpha101.parquet
run 0 sql --panel alpha101.parquet 'SELECT count(*) FROM (DESCRIBE FROM panel)'
prints "104"
run 1 factor --alpha101 --bars bars.parquet -o alpha101.parquet
says "there is no column"
run 3 factor --alpha101 --bars bars.parquet --missing skip -o alpha101.parquet
says "19 of 101 factors are left out: the bars lack columns that they need (-v names them)"
run 0 sql --panel alpha101.parquet 'SELECT count(*) FROM (DESCRIBE FROM panel)'
prints "85"
run 3 factor 'a = close + sector' 'b = open' --bars bars.parquet --missing skip -v --format csv
says "left out: a"
check "what is left" test "$(head -n 1 stdout)" = 'start_time,end_time,symbol,b'
run 1 factor 'a = close + sector' --bars bars.parquet --missing skip
says "every factor needs a column that is not there: sector"
run 0 factor 'b = open' --bars bars.parquet --missing skip
run 0 factor --alpha158 --bars bars.parquet -o alpha158.parquet
run 0 sql --panel alpha158.parquet 'SELECT count(*) FROM (DESCRIBE FROM panel)'
prints "161"

# The same for any number of threads.
run 0 factor --alpha158 --bars bars.parquet --format csv --threads 1
mv stdout one
run 0 factor --alpha158 --bars bars.parquet --format csv --threads 7
check "seven threads" cmp stdout one

# Limits.
run 1 factor --alpha158 --bars bars.parquet --memory-limit 100KB
says "limit" "--memory-limit"

# What is wrong.
run 2 factor
says "give expressions in quotes, -f FILE, --alpha101 or --alpha158"
run 2 factor close -f alphas.txt --bars bars.parquet
says "only one of these"
run 2 factor close
says "--bars FILE, or --store DIR"
run 2 factor close --bars bars.parquet --store store
says "either --bars or --store"
run 2 factor -f nowhere.txt --bars bars.parquet
says "nowhere.txt"
printf 'a\0b' >nul.txt
run 2 factor -f nul.txt --bars bars.parquet
says "NUL byte"
run 1 factor close --bars nowhere.parquet
says "nowhere.parquet"
run 2 factor 'close, open' --bars bars.parquet
says "line 1, column 6" "expected an operator"
run 2 factor 'a = 1' 'b = ts_mean(close, 0)' --bars bars.parquet
says "line 2, column 20" "must be from 1 to 1000000"
run 2 factor 'a = close; b = open' --wide --bars bars.parquet
says "it shows one factor, and there are 2"
run 2 factor close --dialect brain --bars bars.parquet
says "factorium, alpha101 and qlib"
(
    echo 'symbol,start_time,end_time,close'
    echo 'A,1723075200000,1723075260000,1'
    echo 'A,1723075200000,1723075260000,2'
) >twice.csv
run 1 factor close --bars twice.csv
says "twice.csv"
run 0 sql --panel bars.parquet 'FROM panel WHERE close < 0' -o empty.parquet
run 0 factor 'cs_rank(close)' --bars empty.parquet --format csv
check "no rows" test "$(wc -l <stdout)" = 1
(
    echo 'symbol,start_time,end_time,close'
    echo 'B,1723075260000,1723075320000,4'
    echo 'A,1723075260000,1723075320000,3'
    echo 'A,1723075200000,1723075260000,1'
) >unsorted.csv
run 0 factor 'd = ts_delta(close, 1)' --bars unsorted.csv --format csv
check "rows in any order" test "$(tail -n 2 stdout | cut -d, -f3- | tr '\n' ' ')" = "A,2.0 B, "

run 0 factor 'none = ts_mean(close, 1000)' --bars bars.parquet -o none.csv
run 0 factor 'z = nan_to(none, 0)' --bars none.csv --format csv
check "a CSV column in which nothing stands is of missing numbers" test "$(sed -n '2p' stdout | cut -d, -f4)" = 0.0
printf '\357\273\277a = close\n' >marked.txt
run 0 factor -f marked.txt --bars bars.parquet --format csv
check "a byte-order mark" test "$(head -n 1 stdout)" = 'start_time,end_time,symbol,a'

# An expression that begins with a minus sign.
run 0 factor --bars bars.parquet --format csv -- -close
check "after --" test "$(head -n 1 stdout)" = 'start_time,end_time,symbol,-close'
run 2 factor -close --bars bars.parquet
says "begins with '-' and is no option goes after --"
run 2 factor '-ts_mean(close, 3)' --bars bars.parquet
says "begins with '-' goes after --"
run 2 factor 'symbol = close' --bars bars.parquet
says "symbol is a column of the key"

# Operators.
run 0 ops ts_zscore
prints "ts_zscore(x, d, min_periods=d)" "(x - mean) / std over the window"
run 0 ops DELAY
prints "ts_shift(x, d)" "also called: delay"
run 0 ops ts_argmax --dialect alpha101
prints "ts_argmax_pos"
run 0 ops --format json
prints '"name":"cs_rank"' '"parameters":"d, driver=\"gaussian\", min_periods=d"'
run 1 ops cs_rnk
says "did you mean cs_rank?"
run 2 ops a b
run 0 ops --markdown
check "docs/operators.md is of this table" cmp stdout "$root/docs/operators.md"
no_litter .
finish
