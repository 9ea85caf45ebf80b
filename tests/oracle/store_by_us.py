"""The store that ingest writes, read by other libraries, holds what the archive's CSV holds, and is laid out as promised."""

import io
import zipfile

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
from oracle import WORK, factorium

for market, data_type in (("futures_um", "aggTrades"), ("spot", "trades"), ("futures_cm", "trades")):
    archive, store = WORK / f"archive-{market}", WORK / f"store-{market}"
    factorium("simulate", archive, "--market", market, "--type", data_type, "--symbols", "2", "--trades", "150000",
              "--quiet")
    factorium("ingest", archive, "--store", store, "--quiet")
    for path in sorted(archive.rglob("*.zip")):
        symbol, _, date = path.stem.split("-", 2)
        year, month, day = date.split("-")
        file = store / f"market={market}/data_type={data_type}/symbol={symbol}/year={year}/month={month}/day={day}/data.parquet"
        with zipfile.ZipFile(path) as z:
            text = z.read(z.namelist()[0])
        has_header = not text[:1].isdigit()
        expected = pd.read_csv(io.BytesIO(text), header=0 if has_header else None)
        table = pq.ParquetFile(file).read()
        expected.columns = table.column_names
        for name, frame in (("pyarrow", table.to_pandas()), ("polars", pl.read_parquet(file).to_pandas()),
                            ("duckdb", duckdb.connect().execute(
                                f"FROM read_parquet('{file}', hive_partitioning = false)").df())):
            assert list(frame.columns) == list(expected.columns), f"{file}: columns by {name}"
            for column in expected:
                a, e = frame[column].to_numpy(), expected[column].to_numpy()
                if e.dtype == object:
                    e = np.array([str(x).lower() == "true" for x in e])
                assert (a == e).all(), f"{file}: {column} by {name}"
        meta = pq.ParquetFile(file).metadata
        time = table.column_names.index("time" if data_type == "trades" else "transact_time")
        for i in range(meta.num_row_groups):
            group = meta.row_group(i)
            assert group.num_rows <= 131072
            assert group.sorting_columns and group.sorting_columns[0].column_index == time
            column = group.column(time)
            assert column.has_stats_min_max if hasattr(column, "has_stats_min_max") else column.statistics.has_min_max
            assert "DELTA_BINARY_PACKED" in column.encodings
        assert all(not pq.ParquetFile(file).schema_arrow.field(i).nullable for i in range(len(table.column_names)))
    glob = f"{store}/market={market}/**/*.parquet"
    n = duckdb.connect().execute(f"SELECT count(*), count(DISTINCT symbol) FROM read_parquet('{glob}', "
                                 "hive_partitioning = true)").fetchall()[0]
    assert n[0] > 0 and n[1] == 2
    print("ok", market, data_type)
