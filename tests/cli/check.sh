#!/bin/sh
# What check finds, and the universe as options of eval, backtest and report.
. "$(dirname "$0")/harness.sh"
simulate
run 0 bars --store store --symbols all --interval 1h --no-sides -o bars.parquet

run 0 check 'cs_rank(-ts_delta(close,5))' 'ts_mean(volume,3)' --bars bars.parquet
says "the expressions do not look ahead" "no file can prove; columns read: close, volume"
run 0 check 'cs_rank(-ts_delta(close,5))' --bars bars.parquet --format csv
says "columns read: close"
prints "factor,kind,column,time,symbol,value,value_cut,what"
run 0 sql --panel bars.parquet -o labelled.parquet \
    'SELECT symbol, start_time, end_time, close, lead(close) OVER (PARTITION BY symbol ORDER BY end_time) / close - 1 AS gain FROM panel'
run 1 check 'cs_rank(gain)' --bars labelled.parquet
prints "foresight" "cs_rank(gain)" "over the 1 rows that follow"
says "2 findings"
run 2 check 'ts_shift(close,-1)' --bars bars.parquet
says "looks ahead"
run 2 check --bars bars.parquet
says "give expressions"
run 1 check 'cs_rank(nothing)' --bars bars.parquet
says "nothing"

# Expressions are factors.
run 0 eval 'x = cs_rank(-ts_delta(close,2))' --bars bars.parquet --horizons 1 --quantiles 2
prints "x,1,"
mv stdout x.csv
printf 'x = cs_rank(-ts_delta(close,2))\n' >x.txt
run 0 eval -f x.txt --store store --interval 1h --horizons 1 --quantiles 2
check "a file of expressions, and bars of the store, give the same" cmp stdout x.csv
run 0 backtest -f x.txt --bars bars.parquet
prints "x,all,48,"
run 0 report -f x.txt --bars bars.parquet -o x.html --quantiles 2 --buy-cost 0.001
check "a report with equity" grep -q '"backtest":{"capital"' x.html
run 2 eval 'cs_rank(' --bars bars.parquet
says "line 1"
run 2 eval -f x.txt --factor bars.parquet --bars bars.parquet
says "either expressions or ready factors"

# What is not there is an error, or is left out, said, and exit code 3.
printf 'x = cs_rank(-ts_delta(close,2))\nsectors = group_mean(close,1,sector)\n' >sectors.txt
for verb in "eval --horizons 1 --quantiles 2" backtest check "report -o skipped.html --horizons 1 --quantiles 2"; do
    # shellcheck disable=SC2086
    run 1 $verb -f sectors.txt --bars bars.parquet
    says "no column sector"
    # shellcheck disable=SC2086
    run 3 $verb -f sectors.txt --bars bars.parquet --missing skip
    says "1 of 2 factors are left out"
    # shellcheck disable=SC2086
    run 1 $verb 'close / sector' --bars bars.parquet --missing skip
    says "every factor needs a column that is not there: sector"
    # shellcheck disable=SC2086
    run 1 $verb -f x.txt --bars bars.parquet --symbols BTCUSDT,ETHUSDT,NOTUSDT
    says "no symbol NOTUSDT"
    # shellcheck disable=SC2086
    run 3 $verb -f x.txt --bars bars.parquet --symbols BTCUSDT,ETHUSDT,NOTUSDT --missing skip
    says "warning: 1 symbol is not in the bars and left out: NOTUSDT"
done
run 3 factor close --bars bars.parquet --symbols NOTUSDT,BTCUSDT,NORUSDT --missing skip --quiet
run 3 eval -f sectors.txt --bars bars.parquet --missing skip --horizons 1 --quantiles 2 --table all --format json
run 3 eval -f sectors.txt --bars bars.parquet --missing skip --symbols NOTUSDT,ETHUSDT,BTCUSDT,NORUSDT --horizons 1 --quantiles 2
says "2 symbols are not in the bars and left out: NOTUSDT, ..." "1 of 2 factors are left out"
prints "x,1,"
run 1 eval -f x.txt --bars bars.parquet --symbols NOTUSDT --missing skip
says "no symbol NOTUSDT"

# The universe.
run 0 eval -f x.txt --bars bars.parquet --horizons 1 --quantiles 2 --universe 'close > 0'
check "a universe of all changes nothing" cmp stdout x.csv
run 0 eval -f x.txt --bars bars.parquet --horizons 1 --quantiles 2 --universe 'volume > ts_mean(volume,5)' --table times
run 0 eval -f x.txt --bars bars.parquet --horizons 1 --quantiles 2 --min-history 10 --min-notional 1e3,4 \
    --no-stablecoins --no-leveraged
prints "x,1,3"
# A factor of one symbol alone, by a tag of text: out are the others, also of what is combined.
printf 'symbol,side\nBTCUSDT,big\nETHUSDT,big\nBNBUSDT,small\n' >attributes.csv
run 0 eval -f x.txt --bars bars.parquet --attributes attributes.csv --tag side=big --horizons 1 --quantiles 2 --table symbols --format csv
check "tagged symbols have rows, the other none" python3 - <<'PYTHON'
import csv
rows = {row["symbol"]: int(row["rows"]) for row in csv.DictReader(open("stdout"))}
assert len(rows) == 3 and sorted(rows[s] > 0 for s in rows) == [False, True, True], rows
assert rows["BTCUSDT"] > 0 and rows["ETHUSDT"] > 0, rows
PYTHON
run 0 eval 'a = close' 'b = volume' --bars bars.parquet --attributes attributes.csv --tag side=big --combine equal --table times --horizons 1
check "nothing is combined outside the universe" python3 - <<'PYTHON'
import csv
assert all(int(row["rows"]) <= 2 for row in csv.DictReader(open("stdout")) if row["factor"] == "combined")
PYTHON
# Tags of numbers are numbers; each --tag must hold; what nothing has is said.
printf 'symbol,n,f,side\nBTCUSDT,1,1.0,big\nETHUSDT,2,2.5,big\nSOLUSDT,2,1.0,small\n' >numbers.csv
symbols_of() { # --tag ...
    run 0 eval close --bars bars.parquet --attributes numbers.csv --horizons 1 --quantiles 2 --table symbols --format csv "$@"
    python3 -c 'import csv; print(*sorted(r["symbol"][:3] for r in csv.DictReader(open("stdout")) if int(r["rows"])))' >symbols
}
symbols_of --tag n=2.0
check "2.0 is 2" grep -qx 'ETH SOL' symbols
symbols_of --tag 'n = 1, 2 '
check "blanks are none of a tag" grep -qx 'BTC ETH SOL' symbols
symbols_of --tag f=1
check "1 is 1.0" grep -qx 'BTC SOL' symbols
symbols_of --tag f=1.00,3
check "1.00 is 1.0" grep -qx 'BTC SOL' symbols
says "no row has 3 in the column f"
symbols_of --tag f=1 --tag n=2 --tag side=small,middle
check "each tag holds" grep -qx SOL symbols
says "no row has middle in the column side"
run 2 eval close --bars bars.parquet --attributes numbers.csv --tag n=1 --tag side
says "COLUMN=A,B"
# What is said twice is never dropped.
run 2 eval close --bars bars.parquet --universe 'close > 1' --universe 'close > 2'
says "--universe is given twice: close > 1, and close > 2"
run 2 eval -f x.txt -fy.txt --bars bars.parquet
says "--file is given twice"
run 0 eval -f x.txt -fx.txt --bars bars.parquet --quiet --quiet --horizons 1
run 2 eval close --bars bars.parquet --universe 'close;0'
says "it is one expression, and there are 2"

# IC weights are those of the price and delay that are evaluated: bars without a close.
run 0 sql --panel bars.parquet -o no_close.parquet 'SELECT symbol, start_time, end_time, open, volume FROM panel'
run 0 eval 'a = -open' 'b = volume' --bars no_close.parquet --price open --combine ic --horizons 1 --quantiles 2
prints "combined,1,"
run 2 eval -f x.txt --bars bars.parquet --tag nothing
says "COLUMN=A,B"
run 1 eval -f x.txt --bars bars.parquet --tag sector=a
says "no column sector"
run 2 eval -f x.txt --bars bars.parquet --min-notional -3
says "a notional above 0"
run 2 eval -f x.txt --bars bars.parquet --universe 'nothing >'
run 0 backtest -f x.txt --bars bars.parquet --min-history 47
finish
