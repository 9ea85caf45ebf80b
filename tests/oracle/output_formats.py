"""Every output format, read back by other libraries, holds the same bars; CSV and JSON to the last bit."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
from oracle import WORK, factorium

factorium("simulate", WORK / "archive", "--symbols", "4", "--trades", "30000", "--quiet")
factorium("ingest", WORK / "archive", "--store", WORK / "store", "--quiet")
ARGUMENTS = ["bars", "--store", WORK / "store", "--interval", "1m", "--fill", "previous", "--from", "2024-08-08",
             "--days", "2", "--notional", "--num-trades", "--quiet"]
paths = {suffix: WORK / f"bars.{suffix}" for suffix in ("parquet", "arrow", "csv", "json")}
for path in paths.values():
    factorium(*ARGUMENTS, "-o", path)

table = pq.read_table(paths["parquet"])
expected = table.to_pandas()
assert len(expected) > 10_000 and expected.vwap.isna().any(), "there are filled bars without a vwap"
assert table.schema.field("vwap").nullable and not table.schema.field("open").nullable
assert table.schema.field("start_time").type == pa.int64() and table.schema.field("symbol").type == pa.string()


def assert_same(actual, label):
    actual = actual[list(expected.columns)]
    assert len(actual) == len(expected), label
    for column in expected:
        a, e = actual[column].to_numpy(), expected[column].to_numpy()
        if e.dtype == np.float64:
            same = a.astype(np.float64).view(np.int64) == e.view(np.int64)
            assert (same | (np.isnan(a.astype(np.float64)) & np.isnan(e))).all(), f"{label}: {column}"
        else:
            assert (a == e).all(), f"{label}: {column}"
    print("ok", label)


assert_same(pd.read_parquet(paths["parquet"]), "parquet by pandas")
assert_same(pl.read_parquet(paths["parquet"]).to_pandas(), "parquet by polars")
import duckdb

assert_same(duckdb.connect().execute(f"FROM '{paths['parquet']}'").df(), "parquet by duckdb")
with pa.ipc.open_file(paths["arrow"]) as file:
    whole = file.read_all()
    whole.validate(full=True)
    assert_same(whole.to_pandas(), "arrow by pyarrow")
assert_same(pa.feather.read_table(paths["arrow"], memory_map=True).to_pandas(), "arrow, mapped")
assert_same(pl.read_ipc(paths["arrow"]).to_pandas(), "arrow by polars")
assert_same(pd.read_csv(paths["csv"]), "csv by pandas")
assert_same(pl.read_csv(paths["csv"]).to_pandas(), "csv by polars")
rows = json.loads(paths["json"].read_text())
assert_same(pd.DataFrame(rows).astype({"vwap": float}), "json")

# An empty result is still a file of the right columns.
empty = WORK / "empty.parquet"
factorium(*ARGUMENTS[:3], "--from", "2024-08-08 00:00:00", "--to", "2024-08-08 00:00:00.001", "-o", empty, "--quiet")
assert pq.read_table(empty).num_rows == 0 and pq.read_table(empty).column_names[:3] == ["symbol", "start_time", "end_time"]
for suffix, read in (("arrow", pl.read_ipc), ("csv", pl.read_csv)):
    factorium(*ARGUMENTS[:3], "--from", "2024-08-08 00:00:00", "--to", "2024-08-08 00:00:00.001", "-o",
              WORK / f"empty.{suffix}", "--quiet")
    assert read(WORK / f"empty.{suffix}").height == 0
print("ok empty")
