#!/bin/sh
# Progress: a bar with rate and time left on a terminal, JSON lines for programs, nothing in a pipe.
. "$(dirname "$0")/harness.sh"
# The whole of it takes well over the 300 ms before a bar is shown; where none is asked for, one symbol does.
"$factorium" simulate archive --symbols 4 --days 6 --trades 600000 --quiet
one=archive/futures/um/daily/aggTrades/BTCUSDT

run 0 ingest $one --store store --progress=json --threads 1
check "JSON lines" python3 - <<'PYTHON'
import json
lines = [json.loads(line) for line in open("stderr") if line.startswith("{")]
assert len(lines) >= 2, "at least a first and a last line"
assert all({"stage", "unit", "done", "total", "seconds"} <= set(line) for line in lines)
done = [line["done"] for line in lines if line["stage"] == "ingest"]
assert done == sorted(done)
assert lines[-1]["done"] == lines[-1]["total"] > 0, lines[-1]
PYTHON
run 0 ingest $one --store store-2
check "no bar in a pipe" sh -c "! grep -q '%' stderr"
run 0 ingest $one --store store-3 --progress none
run 0 ingest $one --store store-4 --progress json --quiet
check "JSON also with --quiet" grep -q '^{"stage"' stderr

if has_terminal; then
    last="ingest on a terminal"
    script -qec "stty cols 100; $factorium ingest archive --store store-5 --threads 1" /dev/null >terminal </dev/null
    check "a bar" grep -q 'ingest .*% ▕' terminal
    check "its rate and the time left" grep -Eq 'B/s  [0-9]+:[0-9][0-9] left' terminal
    check "it goes away at the end" sh -c "tr '\\r' '\\n' <terminal | tail -n 12 | grep -q 'files ingested'"
    script -qec "$factorium ingest archive --store store-6 --threads 1 --quiet" /dev/null >terminal </dev/null
    check "none with --quiet" test ! -s terminal
    last="sync on a terminal"
    python3 -B "$root/tests/support/archive_server.py" "$work" port --delay 0.3 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e port ] || sleep 0.3; done
    sync="$factorium sync -s BTCUSDT,ETHUSDT -m futures_um -t aggTrades --from 2024-08-08 --days 2 --jobs 3 \
        --base-url http://127.0.0.1:$(cat port)/archive"
    script -qec "stty cols 120 rows 30; $sync --store store-7" /dev/null >terminal </dev/null
    check "files, bytes, rate and time left" grep -Eq 'sync [0-9]+ of 4 files .*B/s  [0-9]+:[0-9][0-9] left' terminal
    check "a line for each transfer" grep -q '  [A-Z]*-aggTrades-2024-08-0[89].zip .*▕' terminal
    check "it goes away at the end" sh -c "tail -n 12 terminal | grep -q '4 files fetched'"
    kill "$server"
fi
finish
