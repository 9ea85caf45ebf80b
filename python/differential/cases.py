"""What both packages can do, written once: expressions of factors and calls of loaders. Runs under either package."""

# Each is evaluated with close, open, volume being factors of the same bars.
OPERATORS = """
close+1 | 1-close | close*volume | close/volume | 2/close | close-open | -close
close>open | close>=100 | close<open | close<=open | close==open | close!=open
close.abs() | (close-100).sign() | close.inverse() | close.log() | close.ln() | close.log(10) | close.log(3) | close.sqrt() | (close-100).sqrt()
(close-100).signed_log1p() | (close-100).signed_pow(2) | close.pow(2) | (close-100).pow(3) | close.add(1) | close.sub(volume) | close.mul(2) | close.div(volume)
close.where(close>open) | close.where(close>open,0) | close.where(close>open,volume) | close.max(open) | close.max(100) | close.min(open) | close.reverse()
close.ts_sum(7) | close.ts_product(3) | close.ts_mean(7) | close.ts_median(7) | close.ts_std(7) | close.ts_min(7) | close.ts_max(7)
steps.ts_argmin(7) | steps.ts_argmax(7) | close.ts_argmin(7) | close.ts_argmax(7) | close.ts_scale(7) | close.ts_scale(7,1) | close.ts_zscore(7)
close.ts_quantile(7) | close.ts_quantile(7,"uniform") | close.ts_quantile(7,"cauchy") | close.ts_kurtosis(9) | close.ts_skewness(9)
close.ts_step() | close.ts_step(5) | close.ts_shift(3) | close.ts_delta(3) | close.ts_rank(7) | steps.ts_rank(7)
close.ts_beta(open,9) | close.ts_alpha(open,9) | close.ts_resid(open,9) | close.ts_corr(open,9) | close.ts_cov(open,9)
close.ts_cv(7) | close.ts_jumpiness(7) | close.ts_autocorr(9) | close.ts_autocorr(9,2) | close.ts_reversal_count(7) | close.ts_vr(9) | close.ts_vr(9,3)
close.cs_rank() | steps.cs_rank() | close.rank() | close.cs_zscore() | close.cs_demean() | close.cs_winsorize(0.2) | close.cs_neutralize(open) | close.mean() | close.median()
flat.ts_std(7) | flat.ts_zscore(7) | flat.ts_scale(7) | flat.ts_corr(close,7) | flat.ts_cv(7) | flat.cs_zscore()
tiny.ts_zscore(7) | tiny.inverse() | close/tiny | tiny.ts_scale(7)
(close/close.ts_shift(1)-1).ts_mean(5).cs_rank() | (close.ts_delta(5)/close.ts_shift(5)).ts_zscore(20)
Factor.from_expression("ts_mean(close,20)/close", context) | Factor.from_expression("cs_rank(ts_delta(close,5))*ts_std(volume,10)", context)
composite
"""

# Of the loader, once for trades that share times, once for trades that do not: name, then the arguments of load_aggbar.
LOADS = {
    "time 1m": {"interval": 60_000},
    "time 5m, start and end": {"interval": 300_000, "start_date": "2024-08-08", "end_date": "2024-08-09"},
    "time 5m, start and days": {"interval": 300_000, "start_date": "2024-08-08", "days": 1},
    "tick": {"bar_type": "tick", "interval": 100},
    "volume": {"bar_type": "volume", "interval": 40.0},
    "dollar": {"bar_type": "dollar", "interval": 100_000.0},
}

# The same of klines of a minute, in a folder as the published package names it.
KLINES = {"klines": {}, "klines, 1h": {"interval": 3_600_000}, "klines, 1d": {"interval": 86_400_000}}

# Of the backtesters: name, then the class and its arguments beside prices and signal.
BACKTESTS = {
    "legacy": ("LegacyBacktester", {}),
    "legacy, costs": ("LegacyBacktester", {"transaction_cost": (0.001, 0.002), "initial_capital": 500.0}),
    "legacy, long": ("LegacyBacktester", {"neutralization": "none"}),
    "legacy, another price": ("LegacyBacktester", {"entry_price": "high", "frequency": "15m"}),
    "vectorized": ("VectorizedBacktester", {}),
    "vectorized, long": ("VectorizedBacktester", {"neutralization": "none", "transaction_cost": 0.0}),
}


def backtest(name: str, package, panel):
    """Equity in time, as a pandas frame."""
    import importlib

    kind, arguments = BACKTESTS[name]
    tester = getattr(importlib.import_module(f"{package.__name__}.backtest"), kind)
    arguments = {"entry_price": "full", **arguments}  # a missing price makes all later equity of the published ones NaN
    equity = tester(panel, panel["signal"], **arguments).run().equity_curve
    if kind == "LegacyBacktester":
        return equity.rename("equity").rename_axis("end_time").reset_index()
    return equity.rename({"total_value": "equity"}).to_pandas()


def range_of(arguments: dict) -> dict:
    """The arguments, with the two days where they do not say which."""
    if "start_date" in arguments:
        return arguments
    return {"start_date": "2024-08-08", "end_date": "2024-08-09", **arguments}


def operators() -> list[str]:
    return [case.strip() for line in OPERATORS.strip().splitlines() for case in line.split(" | ")]


def factors(package, panel):
    """The names that the expressions use."""
    context = {name: panel[name] for name in ("close", "open", "volume", "steps", "flat", "tiny")}
    return {**context, "context": context, "Factor": package.Factor}


def evaluate(case: str, package, names: dict):
    if case == "composite":
        from factorium.factors import CompositeFactor

        return CompositeFactor.from_weights([names["close"], names["volume"]], [0.3, 0.7]).to_factor()
    return eval(case, {}, names)  # the cases above
