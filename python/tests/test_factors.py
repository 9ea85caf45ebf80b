"""Factors: lazy, fused, named; every operator as a method, a function and a text."""

import math
import pickle

import factorium as ft
import numpy as np
import pandas as pd
import pytest
from factorium import _core
from factorium.factors import FactorExpressionParser, operators
from factorium.factors._methods import OPERATORS


def values(factor: ft.Factor) -> np.ndarray:
    return factor.to_numpy()


def wide(bars: ft.AggBar, column: str) -> pd.DataFrame:
    return bars[column].to_wide()


def close_to(a: np.ndarray, e: pd.DataFrame, rtol: float = 1e-10) -> None:
    np.testing.assert_allclose(a, e.to_numpy(), rtol=rtol, atol=1e-12)


# ---- Laziness ------------------------------------------------------------------------------------------------


@pytest.fixture
def runs(monkeypatch):
    """Counts the plans that are compiled."""
    texts = []
    compile_ = _core.compile
    monkeypatch.setattr(_core, "compile", lambda text, *rest: texts.append(text) or compile_(text, *rest))
    return texts


def test_one_plan_and_only_when_asked(grid, runs):
    close, volume = grid["close"], grid["volume"]
    signal = (close.ts_delta(20) / close.ts_shift(20)).cs_rank() + volume.ts_zscore(60)
    assert runs == [] and signal.name == "(cs_rank((ts_delta(close,20)/ts_shift(close,20)))+ts_zscore(volume,60))"
    assert len(signal) == len(grid) and runs == []
    frame = signal.to_polars()
    assert len(runs) == 1 and frame.columns == ["start_time", "end_time", "symbol", "factor"]
    assert signal.to_pandas().factor.notna().sum() == frame["factor"].count()
    assert len(runs) == 1
    assert "2 passes" in signal.explain() or "pass 2" in signal.explain()


def test_values_of_the_chain(grid):
    close, volume = wide(grid, "close"), wide(grid, "volume")
    x = (close - close.shift(20)) / close.shift(20)
    rank = (x.rank(axis=1, method="min") - 1).div(x.count(axis=1) - 1, axis=0)
    zscore = (volume - volume.rolling(60).mean()) / volume.rolling(60).std()
    signal = (grid["close"].ts_delta(20) / grid["close"].ts_shift(20)).cs_rank() + grid["volume"].ts_zscore(60)
    close_to(values(signal), rank + zscore)


def test_evaluate_shares_one_plan(grid, runs):
    close = grid["close"]
    mean = close.ts_mean(10)
    made = ft.evaluate({"a": mean, "b": close / mean - 1, "my c": "close - open"}, grid)
    assert sum("ts_mean" in text for text in runs) == 1
    assert made.cols == ["symbol", "start_time", "end_time", "a", "b", "my c"] and len(made) == len(grid)
    n = len(runs)
    assert mean.to_pandas().factor.notna().any() and len(runs) == n, "the factors know their values now"
    np.testing.assert_array_equal(values(made["my c"]), values(close - grid["open"]))
    np.testing.assert_array_equal(values(made["b"]), values(close / close.ts_mean(10) - 1))


def test_evaluate_takes_what_there_is(grid):
    assert ft.evaluate([grid["close"].ts_mean(2), "open"], grid).cols[3:] == ["ts_mean(close,2)", "open"]
    assert ft.evaluate(grid["close"] + 1).cols[3:] == ["(close+1)"]
    assert ft.evaluate("a = close; _b = open\nc = a + _b", grid.to_polars()).cols[3:] == ["a", "c"]
    many = {f"f{d}": grid["close"].ts_mean(d) / grid["open"].ts_std(d + 1) for d in range(1, 301)}
    assert len(ft.evaluate(many).cols) == 303
    alpha = ft.evaluate({"x": "rank(delta(close, 3))"}, grid, dialect="alpha101")
    np.testing.assert_array_equal(values(alpha["x"]), values(grid["close"].ts_delta(3).rank()))
    with pytest.raises(ValueError, match="b: .*column"):
        ft.evaluate({"a": "close", "b": "ts_mean(close,"}, grid)
    with pytest.raises(TypeError, match="panel"):
        ft.evaluate({"a": "close"})
    with pytest.raises(ValueError, match="nothing"):
        ft.evaluate({})
    with pytest.raises(MemoryError):
        ft.evaluate({"a": grid["close"].ts_mean(3)}, memory_limit=1000)


def test_long_and_shared_graphs(grid):
    close = grid["close"]
    chain = close
    for _ in range(3000):
        chain = chain + 1
    np.testing.assert_allclose(values(chain), values(close) + 3000, rtol=1e-9)
    doubled = close
    for _ in range(60):
        doubled = doubled + doubled
    np.testing.assert_allclose(values(doubled), values(close) * 2.0**60)


def test_strict_cross_sections(grid):
    strict = ft.AggBar(grid.to_polars(), strict_cross_sections=True)
    has_all = wide(grid, "close").notna().all(axis=1).to_numpy()
    loose = values(grid["close"].cs_demean())
    made = values(strict["close"].cs_demean())
    assert not has_all.all()
    np.testing.assert_allclose(made[has_all], loose[has_all])
    assert np.isnan(made[~has_all]).all() and not np.isnan(loose[~has_all]).all()
    assert np.isnan(values((strict["close"] * 2).rank())[~has_all]).all()


# ---- Several panels --------------------------------------------------------------------------------------------


def test_factors_of_two_panels_meet_on_their_keys(grid):
    frame = grid.to_df()
    half = ft.Factor(frame[frame.symbol.isin(["A", "B"])][["start_time", "end_time", "symbol", "open"]], name="half")
    both = grid["close"] - half
    expected = wide(grid, "close") - wide(grid, "open")[["A", "B"]].reindex(columns=[*"ABCDE"])
    np.testing.assert_array_equal(values(both), expected.to_numpy())
    assert both.name == "(close-half)"
    same = ft.AggBar(frame)
    np.testing.assert_array_equal(values(grid["close"] + same["close"]), 2 * wide(grid, "close").to_numpy())


def test_factor_of_frames(grid, tmp_path):
    frame = grid.to_df()
    assert ft.Factor(frame).name == "factor"
    np.testing.assert_array_equal(values(ft.Factor(frame)), values(grid["close"]))
    renamed = frame[["symbol", "start_time", "end_time", "close"]].rename(columns={"close": "factor"})
    assert ft.Factor(renamed, name="x").name == "x"
    assert ft.Factor(grid["close"], "other").name == "other"
    path = grid.to_parquet(tmp_path / "x.parquet")
    np.testing.assert_array_equal(values(ft.Factor(path)), values(grid["close"]))
    np.testing.assert_array_equal(values(ft.Factor(grid)), values(grid["close"]))
    odd = frame.rename(columns={"close": "my close (adjusted)"})
    np.testing.assert_array_equal(
        values(ft.AggBar(odd)["my close (adjusted)"].ts_mean(2)), values(grid["close"].ts_mean(2))
    )
    clash = ft.AggBar(frame.rename(columns={"close": "_e0", "open": "factor"}))
    np.testing.assert_array_equal(values(clash["_e0"] + clash["factor"]), values(grid["close"] + grid["open"]))


# ---- Names ------------------------------------------------------------------------------------------------------


def test_names(grid):
    c, v = grid["close"], grid["volume"]
    cases = {
        "(close+1)": c + 1,
        "(1-close)": 1 - c,
        "(close*2)": 2 * c,
        "(2/close)": 2 / c,
        "(close+volume)": c + v,
        "(close>volume)": c > v,
        "(close<=1)": c <= 1,
        "(close==volume)": c == v,
        "(close!=0)": c != 0,
        "(close*-1)": -c,
        "abs(close)": abs(c),
        "log(close)": c.ln(),
        "log(close,10)": c.log(10),
        "sqrt(close)": c.sqrt(),
        "signed_pow(close,2)": c.signed_pow(2),
        "pow(close,volume)": c.pow(v),
        "where(close)": c.where(c > 1, 0),
        "max(close,1)": c.max(1),
        "ts_mean(close,20)": c.ts_mean(20),
        "ts_scale(close,3,0)": c.ts_scale(3),
        "ts_scale(close,3,1)": c.ts_scale(3, 1),
        "ts_quantile(close,3,gaussian)": c.ts_quantile(3),
        "ts_quantile(close,3,uniform)": c.ts_quantile(3, "uniform"),
        "ts_shift(close,1)": c.ts_shift(1),
        "ts_beta(close,volume,3)": c.ts_beta(v, 3),
        "ts_autocorr(close,3,1)": c.ts_autocorr(3),
        "ts_autocorr(close,3,2)": c.ts_autocorr(3, lag=2),
        "ts_vr(close,4,2)": c.ts_vr(4),
        "cs_winsorize(close,0.1)": c.cs_winsorize(0.1),
        "cs_neutralize(close,volume)": c.cs_neutralize(v),
        "ts_mean(close,5,3)": c.ts_mean(5, min_periods=3),
        "ts_mean((close/ts_shift(close,1)),3)": (c / c.ts_shift(1)).ts_mean(3),
    }
    for name, factor in cases.items():
        assert factor.name == name
        assert len(factor.to_pandas()) == len(grid), name


def test_argument_names_old_and_new(grid):
    c, v = grid["close"], grid["volume"]
    expected = values(c.ts_mean(3))
    for made in (c.ts_mean(window=3), c.ts_mean(d=3), operators.ts_mean(c, 3), operators.ts_mean(factor=c, window=3)):
        np.testing.assert_array_equal(values(made), expected)
    np.testing.assert_array_equal(values(c.ts_shift(period=2)), values(c.ts_shift(2)))
    np.testing.assert_array_equal(values(c.ts_corr(other=v, window=5)), values(operators.ts_corr(c, v, 5)))
    np.testing.assert_array_equal(values(c.ts_mean(2.9)), values(c.ts_mean(2)))
    np.testing.assert_array_equal(values(operators.add(1, c)), values(c + 1))


def test_wrong_arguments(grid):
    c = grid["close"]
    for call, error, words in (
        (lambda: c.ts_mean(0), ValueError, "Window must be positive"),
        (lambda: c.ts_shift(-1), ValueError, "positive"),
        (lambda: c.ts_mean(), TypeError, "window"),
        (lambda: c.ts_mean("a"), TypeError, None),
        (lambda: c.ts_mean(3, nothing=1), TypeError, "nothing"),
        (lambda: c.ts_mean(3, 2, 1), TypeError, "at most"),
        (lambda: c.ts_corr(3), TypeError, "window"),
        (lambda: c.ts_quantile(3, "normal"), ValueError, "gaussian"),
        (lambda: c.ts_percentile(3, 2), ValueError, "from 0 to 1"),
        (lambda: c.cs_winsorize([0.1, 0.2]), ValueError, "one share"),
        (lambda: c.log(1), ValueError, "base"),
        (lambda: c + "a", TypeError, None),
        (lambda: bool(c > 1), TypeError, "&"),
        (lambda: c.nothing(), AttributeError, "nothing"),
        (lambda: operators.ts_mean(3, 2), TypeError, "factor"),
    ):
        with pytest.raises(error, match=words):
            call()


# ---- Every operator -----------------------------------------------------------------------------------------------


def arguments_of(op):
    """Series beside the first, and parameters, that every operator takes."""
    parameters = {}
    for p in op.parameters:
        if not p.is_optional:
            parameters[p.name] = {"q": 0.4, "f": 0.9, "span": 5, "k": 2, "n": 3}.get(p.own_name, 6)
    return max(op.min_series, 1) - 1, parameters


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operator_as_method_function_and_text(grid, name):
    op = OPERATORS[name]
    n_more, parameters = arguments_of(op)
    c = grid["close"]
    more = [grid["open"], grid["volume"], grid["open"]][:n_more]
    if name.startswith("group_"):
        more[-1] = (grid["volume"] > 15) * 1
    text_names = ["close", "open", "volume", "open"][: n_more + 1]
    if name.startswith("group_"):
        text_names[-1] = "(volume > 15)"
    texts = [f"{p.own_name}={parameters[p.name]}" for p in op.parameters if p.name in parameters]
    series = text_names if op.max_series else []
    text = f"{name}({', '.join([*series, *texts])})"
    expected = values(ft.evaluate({"x": text}, grid)["x"]) if series else None
    made = values(getattr(c, name)(*more, **parameters))
    function = values(getattr(operators, name)(c, *more, **parameters))
    np.testing.assert_array_equal(made, function)
    if expected is not None:
        np.testing.assert_array_equal(made, expected)
    assert made.shape == (120, 5) and (np.isfinite(made).any() or name == "trade_when")
    doc = getattr(ft.Factor, name).__doc__
    assert len(doc) > 10


def test_step_counts_rows(grid):
    np.testing.assert_array_equal(values(grid["close"].ts_step()), np.repeat(np.arange(1.0, 121)[:, None], 5, axis=1))


def test_some_against_pandas(grid):
    c, v = wide(grid, "close"), wide(grid, "volume")
    f, g = grid["close"], grid["volume"]
    pairs = {
        "mean": (f.ts_mean(7), c.rolling(7).mean()),
        "std": (f.ts_std(7), c.rolling(7).std()),
        "max": (f.ts_max(7), c.rolling(7).max()),
        "median": (f.ts_median(7), c.rolling(7).median()),
        "skew": (g.ts_skewness(9), v.rolling(9).skew()),
        "corr": (f.ts_corr(g, 12), c.rolling(12).corr(v)),
        "rank": (f.rank(), c.rank(axis=1, pct=True)),
        "demean": (f.cs_demean(), c.sub(c.mean(axis=1), axis=0)),
        "zscore": (f.cs_zscore(), c.sub(c.mean(axis=1), axis=0).div(c.std(axis=1), axis=0)),
        "mean_cs": (f.mean(), c.notna().replace(False, np.nan).mul(c.mean(axis=1), axis=0).astype(float)),
        "where": (f.where(g > 15, g), c.where(v > 15, v)),
        "log": (f.log(3), np.log(c) / math.log(3)),
        "min": (f.min(g), np.minimum(c, v)),
        "pow": (g**2, v**2),
    }
    for name, (ours, theirs) in pairs.items():
        np.testing.assert_allclose(values(ours), theirs.to_numpy(dtype=float), rtol=1e-9, atol=1e-10, err_msg=name)


# ---- Texts ------------------------------------------------------------------------------------------------------------


def test_from_expression(grid):
    context = {"close": grid["close"], "volume": grid["volume"]}
    made = ft.Factor.from_expression("ts_mean(close, 20)/2 + 1", context)
    np.testing.assert_array_equal(values(made), values(grid["close"].ts_mean(20) / 2 + 1))
    assert ft.Factor.from_expression("ts_mean(close, 2)", context).name == "ts_mean(close,2)"
    made = FactorExpressionParser().parse("signed_pow(close, 2) - mean(volume) # words", context)
    np.testing.assert_array_equal(values(made), values(grid["close"].signed_pow(2) - grid["volume"].mean()))
    alias = {"x": grid["close"].ts_mean(3), "y": grid["volume"] * 2}
    made = ft.Factor.from_expression("(x > y) ? x : y", alias)
    a, b = values(alias["x"]), values(alias["y"])
    np.testing.assert_array_equal(values(made), np.where(np.isnan(a), np.nan, np.where(a > b, a, b)))
    made = ft.Factor.from_expression("ts_mean($close, d=4, min_periods=2)", grid)
    np.testing.assert_array_equal(values(made), values(grid["close"].ts_mean(4, 2)))
    made = ft.Factor.from_expression("ts_quantile(close, 5, driver=uniform)", grid)
    np.testing.assert_array_equal(values(made), values(grid["close"].ts_quantile(5, "uniform")))
    qlib = ft.Factor.from_expression("Mean($close, 3) / Ref($close, 1)", context, dialect="qlib")
    np.testing.assert_allclose(values(qlib), values(grid["close"].ts_mean(3) / grid["close"].ts_shift(1)), rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("close +", "end", 7),
        ("foo(close, 2)", "foo", 0),
        ("ts_meen(close, 2)", "ts_mean", 0),
        ("clos + 1", "Undefined variable: clos", -1),
        ("close; volume", "one expression", -1),
    ],
)
def test_wrong_texts(grid, text, words, position):
    with pytest.raises(ValueError, match=words) as caught:
        ft.Factor.from_expression(text, {"close": grid["close"], "volume": grid["volume"]})
    assert isinstance(caught.value, ft.Error) and caught.value.position == position


def test_composites(grid):
    c, v = grid["close"], grid["volume"]
    made = ft.CompositeFactor.from_weights([c, v], [0.3, 0.7])
    np.testing.assert_allclose(values(made.to_factor()), values(c) * 0.3 + values(v) * 0.7, rtol=1e-14)
    assert made.to_factor().name == "composite"
    zscore = ft.CompositeFactor.from_zscore([c, v])
    expected = (values(c.cs_zscore()) + values(v.cs_zscore())) / 2
    np.testing.assert_allclose(values(zscore.to_factor()), expected, rtol=1e-12)
    assert zscore.weights == [0.5, 0.5] and zscore.name == "composite_zscore"
    with pytest.raises(ValueError, match="Number of weights"):
        ft.CompositeFactor([c, v], [1])


# ---- Manners ------------------------------------------------------------------------------------------------------------


def test_shown_and_pickled(grid):
    factor = grid["close"].ts_mean(3)
    assert "ts_mean(close,3)" in repr(factor) and "600 rows" in repr(factor)
    assert "<table" in factor._repr_html_()
    again = pickle.loads(pickle.dumps(factor))
    assert again.name == factor.name
    np.testing.assert_array_equal(values(again), values(factor))
    assert "ts_mean" in dir(factor) and hash(factor) == hash(factor)
    assert len(operators.table()) == len(OPERATORS)
    assert all(getattr(operators, name) for name in operators.__all__)


def test_plots(grid):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    for kind in ("timeseries", "heatmap", "distribution"):
        assert grid["close"].plot(kind).axes
    with pytest.raises(ValueError, match="plot_type"):
        grid["close"].plot("pie")


def test_published_names_of_arguments(grid):
    close, volume = grid["close"], grid["volume"]
    expected = close.ts_corr(volume, 9).to_polars()
    for made in (
        operators.ts_corr(factor1=close, factor2=volume, window=9),
        operators.ts_corr(close, factor2=volume, window=9),
        operators.ts_corr(factor=close, other=volume, window=9),
    ):
        assert made.to_polars().equals(expected)
    assert operators.ts_cov(factor1=close, factor2=volume, window=9).name == close.ts_cov(volume, 9).name
    assert operators.ts_beta(factor=close, other=volume, window=9).name == close.ts_beta(volume, 9).name
    with pytest.raises(TypeError, match="factor2"):
        operators.ts_mean(factor1=close, factor2=volume, window=9)
