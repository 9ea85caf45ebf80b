#!/bin/sh
# ingest from the command line: reports, repeats, changes, options where paths do not say.
. "$(dirname "$0")/harness.sh"

run 0 simulate archive --symbols 2 --days 2 --trades 500
run 0 ingest archive --store store
says "4 files ingested" "days written" "rows stored"
check "the layout" test -s store/market=futures_um/data_type=aggTrades/symbol=BTCUSDT/year=2024/month=08/day=08/data.parquet
find store -name '*.parquet' -exec sha256sum {} + | sort >before
run 0 ingest archive --store store
says "0 files ingested" "4  files already in the store"
run 0 ingest archive --store store --again
says "4 files ingested"
find store -name '*.parquet' -exec sha256sum {} + | sort >after
check "the same files give the same bytes" cmp before after
run 0 ingest archive --store store --quiet
check "--quiet is quiet" test ! -s stderr
no_litter store

# Threads and order make no difference.
run 0 ingest archive --store store-1 --threads 1
# shellcheck disable=SC2046
run 0 ingest $(find archive -name '*.zip' | sort -r) --store store-r --threads 4 --memory-limit 1GB
for other in store-1 store-r; do
    check "$other has the same bytes" diff -r -x .factorium store "$other"
done

# A changed file replaces what it gave.
day=archive/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-08-08
python3 - "$day.zip" <<'PYTHON'
import hashlib, sys, zipfile
path = sys.argv[1]
with zipfile.ZipFile(path) as z:
    name = z.namelist()[0]
    lines = z.read(name).decode().splitlines(True)
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(name, "".join(lines[:-100]))
digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
open(path + ".CHECKSUM", "w").write(f"{digest}  {path.rsplit('/', 1)[1]}\n")
PYTHON
run 0 ingest archive --store store
says "1 files ingested" "400  rows stored"
run 0 bars --store store -s BTCUSDT -i 1d --num-trades --from 2024-08-08 --days 1
check "the bars follow" sh -c "tail -n 1 stdout | grep -q ',400\$'"

# A bare file: the name says what it is, but for the market.
cp "$day.zip" .
run 2 ingest BTCUSDT-aggTrades-2024-08-08.zip --store bare
says "BTCUSDT-aggTrades-2024-08-08.zip" "--market"
run 0 ingest BTCUSDT-aggTrades-2024-08-08.zip --store bare --market futures_um

# Users' own columns.
cat >ticks.csv <<'CSV'
ts,venue,px,sz,side,seq
2024-08-08 10:00:00.250,A,100.5,2,buy,1
2024-08-08 10:00:01.000,B,101.5,3,SELL,2
2024-08-09 00:00:00.000,A,99,1,b,3
CSV
run 0 ingest ticks.csv --store own --market mine --type ticks --symbol XYZ \
    --map time=ts,price=px,quantity=sz,side=side,id=seq
run 0 bars --store own -i 1h
same "$work/stdout" ingest-own.csv
run 2 ingest ticks.csv --store own --map time=ts
says "--map time=ts" "price and quantity are needed"
run 2 ingest ticks.csv --store own --map tme=ts,price=px,quantity=sz
says "NAME=COLUMN"
run 0 exchanges
same "$work/stdout" exchanges.txt
run 0 exchanges --format json
check "exchanges as JSON" python3 -c 'import json, sys; assert len(json.load(open(sys.argv[1]))) >= 9' stdout
finish
