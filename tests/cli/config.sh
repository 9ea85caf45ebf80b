#!/bin/sh
# Options from the command line, the environment and the config file, in this order.
. "$(dirname "$0")/harness.sh"
simulate
"$factorium" bars --store store -s BTCUSDT -i 1h >1h.csv 2>/dev/null
"$factorium" bars --store store -s BTCUSDT -i 2h >2h.csv 2>/dev/null
"$factorium" bars --store store -s BTCUSDT -i 4h >4h.csv 2>/dev/null
"$factorium" bars --store store -s BTCUSDT -i 6h >6h.csv 2>/dev/null

mkdir -p config/factorium
cat >config/factorium/config <<'CONFIG'
# for all verbs
store = store
interval = 6h

[bars]
symbols = BTCUSDT
interval = 4h
quiet = no

[ingest]
on-bad-row = skip
CONFIG
export XDG_CONFIG_HOME="$work/config"
run 0 bars
check "the verb's section goes first" cmp stdout 4h.csv
FACTORIUM_INTERVAL=2h
export FACTORIUM_INTERVAL
run 0 bars
check "a variable goes before the file" cmp stdout 2h.csv
run 0 bars --interval 1h
check "the command line goes before a variable" cmp stdout 1h.csv
unset FACTORIUM_INTERVAL
FACTORIUM_QUIET=1 run 0 bars --days 1 --from 2024-08-08
check "a flag by a variable" test ! -s stderr

printf 'store = store\n[bars]\nstroe = x\n' >broken
run 2 bars --config broken
says "broken, line 3" "stroe"
printf '\nno equals sign\n' >broken
run 2 bars --config broken
says "broken, line 2" "name = value"
run 2 bars --config absent
says "absent"
printf 'interval = soon\nstore = store\n' >broken
run 2 bars --config broken
says "--interval soon"
printf 'symbols = BTCUSDT\nstore=store\ninterval=6h' >last
run 0 bars --config last
check "a last line without its end" cmp stdout 6h.csv
finish
