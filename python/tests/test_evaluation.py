"""Evaluation: ICs, quantiles, turnover, combination, look-ahead; beside plain pandas."""

import factorium as ft
import numpy as np
import pandas as pd
import pytest
from factorium.factors import FactorAnalyzer
from factorium.factors.analyzer import FactorAnalysisResult, compounded, over_times


@pytest.fixture(scope="module")
def panel() -> ft.AggBar:
    """Bars of nine symbols on 200 times, with ties, gaps and a column that says which rows count."""
    rng = np.random.default_rng(11)
    shape = (200, 9)
    columns = {
        "close": 100 * np.exp(rng.normal(size=shape).cumsum(axis=0) * 0.01),
        "volume": rng.gamma(2, 10, shape),
        "tied": np.floor(rng.normal(size=shape) * 2),
        "u": (rng.random(shape) > 0.3).astype(float),
    }
    columns["tied"][rng.random(shape) < 0.05] = np.nan
    times = 1_723_075_200_000 + 3_600_000 * np.arange(1, shape[0] + 1)
    return ft.AggBar.from_numpy(columns, times, [*"ABCDEFGHI"])


def wide(bars: ft.AggBar, column: str) -> pd.DataFrame:
    return bars[column].to_wide()


def forward(bars: ft.AggBar, horizon: int, delay: int) -> pd.DataFrame:
    price = wide(bars, "close")
    return price.shift(-delay - horizon) / price.shift(-delay) - 1


def correlations(x: pd.DataFrame, y: pd.DataFrame, method: str = "spearman") -> np.ndarray:
    """Of each time, where three rows have both."""
    made = []
    for a, b in zip(x.to_numpy(), y.to_numpy(), strict=True):
        both = ~np.isnan(a) & ~np.isnan(b)
        p, q = pd.Series(a[both]), pd.Series(b[both])
        if method == "spearman":
            p, q = p.rank(), q.rank()
        made.append(p.corr(q) if both.sum() >= 3 and p.nunique() > 1 else np.nan)
    return np.array(made)


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_ic(panel, delay):
    result = panel["tied"].eval(panel, [1, 5], delay=delay)
    assert isinstance(result, FactorAnalysisResult) and result.periods == [1, 5] and result.factor_name == "tied"
    for h in (1, 5):
        expected = correlations(wide(panel, "tied"), forward(panel, h, delay))
        series = result.ic_series[f"period_{h}"]
        assert series.index.name == "start_time" and series.index[0] == 1_723_075_200_000
        np.testing.assert_allclose(series, expected[: len(series)], atol=1e-12)
        assert np.isnan(expected[len(series) :]).all()
        found = result.ic_summary[h]
        np.testing.assert_allclose(found["mean_ic"], np.nanmean(expected))
        np.testing.assert_allclose(found["ic_std"], np.nanstd(expected, ddof=1))
        np.testing.assert_allclose(found["t-stat"], found["ic_ir"] * np.isfinite(expected).sum() ** 0.5)
    assert repr(result).startswith("FactorAnalysisResult: tied\n  Periods: [1, 5], Quantiles: 5")


def test_analyzer_methods(panel):
    analyzer = FactorAnalyzer(panel["tied"], panel, quantiles=3)
    analyzer.prepare_data([1, 2])
    pearson = correlations(wide(panel, "tied"), forward(panel, 2, 1), "pearson")
    made = analyzer.calculate_ic("normal")["period_2"]
    np.testing.assert_allclose(made, pearson[: len(made)], atol=1e-12)
    summary = analyzer.calculate_ic_summary("normal")
    assert [*summary.index] == ["mean", "std", "t-stat", "ic_ir"] and [*summary] == ["period_1", "period_2"]
    np.testing.assert_allclose(summary["period_2"]["mean"], np.nanmean(pearson))
    np.testing.assert_allclose(summary["period_2"]["std"], np.nanstd(pearson, ddof=1))
    ranks = wide(panel, "tied").rank(axis=1)
    turnover = analyzer.calculate_turnover()
    assert turnover.name == "turnover" and np.isnan(turnover.iloc[0])
    expected = [1 - ranks.iloc[t].rank().corr(ranks.iloc[t - 1]) for t in range(1, 200)]
    full = wide(panel, "tied").notna().all(axis=1).to_numpy()
    whole = full[1:] & full[:-1]
    assert whole.sum() > 50
    np.testing.assert_allclose(turnover.to_numpy()[1:][whole], np.array(expected)[whole], atol=1e-12)


def test_prepared_rows(panel):
    frame = FactorAnalyzer(panel["tied"], panel).prepare_data([1, 5])
    assert frame.columns == ["start_time", "end_time", "symbol", "factor", "__price__", "period_1", "period_5"]
    table = frame.to_pandas()
    for h in (1, 5):
        at = table.pivot(index="end_time", columns="symbol", values=f"period_{h}")
        expected = forward(panel, h, 1).set_axis(panel["close"].to_wide().index.astype("int64") // 10**6, axis=0)
        expected.index = pd.to_datetime(panel["close"].to_wide().index).astype("datetime64[ms]").astype("int64")
        both = at.reindex(expected.index)
        seen = both.notna().to_numpy()
        assert seen.sum() == len(table)
        np.testing.assert_allclose(both.to_numpy()[seen], expected.to_numpy()[seen])


def test_quantiles(panel):
    factor, returns = wide(panel, "volume"), forward(panel, 2, 1)
    analyzer = FactorAnalyzer(panel["volume"], panel)
    made = analyzer.calculate_quantile_returns(quantiles=3, period=2)
    assert made.index.names == ["start_time", "quantile"] and [*made] == ["mean_ret", "count"]
    labels = factor.apply(lambda row: pd.qcut(row, 3, labels=False), axis=1) + 1
    expected = {q: returns.where(labels == q).mean(axis=1) for q in (1, 2, 3)}
    for q in (1, 2, 3):
        ours = made.xs(q, level="quantile").mean_ret
        np.testing.assert_allclose(ours, expected[q].to_numpy()[: len(ours)])
    assert (made["count"] == 3).all()
    totals = analyzer.calculate_cumulative_returns(quantiles=3, period=2)
    assert [*totals] == [1, 2, 3, "Long-Short"]
    steps = {q: expected[q].iloc[::2].dropna() for q in expected}
    for q in (1, 2, 3):
        np.testing.assert_allclose(totals[q], (1 + steps[q]).cumprod() - 1)
    np.testing.assert_allclose(totals["Long-Short"], (1 + steps[3] - steps[1]).cumprod() - 1)
    assert "Long-Short" not in analyzer.calculate_cumulative_returns(3, 2, long_short=False)


def test_mask(panel):
    inside = wide(panel, "tied").where(wide(panel, "u") != 0)
    expected = correlations(inside, forward(panel, 1, 1))
    for made in (
        panel["tied"].eval(panel, mask="u").ic_series["period_1"],
        ft.analyze(panel["tied"], panel, horizons=1, universe="u > 0")["ic"].to_pandas().ic,
        ft.analyze({"x": panel["tied"]}, panel, horizons=1, universe=panel["u"])["ic"].to_pandas().ic,
        ft.analyze(panel[["tied"]], panel, horizons=[1], universe=panel[["u", "close"]])["ic"].to_pandas().ic,
    ):
        np.testing.assert_allclose(made, expected[: len(made)], atol=1e-12)
    frame = FactorAnalyzer(panel["tied"], panel, mask="u").prepare_data([1])
    assert len(frame) == inside.where(forward(panel, 1, 1).notna()).notna().to_numpy().sum()
    with pytest.raises(KeyError, match="there are: close"):
        FactorAnalyzer(panel["tied"], panel, mask="nothing")


def test_prices_as_a_factor(panel):
    made = panel["tied"].eval(panel["close"], [1, 5])
    assert made.ic_series.equals(panel["tied"].eval(panel, [1, 5]).ic_series)
    other = panel["tied"].eval(panel, price_col="volume")
    assert not other.ic_series.equals(made.ic_series[["period_1"]])


def test_saved(panel, tmp_path):
    panel["tied"].eval(panel, [1], output_dir=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("tied_20")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["cumulative_1.csv", "ic.csv", "quantile_returns_1.csv", "summary.json", "turnover.csv"]
    assert pd.read_csv(folder / "ic.csv").columns.tolist() == ["start_time", "period_1"]


def test_analyze_has_every_table(panel):
    made = ft.analyze(
        {"a": "tied", "b": panel["volume"], "c": "-tied"}, panel, decay=3, group="u", events=(1, 2), symbols=True
    )
    rows = {name: len(made[name].to_polars()) for name in made.tables}
    assert next(iter(rows)) == "summary" and rows["summary"] == 9 and all(rows.values()), rows
    pairs = made["correlation"].to_polars()
    assert pairs.filter(pairs["redundant"])[["factor", "other"]].rows() == [("a", "c")]
    assert "summary" in repr(made) and "<table" in made._repr_html_() and made.table("decay").to_arrow().num_rows == 9
    again = ft.analyze(
        {"a": "tied", "b": panel["volume"], "c": "-tied"}, panel, threads=1, events=(1, 2), decay=3, group="u"
    )
    assert again["summary"].to_polars().equals(made["summary"].to_polars()), "any number of threads"
    with pytest.raises(KeyError, match="summary"):
        made["nothing"]


def test_what_is_refused(panel):
    for call, error, words in (
        (lambda: panel["tied"].eval(panel, []), ValueError, "empty"),
        (lambda: panel["tied"].eval(panel, 0), ValueError, "horizon"),
        (lambda: panel["tied"].eval(panel, 5000), ValueError, "5000"),
        (lambda: panel["tied"].eval(panel, quantiles=1), ValueError, "quantiles"),
        (lambda: panel["tied"].eval(panel, price_col="x"), KeyError, "x"),
        (lambda: panel["tied"].eval(panel, delay=-1), ValueError, "delay"),
        (lambda: ft.analyze("tied", panel, quantiles=0), ValueError, "above 0"),
        (lambda: ft.analyze("tied", panel, horizons=[]), ValueError, "horizon"),
        (lambda: FactorAnalyzer(panel["tied"], panel).calculate_ic("kendall"), ValueError, "rank"),
        (lambda: ft.combine("tied", panel, "best"), ValueError, "equal"),
        (lambda: ft.combine(["tied", "close"], panel, [1.0]), ValueError, "weight"),
        (lambda: ft.check(panel["tied"], panel), TypeError, "text"),
        (lambda: ft.check("ts_shift(close, -1)", panel), ValueError, "shift|ahead|1"),
        (lambda: ft.analyze("tied", panel, memory_limit=1), MemoryError, "memory|limit"),
    ):
        with pytest.raises(error, match=words):
            call()


def test_combine(panel):
    factors = {"a": panel["volume"], "b": panel["close"].ts_delta(3)}
    z = [factor.cs_zscore().to_numpy() for factor in factors.values()]
    made = ft.combine(factors, panel)
    assert made.name == "combined"
    both = np.isfinite(z[0]) & np.isfinite(z[1])
    np.testing.assert_allclose(made.to_numpy()[both], ((z[0] + z[1]) / 2)[both], atol=1e-12)
    weighted = ft.combine(factors, panel, [1, -3]).to_numpy()
    np.testing.assert_allclose(weighted[both], ((z[0] - 3 * z[1]) / 4)[both], atol=1e-12)
    late = ft.combine(factors, panel, "ic", min_times=20).to_numpy()
    early = ft.combine(factors, panel.slice(end=int(panel.metadata.min_time + 100 * 3_600_000)), "ic").to_numpy()
    assert np.isnan(late[:20]).all() and np.isfinite(late[60:]).any()
    np.testing.assert_array_equal(late[:100], early)


def test_check(panel):
    assert len(ft.check({"x": "ts_mean(close, 5)"}, panel).to_polars()) == 0
    tomorrow = (panel["close"].to_wide().shift(-1) / panel["close"].to_wide() - 1).to_numpy()
    times = panel["close"].to_wide().index.to_numpy()
    cheat = panel.merge(ft.AggBar.from_numpy({"target": tomorrow}, times, panel.symbols, interval_ms=3_600_000))
    kinds = {*ft.check("rank(target)", cheat).to_polars()["kind"]}
    assert {"label", "foresight"} <= kinds


def test_report(panel, tmp_path):
    factor = panel["volume"]
    evaluation = ft.analyze({"my factor": factor}, panel)
    traded = ft.backtest.run({"my factor": factor}, panel)
    path = evaluation.report(
        tmp_path / "page.html", title="A <title>", parameters={"quantiles": 5}, commands=["make it"], backtest=traded
    )
    text = path.read_text()
    assert "A &lt;title&gt;" in text and "make it" in text and "my factor" in text and len(text) > 100_000
    without = ft.analyze(factor, panel, series=False)
    with pytest.raises(ValueError, match="series"):
        without.report(tmp_path / "none.html")
    with pytest.raises(ft.Error):
        evaluation.report(tmp_path / "none" / "x.html")


def test_sums():
    values = [0.1, np.nan, 0.3, -0.2]
    mean, std, n = over_times(values)
    assert n == 3 and mean == pytest.approx(np.nanmean(values)) and std == pytest.approx(np.nanstd(values, ddof=1))
    assert np.isnan(over_times([])[0]) and over_times([2.0])[0] == 2.0
    np.testing.assert_allclose(compounded(values), [0.1, 0.1, 0.43, 0.144])


def test_figures(panel):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    analyzer = FactorAnalyzer(panel["tied"], panel)
    for figure in (
        analyzer.plot_ic(),
        analyzer.plot_ic(5, "normal", "hist"),
        analyzer.plot_quantile_returns(3, 2),
        analyzer.plot_cumulative_returns(3, 2),
        analyzer.plot_ic_decay([1, 2, 3]),
    ):
        assert figure.axes[0].has_data()
        matplotlib.pyplot.close(figure)
    with pytest.raises(ValueError, match="plot_type"):
        analyzer.plot_ic(plot_type="pie")
