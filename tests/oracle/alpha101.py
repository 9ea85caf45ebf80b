"""The 101 Formulaic Alphas written out in NumPy, beside `factorium factor --alpha101` on a random panel with missing rows.

Matrices are times down, symbols across. A function down the rows sees each symbol's own rows, one across sees one time.

Some alphas rank or compare values that are equal in theory and differ in their last digits: correlations over three rows
above all, and weighted means of ranks. So the reference is worked out again with these off by 1e-11, some times over, each time
one way and the other, which puts any two equals in either order; a cell that changes by that is not compared, and the
share of such cells is bounded. Of three equals one may stay between the others every time: one cell in 500 may differ.
"""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from oracle import DAY_8, WORK, factorium

N_SYMBOLS, N_TIMES, HOUR = 16, 440, 3_600_000
N_SHAKES = 3
random = np.random.default_rng(101)
noise, noise_random = 0.0, None

np.seterr(all="ignore")


# ---- Panel -------------------------------------------------------------------------------------------------------------------

present = random.random((N_TIMES, N_SYMBOLS)) > 0.01


def walk(step):
    return np.exp(np.cumsum(random.normal(0, step, (N_TIMES, N_SYMBOLS)), axis=0))


def spread(scale):
    return np.exp(np.abs(random.normal(0, scale, (N_TIMES, N_SYMBOLS))))


def hole(x):
    return np.where(present, x, np.nan)


# Levels lie near one another, so that ranks of prices move.
close = hole(100 * walk(0.01) * np.exp(random.normal(0, 0.02, (N_TIMES, N_SYMBOLS))))
open_ = hole(close * np.exp(random.normal(0, 0.004, close.shape)))
high = np.maximum(open_, close) * spread(0.003)
low = np.minimum(open_, close) / spread(0.003)
vwap = low + (high - low) * random.uniform(0.2, 0.8, close.shape)
volume = hole(np.exp(random.normal(8, 0.7, close.shape)))
cap = hole(np.tile(np.exp(random.normal(20, 1, N_SYMBOLS)), (N_TIMES, 1)))
sector, industry, subindustry = (np.arange(N_SYMBOLS) % n for n in (2, 3, 5))


# ---- Down the rows -----------------------------------------------------------------------------------------------------------

def down(function, *series):
    """function(columns of rows that are there) of each symbol."""
    out = np.full(close.shape, np.nan)
    for s in range(N_SYMBOLS):
        rows = present[:, s]
        out[rows, s] = function(*(x[rows, s] for x in series))
    return out


def windowed(function, d, *series):
    """function(matrices of windows, a row each); missing where a value of the window is."""
    d = int(d)

    def of_symbol(*columns):
        out = np.full(len(columns[0]), np.nan)
        if len(out) >= d:
            views = [sliding_window_view(c, d) for c in columns]
            whole = ~np.any([np.isnan(v).any(axis=1) for v in views], axis=0)
            if whole.any():
                out[d - 1:][whole] = function(*(v[whole] for v in views))
        return np.where(np.isfinite(out), out, np.nan)
    return down(of_symbol, *series)


def shaken(x):
    return x + noise * np.nanmax(np.abs(x), initial=0) * noise_random.uniform(-1, 1, x.shape) if noise else x


def centred(w):
    return w - w.mean(axis=1, keepdims=True)


def is_flat(w):
    return (w == w[:, :1]).all(axis=1)


def corr_windows(a, b):
    r = (centred(a) * centred(b)).sum(axis=1) / np.sqrt((centred(a) ** 2).sum(axis=1) * (centred(b) ** 2).sum(axis=1))
    if a.shape[1] == 2:
        r = np.sign(r)
    return np.where(is_flat(a) | is_flat(b), np.nan, r)


def correlation(x, y, d):
    """Of two rows exactly 1 or -1, which stays."""
    r = windowed(corr_windows, d, x, y)
    return r if d == 2 else shaken(r)


def covariance(x, y, d):
    return shaken(windowed(lambda a, b: (centred(a) * centred(b)).sum(axis=1) / (a.shape[1] - 1), d, x, y))


def stddev(x, d):
    return shaken(windowed(lambda w: np.where(is_flat(w), 0, w.std(axis=1, ddof=1)), d, x))


def total(x, d):
    return windowed(lambda w: w.sum(axis=1), d, x)


def mean(x, d):
    return windowed(lambda w: w.mean(axis=1), d, x)


def product(x, d):
    return windowed(lambda w: w.prod(axis=1), d, x)


def lowest(x, d):
    return windowed(lambda w: w.min(axis=1), d, x)


def highest(x, d):
    return windowed(lambda w: w.max(axis=1), d, x)


def when_highest(x, d):
    return windowed(lambda w: w.argmax(axis=1) + 1.0, d, x)


def when_lowest(x, d):
    return windowed(lambda w: w.argmin(axis=1) + 1.0, d, x)


def when_highest_of_some(x, d):
    """when_highest among the values that are there, at least one."""
    def of_symbol(column):
        out = np.full(len(column), np.nan)
        for i in range(len(column)):
            window = column[max(0, i + 1 - int(d)): i + 1]
            if not np.isnan(window).all():
                out[i] = np.nanargmax(window) + 1
        return out
    return down(of_symbol, x)


def place(x, d):
    def of_windows(w):
        last = w[:, -1:]
        return ((w < last).sum(axis=1) + ((w == last).sum(axis=1) + 1) / 2) / w.shape[1]
    return windowed(of_windows, d, x)


def decayed(x, d):
    weights = np.arange(1, int(d) + 1)
    return shaken(windowed(lambda w: (w * weights).sum(axis=1) / weights.sum(), d, x))


def before(x, d):
    d = int(d)
    return down(lambda c: np.concatenate([np.full(min(d, len(c)), np.nan), c[:-d]]), x)


def change(x, d):
    return x - before(x, d)


def adv(d):
    return mean(vwap * volume, d)


# ---- Across the symbols, and cell by cell ------------------------------------------------------------------------------------

def finite(x):
    return np.where(np.isfinite(x), x, np.nan)


def rank(x):
    return pd.DataFrame(x).rank(axis=1, pct=True).to_numpy()


def scaled(x):
    return finite(x / np.nansum(np.abs(x), axis=1, keepdims=True))


def within(x, group):
    out = np.full(x.shape, np.nan)
    for g in np.unique(group):
        part = x[:, group == g]
        valid = ~np.isnan(part)
        means = np.where(valid, part, 0).sum(axis=1, keepdims=True) / valid.sum(axis=1, keepdims=True)
        out[:, group == g] = part - means
    return out


def over(x, y):
    return finite(x / y)


def to_the(x, y):
    """Missing where one is; NumPy says that 1 to the power of anything is 1."""
    return np.where(np.isnan(x) | np.isnan(y), np.nan, finite(np.power(x, y)))


def truth(condition, *operands):
    return np.where(np.any([np.isnan(o) for o in operands], axis=0), np.nan, condition.astype(float))


def below(x, y):
    return truth(x < y, x, y)


def choose(condition, x, y):
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, x, y))


def mixed(x, y, share):
    return x * share + y * (1 - share)


# ---- The paper's list --------------------------------------------------------------------------------------------------------

returns = finite(close / before(close, 1) - 1)
middle = (high + low) / 2
amount = {d: adv(d) for d in (5, 10, 15, 20, 30, 40, 50, 60, 81, 120, 150, 180)}
step = change(close, 1)
nothing = close * 0


def momentum(d):
    """9 and 10: with the trend where it had one sign for d rows, else against it."""
    up, falls = below(nothing, lowest(step, d)), below(highest(step, d), nothing)
    return choose(up, step, choose(falls, step, -step))


def slowdown():
    return (before(close, 20) - before(close, 10)) / 10 - (before(close, 10) - close) / 10


def accumulation():
    return over((close - low) - (high - close), high - low) * volume


def alpha001():
    return rank(when_highest(choose(below(returns, nothing), stddev(returns, 20), close) ** 2 *
                             np.sign(choose(below(returns, nothing), stddev(returns, 20), close)), 5)) - 0.5


def alpha021():
    long, short, wide = total(close, 8) / 8, total(close, 2) / 2, stddev(close, 8)
    busy = over(volume, amount[20])
    return choose(below(long + wide, short), nothing - 1,
                  choose(below(short, long - wide), nothing + 1,
                         choose(truth((busy > 1) | (busy == 1), busy), nothing + 1, nothing - 1)))


def alpha024():
    trend = over(change(total(close, 100) / 100, 100), before(close, 100))
    return choose(truth(trend <= 0.05, trend), -(close - lowest(close, 100)), -change(close, 3))


def alpha029():
    inner = scaled(finite(np.log(total(lowest(rank(rank(-rank(change(close - 1, 5)))), 2), 1))))
    return lowest(product(rank(rank(inner)), 1), 5) + place(before(-returns, 6), 5)


def alpha036():
    return (2.21 * rank(correlation(close - open_, before(volume, 1), 15)) + 0.7 * rank(open_ - close) +
            0.73 * rank(place(before(-returns, 6), 5)) + rank(np.abs(correlation(vwap, amount[20], 6))) +
            0.6 * rank((total(close, 200) / 200 - open_) * (close - open_)))


def alpha046():
    s = slowdown()
    return choose(below(nothing + 0.25, s), nothing - 1, choose(below(s, nothing), nothing + 1, -step))


def alpha047():
    return (over(rank(over(nothing + 1, close)) * volume, amount[20]) *
            over(high * rank(high - close), total(high, 5) / 5) - rank(vwap - before(vwap, 5)))


def alpha048():
    top = within(over(correlation(step, change(before(close, 1), 1), 250) * step, close), subindustry)
    return over(top, total(over(step, before(close, 1)) ** 2, 250))


def alpha073():
    blend = mixed(open_, low, 0.147155)
    return -np.maximum(rank(decayed(change(vwap, 4), 2)), place(decayed(-over(change(blend, 2), blend), 3), 16))


def alpha083():
    width = over(high - low, total(close, 5) / 5)
    return over(rank(before(width, 2)) * rank(rank(volume)), over(width, vwap - close))


def alpha084():
    base, power = place(vwap - highest(vwap, 15), 20), change(close, 4)
    return finite(np.sign(base) * np.abs(base) ** power)


def alpha096():
    turn = when_highest_of_some(correlation(place(close, 7), place(amount[60], 4), 3), 12)
    return -np.maximum(place(decayed(correlation(rank(vwap), rank(volume), 3), 4), 8), place(decayed(turn, 14), 13))


def alpha100():
    first = 1.5 * scaled(within(within(rank(accumulation()), subindustry), subindustry))
    second = scaled(within(correlation(close, rank(amount[20]), 5) - rank(when_lowest(close, 30)), subindustry))
    return -((first - second) * over(volume, amount[20]))


ALPHAS = {
    1: alpha001,
    2: lambda: -correlation(rank(change(np.log(volume), 2)), rank(over(close - open_, open_)), 6),
    3: lambda: -correlation(rank(open_), rank(volume), 10),
    4: lambda: -place(rank(low), 9),
    5: lambda: -rank(open_ - total(vwap, 10) / 10) * np.abs(rank(close - vwap)),
    6: lambda: -correlation(open_, volume, 10),
    7: lambda: choose(below(amount[20], volume), -place(np.abs(change(close, 7)), 60) * np.sign(change(close, 7)),
                      nothing - 1),
    8: lambda: -rank(change(total(open_, 5) * total(returns, 5), 10)),
    9: lambda: momentum(5),
    10: lambda: rank(momentum(4)),
    11: lambda: (rank(highest(vwap - close, 3)) + rank(lowest(vwap - close, 3))) * rank(change(volume, 3)),
    12: lambda: -np.sign(change(volume, 1)) * step,
    13: lambda: -rank(covariance(rank(close), rank(volume), 5)),
    14: lambda: -rank(change(returns, 3)) * correlation(open_, volume, 10),
    15: lambda: -total(rank(correlation(rank(high), rank(volume), 3)), 3),
    16: lambda: -rank(covariance(rank(high), rank(volume), 5)),
    17: lambda: -rank(place(close, 10)) * rank(change(step, 1)) * rank(place(over(volume, amount[20]), 5)),
    18: lambda: -rank(stddev(np.abs(close - open_), 5) + (close - open_) + correlation(close, open_, 10)),
    19: lambda: -np.sign(2 * change(close, 7)) * (1 + rank(1 + total(returns, 250))),
    20: lambda: -rank(open_ - before(high, 1)) * rank(open_ - before(close, 1)) * rank(open_ - before(low, 1)),
    21: alpha021,
    22: lambda: -change(correlation(high, volume, 5), 5) * rank(stddev(close, 20)),
    23: lambda: choose(below(total(high, 20) / 20, high), -change(high, 2), nothing),
    24: alpha024,
    25: lambda: rank(-returns * amount[20] * vwap * (high - close)),
    26: lambda: -highest(correlation(place(volume, 5), place(high, 5), 5), 3),
    27: lambda: choose(below(nothing + 0.5, rank(total(correlation(rank(volume), rank(vwap), 6), 2) / 2)), nothing - 1,
                       nothing + 1),
    28: lambda: scaled(correlation(amount[20], low, 5) + middle - close),
    29: alpha029,
    30: lambda: over((1 - rank(np.sign(step) + np.sign(before(step, 1)) + np.sign(before(step, 2)))) * total(volume, 5),
                     total(volume, 20)),
    31: lambda: (rank(rank(rank(decayed(-rank(rank(change(close, 10))), 10)))) + rank(-change(close, 3)) +
                 np.sign(scaled(correlation(amount[20], low, 12)))),
    32: lambda: scaled(total(close, 7) / 7 - close) + 20 * scaled(correlation(vwap, before(close, 5), 230)),
    33: lambda: rank(over(open_, close) - 1),
    34: lambda: rank((1 - rank(over(stddev(returns, 2), stddev(returns, 5)))) + (1 - rank(step))),
    35: lambda: place(volume, 32) * (1 - place(close + high - low, 16)) * (1 - place(returns, 32)),
    36: alpha036,
    37: lambda: rank(correlation(before(open_ - close, 1), close, 200)) + rank(open_ - close),
    38: lambda: -rank(place(close, 10)) * rank(over(close, open_)),
    39: lambda: -rank(change(close, 7) * (1 - rank(decayed(over(volume, amount[20]), 9)))) * (1 + rank(total(returns, 250))),
    40: lambda: -rank(stddev(high, 10)) * correlation(high, volume, 10),
    41: lambda: np.sqrt(high * low) - vwap,
    42: lambda: over(rank(vwap - close), rank(vwap + close)),
    43: lambda: place(over(volume, amount[20]), 20) * place(-change(close, 7), 8),
    44: lambda: -correlation(high, rank(volume), 5),
    45: lambda: -rank(total(before(close, 5), 20) / 20) * correlation(close, volume, 2) *
        rank(correlation(total(close, 5), total(close, 20), 2)),
    46: alpha046,
    47: alpha047,
    48: alpha048,
    49: lambda: choose(below(slowdown(), nothing - 0.1), nothing + 1, -step),
    50: lambda: -highest(rank(correlation(rank(volume), rank(vwap), 5)), 5),
    51: lambda: choose(below(slowdown(), nothing - 0.05), nothing + 1, -step),
    52: lambda: -change(lowest(low, 5), 5) * rank((total(returns, 240) - total(returns, 20)) / 220) * place(volume, 5),
    53: lambda: -change(over((close - low) - (high - close), close - low), 9),
    54: lambda: over(-(low - close) * open_ ** 5, (low - high) * close ** 5),
    55: lambda: -correlation(rank(over(close - lowest(low, 12), highest(high, 12) - lowest(low, 12))), rank(volume), 6),
    56: lambda: -rank(over(total(returns, 10), total(total(returns, 2), 3))) * rank(returns * cap),
    57: lambda: -over(close - vwap, decayed(rank(when_highest(close, 30)), 2)),
    58: lambda: -place(decayed(correlation(within(vwap, sector), volume, 3), 7), 5),
    59: lambda: -place(decayed(correlation(within(vwap, industry), volume, 4), 16), 8),
    60: lambda: scaled(rank(when_highest(close, 10))) - 2 * scaled(rank(accumulation())),
    61: lambda: below(rank(vwap - lowest(vwap, 16)), rank(correlation(vwap, amount[180], 17))),
    62: lambda: -below(rank(correlation(vwap, total(amount[20], 22), 9)),
                       rank(below(2 * rank(open_), rank(middle) + rank(high)))),
    63: lambda: rank(decayed(correlation(mixed(vwap, open_, 0.318108), total(amount[180], 37), 13), 12)) -
        rank(decayed(change(within(close, industry), 2), 8)),
    64: lambda: -below(rank(correlation(total(mixed(open_, low, 0.178404), 12), total(amount[120], 12), 16)),
                       rank(change(mixed(middle, vwap, 0.178404), 3))),
    65: lambda: -below(rank(correlation(mixed(open_, vwap, 0.00817205), total(amount[60], 8), 6)),
                       rank(open_ - lowest(open_, 13))),
    66: lambda: -(rank(decayed(change(vwap, 3), 7)) + place(decayed(over(low - vwap, open_ - middle), 11), 6)),
    67: lambda: -to_the(rank(high - lowest(high, 2)),
                        rank(correlation(within(vwap, sector), within(amount[20], subindustry), 6))),
    68: lambda: -below(place(correlation(rank(high), rank(amount[15]), 8), 13), rank(change(mixed(close, low, 0.518371), 1))),
    69: lambda: -to_the(rank(highest(change(within(vwap, industry), 2), 4)),
                        place(correlation(mixed(close, vwap, 0.490655), amount[20], 4), 9)),
    70: lambda: -to_the(rank(change(vwap, 1)), place(correlation(within(close, industry), amount[50], 17), 17)),
    71: lambda: np.maximum(place(decayed(correlation(place(close, 3), place(amount[180], 12), 18), 4), 15),
                           place(decayed(rank(low + open_ - 2 * vwap) ** 2, 16), 4)),
    72: lambda: over(rank(decayed(correlation(middle, amount[40], 8), 10)),
                     rank(decayed(correlation(place(vwap, 3), place(volume, 18), 6), 2))),
    73: alpha073,
    74: lambda: -below(rank(correlation(close, total(amount[30], 37), 15)),
                       rank(correlation(rank(mixed(high, vwap, 0.0261661)), rank(volume), 11))),
    75: lambda: below(rank(correlation(vwap, volume, 4)), rank(correlation(rank(low), rank(amount[50]), 12))),
    76: lambda: -np.maximum(rank(decayed(change(vwap, 1), 11)),
                            place(decayed(place(correlation(within(low, sector), amount[81], 8), 19), 17), 19)),
    77: lambda: np.minimum(rank(decayed(middle + high - (vwap + high), 20)), rank(decayed(correlation(middle, amount[40], 3), 5))),
    78: lambda: to_the(rank(correlation(total(mixed(low, vwap, 0.352233), 19), total(amount[40], 19), 6)),
                       rank(correlation(rank(vwap), rank(volume), 5))),
    79: lambda: below(rank(change(within(mixed(close, open_, 0.60733), sector), 1)),
                      rank(correlation(place(vwap, 3), place(amount[150], 9), 14))),
    80: lambda: -to_the(rank(np.sign(change(within(mixed(open_, high, 0.868128), industry), 4))),
                        place(correlation(high, amount[10], 5), 5)),
    81: lambda: -below(rank(np.log(product(rank(rank(correlation(vwap, total(amount[10], 49), 8)) ** 4), 14))),
                       rank(correlation(rank(vwap), rank(volume), 5))),
    82: lambda: -np.minimum(rank(decayed(change(open_, 1), 14)),
                            place(decayed(correlation(within(volume, sector), open_, 17), 6), 13)),
    83: alpha083,
    84: alpha084,
    85: lambda: to_the(rank(correlation(mixed(high, close, 0.876703), amount[30], 9)),
                       rank(correlation(place(middle, 3), place(volume, 10), 7))),
    86: lambda: -below(place(correlation(close, total(amount[20], 14), 6), 20), rank((open_ + close) - (vwap + open_))),
    87: lambda: -np.maximum(rank(decayed(change(mixed(close, vwap, 0.369701), 1), 2)),
                            place(decayed(np.abs(correlation(within(amount[81], industry), close, 13)), 4), 14)),
    88: lambda: np.minimum(rank(decayed((rank(open_) + rank(low)) - (rank(high) + rank(close)), 8)),
                           place(decayed(correlation(place(close, 8), place(amount[60], 20), 8), 6), 2)),
    89: lambda: place(decayed(correlation(low, amount[10], 6), 5), 3) - place(decayed(change(within(vwap, industry), 3), 10), 15),
    90: lambda: -to_the(rank(close - highest(close, 4)), place(correlation(within(amount[40], subindustry), low, 5), 3)),
    91: lambda: rank(decayed(correlation(vwap, amount[30], 4), 2)) -
        place(decayed(decayed(correlation(within(close, industry), volume, 9), 16), 3), 4),
    92: lambda: np.minimum(place(decayed(below(middle + close, low + open_), 14), 18),
                           place(decayed(correlation(rank(low), rank(amount[30]), 7), 6), 6)),
    93: lambda: over(place(decayed(correlation(within(vwap, industry), amount[81], 17), 19), 7),
                     rank(decayed(change(mixed(close, vwap, 0.524434), 2), 16))),
    94: lambda: -to_the(rank(vwap - lowest(vwap, 11)), place(correlation(place(vwap, 19), place(amount[60], 4), 18), 2)),
    95: lambda: below(rank(open_ - lowest(open_, 12)),
                      place(rank(correlation(total(middle, 19), total(amount[40], 19), 12)) ** 5, 11)),
    96: alpha096,
    97: lambda: place(decayed(place(correlation(place(low, 7), place(amount[60], 17), 4), 18), 15), 6) -
        rank(decayed(change(within(mixed(low, vwap, 0.721001), industry), 3), 20)),
    98: lambda: rank(decayed(correlation(vwap, total(amount[5], 26), 4), 7)) -
        rank(decayed(place(when_lowest(correlation(rank(open_), rank(amount[15]), 20), 8), 6), 8)),
    99: lambda: -below(rank(correlation(total(middle, 19), total(amount[60], 19), 8)), rank(correlation(low, volume, 6))),
    100: alpha100,
    101: lambda: over(close - open_, (high - low) + 0.001),
}


# ---- Ours --------------------------------------------------------------------------------------------------------------------

def names_of(prefix, group):
    return [f"{prefix}{g}" for g in group]


def ours():
    time, symbol = np.nonzero(present)
    bars = pd.DataFrame({"symbol": [f"S{s:02d}" for s in symbol], "start_time": DAY_8 + time * HOUR,
                         "end_time": DAY_8 + (time + 1) * HOUR})
    for name, x in dict(open=open_, high=high, low=low, close=close, volume=volume, vwap=vwap).items():
        bars[name] = x[time, symbol]
    bars.to_parquet(WORK / "bars.parquet")
    pd.DataFrame({"symbol": [f"S{s:02d}" for s in range(N_SYMBOLS)], "sector": names_of("sector", sector),
                  "industry": names_of("industry", industry), "subindustry": names_of("sub", subindustry),
                  "cap": np.nanmax(cap, axis=0)}).to_csv(WORK / "symbols.csv", index=False)
    factorium("factor", "--alpha101", "--bars", WORK / "bars.parquet", "--attributes", WORK / "symbols.csv",
              "-o", WORK / "alphas.parquet")
    alphas = pd.read_parquet(WORK / "alphas.parquet")
    assert list(alphas)[3:] == [f"alpha{i:03d}" for i in ALPHAS], list(alphas)
    assert len(alphas) == len(bars)
    row = (alphas.start_time.astype("int64").to_numpy() - DAY_8) // HOUR
    column = alphas.symbol.str[1:].astype(int).to_numpy()

    def matrix(number):
        x = np.full(close.shape, np.nan)
        x[row, column] = alphas[f"alpha{number:03d}"].to_numpy(dtype=float)
        return x
    return matrix


def references():
    """Each alpha as it is, and where it does not hang on last digits."""
    global noise, noise_random
    plain = {number: alpha() for number, alpha in ALPHAS.items()}
    steady = {number: np.ones(close.shape, dtype=bool) for number in ALPHAS}
    for shake in range(2 * N_SHAKES):
        noise, noise_random = (1e-11, -1e-11)[shake % 2], np.random.default_rng(shake // 2)
        for number, alpha in ALPHAS.items():
            shaken_alpha, x = alpha(), plain[number]
            same = np.abs(shaken_alpha - x) <= 1e-7 * np.nanmax(np.abs(x), initial=0)
            steady[number] &= same | (np.isnan(x) & np.isnan(shaken_alpha))
    return plain, steady


matrix = ours()
plain, steady = references()
failures, shares = [], {}
for number in ALPHAS:
    got, want, compared = matrix(number), plain[number], steady[number] & present
    largest = np.nanmax(np.abs(want), initial=0)
    same = (np.abs(got - want) <= 1e-9 * largest) | (np.isnan(got) & np.isnan(want))
    wrong = compared & ~same
    if wrong.sum() > present.sum() // 500:
        at = tuple(np.argwhere(wrong)[0])
        failures.append(f"alpha{number:03d}: {wrong.sum()} of {compared.sum()} cells differ, first at row {at[0]}, "
                        f"symbol {at[1]}: {got[at]!r}, should be {want[at]!r}")
    shares[number] = (compared & ~np.isnan(want)).sum() / max((~np.isnan(want)).sum(), 1)
    if shares[number] < 0.3:
        failures.append(f"alpha{number:03d}: {shares[number]:.2%} of its values could be compared")

assert not failures, "\n".join(failures)
assert np.mean(list(shares.values())) > 0.9, shares
least = sorted(shares, key=shares.get)[:12]
print("101 alphas agree; of their values were compared least:", ", ".join(f"{n:03d} {shares[n]:.0%}" for n in least))
