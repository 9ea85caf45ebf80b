"""Cases of factors: the same values on the same panel, both sides in memory, several runs in one process of each."""

import statistics
import subprocess
import sys

import kunquant

SYMBOLS, TIMES = 100, 43_200  # a month of minutes
ALPHA_SYMBOLS, ALPHA_TIMES = 512, 5_000
RUNS = {"": 5, "chain": 3, "ts_argmax": 2, "alpha101": 3}  # in one process; the first is not counted
SAMPLE = 60  # the last times, whose values are compared

# A panel of random walks, as a long Parquet file in (end_time, symbol) order: what ours reads, and what the peers make frames of.
MAKE = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
rng = np.random.default_rng(1)
shape = (times, symbols)
close = 100 * np.exp(np.cumsum(rng.normal(0, 0.001, shape), axis=0))
open_ = close * np.exp(rng.normal(0, 0.001, shape))
high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.001, shape)))
low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.001, shape)))
volume = np.exp(rng.normal(5, 1, shape))
start = 1723075200000 + 60000 * np.repeat(np.arange(times), symbols)
names = np.tile(np.array([f"S{i:04d}" for i in range(symbols)]), times)
flat = lambda x: x.ravel()
pq.write_table(pa.table({
    "symbol": names, "start_time": start, "end_time": start + 60000, "open": flat(open_), "high": flat(high),
    "low": flat(low), "close": flat(close), "volume": flat(volume), "vwap": flat((high + low) / 2),
}), path)
"""

# What both sides compute: ours; then Polars, pandas and numbagg, where they have it; and what of theirs, x, is ours.
WORK = {
    "ts_mean": (
        "ts_mean(close, 20)", 'df.select(f=c.rolling_mean(20).over("symbol"))', "g.rolling(20).mean()",
        "nb.move_mean(a, window=20)", "x",
    ),
    "ts_std": (
        "ts_std(close, 20)", 'df.select(f=c.rolling_std(20).over("symbol"))', "g.rolling(20).std()",
        "nb.move_std(a, window=20)", "x",
    ),
    "ts_max": ("ts_max(close, 20)", 'df.select(f=c.rolling_max(20).over("symbol"))', "g.rolling(20).max()", None, "x"),
    "ts_rank": (
        "ts_rank(close, 20)", 'df.select(f=c.rolling_rank(20).over("symbol"))', "g.rolling(20).rank()", None, "x / 20",
    ),
    "ts_corr": (
        "ts_corr(close, volume, 20)",
        'df.select(f=pl.rolling_corr(c, pl.col("volume"), window_size=20).over("symbol"))', None,
        "nb.move_corr(a, v, window=20)", "x",
    ),
    "ts_argmax": (
        "ts_argmax(close, 20)", None, 'g.rolling(20).apply(np.argmax, raw=True, engine="cython")', None, "19 - x",
    ),
    "cs_rank": (
        "cs_rank(close)", 'df.select(f=c.rank("min").over("end_time"))',
        'df.groupby("end_time")["close"].rank(method="min")', None, "(x - 1) / (symbols - 1)",
    ),
    "cs_zscore": (
        "cs_zscore(close)", 'df.select(f=(c - c.mean().over("end_time")) / c.std().over("end_time"))',
        '(lambda h: (df["close"] - h.transform("mean")) / h.transform("std"))(df.groupby("end_time")["close"])', None, "x",
    ),
    "chain": (
        "cs_rank(ts_mean(ts_delta(close, 5) / ts_shift(close, 5), 20) - ts_std(close, 60) / close)",
        'df.with_columns(r=c / c.shift(5).over("symbol") - 1, s=c.rolling_std(60).over("symbol"))'
        '.with_columns(y=pl.col("r").rolling_mean(20).over("symbol") - pl.col("s") / c)'
        '.select(f=pl.col("y").rank("min").over("end_time"))',
        None, None, "(x - 1) / (symbols - 1)",
    ),
}

# Before each: path, the order of the rows, n, symbols, times, sample, sample_path.
HEAD = """
import time, numpy as np
def save(out):
    flat = np.asarray(out)
    cells = flat.reshape(symbols, times) if order[0] == "symbol" else flat.reshape(times, symbols).T
    np.save(sample_path, cells[:, -sample:])
"""
POLARS = """
import polars as pl
df = pl.read_parquet(path).sort(order)
c = pl.col("close")
for i in range(n):
    start = time.perf_counter()
    out = {expression}
    print(f"{{time.perf_counter() - start:.6f}}")
save(out["f"].cast(pl.Float64).to_numpy())
"""
PANDAS = """
import pandas as pd
df = pd.read_parquet(path).sort_values(order, ignore_index=True)
g = df.groupby("symbol")["close"]
for i in range(n):
    start = time.perf_counter()
    out = {expression}
    print(f"{{time.perf_counter() - start:.6f}}")
save(out.droplevel(0).sort_index() if out.index.nlevels > 1 else out)
"""
NUMBAGG = """
import numbagg as nb, pandas as pd
df = pd.read_parquet(path).sort_values(order)
a = df["close"].to_numpy().reshape(symbols, times)
v = df["volume"].to_numpy().reshape(symbols, times)
for i in range(n + 1):  # the first one compiles
    start = time.perf_counter()
    out = {expression}
    if i:
        print(f"{{time.perf_counter() - start:.6f}}")
save(out)
"""
PEERS = {  # the name of the case: template, place in WORK, order of the rows
    "polars": ("Polars", POLARS, 1, ["end_time", "symbol"]),
    "polars-sorted": ("Polars, rows by symbol", POLARS, 1, ["symbol", "end_time"]),
    "pandas": ("pandas", PANDAS, 2, ["end_time", "symbol"]),
    "numbagg": ("numbagg", NUMBAGG, 3, ["symbol", "end_time"]),
}

# Prints what differs, or nothing: the last times of both.
COMPARE = """
import numpy as np, pyarrow.parquet as pq
ours = pq.read_table(ours_path).sort_by([("symbol", "ascending"), ("end_time", "ascending")])
ours = ours.column(3).to_numpy(zero_copy_only=False).reshape(symbols, sample)
x = np.load(peer_path)
differs = ~np.isclose(ours, {same}, rtol=1e-7, atol=1e-7, equal_nan=True)
if differs.any() or np.isnan(ours).all():
    print(f"{{differs.sum()}} of {{ours.size}} values differ")
"""

# All formulas that both have, on 512 symbols x 5,000 times; compiled before the clock starts.
KUNQUANT = """
import time, numpy as np, pandas as pd
from KunQuant.jit import cfake
from KunQuant.Driver import KunCompilerConfig
from KunQuant.Op import Builder, Input, Output
from KunQuant.Stage import Function
from KunQuant.predefined.Alpha101 import AllData, all_alpha
from KunQuant.runner import KunRunner
df = pd.read_parquet(path)
dtype = np.float64 if kind == "double" else np.float32
inputs = {name: np.ascontiguousarray(df[name].to_numpy().reshape(times, symbols), dtype=dtype)
          for name in ("open", "close", "high", "low", "volume")}
inputs["amount"] = np.ascontiguousarray((df["vwap"] * df["volume"]).to_numpy().reshape(times, symbols), dtype=dtype)
builder = Builder()
with builder:
    data = AllData(**{name: Input(name) for name in inputs})
    for alpha in all_alpha:
        Output(alpha(data), alpha.__name__)
config = KunCompilerConfig(input_layout="TS", output_layout="TS", partition_factor=4, dtype=kind,
                           blocking_len=8 if kind == "double" else 16, split_source=4,
                           options={"no_fast_stat": "no_warn"})
library = cfake.compileit([("alpha101", Function(builder.ops), config)], "bench_kunquant",
                          cfake.CppCompilerConfig(machine=cfake.NativeCPUFlags()))
module = library.getModule("alpha101")
executor = KunRunner.createMultiThreadExecutor(__import__("os").cpu_count())
out = {}
for i in range(n):
    start = time.perf_counter()
    out = KunRunner.runGraph(executor, module, inputs, 0, times, out) if out else KunRunner.runGraph(executor, module, inputs, 0, times)
    print(f"{time.perf_counter() - start:.6f}")
np.savez(sample_path, **{name: values[-sample:] for name, values in out.items()})
"""

# Prints how many formulas agree in the last times, if they are fewer than they were, ours in KunQuant's conventions (kunquant.py).
# The others rank correlations of ranks, which are often equal but for their last bits: which of them is the larger is rounding.
# Where a comparison of ours is missing, theirs is false. Theirs of single precision agree to a few digits.
COMPARE_ALPHAS = """
import numpy as np, pyarrow.parquet as pq
ours = pq.read_table(ours_path).sort_by([("symbol", "ascending"), ("end_time", "ascending")])
theirs = np.load(peer_path)
agree = []
for name in theirs.files:
    a, b = ours.column(name).to_numpy(zero_copy_only=False).reshape(symbols, sample), theirs[name].T
    if name in ("alpha027", "alpha068", "alpha074", "alpha075", "alpha081"):
        a, b = a[~np.isnan(a)], b[~np.isnan(a)]
    if np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True).mean() > 0.99 and not np.isnan(a).all():
        agree.append(name)
if len(agree) < least:
    print(f"{len(agree)} of {len(theirs.files)} formulas agree: {' '.join(agree)}")
"""
LEAST_AGREEING = {"double": 68, "float": 41}


def median_of_later(seconds):
    return statistics.median(seconds[1:]) if len(seconds) > 1 else seconds[0]


def make(bench):
    """The cases by name. `bench` is the module that runs them."""
    ours_sample, peer_sample = bench.DATA / "ours-sample.parquet", bench.DATA / "peer-sample.npy"
    alphas_sample = bench.DATA / "peer-alphas.npz"

    def panel(symbols, times):
        path = bench.DATA / f"panel-{symbols}-{times}.parquet"
        if not path.exists():
            head = f"symbols, times, path = {symbols}, {times}, {str(path)!r}\n"
            subprocess.run([sys.executable, "-c", head + MAKE], check=True)
        return path

    def python():
        environment = bench.ROOT / "build" / "venv-factors" / "bin" / "python"
        if not environment.exists():
            subprocess.run(["sh", bench.ROOT / "scripts" / "deps.sh", "--factors"], check=True)
        return environment

    def ours(path, text, n, dialect="factorium"):
        return [bench.ROOT / "build" / "bench_factor", path, str(n), dialect, text, str(SAMPLE), ours_sample]

    def comparison(code, **names):
        """Runs code beside the peers' libraries; what it prints is what differs."""
        head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        command = [python(), "-c", f"ours_path, sample = {str(ours_sample)!r}, {SAMPLE}\n" + head + code]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() or None

    def operator_case(name, peer):
        peer_name, template, place, order = PEERS[peer]

        def case(n_trades):
            path = panel(SYMBOLS, TIMES)
            n = RUNS.get(name, RUNS[""])
            head = (
                f"path, order, n, symbols, times = {str(path)!r}, {order!r}, {n}, {SYMBOLS}, {TIMES}\n"
                f"sample, sample_path = {SAMPLE}, {str(peer_sample)!r}\n"
            )
            return bench.Case(
                name, SYMBOLS * TIMES, "cells", ours(path, WORK[name][0], n), peer_name,
                [python(), "-c", head + HEAD + template.format(expression=WORK[name][place])], seconds_of=median_of_later,
                check=lambda: comparison(
                    COMPARE.format(same=WORK[name][4]), symbols=SYMBOLS, peer_path=str(peer_sample)
                ),
                notes=f"{SYMBOLS} symbols x {TIMES} bars, in memory",
            )

        case.__doc__ = f"{WORK[name][0]} on {SYMBOLS} symbols x {TIMES} bars, beside {peer_name}."
        return case

    def alpha101_case(kind):
        def case(n_trades):
            symbols, times = ALPHA_SYMBOLS, ALPHA_TIMES
            path = panel(symbols, times)
            listing = "from KunQuant.predefined.Alpha101 import all_alpha\nprint(' '.join(a.__name__ for a in all_alpha))"
            both = subprocess.run([python(), "-c", listing], check=True, capture_output=True, text=True).stdout.split()
            text = (bench.ROOT / "share" / "factorium" / "alpha101.txt").read_text()
            # The others become definitions that nothing needs: nothing is computed for them.
            lines = []
            for line in text.splitlines():
                name = line.split("=")[0].strip()
                lines.append(line if not name.startswith("alpha") or name in both else "_" + line)
            lines = "\n".join(lines)

            def check():
                subprocess.run(ours(path, kunquant.convert(lines), 1, "alpha101"), check=True, capture_output=True)
                return comparison(
                    COMPARE_ALPHAS, symbols=symbols, peer_path=str(alphas_sample), least=LEAST_AGREEING[kind],
                    tolerance=1e-6 if kind == "double" else 1e-3,
                )

            n = RUNS["alpha101"]
            head = (
                f"path, n, symbols, times, kind = {str(path)!r}, {n}, {symbols}, {times}, {kind!r}\n"
                f"sample, sample_path = {SAMPLE}, {str(alphas_sample)!r}\n"
            )
            return bench.Case(
                "alpha101", len(both) * symbols * times, "cells", ours(path, lines, n, "alpha101"),
                f"KunQuant {kind}", [python(), "-c", head + KUNQUANT], seconds_of=median_of_later,
                check=check,
                notes=f"{len(both)} formulas on {symbols} symbols x {times} bars, in memory; ours in double",
            )

        case.__doc__ = f"The Alpha101 formulas that both have, beside KunQuant in {kind} precision."
        return case

    cases = {
        f"{name}-{peer}": operator_case(name, peer)
        for name in WORK for peer, (_, _, place, _) in PEERS.items() if WORK[name][place]
    }
    cases["alpha101-double"] = alpha101_case("double")
    cases["alpha101-float"] = alpha101_case("float")
    return cases
