"""Backtests against a plain simulation in NumPy, and their metrics."""

import numpy as np
import pandas as pd
from oracle import DAY_8, WORK, factorium

HOUR = 3_600_000


def make_panel(seed, n_symbols=12, n_times=90):
    random = np.random.default_rng(seed)
    prices = np.exp(random.normal(0, 3, n_symbols)) * np.exp(np.cumsum(random.normal(0, 0.02, (n_times, n_symbols)), axis=0))
    signal = np.round(random.normal(0, 1, prices.shape), 1)
    signal[random.random(signal.shape) < 0.1] = np.nan
    present = random.random(prices.shape) < 0.95
    present[60:, 3] = False  # disappears
    present[:20, 5] = False  # comes later
    prices[random.random(prices.shape) < 0.03] = np.nan  # rows without a price
    volume = random.exponential(100, prices.shape)
    funding = random.normal(0, 1e-4, prices.shape)
    return prices, signal, present, volume, funding, np.arange(n_symbols) % 3


def write_panel(panel):
    prices, signal, present, volume, funding, sector = panel
    t, s = np.nonzero(present)
    start = DAY_8 + t * HOUR
    frame = pd.DataFrame({"symbol": [f"S{i:02d}" for i in s], "start_time": start, "end_time": start + HOUR, "close": prices[t, s],
                          "volume": volume[t, s], "rate": funding[t, s], "sector": sector[s], "x": signal[t, s]})
    frame.drop(columns="x").to_parquet(WORK / "bars.parquet", index=False)
    frame[["symbol", "start_time", "end_time", "x"]].to_parquet(WORK / "factors.parquet", index=False)


# ---- The reference ---------------------------------------------------------------------------------


def quantile_labels(x, n):
    low = pd.Series(x).rank(method="min") - 1
    return np.maximum(1, np.ceil(low * n / (np.isfinite(x).sum() - 1)))


def weights(x, rule, groups):
    """Of one time; NaN has no weight."""
    w = np.zeros(len(x))
    for g in np.unique(groups):
        mine = (groups == g) & ~np.isnan(x)
        n = mine.sum()
        if rule["weights"] == "quantiles":
            if n < rule["quantiles"]:
                continue
            labels = quantile_labels(np.where(mine, x, np.nan), rule["quantiles"])
            top, bottom = labels == rule["quantiles"], labels == 1
            if top.any() and bottom.any():
                w[top] = n / top.sum()
                w[bottom] = -n / bottom.sum()
        elif n:
            w[mine] = x[mine] - (0 if rule["weights"] == "given" else x[mine].mean())
    if rule["weights"] in ("neutral", "long") and len(np.unique(x[~np.isnan(x)])) < 2:
        w[:] = 0
    if rule["weights"] == "long":
        w = np.maximum(w, 0)
    if np.abs(w).sum() > 0:
        w *= rule["gross"] / np.abs(w).sum()
    if (np.abs(w) > rule["max_position"]).any():
        w = np.clip(w, -rule["max_position"], rule["max_position"])
        for g in np.unique(groups) if rule["weights"] in ("neutral", "quantiles") else []:
            mine = groups == g
            up, down = w[mine & (w > 0)].sum(), -w[mine & (w < 0)].sum()
            if up > down:
                w[mine & (w > 0)] *= down / up
            elif down > up:
                w[mine & (w < 0)] *= up / down
    return w


def simulate(panel, rule):
    prices, signal, present, volume, funding, sector = panel
    n_times, n_symbols = prices.shape
    groups = sector if rule["neutral"] else np.zeros(n_symbols, int)
    quantities, last = np.zeros(n_symbols), np.zeros(n_symbols)
    cash, equity, capacities, turnover = rule["capital"], [], [], []
    end = np.array([np.nonzero(present[:, s])[0].max() for s in range(n_symbols)])
    for t in range(n_times):
        here = present[t] & np.isfinite(prices[t])
        last = np.where(here, prices[t], last)
        if rule["funding"]:
            cash -= (quantities * last * funding[t])[present[t]].sum()
        wealth = cash + (quantities * last).sum()
        moved = np.zeros(n_symbols)
        gone = (quantities != 0) & (end < t)
        moved[gone] = -quantities[gone]
        if t >= rule["delay"] and (t - rule["delay"]) % rule["every"] == 0:
            x = np.where(present[t - rule["delay"]], signal[t - rule["delay"]], np.nan)
            w = np.where(present[t - rule["delay"]], weights(x, rule, groups), 0)
            change = np.where(here, w - quantities * last / wealth, 0)
            share = min(1, rule["turnover_cap"] / np.abs(change).sum())
            change[np.abs(share * change) < 1e-12] = 0  # rounding
            moved[here] = (share * change * wealth / last)[here]
        value = np.abs(moved * last)
        cost = value * np.where(moved > 0, rule["buy"], rule["sell"])
        cash -= (moved * last).sum() + cost.sum()
        quantities = quantities + moved
        quantities[gone] = 0
        traded = (value > 0) & here
        capacities += list((0.01 * volume[t] * last / (value / wealth))[traded])
        if value.sum() > 0:
            turnover.append(value.sum() / (equity[-1] if equity else rule["capital"]))
        equity.append(cash + (quantities * last).sum())
    return np.array(equity), np.mean(turnover), np.quantile(capacities, 0.05)


def metrics(equity, capital, per_year):
    path = np.concatenate([[capital], equity])
    r = path[1:] / path[:-1] - 1
    drawdown = (path / np.maximum.accumulate(path) - 1).min()
    annual = (path[-1] / capital) ** (per_year / len(r)) - 1
    var = np.quantile(r, 0.05)
    return {
        "total_return": path[-1] / capital - 1, "annual_return": annual, "volatility": r.std(ddof=1) * per_year**0.5,
        "sharpe": r.mean() / r.std(ddof=1) * per_year**0.5,
        "sortino": r.mean() / np.sqrt((np.minimum(r, 0) ** 2).mean()) * per_year**0.5, "max_drawdown": drawdown,
        "calmar": annual / -drawdown, "var_95": var, "cvar_95": r[r <= var].mean(), "win_rate": (r > 1e-13).sum() / (abs(r) > 1e-13).sum(),
        "profit_factor": r[r > 0].sum() / -r[r < 0].sum(),
    }


def check(seed, rule):
    panel = make_panel(seed)
    write_panel(panel)
    options = ["--delay", rule["delay"], "--every", rule["every"], "--weights", rule["weights"], "--quantiles", rule["quantiles"],
               "--gross", rule["gross"], "--buy-cost", rule["buy"], "--sell-cost", rule["sell"], "--capital", rule["capital"]]
    if rule["max_position"] < 99:
        options += ["--max-position", rule["max_position"]]
    if rule["turnover_cap"] < 99:
        options += ["--turnover-cap", rule["turnover_cap"]]
    options += ["--neutral-to", "sector"] if rule["neutral"] else []
    options += ["--funding", "rate"] if rule["funding"] else []
    tables = {}
    for table in ("metrics", "equity"):
        path = WORK / f"{table}.parquet"
        factorium("backtest", "--bars", WORK / "bars.parquet", "--factor", WORK / "factors.parquet", "--table", table, "-o", path, *options)
        tables[table] = pd.read_parquet(path)
    equity, turnover, capacity = simulate(panel, rule)
    free = simulate(panel, {**rule, "buy": 0, "sell": 0, "funding": False})[0]
    label = f"seed {seed}, {rule}"
    for name, mine in (("equity", equity), ("equity_without_costs", free)):
        assert np.allclose(tables["equity"][name], mine, rtol=1e-9, atol=0), f"{label}: {name} differs"
    for row, path in ((0, equity), (1, free)):
        actual = tables["metrics"].iloc[row]
        for name, value in metrics(path, rule["capital"], 365.25 * 24).items():
            assert np.isclose(actual[name], value, rtol=1e-7, atol=1e-12), f"{label}: {name} is {actual[name]}, not {value}"
    actual = tables["metrics"].iloc[0]
    assert np.isclose(actual.turnover, turnover, rtol=1e-9), f"{label}: turnover"
    assert np.isclose(actual.capacity, capacity, rtol=1e-9), f"{label}: capacity {actual.capacity}, not {capacity}"
    assert actual.accounting_error < 1e-9 and actual.closed_symbols >= 1, label


def main():
    plain = {"weights": "neutral", "delay": 1, "every": 1, "quantiles": 3, "gross": 1.0, "max_position": 99.0, "turnover_cap": 99.0,
             "neutral": False, "buy": 0.0, "sell": 0.0, "funding": False, "capital": 1e6}
    check(1, plain)
    check(2, {**plain, "buy": 0.001, "sell": 0.002, "funding": True, "delay": 2})
    check(3, {**plain, "weights": "long", "max_position": 0.15, "turnover_cap": 0.3, "buy": 0.0005})
    check(4, {**plain, "weights": "quantiles", "every": 3, "gross": 2.0, "sell": 0.001})
    check(4, {**plain, "weights": "given", "max_position": 0.2, "gross": 0.8, "turnover_cap": 0.4, "buy": 0.0005})
    check(5, {**plain, "neutral": True, "max_position": 0.12, "gross": 1.5})
    check(6, {**plain, "weights": "quantiles", "quantiles": 2, "neutral": True, "turnover_cap": 0.5, "capital": 1000.0})
    print("backtest: equity, with costs and without, and metrics equal a plain simulation in NumPy")


if __name__ == "__main__":
    main()
