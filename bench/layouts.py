"""How fast a store scans in other layouts of its Parquet files, and how large they are: a Markdown table.

    build/venv/bin/python bench/layouts.py [--trades N]

pyarrow writes each layout from the same rows; ours is what `factorium ingest` wrote. Bars are made in turn, and medians
compared. Sizes of recorded trades are those of one day of ../shared/data/mirror, where that is present.
"""

import argparse
import shutil
import statistics
import subprocess
import time

import pyarrow.parquet

import bench

INTEGERS = ["agg_trade_id", "first_trade_id", "last_trade_id", "transact_time", "id", "time"]
REALS = ["price", "quantity", "qty", "quote_qty"]
DELTAS = dict.fromkeys(INTEGERS, "DELTA_BINARY_PACKED")
BASE = {"row_group_size": 131072, "max_rows_per_page": 32768, "use_dictionary": REALS, "column_encoding": DELTAS, "compression": "none",
        "data_page_size": 1 << 30, "dictionary_pagesize_limit": 1 << 30, "write_batch_size": 4096}


def split(names):
    """BYTE_STREAM_SPLIT for these instead of a dictionary."""
    return {"use_dictionary": [n for n in REALS if n not in names],
            "column_encoding": {**DELTAS, **dict.fromkeys(names, "BYTE_STREAM_SPLIT")}}


LAYOUTS = {
    "as ours, by pyarrow": {},
    "row groups of 16,384": {"row_group_size": 16384},
    "row groups of 524,288": {"row_group_size": 524288},
    "row groups of 2,097,152": {"row_group_size": 2097152},
    "pages of 4,096 rows": {"max_rows_per_page": 4096},
    "pages of 131,072 rows": {"max_rows_per_page": 131072},
    "an index of pages": {"write_page_index": True, "max_rows_per_page": 8192},
    "prices and quantities by BYTE_STREAM_SPLIT": split(REALS),
    "quantities by BYTE_STREAM_SPLIT": split(["quantity", "qty", "quote_qty"]),
    "prices and quantities PLAIN": {"use_dictionary": False},
    "whole numbers PLAIN": {"column_encoding": None},
    "all in dictionaries": {"column_encoding": None, "use_dictionary": True},
    "lz4": {"compression": "lz4"},
    "snappy": {"compression": "snappy"},
    "zstd": {"compression": "zstd"},
}


def write(table, path, options):
    options = {**BASE, **options}
    names = set(table.column_names)
    if options["column_encoding"]:
        options["column_encoding"] = {k: v for k, v in options["column_encoding"].items() if k in names}
    if isinstance(options["use_dictionary"], list):
        options["use_dictionary"] = [n for n in options["use_dictionary"] if n in names]
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, **options)


def rewrite(source, folder, options):
    shutil.rmtree(folder, ignore_errors=True)
    for path in source.glob("market=*/**/*.parquet"):
        write(pyarrow.parquet.ParquetFile(path).read(), folder / path.relative_to(source), options)


def n_bytes(folder):
    return sum(path.stat().st_size for path in folder.glob("market=*/**/*.parquet"))


def recorded(folder):
    """A store of the recorded trades of one day, or None."""
    source = bench.ROOT / "../shared/data/mirror/data/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip"
    if not source.exists():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([bench.PROGRAM, "ingest", source, "--store", folder, "--quiet"], check=True)
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trades", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--prepare", action="store_true", help="only make the files")
    options = parser.parse_args()
    base = bench.DATA / "layouts"
    stores = {"ours": bench.store(options.trades)}
    real = recorded(base / "recorded")
    real_rows = sum(pyarrow.parquet.read_metadata(p).num_rows for p in real.glob("market=*/**/*.parquet")) if real else 0
    rows = sum(pyarrow.parquet.read_metadata(p).num_rows for p in stores["ours"].glob("market=*/**/*.parquet"))
    sizes = {"ours": (n_bytes(stores["ours"]), n_bytes(real) if real else 0)}
    for i, (name, layout) in enumerate(LAYOUTS.items()):
        folder = stores[name] = base / f"{i}-{options.trades}"
        if not (folder / "done").exists():
            rewrite(stores["ours"], folder, layout)
            (folder / "done").touch()
        if real:
            rewrite(real, base / "one", layout)
        sizes[name] = (n_bytes(folder), n_bytes(base / "one") if real else 0)
    if options.prepare:
        return
    ranges = {"all": [], "minute": ["--from", "2024-08-09 12:00:00", "--to", "2024-08-09 12:01:00"]}
    seconds = {(name, what): [] for name in stores for what in ranges}
    for i in range(options.runs + 1):
        for name, folder in stores.items():
            for what, more in ranges.items():
                command = [str(part) for part in bench.bars_command(folder, "--interval", "1m", *more)]
                start = time.perf_counter()
                subprocess.run(command, check=True)
                if i:  # the first round warms the files
                    seconds[name, what].append(time.perf_counter() - start)
    print("| layout | bytes a trade, generated | recorded | all bars | one minute |\n|---|---|---|---|---|")
    for name in stores:
        made, kept = sizes[name]
        times = [statistics.median(seconds[name, what]) * 1000 for what in ranges]
        real_size = f"{kept / real_rows:.2f}" if real else ""
        print(f"| {name} | {made / rows:.2f} | {real_size} | {times[0]:.0f} ms | {times[1]:.1f} ms |")


if __name__ == "__main__":
    main()
