#!/bin/sh
# The daily cache from outside: several processes, kills, folders that cannot be written, full disks.
. "$(dirname "$0")/harness.sh"
simulate
bars="bars --store store --notional --num-trades -q"
# shellcheck disable=SC2086
"$factorium" $bars --no-cache -o expected.csv
# shellcheck disable=SC2086
"$factorium" $bars --no-cache -i 1h -o expected-1h.csv
check "--no-cache makes no cache" test ! -e store/.cache

run 0 bars --store store -v -o bars.csv
says "the cache had the bars of 0 symbol-days; those of 6 were added"
run 0 bars --store store -v -i 1h -o bars.csv
says "the cache had the bars of 6 symbol-days; those of 0 were added"

# Two processes at once, on a cold cache, many times.
i=0
while [ $i -lt 10 ]; do
    i=$((i + 1))
    rm -rf store/.cache
    # shellcheck disable=SC2086
    "$factorium" $bars -o one.csv &
    # shellcheck disable=SC2086
    "$factorium" $bars -i 1h -o two.csv
    wait $!
    check "process one of two, run $i" cmp one.csv expected.csv
    check "process two of two, run $i" cmp two.csv expected-1h.csv
done

# Killed while it makes entries: whatever was left, the next load is right. Each of 100 starts without entries, and the delays
# look for the time at which entries are written, here and now.
i=0
hits=0
delay=1
while [ $i -lt 100 ]; do
    i=$((i + 1))
    rm -rf store/.cache
    code=0
    # shellcheck disable=SC2086
    timeout -s KILL "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))" "$factorium" $bars -o killed.csv 2>/dev/null || code=$?
    # Some but not all of its 6 entries are there, or a part of one. Sooner next time if all were, later if none was.
    n=$(find store/.cache -name '*.parquet' 2>/dev/null | wc -l)
    parts=$(find store/.cache -name '.*.tmp' 2>/dev/null | wc -l)
    if [ "$code" != 137 ] || [ "$n" = 6 ]; then
        delay=$((delay * 2 / 3 + 1))
    elif [ "$((n + parts))" = 0 ]; then
        delay=$((delay + delay / 16 + 1))
    else
        hits=$((hits + 1))
    fi
    if [ $((i % 5)) = 0 ]; then
        # shellcheck disable=SC2086
        "$factorium" $bars -o after.csv 2>stderr
        check "after kill $i" cmp after.csv expected.csv
        check "no warning after kill $i" test ! -s stderr
    fi
done
echo "$hits of 100 kills met a writer"
check "enough of the kills met a writer ($hits of 100)" test $hits -ge 5
run 0 cache verify --store store
says " 0 damaged"

# What killed writers left goes with prune, once it is old.
rm -rf store/.cache
# shellcheck disable=SC2086
run 0 $bars -o bars.csv
folder=$(dirname "$(find store/.cache -name '*.parquet' | head -n 1)")
touch -d '2 hours ago' "$folder/.2024-08-08.parquet.0123456789abcdef.tmp"
touch "$folder/.2024-08-09.parquet.0123456789abcdef.tmp"
run 0 cache prune --store store --max-size 1GB
says "1 files removed"
check "a file that is being written stays" test -e "$folder/.2024-08-09.parquet.0123456789abcdef.tmp"
rm "$folder/.2024-08-09.parquet.0123456789abcdef.tmp"
no_litter store/.cache

# An entry with one bit turned is made again, with a warning.
entry=$(find store/.cache -name '2024-08-09.parquet' | sort | head -n 1)
printf 'X' | dd of="$entry" bs=1 seek=3000 conv=notrunc 2>/dev/null
run 4 cache verify --store store
says "$entry: row group 1" "1 damaged"
run 0 bars --store store --notional --num-trades -o bars.csv
says "warning: $entry" "made again"
check "the bars are right all the same" cmp bars.csv expected.csv
run 0 cache verify --store store

# A source that was replaced makes its day again.
day=store/market=futures_um/data_type=aggTrades/symbol=BTCUSDT/year=2024/month=08
cp $day/day=09/data.parquet $day/day=08/data.parquet
run 0 cache verify --store store -v
says "1 of trades that changed since"

# A store of somebody else's.
run 0 cache clear --store store
says "6 files removed"
check "the cache is gone" test ! -e store/.cache/bars-3
run 0 bars --store store --notional --num-trades -q -o bars.csv
mv bars.csv expected.csv
rm -rf store/.cache
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod -R a+rX "$work" store
    mkdir out && chmod 777 out
    setpriv --reuid 65534 --regid 65534 --clear-groups "$factorium" bars --store store --notional --num-trades \
        -o out/bars.csv >stdout 2>stderr
    check "a cache that may not be written costs nothing but a warning" cmp out/bars.csv expected.csv
    last="read-only cache"
    says "warning: bars are not cached" "Permission denied" "--no-cache"
    check "one warning" test "$(grep -c warning stderr)" = 1
else
    echo "skipped: another user's cache (needs root and setpriv)"
fi

# A full disk.
if mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
    run 0 bars --store store --notional --num-trades --cache small -o bars.csv
    says "warning: bars are not cached" "No space left"
    check "bars with a full cache" cmp bars.csv expected.csv
    no_litter small
    umount small
else
    echo "skipped: a full disk (needs the right to mount)"
fi

# Wrong use.
run 2 cache
says "ls, verify, clear or prune"
run 2 cache --store store shrink
run 2 cache prune --store store
says "--max-size"
run 0 bars --store store -q -o bars.csv
run 2 cache clear --store store --max-size 1GB
says "--max-size goes with prune"
check "nothing was cleared" test -n "$(find store/.cache -name '*.parquet')"
FACTORIUM_MAX_SIZE=1GB run 0 cache ls --store store
for action in ls verify clear "prune --max-size 1GB"; do
    # shellcheck disable=SC2086
    run 1 cache $action --store nowhere
    says "cannot read nowhere"
done
run 2 cache ls
says "--store"
run 0 cache ls --store store
finish
