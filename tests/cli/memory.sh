#!/bin/sh
# Memory follows the bars, not the trades, and a limit is kept.
. "$(dirname "$0")/harness.sh"
if grep -Eq '^CMAKE_C_FLAGS:.*-fsanitize' "$build/CMakeCache.txt"; then
    echo "skipped: sanitizers take memory of their own"
    exit 77
fi

# peak CODE ARGUMENT...: like run, and the most memory that the program held, in KB, is in $peak.
cat >peak.py <<'PYTHON'
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
PYTHON
peak() {
    wanted=$1
    shift
    last="factorium $*"
    code=0
    python3 peak.py peak "$factorium" "$@" --threads 2 >stdout 2>stderr || code=$?
    peak=$(cat peak)
    check "$last: exit code $code" test "$code" = "$wanted"
}

# Two hundred times the trades, the same bars.
"$factorium" simulate few --symbols 2 --days 2 --trades 2000 --quiet
"$factorium" simulate many --symbols 2 --days 2 --trades 400000 --quiet
peak 0 ingest few --store few-store --quiet
few_peak=$peak
peak 0 ingest many --store many-store --quiet --memory-limit 256MB
check "ingest keeps its limit ($peak KB)" test "$peak" -lt 262144
for engine in auto duckdb; do
    limit=$([ $engine = auto ] && echo 16384 || echo 131072)
    peak 0 bars --store few-store -i 1h --no-cache --engine $engine -o few.csv
    few_peak=$peak
    peak 0 bars --store many-store -i 1h --no-cache --engine $engine -o many.csv
    check "memory does not follow the trades ($engine: $few_peak KB, then $peak KB)" test $((peak - few_peak)) -lt "$limit"
done
trades_kb=$(($("$factorium" ls --store many-store --format json | grep -o '"rows":[0-9]*' | cut -d: -f2 | paste -sd+) * 33 / 1024))
check "the trades would not have fitted in that ($trades_kb KB)" test $trades_kb -gt 32768

# Bars that do not fit the limit are refused before they take it; those that do, come.
peak 1 bars --store many-store -i 1ms --memory-limit 140MB -o big.csv
says "MiB or more, and the memory limit is" "--memory-limit"
check "the limit was kept ($peak KB)" test "$peak" -lt 143360
check "no half-written file" test ! -e big.csv
peak 0 bars --store many-store -i 1ms --memory-limit 600MB -o big.csv
check "a limit that suffices is kept ($peak KB)" test "$peak" -lt 614400
n_bars=$(($(wc -l <big.csv) - 1))
check "which would not have fitted" test $((n_bars * 104 / 1024)) -gt 71680
rm -rf many many-store big.csv

# 100 symbols × 10 days stream: no more than the bars and what each thread reads, cold and from the cache.
"$factorium" simulate wide --symbols 100 --days 10 --trades 240 --quiet
"$factorium" ingest wide --store wide-store --quiet
peak 0 bars --store wide-store -i 1m --from 2024-08-08 --days 1 --no-cache -o day.csv
day_peak=$peak
day_bars=$(($(wc -l <day.csv) - 1))
for time in cold warm; do
    peak 0 bars --store wide-store -i 1m -o all.csv
    n_bars=$(($(wc -l <all.csv) - 1))
    # A finished bar is 104 bytes; blocks of bars are not always full, and each symbol has two.
    room=$(((n_bars - day_bars) * 104 / 1024 + 100 * 2 * 104 * 512 / 1024 + 8192))
    check "$time: $n_bars bars within $room KB more than those of a day ($day_peak KB, then $peak KB)" \
        test $((peak - day_peak)) -lt $room
done

# Positions, trades and cut bars keep a limit, or are refused before the first of them. What is loaded is no working memory.
rm -rf wide-store
"$factorium" simulate broad --symbols 60 --days 2 --trades 3000 --quiet
"$factorium" ingest broad --store broad-store --quiet
"$factorium" bars --store broad-store -i 1m --fill previous -o broad.parquet --quiet
"$factorium" bars --store broad-store -i 1h --fill previous -o short.parquet --quiet
for judged in "backtest --table positions" "backtest --table trades" check; do
    # shellcheck disable=SC2086
    peak 1 $judged 'cs_rank(-ts_delta(close,5))' --bars broad.parquet -o out.csv --memory-limit 20MB
    says "MiB or more, and the memory limit is 20 MiB"
    check "nothing was written" test ! -e out.csv
    needed=$(grep -o '[0-9]* MiB or more' stderr | cut -d' ' -f1)
    # shellcheck disable=SC2086
    peak 0 $judged 'cs_rank(-ts_delta(close,5))' --bars short.parquet -o out.csv
    base=$peak
    # shellcheck disable=SC2086
    peak 0 $judged 'cs_rank(-ts_delta(close,5))' --bars broad.parquet -o out.csv --memory-limit "${needed}MB"
    check "$judged: the limit that it asks for is kept ($needed MB, $((peak - base)) KB)" \
        test $((peak - base)) -lt $(((needed + 16) * 1024)) # a column takes whole pages of 2 MB
    rm -f out.csv
done
finish
