"""What the tests against other libraries share: the program, a scratch folder, trades."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

FACTORIUM = os.environ.get("FACTORIUM", "build/factorium")
DAY_MS = 86_400_000
DAY_8 = 1_723_075_200_000  # 2024-08-08

_scratch = tempfile.TemporaryDirectory(prefix="factorium-oracle-")
WORK = Path(_scratch.name)


def factorium(*arguments, check=True):
    result = subprocess.run([FACTORIUM, *map(str, arguments)], capture_output=True)
    if check and result.returncode != 0:
        sys.exit(f"factorium {' '.join(map(str, arguments))}\n{result.stderr.decode()}")
    return result


def make_trades(n=20_000, days=2, seed=1):
    """Trades in order, with ties in time, as a frame with canonical names."""
    random = np.random.default_rng(seed)
    time = np.sort(random.integers(0, days * DAY_MS // 50, n)) * 50 + DAY_8
    return pd.DataFrame({
        "id": np.arange(n, dtype=np.int64) + 1000,
        "time": time,
        "price": np.round(60_000 + np.cumsum(random.normal(0, 1, n)), 1),
        "quantity": np.round(random.exponential(0.5, n), 3),
        "is_buyer_maker": random.random(n) < 0.5,
    })


def reference_bars(trades, interval_ms):
    """Time bars by pandas, in (time, id) order."""
    ordered = trades.sort_values(["time", "id"], kind="stable")
    ordered = ordered.assign(
        start_time=ordered.time // interval_ms * interval_ms,
        notional=ordered.price * ordered.quantity,
        bought=np.where(ordered.is_buyer_maker, 0.0, ordered.quantity),
        sold=np.where(ordered.is_buyer_maker, ordered.quantity, 0.0),
        is_buyer=~ordered.is_buyer_maker.astype(bool),
        is_seller=ordered.is_buyer_maker.astype(bool),
    )
    bars = ordered.groupby("start_time").agg(
        open=("price", "first"), high=("price", "max"), low=("price", "min"), close=("price", "last"),
        volume=("quantity", "sum"), notional=("notional", "sum"), num_buyer=("is_buyer", "sum"),
        num_seller=("is_seller", "sum"), num_buyer_volume=("bought", "sum"), num_seller_volume=("sold", "sum"),
    ).reset_index()
    bars["vwap"] = bars.notional / bars.volume
    return bars


def assert_bars(actual, expected, label):
    """Prices, times and counts equal; sums to 1e-12 (pandas' own sums are pairwise, ours are compensated)."""
    assert len(actual) == len(expected), f"{label}: {len(actual)} bars, expected {len(expected)}"
    for column in ("start_time", "open", "high", "low", "close", "num_buyer", "num_seller"):
        if column in actual:
            assert (actual[column].to_numpy() == expected[column].to_numpy()).all(), f"{label}: {column} differs"
    for column in ("volume", "vwap", "notional", "num_buyer_volume", "num_seller_volume"):
        if column in actual:
            a, e = actual[column].to_numpy(dtype=float), expected[column].to_numpy(dtype=float)
            assert np.allclose(a, e, rtol=1e-12, atol=0, equal_nan=True), f"{label}: {column} differs"


def day_folder(store, date, symbol="BTCUSDT", market="futures_um", data_type="aggTrades"):
    year, month, day = date.split("-")
    folder = Path(store, f"market={market}", f"data_type={data_type}", f"symbol={symbol}", f"year={year}",
                  f"month={month}", f"day={day}")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def split_days(trades):
    for day, rows in trades.groupby(trades.time // DAY_MS):
        yield pd.Timestamp(day, unit="D").strftime("%Y-%m-%d"), rows
