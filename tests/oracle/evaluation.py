"""Evaluation against SciPy and plain NumPy: ragged panels with ties, missing values and missing prices."""

import json

import numpy as np
import pandas as pd
from oracle import DAY_8, WORK, factorium
from scipy import stats

MINUTE = 60_000


def make_panel(n_symbols, n_times, seed, ragged):
    """Bars and two factors, one of them with many ties, as long frames."""
    random = np.random.default_rng(seed)
    prices = 100 * np.exp(np.cumsum(random.normal(0, 0.01, (n_times, n_symbols)), axis=0))
    smooth = random.normal(0, 1, (n_times, n_symbols))
    tied = np.floor(random.normal(0, 2, (n_times, n_symbols)))
    smooth[random.random(smooth.shape) < 0.05] = np.nan
    tied[random.random(tied.shape) < 0.1] = np.nan
    smooth[7, :] = np.nan
    tied[9, :] = 1.0
    present = np.ones(prices.shape, bool)
    if ragged:
        prices[random.random(prices.shape) < 0.03] = np.nan
        prices[3, 2] = -1.0
        present = random.random(prices.shape) < 0.9
    t, s = np.nonzero(present)
    start = DAY_8 + t * 30 * MINUTE
    frame = pd.DataFrame({
        "symbol": [f"S{i:03d}" for i in s], "start_time": start, "end_time": start + 30 * MINUTE,
        "close": prices[t, s], "sector": np.array(["a", "b", "c"])[s % 3],
        "smooth": smooth[t, s], "tied": tied[t, s],
    })
    return frame


def evaluate(frame, name, *arguments):
    bars, factors = WORK / f"{name}-bars.parquet", WORK / f"{name}-factors.parquet"
    key = ["symbol", "start_time", "end_time"]
    frame[key + ["close", "sector"]].to_parquet(bars, index=False)
    frame.sample(frac=1, random_state=1)[key + ["smooth", "tied"]].to_parquet(factors, index=False)
    result = factorium("eval", "--bars", bars, "--factor", factors, "--format", "json", "--table", "all", *arguments)
    return {table: pd.DataFrame(rows) for table, rows in json.loads(result.stdout).items()}


# ---- The reference ---------------------------------------------------------------------------------


def forward_returns(frame, horizon, delay):
    price = frame.close.where(frame.close > 0)
    by = price.groupby(frame.symbol)
    return by.shift(-delay - horizon) / by.shift(-delay) - 1


def quantiles(values, n):
    """The right-closed bin between linear quantiles, as pandas.qcut has it, in whole numbers."""
    low = values.rank(method="min") - 1
    return np.maximum(1, np.ceil(low * n / (len(values) - 1)))


def newey_west(x, lags):
    x = x[~np.isnan(x)]
    d = x - x.mean()
    variance = sum((1 if lag == 0 else 2 * (1 - lag / (lags + 1))) * (d[lag:] * d[: len(d) - lag]).sum()
                   for lag in range(lags + 1)) / len(x) ** 2
    return x.mean() / np.sqrt(variance)


def quiet_correlation(function, a, b):
    if len(a) < 3 or a.nunique() < 2 or b.nunique() < 2:
        return np.nan
    return function(a, b)[0]


def close(actual, expected, label, rtol=1e-10, atol=1e-13):
    a, e = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    assert a.shape == e.shape, f"{label}: {a.shape} values, expected {e.shape}"
    good = np.isclose(a, e, rtol=rtol, atol=atol, equal_nan=True)
    assert good.all(), f"{label}: {a[~good][:5]} instead of {e[~good][:5]}"


def check(frame, tables, n_quantiles, delay, horizons, label):
    frame = frame.sort_values(["end_time", "symbol"]).reset_index(drop=True)
    times = np.sort(frame.end_time.unique())
    summary = tables["summary"].set_index(["factor", "horizon"])
    for factor in ("smooth", "tied"):
        sections = {t: rows for t, rows in frame.groupby("end_time")}
        label_of = {}
        for t, rows in sections.items():
            values = rows[factor].dropna()
            label_of[t] = quantiles(values, n_quantiles) if len(values) >= n_quantiles else values[:0]
        for horizon in horizons:
            at = f"{label}, {factor}, {horizon}"
            forward = forward_returns(frame, horizon, delay)
            ic, pearson, by_sector = [], [], {s: [] for s in "abc"}
            means = np.full((len(times), n_quantiles), np.nan)
            for i, t in enumerate(times):
                pair = pd.DataFrame({"x": sections[t][factor], "y": forward[sections[t].index],
                                     "g": sections[t].sector}).dropna()
                ic.append(quiet_correlation(stats.spearmanr, pair.x, pair.y))
                pearson.append(quiet_correlation(stats.pearsonr, pair.x, pair.y))
                for s in "abc":
                    part = pair[pair.g == s]
                    by_sector[s].append(quiet_correlation(stats.spearmanr, part.x, part.y))
                for q, values in forward[label_of[t].index].groupby(label_of[t]):
                    means[i, int(q) - 1] = values.mean()
            ic, pearson = np.array(ic), np.array(pearson)
            series = tables["ic"].query("factor == @factor and horizon == @horizon").sort_values("time")
            close(series.ic, ic, f"{at}: IC")
            close(series.pearson, pearson, f"{at}: Pearson IC")
            returns = tables["quantile_returns"].query("factor == @factor and horizon == @horizon")
            for q in range(n_quantiles):
                close(returns[returns["quantile"] == q + 1].sort_values("time")["mean"], means[:, q], f"{at}: quantile {q + 1}")
            spread = means[:, -1] - means[:, 0]
            close(series.long_short, spread, f"{at}: long-short")
            row = summary.loc[(factor, horizon)]
            valid = ic[~np.isnan(ic)]
            test = stats.ttest_1samp(valid, 0)
            close([row.ic, row.ic_std, row.icir, row.ic_t, row.ic_p, row.ic_positive],
                  [valid.mean(), valid.std(ddof=1), valid.mean() / valid.std(ddof=1), test.statistic, test.pvalue,
                   (valid > 0).mean()], f"{at}: summary", rtol=1e-9)
            close(row.ic_t_nw, newey_west(ic, horizon - 1), f"{at}: Newey-West", rtol=1e-9)
            close(row.long_short, np.nanmean(spread), f"{at}: mean of long-short", rtol=1e-9)
            total = np.prod(1 + np.nan_to_num(spread[::horizon])) - 1
            close(row.long_short_total, total, f"{at}: compounded", rtol=1e-9)
            calendar = tables["calendar"].query("factor == @factor and horizon == @horizon")
            hours = pd.to_datetime(times, unit="ms").hour
            for hour in range(24):
                close(calendar[(calendar.by == "hour") & (calendar.key == f"{hour:02d}")].ic,
                      [np.nanmean(ic[hours == hour])], f"{at}: hour {hour}")
            for s in "abc":
                close(calendar[(calendar.by == "group") & (calendar.key == s)].ic, [np.nanmean(by_sector[s])], f"{at}: group {s}")
            symbols = tables["symbols"].query("factor == @factor and horizon == @horizon").set_index("symbol")
            for symbol in ("S000", "S007"):
                pair = pd.DataFrame({"x": frame[factor], "y": forward})[frame.symbol == symbol].dropna()
                close(symbols.ic[symbol], quiet_correlation(stats.spearmanr, pair.x, pair.y), f"{at}: {symbol}")
        check_steadiness(frame, tables, factor, times, sections, label_of, n_quantiles, f"{label}, {factor}")
    check_decay(frame, tables, times, delay, label)
    check_correlation(frame, tables, times, label)
    check_events(frame, tables, times, delay, label)


def check_steadiness(frame, tables, factor, times, sections, label_of, n_quantiles, label):
    autocorrelation, top = [np.nan], [np.nan]
    for before, now in zip(times, times[1:]):
        ranks = [sections[t].set_index("symbol")[factor].rank() for t in (before, now)]
        both = pd.concat(ranks, axis=1).dropna()
        autocorrelation.append(quiet_correlation(stats.pearsonr, both.iloc[:, 0], both.iloc[:, 1]))
        names = [set(sections[t].symbol[label_of[t].index[label_of[t] == n_quantiles]]) for t in (before, now)]
        was_cut = len(label_of[before]) > 0
        top.append(len(names[1] - names[0]) / len(names[1]) if names[1] and was_cut else np.nan)
    series = tables["times"].query("factor == @factor").sort_values("time")
    close(series.autocorrelation, autocorrelation, f"{label}: rank autocorrelation")
    close(series.turnover_top, top, f"{label}: turnover")
    rows = tables["turnover"].query("factor == @factor and lag == 1")
    close(rows.turnover_top, [np.nanmean(top)], f"{label}: mean turnover")
    coverage = [sections[t][factor].notna().mean() for t in times]
    close(series.coverage, coverage, f"{label}: coverage")


def spearman_by_time(x, y, frame):
    pairs = pd.DataFrame({"x": x, "y": y, "t": frame.end_time}).dropna()
    return pairs.groupby("t").apply(lambda p: quiet_correlation(stats.spearmanr, p.x, p.y)).mean()


def check_decay(frame, tables, times, delay, label):
    for lag in (0, 3, 9):
        expected = spearman_by_time(frame.smooth, forward_returns(frame, 1, delay + lag), frame)
        rows = tables["decay"].query("factor == 'smooth' and lag == @lag")
        close(rows.ic, [expected], f"{label}: decay {lag}")


def check_correlation(frame, tables, times, label):
    values = []
    for _, rows in frame.groupby("end_time"):
        both = pd.DataFrame({"a": rows.smooth.rank(), "b": rows.tied.rank()}).dropna()
        values.append(quiet_correlation(stats.pearsonr, both.a, both.b))
    close(tables["correlation"].correlation, [np.nanmean(values)], f"{label}: correlation")


def check_events(frame, tables, times, delay, label):
    by = frame.smooth.groupby(frame.end_time)
    z = (frame.smooth - by.transform("mean")) / by.transform("std")
    price = frame.close.where(frame.close > 0).groupby(frame.symbol)
    for offset in (-5, 0, 20):
        path = price.shift(-delay - offset) / price.shift(-delay) - 1
        large = path[z >= 2].groupby(frame.end_time).mean()
        relative = large - path.groupby(frame.end_time).mean()
        row = tables["events"].query("factor == 'smooth' and side == 'large' and offset == @offset")
        close(row["mean"], [large.mean()], f"{label}: events at {offset}", rtol=1e-9)
        close(row.relative, [relative.mean()], f"{label}: relative events at {offset}", rtol=1e-9, atol=1e-12)


def check_combination(frame):
    """Equal, given and IC weights of z-scores."""
    frame = frame.sort_values(["end_time", "symbol"]).reset_index(drop=True)
    by = frame.groupby("end_time")
    z = pd.DataFrame({f: (frame[f] - by[f].transform("mean")) / by[f].transform("std") for f in ("smooth", "tied")})
    z = z.mask(by[["smooth", "tied"]].transform("nunique") < 2)
    times = np.sort(frame.end_time.unique())
    # Of an IC those returns count that are over two times later; it is known from then on.
    position = np.searchsorted(times, frame.end_time)
    over = frame.end_time.groupby(frame.symbol).shift(-2) <= np.append(times, [np.inf] * 2)[position + 2]
    known_returns = forward_returns(frame, 1, 1).where(over)
    ic = {}
    for f in z:
        pairs = pd.DataFrame({"x": frame[f], "y": known_returns, "t": frame.end_time}).dropna()
        ic[f] = pairs.groupby("t").apply(lambda p: quiet_correlation(stats.spearmanr, p.x, p.y)).reindex(times)
    known = {f: ic[f].shift(2).expanding(min_periods=20).mean() for f in z}
    weights = {"equal": {f: 1.0 for f in z}, "2,-0.5": {"smooth": 2.0, "tied": -0.5},
               "ic": {f: known[f].reindex(frame.end_time).to_numpy() for f in z}}
    for how, w in weights.items():
        w = pd.DataFrame(w, index=z.index)
        used = w.mask(z.isna())
        combined = (z * w).sum(axis=1, min_count=1) / used.abs().sum(axis=1).where(lambda x: x > 0)
        expected = spearman_by_time(combined, forward_returns(frame, 5, 1), frame)
        tables = evaluate(frame, "combined", "--combine", how)
        row = tables["summary"].query("factor == 'combined' and horizon == 5")
        close(row.ic, [expected], f"combined by {how}", rtol=1e-9)


def main():
    check_combination(make_panel(15, 60, 9, True))
    for seed, ragged in ((1, False), (2, True)):
        frame = make_panel(20 + 5 * seed, 55, seed, ragged)
        tables = evaluate(frame, f"p{seed}", "--group", "sector", "--threads", 3)
        check(frame, tables, 5, 1, (1, 5, 20), f"panel {seed}")
    frame = make_panel(19, 50, 3, True)
    tables = evaluate(frame, "p3", "--group", "sector", "--no-delay", "--horizons", "1,7", "--quantiles", 3)
    check(frame, tables, 3, 0, (1, 7), "panel 3")
    print("evaluation: IC, quantiles, turnover, decay, calendar, symbols, events and correlation equal SciPy and NumPy")


if __name__ == "__main__":
    main()
