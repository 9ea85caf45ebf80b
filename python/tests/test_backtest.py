"""Backtests: beside a plain loop; the published backtesters, sessions and reports over them."""

import factorium as ft
import numpy as np
import pandas as pd
import polars as pl
import pytest
from factorium.backtest import (
    Backtester,
    BacktestResult,
    LegacyBacktester,
    LongOnlyConstraint,
    MarketNeutralConstraint,
    MaxGrossExposureConstraint,
    MaxPositionConstraint,
    VectorizedBacktester,
    WeightConstraint,
    frequency_to_periods_per_year,
    parse_frequency_to_seconds,
)
from factorium.research import FactorReport

N, SYMBOLS = 150, [*"ABCDEF"]


@pytest.fixture(scope="module")
def panel() -> ft.AggBar:
    rng = np.random.default_rng(3)
    columns = {
        "close": 100 * np.exp(rng.normal(size=(N, 6)).cumsum(axis=0) * 0.01),
        "volume": rng.gamma(2, 1000, (N, 6)),
        "x": rng.normal(size=(N, 6)),
        "u": (rng.random((N, 6)) > 0.2).astype(float),
    }
    return ft.AggBar.from_numpy(columns, 1_723_075_200_000 + 3_600_000 * np.arange(1, N + 1), SYMBOLS)


def by_loop(panel, weights_of, cost=(0.0003, 0.0003), capital=10_000.0) -> np.ndarray:
    """Equity at each time: the weights of a time are traded at the next."""
    prices, signal = panel["close"].to_numpy(), panel["x"].to_numpy()
    held, cash, equity = np.zeros(6), capital, []
    for t in range(N):
        worth = cash + held @ prices[t]
        if t:
            wanted = weights_of(signal[t - 1], t - 1) * worth / prices[t]
            traded = (wanted - held) * prices[t]
            cash -= traded.sum() + cost[0] * traded[traded > 0].sum() - cost[1] * traded[traded < 0].sum()
            held = wanted
        equity.append(cash + held @ prices[t])
    return np.array(equity)


def neutral(x: np.ndarray, _: int = 0) -> np.ndarray:
    w = x - np.nanmean(x)
    w = np.where(np.isnan(w), 0, w)
    return w / np.abs(w).sum() if (w != 0).any() else w


def test_vectorized(panel):
    tester = VectorizedBacktester(panel, panel["x"])
    result = tester.run()
    assert isinstance(result, BacktestResult) and Backtester is VectorizedBacktester
    expected = by_loop(panel, neutral)
    np.testing.assert_allclose(result.equity_curve["total_value"], expected, rtol=1e-10)
    assert result.equity_curve.columns == ["end_time", "total_value"] and len(result.equity_curve) == N
    assert result.returns.columns == ["end_time", "return"]
    np.testing.assert_allclose(result.returns["return"][1:], expected[1:] / expected[:-1] - 1, atol=1e-12)
    assert result.trades.columns == ["end_time", "symbol", "qty", "price", "trade_cost"]
    history = result.portfolio_history
    assert history.columns == ["end_time", "cash", "market_value", "total_value"]
    np.testing.assert_allclose(history["cash"] + history["market_value"], expected, rtol=1e-10)
    assert np.abs(history["market_value"]).max() < 1e-6, "as much long as short"
    names = [
        "total_return",
        "annual_return",
        "annual_volatility",
        "sharpe_ratio",
        "sortino_ratio",
        "calmar_ratio",
        "max_drawdown",
        "var_95",
        "cvar_95",
        "win_rate",
        "profit_factor",
    ]
    assert [*result.metrics] == names
    assert result.metrics["total_return"] == pytest.approx(expected[-1] / 10_000 - 1)
    before = np.append(10_000, expected[:-1])  # the first step is from the capital
    steps = expected / before - 1
    assert result.metrics["sharpe_ratio"] == pytest.approx(steps.mean() / steps.std(ddof=1) * 8766**0.5)
    summary = tester.summary()
    assert summary["final_value"] == pytest.approx(expected[-1]) and summary["num_trades"] == len(result.trades)
    assert repr(result).startswith("BacktestResult: 150 times, ")
    frames = result.to_pandas()
    assert isinstance(frames.equity_curve, pd.DataFrame) and frames.metrics == result.metrics


def test_settings(panel):
    assert VectorizedBacktester(panel, panel["x"]).summary()["initial_capital"] == 10_000
    costs = VectorizedBacktester(panel, panel["x"], transaction_cost=(0.001, 0.002), initial_capital=500.0).run()
    np.testing.assert_allclose(
        costs.equity_curve["total_value"], by_loop(panel, neutral, (0.001, 0.002), 500.0), rtol=1e-10
    )
    as_it_is = VectorizedBacktester(panel, panel["x"], neutralization="none").run()
    expected = by_loop(panel, lambda x, t: np.maximum(x, 0) / max(np.maximum(x, 0).sum(), 1e-300))
    np.testing.assert_allclose(as_it_is.equity_curve["total_value"], expected, rtol=1e-10)
    frame = panel["x"].to_polars()
    of_frames = VectorizedBacktester(panel.to_polars(), frame, frequency="15m").run()
    np.testing.assert_allclose(of_frames.equity_curve["total_value"], by_loop(panel, neutral), rtol=1e-10)
    mask = panel["u"].to_numpy()
    masked = VectorizedBacktester(panel, panel["x"], mask="u").run()
    expected = by_loop(panel, lambda x, t: neutral(np.where(mask[t] != 0, x, np.nan)))
    np.testing.assert_allclose(masked.equity_curve["total_value"], expected, rtol=1e-10)
    other = VectorizedBacktester(panel, panel["x"], entry_price="volume").run()
    assert other.trades["price"].max() > 1000


def first_weights(panel, *constraints, **settings) -> np.ndarray:
    trades = VectorizedBacktester(panel, panel["x"], constraints=constraints, **settings).run().trades
    first = trades.filter(pl.col("end_time") == trades["end_time"].min())
    found = dict(zip(first["symbol"], first["qty"] * first["price"] / 10_000, strict=True))
    return np.array([found.get(symbol, 0.0) for symbol in SYMBOLS])


def test_constraints(panel):
    plain = neutral(panel["x"].to_numpy()[0])
    np.testing.assert_allclose(first_weights(panel), plain)
    np.testing.assert_allclose(first_weights(panel, LongOnlyConstraint()), np.maximum(plain, 0))
    np.testing.assert_allclose(first_weights(panel, MaxGrossExposureConstraint(0.5)), plain / 2)
    np.testing.assert_allclose(first_weights(panel, MaxGrossExposureConstraint(9)), plain)
    above = np.maximum(panel["x"].to_numpy()[0], 0)
    np.testing.assert_allclose(first_weights(panel, MarketNeutralConstraint(), neutralization="none"), neutral(above))
    np.testing.assert_allclose(first_weights(panel, LongOnlyConstraint(), neutralization="none"), above / above.sum())
    limited = first_weights(panel, MaxPositionConstraint(0.1), MaxPositionConstraint(0.2))
    assert np.abs(limited).max() == pytest.approx(0.1) and limited.sum() == pytest.approx(0)
    cut = first_weights(panel, MaxPositionConstraint(0.1), neutralization="none")
    np.testing.assert_allclose(cut, np.clip(above / above.sum(), 0, 0.1))

    class Own(WeightConstraint):
        def settings(self, made):
            return made | {"gross": 0.25}

    np.testing.assert_allclose(first_weights(panel, Own()), plain / 4)
    for constraints, settings, error in (
        ([LongOnlyConstraint(), MarketNeutralConstraint()], {}, ValueError),
        (["x"], {}, TypeError),
    ):
        with pytest.raises(error):
            first_weights(panel, *constraints, **settings)
    for wrong in (lambda: MaxPositionConstraint(0), lambda: MaxGrossExposureConstraint(-1), WeightConstraint):
        with pytest.raises((ValueError, TypeError)):
            wrong()


def test_legacy(panel):
    tester = LegacyBacktester(panel, panel["x"])
    result = tester.run()
    np.testing.assert_allclose(result.equity_curve, by_loop(panel, neutral), rtol=1e-10)
    assert result.equity_curve.name == "equity" and result.equity_curve.index.name == "timestamp"
    assert str(result.equity_curve.index[0]) == "2024-08-08 01:00:00" and len(result.returns) == N - 1
    assert [*result.trades] == ["timestamp", "symbol", "quantity", "price", "cost", "trade_value"]
    np.testing.assert_allclose(result.trades.trade_value, (result.trades.quantity * result.trades.price).abs())
    assert [*result.portfolio_history] == ["timestamp", "cash", "market_value", "total_value", "num_positions"]
    assert result.portfolio_history.num_positions.max() == 6
    assert tester.equity_curve is result.equity_curve and tester.returns is result.returns
    assert tester.summary()["num_trades"] == len(result.trades) and "trades" in repr(result)
    with pytest.raises(ValueError, match="full_rebalance"):
        LegacyBacktester(panel, panel["x"], full_rebalance=True)


def test_run(panel):
    made = ft.backtest.run({"a": "x", "b": panel["volume"]}, panel, weights="quantiles", quantiles=3, costs=0.001)
    assert made.tables == ("metrics", "equity", "positions", "trades")
    metrics = made["metrics"].to_polars()
    assert metrics["factor"].to_list() == ["a", "a", "b", "b"] and metrics["costs"].to_list() == ["all", "none"] * 2
    assert metrics["accounting_error"].max() < 1e-9
    held = made["positions"].to_polars().filter(factor="a")
    assert (held.group_by("time").len()["len"] == 4).all(), "two on either side"
    assert len(ft.backtest.run("x", panel, trades=False)["trades"].to_polars()) == 0
    alone = ft.backtest.run("x", panel, weights="quantiles", quantiles=3, costs=0.001, threads=1)
    assert (
        alone["equity"].to_polars().drop("factor").equals(made["equity"].to_polars().filter(factor="a").drop("factor"))
    )
    delayed = ft.backtest.run("x", panel, delay=3, every=5, turnover_cap=0.1)["equity"].to_polars()
    assert delayed["traded"][0:3].sum() == 0 and (delayed["traded"] / delayed["equity"]).max() < 0.11
    assert "metrics" in repr(made) and "<table" in made._repr_html_()


def test_what_is_refused(panel):
    for call, error, words in (
        (lambda: ft.backtest.run("x", panel, weights="all"), ValueError, "neutral"),
        (lambda: ft.backtest.run("x", panel, costs=1.0), ValueError, "cost|share"),
        (lambda: ft.backtest.run("x", panel, gross=0), ValueError, "above 0"),
        (lambda: ft.backtest.run("x", panel, delay=-1), ValueError, "delay"),
        (lambda: ft.backtest.run("x", panel, price="none"), KeyError, "none"),
        (lambda: ft.backtest.run("x", panel, group="u", weights="given"), ValueError, "given"),
        (lambda: ft.backtest.run("x", panel).table("none"), KeyError, "equity"),
        (lambda: VectorizedBacktester(panel, panel["x"], neutralization="all"), ValueError, "market"),
        (lambda: VectorizedBacktester(panel, panel["x"], frequency="1min"), ValueError, "Invalid frequency"),
        (lambda: VectorizedBacktester(panel, panel[["x", "u"]]).run(), ValueError, "one column"),
    ):
        with pytest.raises(error, match=words):
            call()


def test_frequencies():
    seconds = {"30s": 30, "15m": 900, "1h": 3600, "4H": 14_400, "1d": 86_400, "1w": 604_800}
    for text, expected in seconds.items():
        assert parse_frequency_to_seconds(text) == expected
    assert frequency_to_periods_per_year("1h") == 8766 and frequency_to_periods_per_year("1d") == 365.25
    for text in ("1min", "h", "0h", "", "-1h"):
        with pytest.raises(ValueError, match="Invalid frequency"):
            parse_frequency_to_seconds(text)


def test_session(panel, tmp_path):
    session = ft.ResearchSession(panel, default_transaction_cost=0.001)
    assert session.symbols == SYMBOLS and session.cols == panel.cols and "ResearchSession: AggBar" in repr(session)
    factor = session.create_factor("cs_rank(ts_delta(close, 5))", "mine")
    assert factor.name == "mine"
    same = session.create_factor(lambda bars: bars["close"].ts_delta(5).cs_rank())
    np.testing.assert_array_equal(factor.to_numpy(), same.to_numpy())
    assert session.factor("close").to_polars().equals(panel["close"].to_polars())
    found = session.analyze(factor, periods=[1, 3], quantiles=3)
    assert found.ic_series.equals(factor.eval(panel, [1, 3], 3).ic_series)
    traded = session.backtest(session.factor("x"))
    np.testing.assert_allclose(traded.equity_curve["total_value"], by_loop(panel, neutral, (0.001, 0.001)), rtol=1e-10)
    cheap = session.backtest(session.factor("x"), transaction_cost=0.0, initial_capital=1.0)
    np.testing.assert_allclose(cheap.equity_curve["total_value"], by_loop(panel, neutral, (0, 0), 1.0), rtol=1e-10)
    text = session.quick_report(factor)
    assert "Factor Analysis Report: mine" in text and f"Mean IC:        {found.ic_summary[1]['mean_ic']:.4f}" in text
    part = session.slice(symbols=["A", "B"])
    assert part.symbols == ["A", "B"] and part.default_transaction_cost == 0.001
    path, other = panel.to_parquet(tmp_path / "bars.parquet"), panel.to_csv(tmp_path / "bars.csv")
    for made in (
        ft.ResearchSession.load(path),
        ft.ResearchSession.from_parquet(path),
        ft.ResearchSession.from_csv(other, default_frequency="1d"),
        ft.ResearchSession.from_df(panel.to_df()),
    ):
        assert made.data.to_df().equals(panel.to_df())


def test_factor_report(panel, tmp_path):
    session = ft.ResearchSession(panel)
    report = FactorReport.generate(session, session.factor("x"), quantiles=3, neutralization="none")
    assert [*report.summary()] == ["factor_name", "ic_summary", "backtest_metrics"]
    assert [*report.to_dict()] == ["factor_name", "analysis", "metrics", "equity_curve", "returns"]
    assert report.analysis.quantiles == 3 and repr(report).startswith("FactorReport: x\nIC Summary:")
    assert "equity" in report.write(tmp_path / "x.html").read_text()


def test_equity_figure(panel):
    pytest.importorskip("matplotlib").use("Agg")
    assert LegacyBacktester(panel, panel["x"]).plot_equity().axes[0].has_data()
