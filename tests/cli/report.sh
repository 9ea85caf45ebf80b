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
assert len(data["tables"]["correlation"]) == 3, data["tables"]["correlation"]
PYTHON
run 2 report --compare 'cs_rank(close)' --bars bars.parquet -o one_factor.html
says "--compare needs two factors"
check "nothing was written" test ! -e one_factor.html

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
# A frame as wide as wanted, which tells what the page says of itself.
look() { # page width
    cat >frame.html <<HTML
<iframe src="$1" style="width:$2px;height:900px;border:0"></iframe><script>
onload = () => setTimeout(() => {
  const page = document.querySelector('iframe').contentDocument, root = page.documentElement;
  const numbers = [...page.querySelectorAll('#cards b')].map((b) => b.dataset.value || '').join(',');
  document.title = ['LOOK', root.dataset.figures, root.dataset.drawn, root.dataset.overflow, root.dataset.errors, numbers].join('|');
}, 3000);
</script>
HTML
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --allow-file-access-from-files --enable-logging=stderr \
        --user-data-dir="$work/profile" --virtual-time-budget=20000 --window-size=1500,1000 --dump-dom \
        "file://$work/frame.html" >dom.html 2>browser.log
    if grep 'CONSOLE' browser.log >stderr; then fail "$1 at $2: the console has messages"; else pass; fi
    seen=$(grep -o 'LOOK|[^<]*' dom.html | head -n 1)
    figures=$(echo "$seen" | cut -d'|' -f2)
    echo "$seen" >stderr
    check "$1 at $2: there are figures" test "${figures:-0}" -ge 12
    check "$1 at $2: all of them are painted" test "$figures" = "$(echo "$seen" | cut -d'|' -f3)"
    check "$1 at $2: nothing is wider than the page" test "$(echo "$seen" | cut -d'|' -f4)" = 0
    check "$1 at $2: no error" test -z "$(echo "$seen" | cut -d'|' -f5)"
}
for width in 380 820 1400; do
    look one.html $width
    look two.html $width
done
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
run 0 eval --bars bars.parquet --factor factors.parquet --format json
cp stdout summary.json
check "the numbers shown are those of the JSON" python3 - "$seen" <<'PYTHON'
import json, sys
row = json.load(open("summary.json"))[0]
shown = sys.argv[1].split("|")[5].split(",")
names = ["ic", "icir", "ic_t_nw", "ic_p_nw", "ic_positive", "long_short", "long_short_total", "turnover", "autocorrelation",
         "coverage", "times", "rows"]
assert len(shown) == len(names), shown
for name, text in zip(names, shown):
    assert float(text) == row[name], (name, text, row[name])
PYTHON
finish
