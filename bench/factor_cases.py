"""Cases of factors: the same values on the same panel, both sides in memory, several runs in one process of each."""

import statistics
import subprocess
import sys

SYMBOLS, TIMES = 100, 43_200  # a month of minutes
RUNS = 5

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

# What both sides compute: ours, then Polars, pandas and numbagg where they have it.
WORK = {
    "ts_mean": ("ts_mean(close, 20)", 'c.rolling_mean(20).over("symbol")', "g.rolling(20).mean()", "nb.move_mean(a, 20)"),
    "ts_std": ("ts_std(close, 20)", 'c.rolling_std(20).over("symbol")', "g.rolling(20).std()", "nb.move_std(a, 20)"),
    "ts_max": ("ts_max(close, 20)", 'c.rolling_max(20).over("symbol")', "g.rolling(20).max()", None),
    "ts_rank": ("ts_rank(close, 20)", 'c.rolling_rank(20).over("symbol")', "g.rolling(20).rank()", None),
    "ts_corr": (
        "ts_corr(close, volume, 20)", 'pl.rolling_corr(c, pl.col("volume"), window_size=20).over("symbol")', None,
        "nb.move_corr(a, v, 20)",
    ),
    "ts_argmax": ("ts_argmax(close, 20)", None, 'g.rolling(20).apply(np.argmax, raw=True, engine="cython")', None),
    "cs_rank": ("cs_rank(close)", 'c.rank("min").over("end_time")', 'df.groupby("end_time")["close"].rank(method="min")', None),
    "cs_zscore": (
        "cs_zscore(close)", '((c - c.mean().over("end_time")) / c.std().over("end_time"))',
        '(lambda h: (df["close"] - h.transform("mean")) / h.transform("std"))(df.groupby("end_time")["close"])', None,
    ),
    "chain": (
        "cs_rank(ts_mean(ts_delta(close, 5) / ts_shift(close, 5), 20) - ts_std(close, 60) / close)",
        '((c / c.shift(5).over("symbol") - 1).rolling_mean(20).over("symbol")'
        ' - c.rolling_std(60).over("symbol") / c).rank("min").over("end_time")',
        None, None,
    ),
}

POLARS = """
import polars as pl, time
df = pl.read_parquet(path).sort("symbol", "end_time")
c = pl.col("close")
expression = {expression}
for i in range(n):
    start = time.perf_counter()
    out = df.select(expression.alias("f"))
    print(f"{{time.perf_counter() - start:.6f}} {{len(out)}}")
"""
PANDAS = """
import numpy as np, pandas as pd, time
df = pd.read_parquet(path).sort_values(["symbol", "end_time"])
for i in range(n):
    start = time.perf_counter()
    g = df.groupby("symbol")["close"]
    out = {expression}
    print(f"{{time.perf_counter() - start:.6f}} {{len(out)}}")
"""
NUMBAGG = """
import numbagg as nb, numpy as np, pandas as pd, time
df = pd.read_parquet(path).sort_values(["symbol", "end_time"])
a = df["close"].to_numpy().reshape(symbols, times)
v = df["volume"].to_numpy().reshape(symbols, times)
for i in range(n + 1):  # the first one compiles
    start = time.perf_counter()
    out = {expression}
    if i:
        print(f"{{time.perf_counter() - start:.6f}} {{out.size}}")
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
    print(f"{time.perf_counter() - start:.6f} {len(out)}")
"""


def median_of_later(seconds):
    return statistics.median(seconds[1:]) if len(seconds) > 1 else seconds[0]


def make(bench):
    """The cases by name. `bench` is the module that runs them."""

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

    def ours(path, text, dialect="factorium"):
        return [bench.ROOT / "build" / "bench_factor", path, str(RUNS), dialect, text]

    def operator_case(name, peer_name, template, expression):
        def case(n_trades):
            path = panel(SYMBOLS, TIMES)
            head = f"path, n, symbols, times = {str(path)!r}, {RUNS}, {SYMBOLS}, {TIMES}\n"
            return bench.Case(
                name, SYMBOLS * TIMES, "cells", ours(path, WORK[name][0]), peer_name,
                [python(), "-c", head + template.format(expression=expression)], seconds_of=median_of_later,
                notes=f"{SYMBOLS} symbols x {TIMES} bars, in memory",
            )

        case.__doc__ = f"{WORK[name][0]} on {SYMBOLS} symbols x {TIMES} bars, beside {peer_name}."
        return case

    def alpha101_case(kind):
        def case(n_trades):
            symbols, times = 512, 5000
            path = panel(symbols, times)
            listing = "from KunQuant.predefined.Alpha101 import all_alpha\nprint(' '.join(a.__name__ for a in all_alpha))"
            both = subprocess.run([python(), "-c", listing], check=True, capture_output=True, text=True).stdout.split()
            text = (bench.ROOT / "share" / "factorium" / "alpha101.txt").read_text()
            # The others become definitions that nothing needs: nothing is computed for them.
            lines = []
            for line in text.splitlines():
                name = line.split("=")[0].strip()
                lines.append(line if not name.startswith("alpha") or name in both else "_" + line)
            head = f"path, n, symbols, times, kind = {str(path)!r}, {RUNS}, {symbols}, {times}, {kind!r}\n"
            return bench.Case(
                "alpha101", len(both) * symbols * times, "cells", ours(path, "\n".join(lines), "alpha101"),
                f"KunQuant {kind}", [python(), "-c", head + KUNQUANT], seconds_of=median_of_later,
                notes=f"{len(both)} formulas on {symbols} symbols x {times} bars, in memory; ours in double",
            )

        case.__doc__ = f"The Alpha101 formulas that both have, beside KunQuant in {kind} precision."
        return case

    cases = {}
    for name, (_, polars, pandas, numbagg) in WORK.items():
        for peer, template, expression in (("Polars", POLARS, polars), ("pandas", PANDAS, pandas), ("numbagg", NUMBAGG, numbagg)):
            if expression:
                cases[f"{name}-{peer.lower()}"] = operator_case(name, peer, template, expression)
    cases["alpha101-double"] = alpha101_case("double")
    cases["alpha101-float"] = alpha101_case("float")
    return cases
