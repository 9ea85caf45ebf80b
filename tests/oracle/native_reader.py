"""Parquet files in every encoding, codec, page version and pattern of nulls that pyarrow, Polars, DuckDB and parquet-rs
write: our reader gives the trades that DuckDB gives, row for row, and says of each file who read it."""

import decimal
import itertools
import subprocess
import sys

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from oracle import FACTORIUM, WORK, day_folder, factorium

try:
    import arro3.io
except ImportError:
    arro3 = None

N = 5000
DATE = "2024-08-08"
STORE = WORK / "store"
NAMES = ["agg_trade_id", "price", "quantity", "transact_time", "is_buyer_maker"]
random = np.random.default_rng(7)
TIME = np.sort(random.integers(0, 86_400_000, N)) + 1_723_075_200_000
TIME[1000:1100] = TIME[1000]  # ties
BASE = {
    "agg_trade_id": np.arange(N, dtype=np.int64) + 5_000_000_000,
    "price": np.round(60_000 + np.cumsum(random.normal(0, 1, N)), 2),
    "quantity": np.round(random.exponential(0.5, N), 3),
    "transact_time": TIME,
    "is_buyer_maker": random.random(N) < 0.5,
}
BASE["quantity"][::97] = 0
BASE["is_buyer_maker"][2000:2600] = True  # a long run
BASE["agg_trade_id"][3000:] += 1 << 40  # a step that needs many bits
written = {}  # symbol: whether our reader is to read it
beyond = {}  # symbol: a file that our reader knows and DuckDB does not


def path_of(label, native=True, duckdb_reads=True):
    symbol = label.upper().replace("_", "-")
    assert symbol not in written and symbol not in beyond, symbol
    if duckdb_reads:
        written[symbol] = native
    path = day_folder(STORE if duckdb_reads else WORK / "beyond", DATE, symbol) / "data.parquet"
    if not duckdb_reads:
        beyond[symbol] = path
    return path


def table_of(columns=BASE, nullable=False, types={}):
    fields = [pa.field(name, types.get(name, pa.array(columns[name]).type), nullable) for name in NAMES]
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in fields], schema=pa.schema(fields))


# ---- pyarrow: encodings x codecs x page versions x optional or required ----------------------------

ENCODINGS = {
    "dictionary": {},
    "legacy": {"version": "1.0"},
    "plain": {"use_dictionary": False},
    "delta-split": {"use_dictionary": False, "column_encoding": {
        "agg_trade_id": "DELTA_BINARY_PACKED", "transact_time": "DELTA_BINARY_PACKED", "price": "BYTE_STREAM_SPLIT",
        "quantity": "BYTE_STREAM_SPLIT", "is_buyer_maker": "RLE"}},
    "split-integers": {"use_dictionary": False, "column_encoding": {
        "agg_trade_id": "BYTE_STREAM_SPLIT", "transact_time": "BYTE_STREAM_SPLIT", "price": "PLAIN", "quantity": "PLAIN",
        "is_buyer_maker": "PLAIN"}},
    "dictionary-overflows": {"dictionary_pagesize_limit": 2048},
}
CODECS = ("NONE", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4")
for (encoding, options), codec, version, nullable in itertools.product(
        ENCODINGS.items(), CODECS, ("1.0", "2.0"), (False, True)):
    pq.write_table(table_of(nullable=nullable), path_of(f"pa-{encoding}-{codec}-v{version[0]}-{'opt' if nullable else 'req'}",
                                                        duckdb_reads=encoding != "split-integers"),
                   compression=codec, data_page_version=version, data_page_size=3000, row_group_size=1700,
                   write_page_checksum=nullable, **options)
for rows in (1, 7, 5000):
    pq.write_table(table_of().slice(0, 300 if rows == 1 else N), path_of(f"pa-groups-of-{rows}"), row_group_size=rows)
pq.write_table(table_of(), path_of("pa-page-index"), write_page_index=True, data_page_size=1000)

# Types: integers and floats of 32 bits, times, decimals.
narrow = dict(BASE, agg_trade_id=np.arange(N, dtype=np.int32), price=(np.arange(N) % 50 + 1).astype(np.int32))
for encoding, options in ENCODINGS.items():
    pq.write_table(table_of(narrow, types={"quantity": pa.float32()}), path_of(f"pa-32-bits-{encoding}", duckdb_reads="split" not in encoding),
                   **options)
for unit in ("ms", "us", "ns"):
    for flavour in (None, "UTC"):
        pq.write_table(table_of(types={"transact_time": pa.timestamp("ms", flavour)}).set_column(
            3, "transact_time", pa.array(TIME * {"ms": 1, "us": 1000, "ns": 1_000_000}[unit], pa.timestamp(unit, flavour))),
            path_of(f"pa-timestamp-{unit}-{flavour}"))
for digits, scale in ((9, 2), (18, 8), (13, 3), (38, 8)):
    for as_integer, (name, options) in itertools.product((False, True), (("dictionary", {}), ("plain", {"use_dictionary": False}))):
        prices = pa.array([decimal.Decimal(f"{x:.2f}") for x in BASE["price"]], pa.decimal128(digits, scale))
        quantities = pa.array([decimal.Decimal(f"{x:.3f}") for x in BASE["quantity"]], pa.decimal128(18, 3))
        pq.write_table(table_of().set_column(1, "price", prices).set_column(2, "quantity", quantities),
                       path_of(f"pa-decimal-{digits}-{scale}-{'int' if as_integer else 'fixed'}-{name}", native=digits <= 18),
                       store_decimal_as_integer=as_integer, **options)
split = pa.array([decimal.Decimal(f"{x:.2f}") for x in BASE["price"]], pa.decimal128(11, 3))
pq.write_table(table_of().set_column(1, "price", split), path_of("pa-decimal-split", duckdb_reads=False), use_dictionary=False,
               column_encoding={"price": "BYTE_STREAM_SPLIT"})
# Values that doubles cannot hold whole: both engines round them in one way.
large = pa.array([decimal.Decimal(int(x)) / 10**8 for x in random.integers(10**16, 10**18, N)], pa.decimal128(18, 8))
pq.write_table(table_of().set_column(1, "price", large), path_of("pa-decimal-large"))

# What is left to DuckDB, by name.
pq.write_table(table_of().set_column(1, "price", prices.cast(pa.decimal128(18, 8))), path_of("pa-delta-bytes", native=False),
               use_dictionary=False, column_encoding={"price": "DELTA_BYTE_ARRAY"})
pq.write_table(table_of(types={"agg_trade_id": pa.uint64()}), path_of("pa-unsigned", native=False))
pq.write_table(table_of(types={"is_buyer_maker": pa.int8()}), path_of("pa-side-as-number", native=False))
pq.write_table(table_of(types={"transact_time": pa.timestamp("ns")}).set_column(
    3, "transact_time", pa.array(TIME * 1_000_000, pa.timestamp("ns"))), path_of("pa-int96", native=False),
    use_deprecated_int96_timestamps=True)

# Columns beside the wanted ones may be anything, nested and null included.
extra = table_of().append_column("note", pa.array([None, "x"] * (N // 2))).append_column(
    "list", pa.array([[1, 2], None] * (N // 2))).append_column("nothing", pa.nulls(N))
pq.write_table(extra.select(["note", "list", *NAMES, "nothing"]), path_of("pa-beside"))

# ---- Polars, DuckDB, parquet-rs -------------------------------------------------------------------

frame = pl.from_arrow(table_of())
for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"):
    frame.write_parquet(path_of(f"polars-{codec}"), compression=codec)
    frame.write_parquet(path_of(f"polars-{codec}-small"), compression=codec, row_group_size=900, data_page_size=2000)
connection = duckdb.connect()
connection.register("trades", table_of())
for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw"):
    for version in ("V1", "V2"):
        connection.execute(f"COPY (FROM trades ORDER BY transact_time, agg_trade_id) TO '{path_of(f'duckdb-{codec}-{version}')}' "
                           f"(FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
if arro3:
    rust = {"dictionary": {}, "plain": {"dictionary_enabled": False},
            "delta-split": {"dictionary_enabled": False, "column_encoding": {
                "agg_trade_id": "delta_binary_packed", "transact_time": "delta_binary_packed",
                "price": "byte_stream_split", "quantity": "byte_stream_split", "is_buyer_maker": "rle"}}}
    for (name, options), codec, version in itertools.product(
            rust.items(), ("uncompressed", "snappy", "gzip(6)", "brotli(4)", "zstd(1)", "lz4_raw"), ("parquet_1_0", "parquet_2_0")):
        arro3.io.write_parquet(table_of(), path_of(f"rs-{name}-{codec.split('(')[0]}-{version[8:]}"), compression=codec,
                               writer_version=version, data_page_row_count_limit=700, max_row_group_size=2000, **options)
else:
    print("skipped: files by parquet-rs; scripts/deps.sh --python installs what writes them")


# ---- Every trade of every file, by both engines ---------------------------------------------------

def every_trade(engine, store=STORE):
    path = WORK / f"{engine}.parquet"
    said = factorium("bars", "--store", store, "--bar", "tick:1", "--num-trades", "--engine", engine, "-o", path,
                     "--threads", "2", "-v").stderr.decode()
    return pq.read_table(path), said


ours, said = every_trade("auto")
theirs, _ = every_trade("duckdb")
assert ours.num_rows == theirs.num_rows > 150 * N // 2
assert set(ours["symbol"].unique().to_pylist()) == set(written)
for name in ours.column_names:
    if name in ("volume", "vwap", "num_buyer_volume", "num_seller_volume"):
        assert np.allclose(ours[name], theirs[name], rtol=1e-12, atol=0, equal_nan=True), name
    else:
        different = np.flatnonzero(~(ours[name].to_numpy() == theirs[name].to_numpy()))
        assert not len(different), f"{name} of {ours['symbol'][int(different[0])]}, trade {different[0]}"
for symbol, native in written.items():
    line = next(line for line in said.splitlines() if f"symbol={symbol}/" in line)
    assert ("native engine" in line) == native, line
    assert native or "DuckDB engine, because: " in line, line
expected = {name: BASE[name] for name in ("price", "quantity")}
one = ours.filter(pa.compute.equal(ours["symbol"], "PA-PLAIN-ZSTD-V2-OPT"))
assert (one["open"].to_numpy() == BASE["price"]).all() and (one["volume"].to_numpy() == BASE["quantity"]).all()
assert (one["num_seller"].to_numpy() == BASE["is_buyer_maker"]).all()
print(f"ok {len(written)} files, {sum(written.values())} of them by our reader: {ours.num_rows} trades")

# Those that DuckDB cannot read, beside pyarrow.
ours, said = every_trade("native", WORK / "beyond")
for symbol, path in beyond.items():
    one = ours.filter(pa.compute.equal(ours["symbol"], symbol))
    table = pq.ParquetFile(path).read()
    for name, column in (("open", "price"), ("volume", "quantity"), ("num_seller", "is_buyer_maker")):
        assert (one[name].to_numpy() == [float(x) for x in table[column].to_pylist()]).all(), f"{symbol}: {column}"
    assert (one["start_time"].to_numpy() == table["transact_time"].to_numpy()).all(), symbol
assert said.count("native engine") == len(beyond) > 20
print(f"ok {len(beyond)} files that DuckDB does not read")

# ---- Nulls: a wanted value that is missing is named by both, in the same row ------------------------

PATTERNS = {"first": [0], "last": [N - 1], "middle": [2500], "all": range(N), "every-third": range(2, N, 3),
            "at-the-end-of-a-page": [1699, 1700]}
WORDS = {"agg_trade_id": "id", "price": "price", "quantity": "quantity", "transact_time": "time", "is_buyer_maker": "side"}
refused = WORK / "nulls"
for i, ((pattern, rows), (column, word), (encoding, options)) in enumerate(itertools.product(
        PATTERNS.items(), WORDS.items(), ENCODINGS.items())):
    if i % 5:  # a fifth of all: each pattern, column and encoding is among them
        continue
    values = np.ones(N, bool)
    values[list(rows)] = False
    columns = table_of(nullable=True)
    position = columns.schema.get_field_index(column)
    columns = columns.set_column(position, columns.schema.field(position), pa.array(BASE[column], mask=~values))
    pq.write_table(columns, day_folder(refused, DATE) / "data.parquet", row_group_size=1700,
                   data_page_version=("1.0", "2.0")[i % 2], compression=CODECS[i % len(CODECS)], **options)
    for engine in ("native", "duckdb") if encoding != "split-integers" else ("native",):
        result = factorium("bars", "--store", refused, "--engine", engine, "--no-cache", check=False)
        message = result.stderr.decode()
        assert result.returncode == 1 and f"row {rows[0] + 1}: the {word} is missing" in message, (
            f"{pattern} {column} {encoding} {engine}: {message}")
print("ok nulls")

# ---- Memory: pages are held, not row groups, however many rows a file or a row group has -------------

# Started by a small process, for a child's peak begins with that of the one that starts it.
PEAK = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak_mb(label, rows, **options):
    time = np.sort(random.integers(0, 86_400_000, rows)) + 1_723_075_200_000
    columns = {"agg_trade_id": np.arange(rows), "price": random.integers(1, 1_000_000, rows) / 100,
               "quantity": random.exponential(0.5, rows), "transact_time": time, "is_buyer_maker": random.random(rows) < 0.5}
    pq.write_table(table_of(columns), day_folder(WORK / label, DATE) / "data.parquet", compression="zstd", **options)
    arguments = [FACTORIUM, "bars", "--store", WORK / label, "--engine", "native", "--no-cache", "--threads", "1", "-o", WORK / "bars.parquet"]
    said = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, *map(str, arguments)], capture_output=True, text=True, check=True)
    code, kilobytes = map(int, said.stdout.split())
    assert code == 0, said.stderr
    return kilobytes / 1024


few, many, one_group = peak_mb("few", 300_000), peak_mb("many", 3_000_000), peak_mb("one-group", 3_000_000, row_group_size=3_000_000)
assert max(many, one_group) < few + 8, f"peak memory is {few:.1f} MB at 0.3 M trades, {many:.1f} and {one_group:.1f} MB at 3 M"
print(f"ok peak memory: {few:.1f} MB at 0.3 M trades, {many:.1f} MB at 3 M, {one_group:.1f} MB of them in one row group")
