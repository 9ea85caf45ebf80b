"""Stores written by pyarrow, Polars and DuckDB, in codecs, encodings and types of theirs, read as they are."""

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from oracle import WORK, assert_bars, day_folder, factorium, make_trades, reference_bars, split_days

BINANCE = {"id": "agg_trade_id", "time": "transact_time", "price": "price", "quantity": "quantity",
           "is_buyer_maker": "is_buyer_maker"}
TRADES = make_trades()
EXPECTED = {interval: reference_bars(TRADES, ms) for interval, ms in (("1m", 60_000), ("1h", 3_600_000))}


def read_bars(store, *arguments):
    path = WORK / "bars.csv"
    factorium("bars", "--store", store, "--notional", "-o", path, *arguments)
    return pd.read_csv(path)


def check(label, write, trades=TRADES, names=BINANCE, arguments=()):
    """`write(frame, path)` writes each day's file; the bars must be pandas'."""
    store = WORK / label
    for date, rows in split_days(trades):
        write(rows.rename(columns=names), day_folder(store, date) / "data.parquet")
    for interval, expected in EXPECTED.items():
        for engine in ("auto", "duckdb"):
            bars = read_bars(store, "--interval", interval, "--engine", engine, *arguments)
            assert_bars(bars, expected, f"{label} {interval} {engine}")
    said = factorium("bars", "--store", store, "-v", *arguments).stderr.decode()
    print("ok", label, "(native)" if "DuckDB" not in said and "sorted" not in said else "(DuckDB)")


def pyarrow_writer(**options):
    return lambda frame, path: pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, **options)


for codec in ("NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI"):
    check(f"pyarrow-{codec}", pyarrow_writer(compression=codec))
check("pyarrow-plain", pyarrow_writer(use_dictionary=False))
check("pyarrow-pages-v2", pyarrow_writer(data_page_version="2.0", version="2.6", data_page_size=4096))
check("pyarrow-encodings", pyarrow_writer(use_dictionary=False, column_encoding={
    "agg_trade_id": "DELTA_BINARY_PACKED", "transact_time": "DELTA_BINARY_PACKED", "price": "BYTE_STREAM_SPLIT",
    "quantity": "BYTE_STREAM_SPLIT"}))
check("pyarrow-small-groups", pyarrow_writer(row_group_size=777))
check("polars", lambda frame, path: pl.from_pandas(frame).write_parquet(path))
check("polars-uncompressed", lambda frame, path: pl.from_pandas(frame).write_parquet(path, compression="uncompressed"))


def duckdb_writer(options=""):
    def write(frame, path):
        connection = duckdb.connect()
        connection.register("frame", frame)
        connection.execute(f"COPY (FROM frame) TO '{path}' (FORMAT parquet{options})")

    return write


check("duckdb", duckdb_writer())
check("duckdb-v2", duckdb_writer(", PARQUET_VERSION v2, COMPRESSION zstd"))

# Types that other tools choose.
for unit in ("ms", "us", "ns"):
    check(f"timestamps-{unit}", lambda frame, path, unit=unit: pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False).set_column(
            frame.columns.get_loc("transact_time"), "transact_time",
            pa.array(frame.transact_time.to_numpy() * {"ms": 1, "us": 1000, "ns": 1_000_000}[unit],
                     type=pa.timestamp(unit, tz="UTC"))), path, coerce_timestamps=None if unit == "ns" else unit))
check("seconds", lambda frame, path: pyarrow_writer()(frame.assign(transact_time=frame.transact_time / 1000), path))
check("microseconds", lambda frame, path: pyarrow_writer()(frame.assign(transact_time=frame.transact_time * 1000), path))
check("integers-for-booleans", lambda frame, path: pyarrow_writer()(frame.astype({"is_buyer_maker": "int8"}), path))
check("text-for-booleans", lambda frame, path: pyarrow_writer()(
    frame.assign(is_buyer_maker=frame.is_buyer_maker.map({True: "True", False: "False"})), path))
def duckdb_decimals(frame, path):
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute(f"COPY (SELECT * REPLACE (CAST(price AS DECIMAL(18, 8)) AS price, "
                       f"CAST(quantity AS DECIMAL(18, 8)) AS quantity) FROM frame) TO '{path}' (FORMAT parquet)")


check("decimals", duckdb_decimals)

# Names of their own, a side in words, no ids.
theirs = {"time": "ts", "price": "px", "quantity": "sz"}


def write_sides(frame, path):
    side = frame.is_buyer_maker.map({True: "SELL", False: "buy"})
    pyarrow_writer()(frame.drop(columns=["is_buyer_maker", "id"]).assign(side=side), path)


unique = TRADES.drop_duplicates("time")  # without ids a tie in time keeps the file's order, as pandas' stable sort does
EXPECTED = {"1m": reference_bars(unique, 60_000)}
check("mapped", write_sides, unique, theirs, ["--map", "time=ts,price=px,quantity=sz,side=side"])
shuffled = TRADES.sample(frac=1, random_state=3)
EXPECTED = {"1m": reference_bars(TRADES, 60_000)}
check("shuffled", pyarrow_writer(row_group_size=1000), shuffled)

# What is no time, and a nested file, are refused by name.
store = WORK / "refused"
for name, table, words in (
    ("text", pa.table({"transact_time": ["noon"], "price": [1.0], "quantity": [1.0]}), ["transact_time", "wrong type"]),
    ("null", pa.table({"transact_time": [1723075200000, None], "price": [1.0, 2.0], "quantity": [1.0, 1.0]}), ["row 2", "time"]),
    ("list", pa.table({"transact_time": [[1723075200000]], "price": [1.0], "quantity": [1.0]}), ["transact_time"]),
):
    pq.write_table(table, day_folder(store, "2024-08-08") / "data.parquet")
    result = factorium("bars", "--store", store, check=False)
    message = result.stderr.decode()
    assert result.returncode == 1 and all(word in message for word in words), f"{name}: {message}"
    print("ok refused", name)
