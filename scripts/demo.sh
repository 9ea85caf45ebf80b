#!/bin/sh
# A small simulated exchange archive becomes a store, bars, a factor and a report on it:  make demo
set -eu
cd "$(dirname "$0")/.."
factorium=build/factorium
out=build/demo

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n%s\n' "$*"; }

# Shows a command as one may type it, and runs it.
run() {
    printf '$ factorium'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:,=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    echo
    "$factorium" "$@"
}

rm -rf "$out"
mkdir -p "$out"

step "1  An archive: 6 symbols, 2 days, in the exchange's own layout"
run simulate $out/archive --symbols 6 --days 2 2>&1
find $out/archive -name '*.zip' | sort | head -n 2
echo "... $(find $out/archive -name '*.zip' | wc -l) files, $(du -sh $out/archive | cut -f1)"

step "2  Into the store: a Parquet file for each symbol and day"
run ingest $out/archive --store $out/store 2>&1

step "3  One-minute bars of all symbols"
run bars --store $out/store --interval 1m -o $out/bars-1m.parquet 2>&1

step "4  What it comes to, a bar a day"
run bars --store $out/store --interval 1d --no-sides --num-trades --format table

step "5  A factor: how far each symbol ran in an hour, ranked across symbols"
run factor "rank = cs_rank(ts_returns(close, 60) / ts_std(ts_returns(close, 1), 240))" \
    --bars $out/bars-1m.parquet -o $out/factor.parquet 2>&1
run sql --panel $out/factor.parquet --format table \
    "FROM panel SELECT symbol, round(rank, 2) AS rank WHERE end_time = (SELECT max(end_time) FROM panel) ORDER BY rank DESC"

step "6  Is it any good? Does it look ahead, does it predict, what does trading it cost: one page with figures"
run check "rank = cs_rank(ts_returns(close, 60) / ts_std(ts_returns(close, 1), 240))" --bars $out/bars-1m.parquet 2>&1
run report "rank = cs_rank(ts_returns(close, 60) / ts_std(ts_returns(close, 1), 240))" \
    --bars $out/bars-1m.parquet --quantiles 3 --horizons 1,15,60 \
    --buy-cost 0.0002 --sell-cost 0.0002 -o $out/report.html 2>&1

step "Written"
echo "  $out/archive           ZIP files with checksums"
echo "  $out/store             Hive-partitioned Parquet"
echo "  $out/bars-1m.parquet   bars"
echo "  $out/factor.parquet    a factor"
echo "  $(pwd)/$out/report.html"

step "Try next"
echo "  build/factorium bars --store $out/store --symbols BTCUSDT --interval 5m --format table"
echo "  build/factorium bars --store $out/store --bar dollar:1e6 -o $out/dollar.csv"
echo "  build/factorium factor --alpha158 --bars $out/bars-1m.parquet -o $out/alpha158.parquet"
echo "  build/factorium factor 'ts_zscore(volume, 60)' --bars $out/bars-1m.parquet --explain"
echo "  build/factorium eval 'cs_rank(-ts_delta(close,15))' --bars $out/bars-1m.parquet --format table"
echo "  build/factorium ingest --help"
