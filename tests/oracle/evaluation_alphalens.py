"""Evaluation against alphalens-reloaded, with its delay of 0: IC, quantiles, quantile returns, turnover, rank autocorrelation."""

import json
import os
import sys
import warnings
from pathlib import Path

PYTHON = Path("build/venv-evaluation/bin/python").absolute()
try:
    import alphalens
except ImportError:
    if not PYTHON.exists() or os.environ.get("FCT_EVALUATION"):
        print("skipped: alphalens-reloaded is not installed; scripts/deps.sh --evaluation does it")
        sys.exit(77)
    os.environ["FCT_EVALUATION"] = "1"
    os.execv(PYTHON, [str(PYTHON), "-B", *sys.argv])

import numpy as np
import pandas as pd
from oracle import DAY_8, DAY_MS, WORK, factorium

warnings.filterwarnings("ignore")
PERIODS = (1, 5, 20)


def make_panel(seed):
    """Prices without a gap; a factor with gaps and ties, which never hide a whole quantile: alphalens stops there."""
    random = np.random.default_rng(seed)
    n_times, n_symbols = 120, 60
    prices = 50 * np.exp(np.cumsum(random.normal(0, 0.02, (n_times, n_symbols)), axis=0))
    factor = np.round(random.normal(0, 1, (n_times, n_symbols)), 1)
    factor[random.random(factor.shape) < 0.08] = np.nan
    t, s = np.divmod(np.arange(n_times * n_symbols), n_symbols)
    start = DAY_8 + t * DAY_MS
    return pd.DataFrame({"symbol": [f"S{i:02d}" for i in s], "start_time": start, "end_time": start + DAY_MS,
                         "close": prices.ravel(), "x": factor.ravel()})


def ours(frame, *arguments):
    bars, factors = WORK / "bars.parquet", WORK / "factors.parquet"
    frame[["symbol", "start_time", "end_time", "close"]].to_parquet(bars, index=False)
    frame[["symbol", "start_time", "end_time", "x"]].to_parquet(factors, index=False)
    result = factorium("eval", "--bars", bars, "--factor", factors, "--no-delay", "--table", "all", "--format", "json", *arguments)
    return {name: pd.DataFrame(rows) for name, rows in json.loads(result.stdout).items()}


def close(actual, expected, label):
    a, e = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    assert a.shape == e.shape, f"{label}: {a.shape} values, expected {e.shape}"
    good = np.isclose(a, e, rtol=1e-9, atol=1e-12, equal_nan=True)
    assert good.all(), f"{label}: {a[~good][:5]} instead of {e[~good][:5]}"


def check(frame, period, n_quantiles):
    tables = ours(frame, "--horizons", period, "--quantiles", n_quantiles)
    date = pd.to_datetime(frame.end_time, unit="ms", utc=True)
    prices = frame.assign(date=date).pivot(index="date", columns="symbol", values="close")
    factor = frame.set_index([date, frame.symbol]).x
    factor.index.names = ["date", "asset"]
    data = alphalens.utils.get_clean_factor_and_forward_returns(
        factor.dropna(), prices, quantiles=n_quantiles, periods=(period,), max_loss=1)
    name = data.columns[0]
    label = f"period {period}, {n_quantiles} quantiles"
    n = frame.end_time.nunique() - period  # alphalens drops the times without returns

    ic = alphalens.performance.factor_information_coefficient(data)[name]
    series = tables["ic"].sort_values("time")
    close(series.ic[:n], ic, f"{label}: IC")
    close(tables["summary"].ic, [ic.mean()], f"{label}: mean IC")
    means, errors = alphalens.performance.mean_return_by_quantile(data, by_date=True, demeaned=False)
    spread, _ = alphalens.performance.compute_mean_returns_spread(means, n_quantiles, 1)
    spread = spread * 2  # alphalens halves it: half of the money on each side
    close(series.long_short[:n], spread[name], f"{label}: spread")
    close(tables["summary"].long_short, [spread[name].mean()], f"{label}: mean spread")
    returns = tables["quantile_returns"]
    for q in range(1, n_quantiles + 1):
        of_q = returns[returns["quantile"] == q].sort_values("time")
        close(of_q["mean"][:n], means.loc[q][name], f"{label}: quantile {q}")
        rows = data[data.factor_quantile == q].groupby("date").size()
        close(of_q.rows[:n], rows, f"{label}: rows of quantile {q}")
    if period == 1:
        times = tables["times"].sort_values("time")
        for q, column in ((1, "turnover_bottom"), (n_quantiles, "turnover_top")):
            turnover = alphalens.performance.quantile_turnover(data.factor_quantile, q, 1)
            close(times[column][1:n], turnover.reindex(ic.index)[1:], f"{label}: turnover of {q}")
        autocorrelation = alphalens.performance.factor_rank_autocorrelation(data, 1)
        close(times.autocorrelation[1:n], autocorrelation[1:], f"{label}: rank autocorrelation")


def main():
    sys.stdout, shown = open(os.devnull, "w"), sys.stdout  # alphalens prints
    for seed in range(2):
        frame = make_panel(seed)
        for period in PERIODS:
            check(frame, period, 5)
        check(frame, 1, 4)
    sys.stdout = shown
    print("evaluation: IC, quantiles, spread, turnover and rank autocorrelation equal alphalens-reloaded's")


if __name__ == "__main__":
    main()
