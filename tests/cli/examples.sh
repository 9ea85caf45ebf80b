#!/bin/sh
# The example in C, run on a simulated archive.
. "$(dirname "$0")/harness.sh"
"$factorium" simulate archive --symbols 3 --trades 3000 --quiet
last="example bars"
check "it runs" sh -c "'$build/example_bars' archive store >out"
"$factorium" bars --store store --symbols BTCUSDT --quiet >bars.csv
n_bars=$(($(wc -l <bars.csv) - 1))
check "it counts what the program counts" grep -Eq "^BTCUSDT +$n_bars bars" out
code=0
"$build/example_bars" nothing-here store2 2>stderr || code=$?
check "it fails with a message" test "$code" = 1
says "nothing-here"
finish
