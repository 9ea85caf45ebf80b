#!/bin/sh
# The demo runs from a copy of the tree, twice, and what it says to type next works.
. "$(dirname "$0")/harness.sh"
mkdir -p tree/build tree/scripts
cp "$root/scripts/demo.sh" tree/scripts/
ln -s "$factorium" tree/build/factorium
last="demo"
for time in first second; do
    check "the $time time" sh -c "sh tree/scripts/demo.sh >out 2>stderr"
done
check "a table" grep -q '12 rows × 10 columns' out
check "bars" test -s tree/build/demo/bars-1m.parquet
check "a report" test -s tree/build/demo/report.html
check "its path" grep -q "tree/build/demo/report.html" out
sed -n 's/^  build\/factorium/build\/factorium/p' out >next
check "it says what to type next" test "$(wc -l <next)" -ge 3
cd tree || exit 1
while read -r command; do
    check "$command" sh -c "$command"
done <../next
finish
