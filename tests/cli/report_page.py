"""Pages of reports in a browser: drawn without a complaint at three widths, light and dark; the numbers of the JSON; reached and moved
by keys; whole on paper. `report_page.py BROWSER EVAL.json METRICS.json PAGE...`; the JSON is of the first page."""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from browser import Browser  # noqa: E402

TAB = 9
CARDS = ("ic", "icir", "ic_t_nw", "ic_p_nw", "ic_positive", "long_short", "long_short_total", "turnover", "autocorrelation", "coverage",
         "times", "rows")
DRAWN = """new Promise((done, fail) => { const until = Date.now() + 20000; const look = () => {
    const d = document.documentElement.dataset;
    if (d.drawn !== undefined && d.drawn !== '0') done({...d}); else if (Date.now() > until) fail(new Error('nothing is drawn'));
    else setTimeout(look, 50); }; look(); })"""


def check_drawn(browser, label, least=12):
    seen = browser.run(DRAWN)
    assert seen["errors"] == "", f"{label}: {seen['errors']}"
    assert int(seen["figures"]) >= least, f"{label}: {seen['figures']} figures"
    assert seen["drawn"] == seen["figures"], f"{label}: {seen['drawn']} of {seen['figures']} figures are painted"
    assert seen["overflow"] == "0", f"{label}: wider than the page by {seen['overflow']}"
    assert not browser.complaints(), f"{label}: {browser.complaints()}"


def check_numbers(browser, evaluation, metrics):
    summary = evaluation["summary"]
    horizons = [row["horizon"] for row in summary if row["factor"] == summary[0]["factor"]]
    for i, horizon in enumerate(horizons):
        browser.run(f"(() => {{ const s = document.getElementById('horizon'); s.value = '{i}'; s.onchange(); }})()")
        row = next(row for row in summary if row["horizon"] == horizon)
        shown = browser.run("[...document.querySelectorAll('#cards b')].map((b) => b.dataset.value || null)")
        assert len(shown) == len(CARDS), shown
        for name, text in zip(CARDS, shown):
            assert (None if text is None else float(text)) == row[name], f"{name} over {horizon}: {text}, not {row[name]}"
    cells = browser.run("[...document.querySelectorAll('#trading td[data-column]')].map((c) => [c.dataset.column, c.dataset.value, c.textContent])")
    assert len(cells) == 32, len(cells)
    for i, (column, text, shown) in enumerate(cells):
        value = metrics[i % 2][column]
        assert text == "null" if value is None else float(text) == value, f"{column}: {text}, not {value}"
        if column == "sharpe" and value is not None:
            assert shown == f"{value:.2f}".replace("-", "−"), f"{shown} for {value}"


def check_keys(browser):
    """Tab gets to every choice, button and figure, and one sees where it is; keys zoom and move."""
    wanted = browser.run("[...document.querySelectorAll('select, button, .plot, .scroll, pre')].filter((e) => e.offsetParent).length")
    browser.run("document.activeElement.blur()")
    reached, plots = 0, []
    for _ in range(wanted + 5):
        browser.press("Tab", TAB)
        at = browser.run("""(() => { const e = document.activeElement; const s = getComputedStyle(e);
            return [e.tagName, e.className, e.closest('figure')?.id || '', s.outlineStyle, s.outlineWidth]; })()""")
        if at[0] == "BODY":
            break
        if at[0] != "A":
            reached += 1
        assert at[3] != "none" and float(at[4][:-2]) >= 1, f"no focus is seen on {at}"
        if at[1] == "plot":
            plots.append(at[2])
    assert reached == wanted, f"{reached} of {wanted} places are reached by Tab"
    figures = browser.run("[...document.querySelectorAll('figure')].filter((f) => !f.hidden).sort((a, b) => a.getBoundingClientRect().top"
                          " - b.getBoundingClientRect().top || a.getBoundingClientRect().left - b.getBoundingClientRect().left).map((f) => f.id)")
    assert plots == figures, f"Tab goes {plots}, but they lie {figures}"
    picture = "document.querySelector('#figure-ic canvas').toDataURL()"
    browser.run("document.querySelector('#figure-ic .plot').focus()")
    seen = {browser.run(picture)}
    for key in ("+", "ArrowRight", "-"):
        browser.press(key, text=key if len(key) == 1 else None)
        seen.add(browser.run("new Promise((done) => setTimeout(() => done(" + picture + "), 300))"))
    assert len(seen) == 4, "the keys + and - and the arrows change nothing"


def check_paper(browser, path):
    """Each figure is a drawing as wide as its place, none runs out of the page; and Chromium makes a file of it."""
    pages = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    assert pages[:5] == b"%PDF-" and len(pages) > 50_000, len(pages)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.resize(703)
    seen = browser.run("""[...document.querySelectorAll('figure')].filter((f) => !f.hidden).map((f) => { const svg = f.querySelector('svg');
        const [a, b] = [f.getBoundingClientRect(), svg.getBoundingClientRect()];
        return [f.id, b.width / a.width, b.right <= a.right + 1, svg.querySelectorAll('path').length, f.querySelector('.plot').offsetParent === null]; })""")
    for name, share, inside, n_paths, plot_hidden in seen:
        assert 0.85 < share <= 1 and inside and n_paths > 3 and plot_hidden, f"{path}: {name} on paper: {share}, {inside}, {n_paths}, {plot_hidden}"
    assert browser.run("document.getElementById('chosen').offsetParent !== null")
    assert browser.run("document.documentElement.scrollWidth") <= 703, "wider than paper"
    browser.call("Emulation.setEmulatedMedia", media="")


def main():
    program, evaluation, metrics, *pages = sys.argv[1:]
    with Browser(program) as browser:
        for path in pages:
            for width, theme in ((1400, "light"), (820, "dark"), (380, "light")):
                browser.resize(width)
                browser.prefer(theme)
                browser.open(f"file://{os.path.abspath(path)}")
                check_drawn(browser, f"{path} at {width}, {theme}", 12 if "empty" not in path else 1)
                assert browser.run("document.documentElement.dataset.theme") == theme
        browser.resize(1400)
        browser.open(f"file://{os.path.abspath(pages[0])}")
        browser.run(DRAWN)
        check_numbers(browser, json.load(open(evaluation, encoding="utf-8")), json.load(open(metrics, encoding="utf-8")))
        for path in pages:
            browser.resize(1400)
            browser.open(f"file://{os.path.abspath(path)}")
            browser.run(DRAWN)
            check_keys(browser) if path != pages[-1] else None
            check_paper(browser, path)
    print("pages: drawn, numbers, keys, paper")


if __name__ == "__main__":
    main()
