"""Operators beside what pandas, SciPy and NumPy make of the same frame: random, with missing rows, missing values and ties."""

import numpy as np
import pandas as pd
from oracle import DAY_8, WORK, factorium
from scipy import stats

N_SYMBOLS, N_TIMES, MINUTE = 7, 130, 60_000
random = np.random.default_rng(20240808)


def make_bars():
    """x and y lie about a level, t has ties, p is a price; one in 50 of x, y, t is missing, and so are some rows."""
    grid = pd.MultiIndex.from_product([range(N_TIMES), range(N_SYMBOLS)], names=["time", "number"]).to_frame(index=False)
    grid = grid[random.random(len(grid)) > 0.04].reset_index(drop=True)
    n = len(grid)
    bars = pd.DataFrame({"symbol": "S" + grid.number.astype(str), "start_time": DAY_8 + grid.time * MINUTE})
    bars["end_time"] = bars.start_time + MINUTE
    bars["x"] = 100 + random.normal(0, 1, n)
    bars["y"] = 0.5 * bars.x + random.normal(0, 1, n)
    bars["t"] = random.integers(0, 5, n).astype(float)
    for column in ("x", "y", "t"):
        bars.loc[random.random(n) < 0.02, column] = np.nan
    bars["p"] = bars.groupby("symbol").symbol.transform(lambda s: np.exp(np.cumsum(random.normal(0, 0.01, len(s)))))
    bars["g"] = random.integers(0, 3, n).astype(float)
    bars["w"] = random.random(n)
    return bars


BARS = make_bars()
CASES = []  # expression, expected column


def case(expression, expected):
    CASES.append((expression, np.asarray(expected, dtype=float)))


def by_symbol(function, *columns):
    """function of each symbol's columns, as series in the order of time."""
    parts = [function(*(part[column] for column in columns)) for _, part in BARS.groupby("symbol")]
    return pd.concat(parts).reindex(BARS.index)


def by_time(function, *columns, keys=("end_time",)):
    parts = [function(*(part[column] for column in columns)) for _, part in BARS.groupby(list(keys))]
    return pd.concat(parts).reindex(BARS.index)


def rolling(columns, d, periods, function):
    """function of the values of each window that are all there, where they are at least `periods`."""
    def of_symbol(*series):
        values = np.column_stack(series)
        out = np.full(len(values), np.nan)
        for i in range(len(values)):
            window = values[max(0, i + 1 - d): i + 1]
            window = window[~np.isnan(window).any(axis=1)]
            if len(window) >= periods:
                out[i] = function(*window.T)
        return pd.Series(out, index=series[0].index)
    with np.errstate(all="ignore"):
        return by_symbol(of_symbol, *columns)


# ---- Time series: pandas' own windows ---------------------------------------------------------------

for d in (2, 5, 30):
    for periods in (d, max(1, d // 2)):
        tail = f"{d}, min_periods={periods}"
        for column in ("x", "t"):
            def of(method, column=column, d=d, periods=periods):
                return by_symbol(lambda s: method(s.rolling(d, min_periods=periods)), column)
            case(f"ts_sum({column}, {tail})", of(lambda r: r.sum()))
            case(f"ts_mean({column}, {tail})", of(lambda r: r.mean()))
            case(f"ts_median({column}, {tail})", of(lambda r: r.median()))
            case(f"ts_min({column}, {tail})", of(lambda r: r.min()))
            case(f"ts_max({column}, {tail})", of(lambda r: r.max()))
            case(f"ts_var({column}, {tail})", of(lambda r: r.var()))
            case(f"ts_std({column}, {tail})", of(lambda r: r.std()))
            case(f"ts_percentile({column}, {d}, 0.3, min_periods={periods})", of(lambda r: r.quantile(0.3)))
            rank = of(lambda r: r.rank(pct=True))
            case(f"ts_rank({column}, {tail})", rank.where(BARS[column].notna()))
        for name, method in (("ts_cov", "cov"), ("ts_corr", "corr")):
            expected = by_symbol(lambda x, y: getattr(x.rolling(d, min_periods=periods), method)(y), "x", "y")
            case(f"{name}(x, y, {tail})", expected)
        # Two passes of SciPy rather than pandas' running sums, which lose digits.
        if d > 2:
            case(f"ts_skewness(x, {tail})", rolling("x", d, max(3, periods), lambda v: stats.skew(v, bias=False)))
            case(f"ts_kurtosis(x, {tail})", rolling("x", d, max(4, periods), lambda v: stats.kurtosis(v, bias=False)))

for d in (1, 3, 25):
    case(f"ts_shift(x, {d})", by_symbol(lambda s: s.shift(d), "x"))
    case(f"ts_delta(x, {d})", by_symbol(lambda s: s.diff(d), "x"))
    case(f"ts_returns(x, {d})", by_symbol(lambda s: s.pct_change(d, fill_method=None), "x"))
    case(f"ts_log_returns(x, {d})", by_symbol(lambda s: np.log(s / s.shift(d)), "x"))
    case(f"ts_backfill(x, {d + 1})", by_symbol(lambda s: s.ffill(limit=d), "x"))
    case(f"ts_ewm_mean(x, {d + 1})", by_symbol(lambda s: s.ewm(span=d + 1).mean(), "x"))
    case(f"ts_ewm_std(x, {d + 1})", by_symbol(lambda s: s.ewm(span=d + 1).std(), "x"))
case("ts_step(3)", by_symbol(lambda s: pd.Series(np.arange(len(s)) + 3.0, index=s.index), "x"))
case("days_from_last_change(g)", by_symbol(lambda s: s.groupby((s != s.shift()).cumsum()).cumcount(), "g"))
case("trade_when(g == 1, p, g == 2)", by_symbol(
    lambda g, p: p.where(g == 1, np.where(g == 2, -1.0, np.nan)).ffill().replace(-1.0, np.nan), "g", "p"))

# ---- Time series: SciPy and NumPy on each window ----------------------------------------------------


def line(y, x):
    """SciPy's least-squares line, or None."""
    return stats.linregress(x, y) if len(x) > 1 and np.ptp(x) > 0 else None


def with_line(function):
    return lambda y, x: np.nan if (fit := line(y, x)) is None else function(y, x, fit)


def trend(function):
    def of_window(v):
        return function(v, np.arange(len(v)), stats.linregress(np.arange(len(v)), v))
    return of_window


def entropy(v):
    return stats.entropy(np.histogram(v, 10)[0])


def drawdown(v):
    v = pd.Series(v)
    return (v / v.cummax() - 1).min()


def reversals(v):
    step = np.sign(np.diff(v))
    return np.sum(step[1:] * step[:-1] < 0) / (len(v) - 2) if len(v) > 2 else np.nan


for d in (5, 30):
    def of(function, *columns, d=d):
        return rolling(columns, d, d, function)

    now = BARS.x
    case(f"ts_product(x, {d})", of(np.prod, "x"))
    case(f"ts_zscore(x, {d})", of(lambda v: stats.zscore(v, ddof=1)[-1], "x"))
    case(f"ts_cv(x, {d})", of(lambda v: stats.variation(v, ddof=1), "x"))
    case(f"ts_ir(x, {d})", of(lambda v: v.mean() / v.std(ddof=1), "x"))
    case(f"ts_argmax(t, {d})", of(lambda v: d - 1 - np.argmax(v), "t"))
    case(f"ts_argmin(t, {d})", of(lambda v: d - 1 - np.argmin(v), "t"))
    case(f"ts_argmax_pos(t, {d})", of(lambda v: 1 + np.argmax(v), "t"))
    case(f"ts_argmin_pos(t, {d})", of(lambda v: 1 + np.argmin(v), "t"))
    case(f"ts_scale(x, {d})", of(lambda v: (v[-1] - v.min()) / np.ptp(v), "x"))
    case(f"ts_quantile(t, {d})", of(lambda v: stats.norm.ppf((stats.rankdata(v)[-1] - 0.5) / d), "t"))
    case(f'ts_quantile(x, {d}, "cauchy")', of(lambda v: stats.cauchy.ppf((stats.rankdata(v)[-1] - 0.5) / d), "x"))
    case(f'ts_quantile(x, {d}, "uniform")', of(lambda v: (stats.rankdata(v)[-1] - 0.5) / d, "x"))
    for column in "xt":
        def spearman(a, b):
            return stats.spearmanr(a, b).statistic if np.ptp(a) > 0 and np.ptp(b) > 0 else np.nan
        case(f"ts_rank_corr({column}, y, {d})", of(spearman, column, "y"))
    case(f"ts_mad(x, {d})", of(stats.median_abs_deviation, "x"))
    case(f"ts_entropy(x, {d})", of(entropy, "x"))
    case(f"ts_entropy(t, {d})", of(entropy, "t"))
    case(f"ts_max_drawdown(p, {d})", of(drawdown, "p"))
    case(f"ts_reversal_count(t, {d})", of(reversals, "t"))
    case(f"ts_jumpiness(x, {d})", of(lambda v: np.abs(np.diff(v)).sum() / np.ptp(v), "x"))
    case(f"ts_vr(x, {d}, 3)",
         of(lambda v: np.var(v[3:] - v[:-3], ddof=1) / (3 * np.var(np.diff(v), ddof=1)), "x"))
    case(f"ts_decay_linear(x, {d})", of(lambda v: np.average(v, weights=np.arange(1, d + 1)), "x"))
    case(f"ts_decay_exp(x, {d}, 0.7)", of(lambda v: np.average(v, weights=0.7 ** np.arange(d)[::-1]), "x"))
    case(f"ts_beta(y, x, {d})", of(with_line(lambda y, x, f: f.slope), "y", "x"))
    case(f"ts_alpha(y, x, {d})", of(with_line(lambda y, x, f: f.intercept), "y", "x"))
    case(f"ts_resid(y, x, {d})", of(with_line(lambda y, x, f: y[-1] - f.intercept - f.slope * x[-1]), "y", "x"))
    case(f"ts_rsquare(y, x, {d})", of(with_line(lambda y, x, f: f.rvalue ** 2), "y", "x"))
    case(f"ts_regression(y, x, {d}, ret=3)", of(with_line(lambda y, x, f: f.intercept + f.slope * x[-1]), "y", "x"))
    case(f"ts_regression(y, x, {d}, ret=4)",
         of(with_line(lambda y, x, f: np.sum((y - f.intercept - f.slope * x) ** 2)), "y", "x"))
    case(f"ts_regression(y, x, {d}, ret=8)", of(with_line(lambda y, x, f: f.stderr), "y", "x"))
    case(f"ts_regression(y, x, {d}, ret=9)", of(with_line(lambda y, x, f: f.intercept_stderr), "y", "x"))
    case(f"ts_slope(x, {d})", of(trend(lambda v, i, f: f.slope), "x"))
    case(f"ts_trend_rsquare(x, {d})", of(trend(lambda v, i, f: f.rvalue ** 2), "x"))
    case(f"ts_trend_resid(x, {d})", of(trend(lambda v, i, f: v[-1] - f.intercept - f.slope * i[-1]), "x"))
    case(f"ts_autocorr(x, {d}, 2)", by_symbol(lambda s: s.rolling(d).corr(s.shift(2)), "x"))
    case(f"ts_av_diff(x, {d})", now - of(np.mean, "x"))
    case(f"ts_max_diff(x, {d})", now - of(np.max, "x"))
    case(f"ts_min_diff(x, {d})", now - of(np.min, "x"))

# ---- Cross-section ----------------------------------------------------------------------------------


def residual(y, x):
    """What NumPy's least squares with an intercept leaves."""
    ok = y.notna() & x.notna()
    design = np.column_stack([np.ones(ok.sum()), x[ok]])
    fit = np.linalg.lstsq(design, y[ok].to_numpy(), rcond=None)[0]
    return pd.Series(y[ok] - design @ fit, index=y.index)


def vector_residual(x, y):
    ok = x.notna() & y.notna()
    return (x - (x[ok] @ y[ok]) / (y[ok] @ y[ok]) * y).where(ok)


def everywhere(method):
    return lambda s: pd.Series(method(s), index=s.index).where(s.notna())


for column in "xt":
    def of(function, column=column):
        return by_time(function, column)

    case(f"rank({column})", of(lambda s: s.rank(pct=True)))
    case(f"cs_rank({column})", of(lambda s: (s.rank(method="min") - 1) / (s.count() - 1)))
    for name in ("mean", "median", "std", "sum", "min", "max", "count"):
        case(f"cs_{name}({column})", of(everywhere(lambda s: getattr(s, name)())))
    case(f"cs_demean({column})", of(lambda s: s - s.mean()))
    case(f"cs_zscore({column})", of(lambda s: (s - s.mean()) / s.std()))
    case(f"cs_normalize({column}, use_std=true, limit=1)", of(lambda s: ((s - s.mean()) / s.std()).clip(-1, 1)))
    case(f"scale({column}, 3)", of(lambda s: 3 * s / s.abs().sum()))
    case(f"cs_scale_down({column})", of(lambda s: (s - s.min()) / (s.max() - s.min())))
    case(f"cs_winsorize({column}, 0.2)", of(lambda s: s.clip(s.quantile(0.2), s.quantile(0.8))))
    case(f"cs_winsorize_std({column}, 0.7)", of(lambda s: s.clip(s.mean() - 0.7 * s.std(), s.mean() + 0.7 * s.std())))
    case(f"cs_mad_clip({column}, 0.5)", of(lambda s: s.clip(
        s.median() - 0.5 * 1.4826 * stats.median_abs_deviation(s, nan_policy="omit"),
        s.median() + 0.5 * 1.4826 * stats.median_abs_deviation(s, nan_policy="omit"))))
    case(f"cs_quantile({column}, sigma=2)", of(everywhere(lambda s: 2 * stats.norm.ppf((s.rank() - 0.5) / s.count()))))
case("cs_truncate(x, 0.1)", by_time(lambda s: s.clip(-0.1 * s.abs().sum(), 0.1 * s.abs().sum()), "x"))
case("cs_neutralize(y, x)", by_time(residual, "y", "x"))
case("cs_vector_neut(x, y)", by_time(vector_residual, "x", "y"))

for column in "xt":
    def of(function, column=column):
        return by_time(function, column, keys=("end_time", "g"))

    case(f"group_neutralize({column}, g)", of(lambda s: s - s.mean()))
    case(f"group_rank({column}, g)", of(lambda s: s.rank(pct=True)))
    case(f"group_zscore({column}, g)", of(lambda s: (s - s.mean()) / s.std()))
    case(f"group_scale({column}, g)", of(lambda s: (s - s.min()) / (s.max() - s.min())))
    for name in ("median", "std", "sum", "min", "max", "count"):
        case(f"group_{name}({column}, g)", of(everywhere(lambda s: getattr(s, name)())))
case("group_mean(x, w, g)", by_time(
    lambda x, w: pd.Series((x * w).sum() / w[x.notna()].sum() if x.count() else np.nan, index=x.index).where(x.notna()),
    "x", "w", keys=("end_time", "g")))

# ---- Cell by cell ------------------------------------------------------------------------------------

x, y, t, centred = BARS.x, BARS.y, BARS.t, BARS.x - 100
with np.errstate(all="ignore"):
    for expression, expected in {
            "x / t": x / t, "log(x - 100)": np.log(centred), "log1p(x - 100)": np.log1p(centred), "log10(x)": np.log10(x),
            "log2(x)": np.log2(x), "exp(x - 100)": np.exp(centred), "sqrt(x - 100)": np.sqrt(centred),
            "(x - 100) ^ 3": centred ** 3, "x ^ 0.3": x ** 0.3, "tanh(x - 100)": np.tanh(centred),
            "sigmoid(x - 100)": 1 / (1 + np.exp(-centred)), "inverse(t)": 1 / t, "abs(x - 100)": centred.abs(),
            "sign(x - 100)": np.sign(centred), "floor(y)": np.floor(y), "ceil(y)": np.ceil(y),
            "min(x, 2 * y)": np.minimum(x, 2 * y), "max(x, 2 * y)": np.maximum(x, 2 * y), "clip(x, 99, 101)": x.clip(99, 101), "is_nan(x)": x.isna(),
            "nan_to(x, -1)": x.fillna(-1), "signed_power(x - 100, 0.5)": np.sign(centred) * centred.abs() ** 0.5,
            "signed_log1p(x - 100)": np.sign(centred) * np.log1p(centred.abs()),
    }.items():
        case(expression, expected)

# ---- Run ---------------------------------------------------------------------------------------------

BARS.to_parquet(WORK / "bars.parquet")
(WORK / "cases.txt").write_text("".join(f"c{i} = {expression}\n" for i, (expression, _) in enumerate(CASES)))
factorium("factor", "-f", WORK / "cases.txt", "--bars", WORK / "bars.parquet", "-o", WORK / "f.parquet", "--quiet")
factors = BARS[["symbol", "end_time"]].merge(pd.read_parquet(WORK / "f.parquet"), on=["symbol", "end_time"], how="left",
                                             validate="1:1")
assert len(pd.read_parquet(WORK / "f.parquet")) == len(BARS)

failures = 0
for i, (expression, expected) in enumerate(CASES):
    actual = factors[f"c{i}"].to_numpy(dtype=float)
    expected = np.where(np.isfinite(expected), expected, np.nan)
    assert np.isfinite(expected).sum() > 50, f"{expression}: the reference says too little"
    # 1e-10, of 1 where values are small: the references round, too.
    close = np.isclose(actual, expected, rtol=1e-10, atol=1e-10, equal_nan=True)
    if not close.all():
        failures += 1
        row = np.flatnonzero(~close)[0]
        print(f"{expression}: {(~close).sum()} of {len(close)} rows differ, first {BARS.symbol[row]} row {row}: "
              f"{actual[row]!r} instead of {expected[row]!r}")
assert failures == 0, f"{failures} of {len(CASES)} expressions differ"
print(f"ok {len(CASES)} expressions on {len(BARS)} rows")
