"""Every operator and loader option that the published package and this one both have: equal, or listed in docs/migration.md.

compare.py PYTHON_OF_THE_PUBLISHED_PACKAGE
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import factorium as ft
import numpy as np
import pandas as pd
from cases import BACKTESTS, KLINES, LOADS, backtest, evaluate, factors, operators, range_of

HERE = Path(__file__).parent
PAGE = (HERE.parent.parent / "docs" / "migration.md").read_text()

# Cases whose answers differ on purpose, by the heading of docs/migration.md that gives the reason.
KNOWN: dict[str, str] = {
    "close.where(close>open,0)": "Comparisons with what is missing",
    "close.where(close>open,volume)": "Comparisons with what is missing",
    "close.max(100)": "Minimum and maximum with what is missing",
    "close.ts_quantile(7)": "ts_quantile",
    'close.ts_quantile(7,"uniform")': "ts_quantile",
    'close.ts_quantile(7,"cauchy")': "ts_quantile",
    "close.ts_kurtosis(9)": "Skewness and kurtosis",
    "close.ts_skewness(9)": "Skewness and kurtosis",
    "close.ts_step()": "What fails there",
    "close.ts_step(5)": "What fails there",
    "close.ts_vr(9)": "What fails there",
    "close.ts_vr(9,3)": "What fails there",
    "close.ts_jumpiness(7)": "ts_jumpiness",
    "close.cs_rank()": "Two kinds of ranks",
    "steps.cs_rank()": "Two kinds of ranks",
    "(close/close.ts_shift(1)-1).ts_mean(5).cs_rank()": "Two kinds of ranks",
    'Factor.from_expression("cs_rank(ts_delta(close,5))*ts_std(volume,10)", context)': "Two kinds of ranks",
    "close.cs_winsorize(0.2)": "Winsorizing",
    "tiny.ts_zscore(7)": "No EPSILON",
    "tiny.inverse()": "No EPSILON",
    "close/tiny": "No EPSILON",
    "tiny.ts_scale(7)": "No EPSILON",
    "legacy, long": "Weights and trades",
    "vectorized": "Weights and trades",
    "vectorized, long": "Weights and trades",
    **dict.fromkeys(KLINES, "Klines"),
    "BTCUSDT time 1m": "Trades that share a time",
    "BTCUSDT time 5m, start and end": "Trades that share a time",
    "BTCUSDT time 5m, start and days": "Trades that share a time",
    "BTCUSDT tick": "Trades that share a time",
    "BTCUSDT volume": "Trades that share a time",
    "BTCUSDT dollar": "Trades that share a time",
}


def made_up_bars() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n, symbols = 300, [*"ABCDE"]
    times = 1_723_075_200_000 + 60_000 * np.arange(n)
    rows = []
    for symbol in symbols:
        close = 100 + rng.normal(size=n).cumsum() * 0.3
        full = close.copy()
        close[rng.random(n) < 0.02] = np.nan
        rows.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "start_time": times,
                    "end_time": times + 60_000,
                    "open": close + rng.normal(size=n),
                    "close": close,
                    "volume": rng.gamma(2, 10, n),
                    "steps": np.round(rng.normal(size=n) * 2),
                    "flat": 5.0,
                    "tiny": 1e-11 * (1 + rng.random(n)),
                    "signal": rng.normal(size=n),
                    "full": full,
                    "high": full + rng.random(n),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def write_trades_without_ties(folder: Path) -> None:
    """ETHUSDT: no two trades of one millisecond."""
    rng = np.random.default_rng(2)
    for day in range(2):
        n = 5000
        time = 1_723_075_200_000 + 86_400_000 * day + np.sort(rng.choice(86_400_000, n, replace=False))
        price = np.round(2500 + rng.normal(size=n).cumsum() * 0.1, 2)
        quantity = np.round(rng.gamma(1, 2, n) + 0.001, 3)
        maker = rng.random(n) < 0.5
        first = day * n
        rows = [
            f"{first + i},{price[i]},{quantity[i]},{first + i},{first + i},{time[i]},{str(maker[i]).lower()}\n"
            for i in range(n)
        ]
        path = folder / f"futures/um/daily/aggTrades/ETHUSDT/ETHUSDT-aggTrades-2024-08-0{8 + day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(rows))


def differing(ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str]) -> str | None:
    """What is different, or None. Sums to 1e-9: theirs are running sums that drift."""
    both = ours.merge(theirs, on=keys, how="outer", suffixes=("", "_theirs"), indicator=True)
    if (both._merge != "both").any():
        return f"{(both._merge != 'both').sum()} rows of {len(both)} are on one side only"
    for name in theirs.columns:
        if name in keys or name not in ours.columns:
            continue
        a, b = both[name].to_numpy(float), both[f"{name}_theirs"].to_numpy(float)
        same = np.isclose(a, b, rtol=1e-7, atol=1e-9, equal_nan=True)
        if not same.all():
            i = int(np.flatnonzero(~same)[0])
            return f"{name}: {(~same).sum()} of {len(same)} differ, first at row {i}: ours {a[i]!r}, theirs {b[i]!r}"
    return None


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        bars = made_up_bars()
        bars.to_parquet(work / "bars.parquet")
        ft.simulate(work / "archive", symbols=1, trades=8000)
        write_trades_without_ties(work / "archive")
        ft.ingest(work / "archive", work / "store")
        ft.simulate(work / "klines", symbols=1, data_type="klines")
        ft.ingest(work / "klines", work / "store-klines")
        market = work / "store-klines/market=futures_um"
        (market / "data_type=klines_1m").rename(market / "data_type=klines")
        (work / "out").mkdir()
        subprocess.run(
            [
                sys.argv[1],
                str(HERE / "published.py"),
                str(work / "bars.parquet"),
                str(work / "store"),
                str(work / "out"),
            ],
            check=True,
            cwd=work,
            env={**os.environ, "TZ": "UTC", "PYTHONPATH": str(HERE)},
            stdout=subprocess.DEVNULL,
        )
        answers = json.loads((work / "out" / "answers.json").read_text())
        names = factors(ft, ft.AggBar(bars, strict_cross_sections=True))
        results: dict[str, str | None] = {}
        for i, case in enumerate(operators()):
            ours = evaluate(case, ft, names).to_pandas()
            if answers[case]:
                results[case] = f"theirs fails: {answers[case]}"
                continue
            theirs = pd.read_parquet(work / "out" / f"operator-{i}.parquet")
            results[case] = differing(ours, theirs, ["start_time", "end_time", "symbol"])
        for symbol in ("BTCUSDT", "ETHUSDT"):
            for i, (load, arguments) in enumerate(LOADS.items()):
                name = f"{symbol} {load}"
                loader = ft.BinanceDataLoader(base_path=work / "store")
                ours = loader.load_aggbar(symbol, "aggTrades", "futures", "um", use_cache=False, **range_of(arguments))
                if answers[name]:
                    results[name] = f"theirs fails: {answers[name]}"
                    continue
                theirs = pd.read_parquet(work / "out" / f"load-{symbol}-{i}.parquet")
                results[name] = differing(ours.to_df(), theirs, ["symbol", "start_time", "end_time"])
        for i, (name, arguments) in enumerate(KLINES.items()):
            loader = ft.BinanceDataLoader(base_path=work / "store-klines")
            ours = loader.load_aggbar("BTCUSDT", "klines", "futures", "um", use_cache=False, **range_of(arguments))
            theirs = pd.read_parquet(work / "out" / f"klines-{i}.parquet")
            results[name] = differing(ours.to_df(), theirs, ["symbol", "start_time", "end_time"])
            # But for what the page says of their end and their names they are the same.
            theirs["end_time"] += 1
            theirs = theirs.rename(columns={"taker_buy_volume": "num_buyer_volume"})
            results[f"{name}, but for end and names"] = differing(
                ours.to_df(), theirs, ["symbol", "start_time", "end_time"]
            )
        for i, name in enumerate(BACKTESTS):
            theirs = pd.read_parquet(work / "out" / f"backtest-{i}.parquet")
            results[name] = differing(backtest(name, ft, ft.AggBar(bars)), theirs, ["end_time"])
    failed = 0
    for case, result in results.items():
        heading = KNOWN.get(case)
        if heading is None and result is None:
            continue
        if heading is not None and result is not None and f"## {heading}\n" in PAGE:
            print(f"known      {case}: {result}  [{heading}]")
            continue
        failed += 1
        what = "is equal, but listed as different" if result is None else result
        print(f"DIFFERENT  {case}: {what}")
    print(
        f"{len(results)} cases: {sum(r is None for r in results.values())} equal, {failed} neither equal nor explained"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
