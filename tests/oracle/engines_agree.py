"""Both engines give the same bars of any trades: times, prices and counts equal, sums to 1e-12. FACTORIUM_LONG=1 adds files of
ten million trades."""

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from oracle import DAY_8, DAY_MS, WORK, day_folder, factorium, split_days

import pandas as pd

LONG = bool(os.environ.get("FACTORIUM_LONG"))
KINDS = [("--interval", "1s"), ("--interval", "1m"), ("--interval", "7m"), ("--interval", "1d"), ("--bar", "tick:100"),
         ("--bar", "volume:50"), ("--bar", "dollar:1e6")]
random = np.random.default_rng(11)


def trades(time, price=None, quantity=None):
    n = len(time)
    price = np.round(60_000 + np.cumsum(random.normal(0, 1, n)), 2) if price is None else price
    return pd.DataFrame({
        "agg_trade_id": np.arange(n, dtype=np.int64), "price": price,
        "quantity": np.round(random.exponential(0.5, n), 3) if quantity is None else quantity,
        "transact_time": time, "is_buyer_maker": random.random(n) < 0.5})


def write(store, frame, shuffle=False, **options):
    for date, rows in split_days(frame.rename(columns={"transact_time": "time"})):
        rows = rows.rename(columns={"time": "transact_time"})
        rows = rows.sample(frac=1, random_state=1) if shuffle else rows
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), day_folder(store, date) / "data.parquet", **options)


def compare(label, store, kinds=KINDS, arguments=(), ours="native"):
    """With --engine native a file that our reader does not take is an error: none of these goes to DuckDB in silence."""
    for kind in kinds:
        bars = {}
        for engine in (ours, "duckdb"):
            path = WORK / f"{engine}.parquet"
            factorium("bars", "--store", store, *kind, "--engine", engine, "--no-cache", "--notional", "--num-trades",
                      "-o", path, "--quiet", *arguments)
            bars[engine] = pq.read_table(path).to_pandas()
        left, right = bars[ours], bars["duckdb"]
        assert len(left) == len(right) > 0, f"{label} {kind}: {len(left)} bars, {len(right)} by DuckDB"
        for column in left:
            a, b = left[column].to_numpy(), right[column].to_numpy()
            is_sum = column in ("volume", "vwap", "notional", "num_buyer_volume", "num_seller_volume")
            same = np.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True) if is_sum else (a == b).all()
            assert same, f"{label} {kind}: {column} differs"
    print("ok", label)


def day(n):
    return np.sort(random.integers(0, DAY_MS, n)) + DAY_8


cases = {
    "ties": trades(np.repeat(day(500), 40)),
    "one-trade-a-day": trades(DAY_8 + np.arange(4) * DAY_MS + 12_345),
    "one-trade": trades(np.array([DAY_8])),
    "at-edges": trades(np.sort(np.concatenate([DAY_8 + np.arange(0, 2 * DAY_MS, 60_000),
                                               DAY_8 + np.arange(60_000, 2 * DAY_MS, 60_000) - 1]))),
    "at-midnight": trades(np.repeat([DAY_8 - 1, DAY_8, DAY_8 + DAY_MS - 1, DAY_8 + DAY_MS], 30)),
    "tiny-and-huge-prices": trades(day(20_000), np.exp(random.uniform(np.log(1e-9), np.log(1e9), 20_000))),
    "tiny-and-huge-quantities": trades(day(20_000), None, np.exp(random.uniform(np.log(1e-9), np.log(1e9), 20_000))),
    "zero-quantities": trades(day(5000), None, np.where(random.random(5000) < 0.7, 0.0, 1.5)),
    "only-zero-quantities": trades(day(500), None, np.zeros(500)),
    "one-minute": trades(np.sort(random.integers(0, 60_000, 200_000)) + DAY_8),
    "plain": trades(day(30_000)),
}
for label, frame in cases.items():
    write(WORK / label, frame)
    kinds = [kind for kind in KINDS if not (label == "only-zero-quantities" and kind[1][:3] in ("vol", "dol"))]
    compare(label, WORK / label, kinds)
for rows in (1, 13):
    write(WORK / f"groups-{rows}", cases["plain"].head(2000), row_group_size=rows)
    compare(f"row groups of {rows}", WORK / f"groups-{rows}")
write(WORK / "shuffled", cases["plain"], shuffle=True, row_group_size=1000)
refused = factorium("bars", "--store", WORK / "shuffled", "--engine", "native", check=False)
assert refused.returncode == 1 and b"comes before the row above it" in refused.stderr, refused.stderr
compare("not in order", WORK / "shuffled", ours="auto")

# Microseconds on one day, milliseconds on the other.
mixed = trades(np.sort(random.integers(0, 2 * DAY_MS, 20_000)) + DAY_8)
for i, (date, rows) in enumerate(split_days(mixed.rename(columns={"transact_time": "time"}))):
    rows = rows.rename(columns={"time": "transact_time"}).assign(transact_time=lambda f: f.transact_time * (1000 if i else 1))
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), day_folder(WORK / "units", date) / "data.parquet")
compare("two units of time", WORK / "units")

# Several files in one day's folder, interleaved, one of them with trades of the day before.
folder = day_folder(WORK / "files", "2024-08-09")
rows = trades(np.sort(random.integers(0, DAY_MS + 3_600_000, 30_000)) + DAY_8 + DAY_MS - 3_600_000)
for i in range(3):
    pq.write_table(pa.Table.from_pandas(rows.iloc[i::3], preserve_index=False), folder / f"part-{i}.parquet")
write(WORK / "files", trades(np.sort(random.integers(0, DAY_MS, 10_000)) + DAY_8))
compare("several files that interleave", WORK / "files")

# A part of a day: row groups outside are left out by their statistics, and by no one's answer.
write(WORK / "part", cases["plain"], row_group_size=1000)
for begin, end in (("03:00:00", "03:00:30"), ("03:17:05", "11:00:00"), ("00:00:00", "23:59:59.999")):
    compare(f"from {begin} to {end}", WORK / "part", KINDS, ["--from", f"2024-08-08 {begin}", "--to", f"2024-08-08 {end}"])

mirror = Path(os.environ.get("FACTORIUM_SOURCE_DIR", "."), "../shared/data/mirror")
if mirror.exists():
    factorium("ingest", mirror, "--store", WORK / "recorded", "--quiet")
    for folder in sorted((WORK / "recorded").glob("market=*/data_type=*")):
        market, data_type = (part.split("=")[1] for part in folder.parts[-2:])
        if "line" not in data_type:
            compare(f"recorded {market} {data_type}", WORK / "recorded", KINDS, ["--market", market, "--type", data_type])
else:
    print("skipped: no recorded trades at ../shared/data")

if LONG:
    n = 10_000_000
    frame = trades(np.sort(random.integers(0, 60_000, n)) + DAY_8)
    write(WORK / "minute", frame)
    compare("ten million trades in a minute", WORK / "minute")
    write(WORK / "whole", trades(np.sort(random.integers(0, DAY_MS, n)) + DAY_8), row_group_size=n)
    compare("a row group of ten million rows", WORK / "whole")
    sys.exit(0)
