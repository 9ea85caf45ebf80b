#!/bin/sh
# Where output goes: suffixes, files that appear whole, pipes, terminals, full disks.
. "$(dirname "$0")/harness.sh"
simulate

for suffix in csv json parquet arrow feather txt; do
    run 0 bars --store store -i 1h -o "out.$suffix"
    says "bars: out.$suffix"
    check "out.$suffix is there" test -s "out.$suffix"
    check "nothing on stdout" test ! -s stdout
done
run 0 bars --store store -i 1h -o odd.name --format csv
check "the format goes before the suffix" cmp odd.name out.csv
check "an Arrow file" sh -c 'head -c 6 out.arrow | grep -q ARROW1'
check "a Parquet file" sh -c 'head -c 4 out.parquet | grep -q PAR1'

run 2 bars --store store -o out.xlsx
says "out.xlsx" "csv, json, parquet, arrow and table"
run 1 bars --store store -o nowhere/out.csv
says "there is no folder nowhere/" "make it first"
run 2 bars --store store -o store
says "store"
mkdir folder.csv
run 2 bars --store store -o folder.csv
says "is a folder"
run 1 bars --store store -s BTCUSDT -i 1s --format csv -o /dev/full/x.csv
run 0 bars --store store -i 1h -o out.csv
no_litter .

# What the user named stays what it is: a pipe and a device take the bytes, a link leads on, permissions are kept.
mkfifo pipe.csv
cat pipe.csv >piped &
reader=$!
run 0 bars --store store -i 1h -o pipe.csv
wait "$reader"
check "the reader of a pipe has them" cmp piped out.csv
check "it is still a pipe" test -p pipe.csv
if mknod full.csv c 1 7 2>/dev/null && mknod null.csv c 1 3; then
    run 0 bars --store store -i 1h -o null.csv
    check "it is still a device" test -c null.csv
    run 1 bars --store store -i 1h -o full.csv
    says "full.csv" "No space left"
    check "it is still a device" test -c full.csv
    rm full.csv null.csv
fi
mkdir there
echo old >there/target.csv
chmod 600 there/target.csv
ln -s target.csv there/second.csv
ln -s there/second.csv link.csv
ln -s there/new.csv dangling.csv
run 0 bars --store store -i 1h -o link.csv
run 0 bars --store store -i 1h -o dangling.csv
for link in link there/second dangling; do
    check "$link.csv is still a link" test -L "$link.csv"
    check "$link.csv has the bars" cmp "$link.csv" out.csv
done
check "permissions are kept" test "$(stat -c %a there/target.csv)" = 600
check "nothing beside them" test "$(ls -A there)" = "$(printf 'new.csv\nsecond.csv\ntarget.csv')"
ln -s round.csv round.csv
run 1 bars --store store -i 1h -o round.csv
says "round.csv" "link"
rm there/target.csv
mkfifo there/target.csv
cat there/target.csv >piped &
reader=$!
run 0 factor 'close' --bars out.parquet -o link.csv
wait "$reader"
check "a link to a pipe" test -p there/target.csv -a -s piped
no_litter .

# A full disk: an error that names the file, and no half-written file.
if mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
    run 1 bars --store store -i 1m -o small/out.csv
    says "small/out.csv" "No space left"
    check "no file on the full disk" test ! -e small/out.csv
    no_litter small
    umount small
fi
last="full device"
code=0
"$factorium" bars --store store -i 1m >/dev/full 2>stderr || code=$?
check "a full device is a failure" test "$code" = 1
says "No space left"

# The reader of a pipe may leave.
last="closed pipe"
"$factorium" bars --store store -i 1m 2>stderr | head -n 1 >first
check "the first line came" grep -q '^symbol,start_time' first
check "nothing to say about a closed pipe" test ! -s stderr

# A terminal gets a table, a pipe CSV. `script` gives a terminal.
if has_terminal; then
    script -qec "stty cols 120; $factorium bars --store store -s BTCUSDT -i 12h" /dev/null >terminal </dev/null
    last="on a terminal"
    check "a table on a terminal" grep -q 'rows × 13 columns' terminal
    script -qec "stty cols 60; $factorium bars --store store -s BTCUSDT -i 12h" /dev/null >narrow </dev/null
    check "a narrow terminal leaves columns out" sh -c 'grep -q "…" narrow'
    check "no line is wider than the terminal" sh -c "tr -d '\\r' <narrow | LC_ALL=C.UTF-8 awk 'length(\$0) > 60 { exit 1 }'"
fi
finish
