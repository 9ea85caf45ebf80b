#!/bin/sh
# The report: what it needs, what it says; and, where there is a Chromium, that every figure is painted without an error at
# three widths, and that the numbers shown are those of eval's JSON.
. "$(dirname "$0")/harness.sh"
"$factorium" simulate archive --symbols 8 --days 3 --trades 3000 --quiet || fail "simulate"
"$factorium" ingest archive --store store --quiet || fail "ingest"
run 0 bars --store store --interval 15m --no-sides -o bars.parquet
run 0 sql --panel bars.parquet -o factors.parquet \
    "SELECT symbol, start_time, end_time, open / close - 1 AS reversal, volume AS \"</script><b>size\" FROM panel"

run 0 report --bars bars.parquet --factor factors.parquet --columns reversal -o one.html
says "report: one.html"
run 0 report --bars bars.parquet --factor factors.parquet -o two.html --threads 3 --title 'Two & more <factors>'
run 0 report --bars bars.parquet --factor factors.parquet -o again.html --threads 1 --title 'Two & more <factors>'
sed 's/again\.html/two.html/; s/--threads 1/--threads 3/' again.html >again2.html
check "the same input gives the same page" cmp two.html again2.html
check "a page is below 3 MB" test "$(wc -c <two.html)" -lt 3000000
check "nothing is named that would be fetched" sh -c \
    '! tr -d "\n" <two.html | grep -oE "<(script|link|img|iframe|style)[^>]*>" | grep -E "(src|href)="'
check "names cannot leave their place" test "$(grep -c '<b>size' two.html)" = 0
check "titles are text" grep -qF '<title>Two &amp; more &lt;factors&gt;</title>' two.html
run 1 report --bars bars.parquet --factor factors.parquet -o nowhere/report.html
says "nowhere"
run 2 report --bars bars.parquet --factor factors.parquet --delay 0
says "--no-delay"

run 0 report --compare 'cs_rank(close)' 'small = -volume' 'open - close' --bars bars.parquet -o compared.html
says "report: compared.html"
check "three factors are compared" python3 - compared.html <<'PYTHON'
import json, re, sys
data = json.loads(re.search('id="data">(.*?)</script>', open(sys.argv[1]).read(), re.S).group(1))
assert [factor["name"] for factor in data["factors"]] == ["cs_rank(close)", "small", "open - close"], data["factors"]
assert [len(column) for column in data["tables"]["correlation"]["data"]] == [3] * 5, data["tables"]["correlation"]
PYTHON
run 2 report --compare 'cs_rank(close)' --bars bars.parquet -o one_factor.html
says "--compare needs two factors"
check "nothing was written" test ! -e one_factor.html

# The commands that the page says make it again do so.
reproduces() {
check "its commands" python3 - <<'PYTHON'
import json, re
commands = json.loads(re.search('id="data">(.*?)</script>', open("a page.html").read(), re.S).group(1))["commands"]
open("again.sh", "w").write("set -e\n" + commands[0].replace("factorium", '"$1"', 1) + "\n" + commands[1].replace("factorium", '"$1"', 1)
                            + " >all.json\n" + commands[2].replace("factorium", '"$1"', 1) + " >metrics.json\n")
PYTHON
cp "a page.html" before.html
check "they run" sh again.sh "$factorium"
check "they make the same page" cmp "a page.html" before.html
check "and its numbers" python3 - <<'PYTHON'
import json, re
page = json.loads(re.search('id="data">(.*?)</script>', open("a page.html").read(), re.S).group(1))
def rows(table):
    columns = [[t[k] for k in c] if t else c for t, c in zip(table["texts"], table["data"])]
    return [dict(zip(table["columns"], row)) for row in zip(*columns)]
tables, metrics = json.load(open("all.json")), json.load(open("metrics.json"))
for name, table in page["tables"].items():
    assert rows(table) == tables[name], name
assert rows(page["backtest"]["metrics"]) == metrics
PYTHON
}
run 0 report 'x = cs_rank(open - close)' --bars bars.parquet --horizons 1,3 --no-delay --buy-cost 0.001 --min-history 3 \
    --title "It's a title" -o "a page.html"
reproduces
# Expressions that begin with a '-', and an option that is given again.
printf 'symbol,side,tier\n' >attributes.csv
"$factorium" sql --panel bars.parquet --format csv 'SELECT DISTINCT symbol FROM panel ORDER BY 1' | sed '1d; s/$/,big,1/' >>attributes.csv
run 0 report --bars bars.parquet --attributes attributes.csv --tag side=big --tag 'tier=1, 2' --horizons 1 -o "a page.html" \
    -- '-ts_delta(close,5)' 'y = -volume'
reproduces

# --open starts xdg-open with the page; without one it says so.
mkdir bin
cat >bin/xdg-open <<'SCRIPT'
#!/bin/sh
printf %s "$1" >opened
SCRIPT
chmod +x bin/xdg-open
PATH="$work/bin:$PATH" run 0 report --bars bars.parquet --factor factors.parquet -o opened.html --open
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s opened ] || sleep 0.2; done
check "the page is opened" test "$(cat opened)" = opened.html
PATH=/nowhere "$factorium" report --bars bars.parquet --factor factors.parquet --open 2>stderr || fail "no browser to open"
last="report --open without a browser"
says "there is no browser to open" "report.html"
check "colours that people who lack a kind of cone tell apart" python3 -B "$root/tests/cli/report_palette.py" "$root/src/report/report.js"

# Figures as files: first what needs no browser.
PATH=/nowhere "$factorium" report --bars bars.parquet --factor factors.parquet --figures figures 2>stderr && fail "no browser"
last="report without a browser"
says "there is no Chromium or Chrome on the PATH" "--browser"
run 1 report --bars bars.parquet --factor factors.parquet --figures figures --browser nosuch
says "--browser nosuch: there is no such program"
run 2 report --bars bars.parquet --factor factors.parquet --figures figures --figure-format gif
says "svg, png"
printf '#!/bin/sh\nexit 3\n' >fails
printf '#!/bin/sh\necho nothing\n' >silent
printf '#!/bin/sh\necho; echo figure ../x YWJj\n' >liar
printf '#!/bin/sh\necho; echo figure x YWJj; echo figure y YWI=\n' >draws
chmod +x fails silent liar draws
run 1 report --bars bars.parquet --factor factors.parquet --figures figures --browser ./fails
says "./fails did not draw the figures"
run 1 report --bars bars.parquet --factor factors.parquet --figures figures --browser ./silent
says "./silent drew no figure"
run 1 report --bars bars.parquet --factor factors.parquet --figures figures --browser ./liar
says "../x"
run 1 report --bars bars.parquet --factor factors.parquet --figures fails --browser ./draws
says "fails/x.svg"
run 0 report --bars bars.parquet --factor factors.parquet --figures figures --browser ./draws
says "figures: 2 in figures"
check "figures are decoded" test "$(cat figures/x.svg figures/y.svg)" = abcab

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "skipped: no Chromium to look at the page with"
    finish
fi
run 0 report '1 + 0 * close' --bars bars.parquet -o empty.html
says "its IC is empty"
run 0 eval --bars bars.parquet --factor factors.parquet --columns reversal --table all -o all.json
run 0 backtest --bars bars.parquet --factor factors.parquet --columns reversal -o metrics.json
check "pages in a browser" python3 -B "$root/tests/cli/report_page.py" "$browser" all.json metrics.json one.html two.html empty.html
cp check.log stderr
run 0 report --bars bars.parquet --factor factors.parquet --columns reversal -o one.html --figures svg --browser "$browser"
run 0 report --bars bars.parquet --factor factors.parquet -o "t w#o.html" --figures png --figure-format png --browser "$browser"
check "every figure is a file, and one that opens" python3 - <<'PYTHON'
import glob, struct, sys, xml.dom.minidom, zlib
svg = glob.glob("svg/*.svg")
for path in svg:
    root = xml.dom.minidom.parse(path).documentElement
    assert root.tagName == "svg" and len(root.getElementsByTagName("path")) > 3, path
for path in glob.glob("png/*.png"):
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (1920, 960), path
    packed, at = b"", 8
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + n] if kind == b"IDAT" else b""
        at += n + 12
    assert len(set(zlib.decompress(packed))) > 20, path
names = {path[4:-4] for path in svg}
both = {path[4:-4] for path in glob.glob("png/*.png")}
assert len(names) >= 12 and {"ic", "equity", "violins"} <= names, names
assert {name[2:] for name in both if name[:2] == "1_"} == names, both ^ names
assert {"1_ic", "2_ic", "correlation", "all_long_short"} <= both, both
PYTHON
finish
