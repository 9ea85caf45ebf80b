#!/bin/sh
# Every kind of bad input: the exit code, and a message that names file, row, column and what to do.
. "$(dirname "$0")/harness.sh"

name=BTCUSDT-trades-2024-08-08
header=id,price,qty,quote_qty,time,is_buyer_maker
good=1,61800.1,0.5,30900.05,1723075200123,true

# make_zip FILE LINE...: a ZIP with one CSV of these lines.
make_zip() {
    python3 - "$@" <<'PYTHON'
import sys, zipfile, os
path, lines = sys.argv[1], sys.argv[2:]
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(os.path.basename(path)[:-4] + ".csv", "".join(line + "\n" for line in lines))
PYTHON
}

# refuses CODE LINE...: a file with these lines after the header and one good row is refused, and nothing stored.
refuses() {
    wanted=$1
    shift
    rm -rf store
    make_zip $name.zip "$header" "$good" "$@"
    run "$wanted" ingest $name.zip --store store --market futures_um
    says "$name.zip"
    check "nothing is stored" test -z "$(find store -name '*.parquet' 2>/dev/null)"
    no_litter store
}

# ---- Rows -----------------------------------------------------------------------------------------

refuses 1 2,61800.1,0.5
says "row 3" "columns" "--on-bad-row skip"
refuses 1 2,618o0.1,0.5,1,1723075200124,true
says "row 3" "column 2" "price" "618o0.1"
refuses 1 2,61800.1,-0.5,1,1723075200124,true
says "row 3" "column 3" "qty" "-0.5" "negative"
refuses 1 2,NaN,0.5,1,1723075200124,true
says "row 3" "price"
refuses 1 2,61800.1,nan,1,1723075200124,true
says "row 3" "qty"
refuses 1 2,0,0.5,1,1723075200124,true
says "row 3" "price"
refuses 1 2,61800.1,0.5,1,0,true
says "row 3" "column 5" "time"
refuses 1 2,61800.1,0.5,1,253370764800000,true
says "row 3" "column 5" "time"
refuses 1 2,61800.1,0.5,1,1723075200124,maybe
says "row 3" "column 6" "is_buyer_maker" "maybe"
refuses 1 99999999999999999999,61800.1,0.5,1,1723075200124,true
says "row 3" "column 1" "id"

# Left out on request, counted, and listed.
rm -rf store
make_zip $name.zip "$header" "$good" "2,x,1,1,1723075200124,true" "3,5,-1,1,1723075200125,false" "4,61800,1,1,1723075200126,false"
run 0 ingest $name.zip --store store --market futures_um --on-bad-row skip
says "2  rows stored" "2  bad rows left out"
list=$(find store/.factorium -name '*BTCUSDT*.csv' | head -n 1)
check "a list of bad rows" test -s "${list:-/nothing}"
check "it names them" sh -c "grep -q '^3,.*price' '$list' && grep -q '^4,.*qty' '$list'"
says "$(basename "$list")"

# ---- Files ----------------------------------------------------------------------------------------

refuse_file() { # CODE FILE WORD...
    wanted=$1
    file=$2
    shift 2
    rm -rf store
    run "$wanted" ingest "$file" --store store --market futures_um --type trades --symbol BTCUSDT
    says "$(basename "$file")" "$@"
    check "nothing is stored" test -z "$(find store -name '*.parquet' 2>/dev/null)"
    no_litter store
}

i=0
while [ $i -lt 3000 ]; do
    echo "$i,6180$((i % 10)).$((i % 7)),0.$((i % 9 + 1)),1,$((1723075200000 + i)),true"
    i=$((i + 1))
done >rows
{ echo $header; cat rows; } >$name.csv
python3 -c "import zipfile; zipfile.ZipFile('$name.zip', 'w', zipfile.ZIP_DEFLATED).write('$name.csv')"
cp $name.zip whole.zip
head -c 9000 whole.zip >$name.zip
refuse_file 4 $name.zip "cut off"
python3 - <<'PYTHON'
data = bytearray(open("whole.zip", "rb").read())
crc = int.from_bytes(data[14:18], "little") ^ 1
central = data.rindex(b"PK\x01\x02")
data[14:18] = data[central + 16:central + 20] = crc.to_bytes(4, "little")
open("BTCUSDT-trades-2024-08-08.zip", "wb").write(data)
PYTHON
refuse_file 4 $name.zip "CRC"
cp whole.zip $name.zip
printf '%064d  %s\n' 7 $name.zip >$name.zip.CHECKSUM
refuse_file 4 $name.zip "CHECKSUM" "SHA-256"
echo "no hash" >$name.zip.CHECKSUM
refuse_file 4 $name.zip "CHECKSUM"
rm $name.zip.CHECKSUM
python3 - <<'PYTHON'
import zipfile
with zipfile.ZipFile("BTCUSDT-trades-2024-08-08.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    z.writestr("BTCUSDT-trades-2024-08-08.csv", b"1,1,1,1,1723075200123,true\n" * 4000000)
PYTHON
refuse_file 1 $name.zip "--max-ratio"
python3 - <<'PYTHON'
import zipfile
with zipfile.ZipFile("BTCUSDT-trades-2024-08-08.zip", "w") as z:
    z.writestr("../../evil.csv", "1,1,1,1,1723075200123,true\n")
PYTHON
refuse_file 1 $name.zip ".."
check "nothing was written outside" test ! -e evil.csv -a ! -e ../evil.csv
python3 - <<'PYTHON'
import zipfile
with zipfile.ZipFile("BTCUSDT-trades-2024-08-08.zip", "w") as z:
    z.writestr("readme.txt", "no table here")
PYTHON
refuse_file 1 $name.zip "CSV"
: >$name.csv
refuse_file 1 $name.csv "empty"
echo $header >$name.csv
refuse_file 1 $name.csv "header"
: >$name.zip
refuse_file 1 $name.zip "empty"
head -c 1000000000 /dev/zero | tr '\0' 1 >$name.csv
refuse_file 1 $name.csv "row 1" "longer than 65536 bytes"
rm $name.csv
refuse_file 1 nothing.zip
mkdir nothing-inside
run 1 ingest nothing-inside --store store
says "nothing-inside"

# A bad file among good ones: the others are stored.
rm -rf store
cp whole.zip $name.zip
make_zip ETHUSDT-trades-2024-08-08.zip $header 1,x,1,1,1723075200123,true
run 1 ingest $name.zip ETHUSDT-trades-2024-08-08.zip --store store --market futures_um
says "ETHUSDT-trades-2024-08-08.zip" "1  files failed" "3000  rows stored"

# ---- Stores ---------------------------------------------------------------------------------------

run 1 bars --store store --symbols ETHUSDT
says "no futures_um trades of ETHUSDT" "BTCUSDT"
run 1 bars --store store --symbols BTCUSDT --from 2024-08-10 --days 2
says "2024-08-10 to 2024-08-11" "it has 2024-08-08"
run 3 bars --store store --symbols BTCUSDT,ETHUSDT --missing skip
says "left out: no futures_um trades of ETHUSDT"
check "the rest is there" test "$(wc -l <stdout)" -gt 1
run 1 bars --store nowhere
says "nowhere"
run 2 bars --store store BTCUSDT
says "BTCUSDT: bars takes options only; symbols come as --symbols A,B"
run 2 exchanges binance
says "binance: exchanges takes options only"
run 2 ls
says "say which store: --store DIR, or FACTORIUM_STORE"
run 2 bars --store store --symbols ../../etc
says "bad symbol"
run 2 bars --store store --symbols "A'B"
says "bad symbol"
run 2 bars --store store --market '"; DROP TABLE x; --'
says "bad market"
run 2 ingest $name.zip --store store --market futures_um --symbol ../../etc
says "../../etc"
run 2 bars --store store --interval 0
says "--interval 0"
run 2 bars --store store --interval 0m
run 2 bars --store store --bar tick:0
says "--bar tick:0"
run 2 bars --store store --from 2024-08-09 --to 2024-08-08
says "--from 2024-08-09" "--to 2024-08-08"
run 2 bars --store store --from 2024-02-30 --days 1
says "--from 2024-02-30"
run 1 bars --store store -o no/such/folder/bars.csv
says "no/such/folder" "make it first"

parquet=$(find store -name data.parquet)
cp "$parquet" kept.parquet
head -c "$(($(wc -c <kept.parquet) / 2))" kept.parquet >"$parquet"
run 1 bars --store store
says "data.parquet"
: >"$parquet"
run 1 bars --store store
says "data.parquet"
cp kept.parquet "$parquet"
run 1 bars --store store --map time=time,price=px,quantity=qty
says "data.parquet" '"px"' "id, price, qty, quote_qty, time, is_buyer_maker" "--map price=NAME"

# ---- The system says no ---------------------------------------------------------------------------

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    mkdir read-only
    chmod 555 read-only
    code=0
    last="ingest into a store that may not be written"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$factorium" ingest $name.zip --store read-only/store \
        --market futures_um 2>stderr || code=$?
    check "exit code 1" test "$code" = 1
    says "read-only" "Permission denied"
    chmod -R a-w store
    last="bars of a store that may not be written"
    check "reading needs no right to write" sh -c "setpriv --reuid 65534 --regid 65534 --clear-groups \
        '$factorium' bars --store store --quiet >bars.csv && test -s bars.csv"
    chmod -R u+w store
fi
"$factorium" simulate big --symbols 4 --days 2 --trades 400000 --quiet
if mkdir small && mount -t tmpfs -o size=4m none small 2>/dev/null; then
    run 1 ingest big --store small/store
    says "No space left"
    no_litter small
    umount small
fi

# Ctrl-C: nothing half-written, and the next run repairs.
last="interrupted ingest"
"$factorium" ingest big --store interrupted --threads 1 2>stderr &
pid=$!
sleep 0.4
kill -INT $pid
code=0
wait $pid || code=$?
check "exit code 130 (or it was faster)" test "$code" = 130 -o "$code" = 0
no_litter interrupted
run 0 ingest big --store interrupted
run 0 ingest big --store whole
check "the next run makes it whole" diff -r -x .factorium interrupted whole
last="interrupted bars"
"$factorium" bars --store whole --interval 1ms -o interrupted.csv --threads 1 2>stderr &
pid=$!
sleep 0.3
kill -INT $pid
code=0
wait $pid || code=$?
check "exit code 130 (or it was faster)" test "$code" = 130 -o "$code" = 0
check "no half-written file" test "$code" = 0 -o ! -e interrupted.csv
no_litter .
finish
