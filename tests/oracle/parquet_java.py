"""Files that parquet-java writes, in its page versions, codecs, encodings and repetitions: our reader gives the trades that
DuckDB gives, row for row, and names a missing value as DuckDB's engine does. Run by scripts/check.sh parquet_java."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from oracle import WORK, day_folder, factorium

if shutil.which("mvn") is None:
    print("skipped: mvn is missing, which builds the program that writes the files")
    sys.exit(77)

N = 5000
DATE = "2024-08-08"
JAVA = Path(__file__).parent / "java"
TARGET = Path(os.environ.get("JAVA_TARGET", "build/parquet-java")).absolute()
MAVEN = ["mvn", "-q", "-B", "-f", JAVA / "pom.xml", f"-Dtarget.folder={TARGET}"]
random = np.random.default_rng(11)
TIME = np.sort(random.integers(0, 86_400_000, N)) + 1_723_075_200_000
TIME[1000:1100] = TIME[1000]  # ties
ID = np.arange(N) + 5_000_000_000
ID[3000:] += 1 << 40
PRICE = np.round(60_000 + np.cumsum(random.normal(0, 1, N)), 2)
QUANTITY = np.round(random.exponential(0.5, N), 3)
QUANTITY[::97] = 0
SIDE = random.random(N) < 0.5
SIDE[2000:2600] = True


def write_with_java(store, missing=None):
    """Every file of the Java program; `missing` is a row and the field that has no value there."""
    rows = [[str(ID[i]), repr(float(PRICE[i])), repr(float(QUANTITY[i])), str(TIME[i]), str(bool(SIDE[i])).lower()] for i in range(N)]
    if missing:
        rows[missing[0]][missing[1]] = ""
    lines = WORK / "trades.csv"
    lines.write_text("".join(",".join(row) + "\n" for row in rows))
    path = Path(str(store), day_folder(WORK / "names", DATE, "SYMBOL").relative_to(WORK / "names"), "data.parquet")
    run = subprocess.run([*MAVEN, "compile", "exec:java", f"-Dexec.args={lines} {path}"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"the Java program failed\n{run.stdout}\n{run.stderr}")
    return sorted(store.glob("market=*/*/symbol=*"))


def every_trade(engine, store):
    path = WORK / f"{engine}.parquet"
    said = factorium("bars", "--store", store, "--bar", "tick:1", "--num-trades", "--engine", engine, "-o", path, "-v").stderr.decode()
    return pq.read_table(path), said


store = WORK / "store"
symbols = write_with_java(store)
assert len(symbols) == 2 * 5 * 3 * 2, len(symbols)
seen = set()
for path in store.rglob("*.parquet"):
    assert pq.ParquetFile(path).metadata.created_by.startswith("parquet-mr"), path
    group = pq.ParquetFile(path).metadata.row_group(0)
    for i in range(group.num_columns):
        seen.update(group.column(i).encodings)
        seen.add(group.column(i).compression)
assert {"PLAIN", "RLE", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "UNCOMPRESSED",
        "SNAPPY", "GZIP", "ZSTD", "LZ4"} <= seen, seen
ours, said = every_trade("auto", store)
theirs, _ = every_trade("duckdb", store)
assert said.count("native engine") == len(symbols), said
assert ours.num_rows == theirs.num_rows == len(symbols) * N
assert len(ours["symbol"].unique()) == len(symbols)
for name in ours.column_names:
    if name in ("volume", "vwap", "num_buyer_volume", "num_seller_volume"):
        assert np.allclose(ours[name], theirs[name], rtol=1e-12, atol=0, equal_nan=True), name
    else:
        different = np.flatnonzero(~(ours[name].to_numpy() == theirs[name].to_numpy()))
        assert not len(different), f"{name} of {ours['symbol'][int(different[0])]}, trade {different[0]}"
for name, expected in (("open", PRICE), ("volume", QUANTITY), ("num_seller", SIDE), ("start_time", TIME)):
    values = ours[name].to_numpy().astype(expected.dtype if name != "start_time" else np.int64)
    assert (values.reshape(len(symbols), N) == expected).all(), name
print(f"ok {len(symbols)} files by parquet-java: {ours.num_rows} trades")

refused = WORK / "nulls"
symbols = write_with_java(refused, (2345, 1))
assert len(symbols) == 2 * 5 * 3, len(symbols)
for folder in symbols:
    symbol = folder.name.split("=")[1]
    for engine in ("native", "duckdb"):
        result = factorium("bars", "--store", refused, "--symbols", symbol, "--engine", engine, "--no-cache", check=False)
        message = result.stderr.decode()
        assert result.returncode == 1 and "row 2346: the price is missing" in message, f"{symbol} {engine}: {message}"
print(f"ok {len(symbols)} files with a null")
