"""Cases of judging factors: evaluation beside alphalens-reloaded, backtests beside vectorbt, many factors in one pass.

Peers live in build/venv-evaluation (scripts/deps.sh --evaluation). Data is in memory on both sides before the clock starts.
"""

import statistics
import subprocess

N_SYMBOLS, N_TIMES = 500, 5000

MAKE = """
import numpy as np, pandas as pd
random = np.random.default_rng(1)
n_times, n_symbols, n_factors = {n_times}, {n_symbols}, {n_factors}
prices = 100 * np.exp(np.cumsum(random.normal(0, 0.01, (n_times, n_symbols)), axis=0))
t, s = np.divmod(np.arange(n_times * n_symbols), n_symbols)
start = 1_723_075_200_000 + t * 3_600_000
key = pd.DataFrame({{"symbol": np.array([f"S{{i:03d}}" for i in range(n_symbols)])[s], "start_time": start, "end_time": start + 3_600_000}})
key.assign(close=prices.ravel()).to_parquet("{folder}/bars.parquet", index=False)
key.assign(**{{f"x{{i}}": random.normal(0, 1, len(key)) for i in range(n_factors)}}).to_parquet("{folder}/factors.parquet", index=False)
"""

READ = """
import time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd
bars, factors = pd.read_parquet("{folder}/bars.parquet"), pd.read_parquet("{folder}/factors.parquet")
for frame in (bars, factors):
    frame["date"] = pd.to_datetime(frame.end_time, unit="ms", utc=True)
prices = bars.pivot(index="date", columns="symbol", values="close")
"""

ALPHALENS = """
import contextlib, io
import alphalens
factor = factors.set_index(["date", "symbol"]).x0
factor.index.names = ["date", "asset"]
for _ in range({n}):
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        data = alphalens.utils.get_clean_factor_and_forward_returns(factor, prices, quantiles=5, periods=(1, 5, 20), max_loss=1)
        alphalens.performance.factor_information_coefficient(data)
        alphalens.performance.mean_return_by_quantile(data, by_date=True, demeaned=False)
        for q in range(1, 6):
            alphalens.performance.quantile_turnover(data.factor_quantile, q)
        alphalens.performance.factor_rank_autocorrelation(data)
    print(f"{{time.perf_counter() - start:.6f}} {{len(factor)}}")
"""

VECTORBT = """
import vectorbt
signal = factors.pivot(index="date", columns="symbol", values="x0")
for _ in range({n}):
    start = time.perf_counter()
    rank = signal.rank(axis=1, pct=True)
    top, bottom = rank > 0.8, rank <= 0.2
    weights = (top.div(top.sum(axis=1), axis=0) - bottom.div(bottom.sum(axis=1), axis=0)).shift(1)
    portfolio = vectorbt.Portfolio.from_orders(prices, size=weights, size_type="targetpercent", fees=0.0005, group_by=True,
                                               cash_sharing=True, init_cash=1e6, freq="1h")
    portfolio.total_return(), portfolio.sharpe_ratio(), portfolio.max_drawdown()
    print(f"{{time.perf_counter() - start:.6f}} {{signal.size}}")
"""


def make(bench):
    python = bench.ROOT / "build" / "venv-evaluation" / "bin" / "python"
    program = bench.ROOT / "build" / "bench_evaluate"

    def data(n_factors, n_times=N_TIMES, n_symbols=N_SYMBOLS):
        folder = bench.DATA / f"judge-{n_symbols}-{n_times}-{n_factors}"
        if not (folder / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            code = MAKE.format(n_times=n_times, n_symbols=n_symbols, n_factors=n_factors, folder=folder)
            subprocess.run([bench.sys.executable, "-c", code], check=True)
            (folder / "done").touch()
        return folder

    def later(seconds):
        return statistics.median(seconds[1:] or seconds)

    def against(name, what, peer, n_peer, notes):
        def case(n_trades):
            folder = data(1)
            code = (READ + peer).format(folder=folder, n=n_peer)
            return bench.Case(
                what, N_SYMBOLS * N_TIMES, "cells", [program, "eval" if name == "alphalens" else "backtest",
                                                     folder / "bars.parquet", folder / "factors.parquet", 6],
                name, [python, "-c", code], seconds_of=later, notes=notes,
            )

        case.__doc__ = what
        return case

    def many(n_trades):
        """200 factors of 100 symbols x 5,000 times in one pass; the peer is one of them, 200 times."""
        folder, one = data(200, 5000, 100), data(1, 5000, 100)
        return bench.Case(
            "200 factors", 200 * 100 * 5000, "cells", [program, "eval", folder / "bars.parquet", folder / "factors.parquet", 2],
            "one factor, 200 times", [program, "eval", one / "bars.parquet", one / "factors.parquet", 6],
            seconds_of=lambda seconds: statistics.median(seconds[1:]) * (200 if len(seconds) > 2 else 1),
            notes="ours in one pass beside ours one by one",
        )

    return {
        "eval-alphalens": against("alphalens", f"Evaluation of {N_SYMBOLS} symbols x {N_TIMES} times, horizons 1, 5, 20.", ALPHALENS, 1,
                                  "IC, quantile returns, turnover, rank autocorrelation"),
        "backtest-vectorbt": against("vectorbt", f"Backtest of quantiles on {N_SYMBOLS} symbols x {N_TIMES} times.", VECTORBT, 4,
                                     "ours twice: with costs and without; vectorbt's first run, which compiles, is not counted"),
        "eval-200": many,
    }
