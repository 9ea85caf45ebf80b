"""Benchmark cases: each runs ours and a peer as whole processes on the same data, in turn, and compares medians.

A case is a function that returns a Case; add one to CASES and it is listed, run and reported. Timings are warm
(every file was read once before) unless a case says otherwise. Both sides may use every processor.
"""

import argparse
import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import evaluate_cases
import factor_cases

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "factorium"
DATA = ROOT / "build" / "bench"


@dataclass
class Case:
    what: str
    work: float  # units of work, for the rate
    unit: str
    ours: list[str]
    peer_name: str
    peer: list[str]
    before: Callable[[bool], None] = lambda is_ours: None  # before every run
    check: Callable[[], str | None] = lambda: None  # after both; text where the results differ
    notes: str = ""
    seconds_of: Callable[[list[float]], float] | None = None  # of the times that the processes print; None: of the whole process
    peer_seconds_of: Callable[[list[float]], float] | None = None  # the same, where only the peer prints its times


@dataclass
class Side:
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def run(command, side, seconds_of=None):
    """One run of a whole process: wall time, or what it prints of its own, and peak resident memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE if seconds_of else subprocess.DEVNULL, stderr=subprocess.PIPE)
    printed = process.stdout.read().decode() if seconds_of else ""
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(map(str, command[:3]))} ... failed:\n{message.decode()}")
    if seconds_of:
        seconds = seconds_of([float(line.split()[0]) for line in printed.splitlines()])
    side.seconds.append(seconds)
    side.cpu_seconds.append(usage.ru_utime + usage.ru_stime)  # its children's, too
    side.peak_bytes = max(side.peak_bytes, usage.ru_maxrss * 1024)


# ---- Data ------------------------------------------------------------------------------------------


def archive(n_trades):
    """About n_trades simulated aggTrades of 6 symbols on 4 days; kept between runs."""
    folder = DATA / f"archive-{n_trades}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        # Symbol k has 2 / (2 + k) of the busiest one's trades, which --trades says.
        per_day = round(n_trades / 4 / sum(2 / (2 + k) for k in range(6)))
        subprocess.run(
            [PROGRAM, "simulate", folder, "--symbols", "6", "--days", "4", "--trades", str(per_day), "--quiet"],
            check=True,
        )
        (folder / "done").touch()
    return folder


def store(n_trades):
    folder = DATA / f"store-{n_trades}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([PROGRAM, "ingest", archive(n_trades), "--store", folder, "--quiet"], check=True)
        (folder / "done").touch()
    return folder


def csv_files(n_trades):
    """The archive's CSV files, taken out of their ZIPs: the peer does not read those."""
    folder = DATA / f"csv-{n_trades}"
    if not (folder / "done").exists():
        import zipfile

        shutil.rmtree(folder, ignore_errors=True)
        for path in sorted(archive(n_trades).rglob("*.zip")):
            with zipfile.ZipFile(path) as z:
                z.extractall(folder)
        (folder / "done").touch()
    return folder


def count(query):
    # In a process of its own: a child's peak memory starts with that of the process it was forked from.
    code = f"import duckdb; c = duckdb.connect(); c.execute('SET enable_progress_bar = false'); print(c.execute({query!r}).fetchall()[0][0])"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def duckdb_command(sql):
    return [sys.executable, "-c", f"import duckdb; duckdb.connect().execute({sql!r})"]


# ---- Cases -----------------------------------------------------------------------------------------


def pyarrow_store(n_trades):
    """The same trades in files as pyarrow writes them by default, compressed with zstd."""
    folder = DATA / f"pyarrow-{n_trades}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        # In a process of its own, as in count().
        code = f"""
import pathlib, pyarrow.parquet
source, folder = pathlib.Path({str(store(n_trades))!r}), pathlib.Path({str(folder)!r})
for path in source.glob('market=*/**/*.parquet'):
    to = folder / path.relative_to(source)
    to.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.parquet.ParquetFile(path).read(), to, compression='zstd')
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        (folder / "done").touch()
    return folder


def bars_1m(n_trades):
    """Store to 1-minute bars of all symbols."""
    return bars_1m_of(store(n_trades))


def bars_1m_pyarrow(n_trades):
    """The same from files that pyarrow wrote: its defaults, and zstd."""
    return bars_1m_of(pyarrow_store(n_trades))


def bars_1m_of(source):
    glob = f"{source}/market=futures_um/data_type=aggTrades/*/*/*/*/*.parquet"
    ours_file, peer_file = DATA / "ours.parquet", DATA / "peer.parquet"
    # arg_min by (time, id) is what makes open and close the same on every run.
    peer_sql = f"""
        COPY (SELECT symbol, transact_time // 60000 * 60000 AS start_time,
            arg_min(price, (transact_time, agg_trade_id)) AS open, max(price) AS high, min(price) AS low,
            arg_max(price, (transact_time, agg_trade_id)) AS close, sum(quantity) AS volume,
            sum(price * quantity) / sum(quantity) AS vwap,
            count(*) FILTER (NOT is_buyer_maker) AS num_buyer, count(*) FILTER (is_buyer_maker) AS num_seller,
            sum(quantity) FILTER (NOT is_buyer_maker) AS num_buyer_volume,
            sum(quantity) FILTER (is_buyer_maker) AS num_seller_volume
        FROM read_parquet('{glob}', hive_partitioning = true) GROUP BY ALL ORDER BY start_time, symbol)
        TO '{peer_file}' (FORMAT parquet)"""

    def check():
        differing = count(
            f"""SELECT count(*) FROM '{ours_file}' a FULL JOIN '{peer_file}' b USING (symbol, start_time)
            WHERE a.open IS DISTINCT FROM b.open OR a.close IS DISTINCT FROM b.close OR a.high IS DISTINCT FROM b.high
            OR a.low IS DISTINCT FROM b.low OR a.num_buyer IS DISTINCT FROM b.num_buyer
            OR abs(a.volume - b.volume) > 1e-9 * b.volume"""
        )
        return f"{differing} bars differ" if differing else None

    command = [
        PROGRAM, "bars", "--store", source, "--symbols", "all", "--interval", "1m", "-o", ours_file, "--no-cache",
        "--quiet",
    ]
    rows = count(f"SELECT count(*) FROM read_parquet('{glob}')")
    return Case("store to 1m bars", rows, "trades", command, "DuckDB SQL", duckdb_command(peer_sql), check=check)


def same_prices():
    """Whether both sides' bars have the same times, prices and volumes; text where not."""
    differing = count(
        f"""SELECT count(*) FROM '{DATA / 'ours.parquet'}' a FULL JOIN '{DATA / 'peer.parquet'}' b USING (symbol, start_time)
        WHERE a.open IS DISTINCT FROM b.open OR a.close IS DISTINCT FROM b.close OR a.high IS DISTINCT FROM b.high
        OR a.low IS DISTINCT FROM b.low OR a.volume IS NULL OR b.volume IS NULL OR abs(a.volume - b.volume) > 1e-9 * b.volume"""
    )
    return f"{differing} bars differ" if differing else None


def bars_command(source, *arguments):
    return [PROGRAM, "bars", "--store", source, "--no-cache", "--quiet", "-o", DATA / "ours.parquet", *arguments]


def bars_1m_polars(n_trades):
    """Store to 1-minute bars, beside Polars."""
    source = store(n_trades)
    glob = f"{source}/market=futures_um/data_type=aggTrades/*/*/*/*/*.parquet"
    # Its first and last follow the rows of the files, which are in order.
    peer = f"""
import polars as pl
price, quantity, sold = pl.col('price'), pl.col('quantity'), pl.col('is_buyer_maker')
(pl.scan_parquet({glob!r}, hive_partitioning=True)
    .group_by('symbol', (pl.col('transact_time') // 60000 * 60000).alias('start_time'))
    .agg(open=price.first(), high=price.max(), low=price.min(), close=price.last(), volume=quantity.sum(),
        vwap=(price * quantity).sum() / quantity.sum(), num_buyer=(~sold).sum(), num_seller=sold.sum(),
        num_buyer_volume=quantity.filter(~sold).sum(), num_seller_volume=quantity.filter(sold).sum())
    .sort('start_time', 'symbol').collect().write_parquet({str(DATA / 'peer.parquet')!r}))
"""

    def check():
        counts = [count(f"SELECT count(*) FROM '{DATA / name}.parquet'") for name in ("ours", "peer")]
        return None if counts[0] == counts[1] else f"{counts[0]} bars and {counts[1]}"

    rows = count(f"SELECT count(*) FROM read_parquet('{glob}')")
    return Case("store to 1m bars", rows, "trades", bars_command(source, "--interval", "1m"), "Polars",
                [sys.executable, "-c", peer], check=check)


FINMLKIT = ROOT / "build" / "venv-finmlkit" / "bin" / "python"


def beside_finmlkit(bar, kit):
    """Ours as a whole process that reads the store; theirs in memory, compiled before, its data loaded before."""

    def case(n_trades):
        if not FINMLKIT.exists():
            subprocess.run(["sh", ROOT / "scripts" / "deps.sh", "--finmlkit"], check=True)
        source = store(n_trades)
        glob = f"{source}/market=futures_um/data_type=aggTrades/symbol=BTCUSDT/*/*/*/*.parquet"
        rows = count(f"SELECT count(*) FROM read_parquet('{glob}')")
        peer = f"""
import glob, logging, time
import numpy, pandas, pyarrow.parquet
logging.disable(logging.CRITICAL)
from finmlkit.bar.data_model import TradesData
from finmlkit.bar.kit import *
table = pyarrow.concat_tables(pyarrow.parquet.ParquetFile(path).read() for path in sorted(glob.glob({glob!r})))
columns = [table[name].to_numpy() for name in ('transact_time', 'price', 'quantity', 'agg_trade_id', 'is_buyer_maker')]
columns[0] = columns[0] * 1_000_000  # its time bars take nanoseconds
trades = TradesData(*columns[:3], id=columns[3], side=numpy.where(columns[4], -1, 1).astype(numpy.int8), timestamp_unit="ns")
for i in range(4):
    start = time.perf_counter()
    kit = {kit}
    bars = kit.build_ohlcv()
    sides = kit.build_directional_features()
    print(f'{{time.perf_counter() - start:.6f}}')
open({str(DATA / 'peer-bars')!r}, 'w').write(str((bars['volume'] > 0).sum()))  # its minutes without trades are bars, too
"""

        def check():
            ours, theirs = count(f"SELECT count(*) FROM '{DATA / 'ours.parquet'}'"), int((DATA / "peer-bars").read_text())
            # They leave out the last bar, and carry on what a bar has above its threshold.
            return None if abs(ours - theirs) <= 2 + ours // 50 else f"{ours} bars and {theirs}"

        return Case(f"{bar} bars", rows, "trades", bars_command(source, "--symbols", "BTCUSDT", *bar.split()),
                    "finmlkit", [FINMLKIT, "-c", peer], check=check,
                    peer_seconds_of=lambda seconds: statistics.median(seconds[1:]),
                    notes="theirs in memory, loaded and compiled before; ours reads the store")

    case.__doc__ = f"Bars of one symbol ({bar}) beside finmlkit in memory."
    return case


def many_files(n_trades):
    """One call over 500 small files: 100 symbols x 5 days."""
    source = many_days(100, 5)
    glob = f"{source}/market=futures_um/data_type=aggTrades/*/*/*/*/*.parquet"
    peer_sql = f"""COPY (SELECT symbol, transact_time // 86400000 * 86400000 AS start_time, max(price) AS high, min(price) AS low,
        sum(quantity) AS volume, arg_min(price, (transact_time, agg_trade_id)) AS open,
        arg_max(price, (transact_time, agg_trade_id)) AS close
        FROM read_parquet('{glob}', hive_partitioning = true) GROUP BY ALL) TO '{DATA / 'peer.parquet'}' (FORMAT parquet)"""
    return Case("daily bars of many files", 500, "files", bars_command(source, "--interval", "1d"), "DuckDB SQL",
                duckdb_command(peer_sql), check=same_prices)


def memory(n_trades):
    """Peak memory: ten times the trades, beside the trades (makes 200 M trades, not run unless named)."""
    ours, peer = store(10 * n_trades), store(n_trades)
    rows = {name: count(f"SELECT count(*) FROM read_parquet('{source}/market=*/**/*.parquet')")
            for name, source in (("ours", ours), ("peer", peer))}

    def check():
        for name, n in rows.items():
            found = count(f"SELECT sum(num_buyer + num_seller)::BIGINT FROM '{DATA / name}.parquet'")
            if found != n:
                return f"the bars of {name} have {found} trades of {n}"
        return None

    of_peer = [DATA / "peer.parquet" if part == DATA / "ours.parquet" else part for part in bars_command(peer, "--interval", "1m")]
    return Case("store to 1m bars", rows["ours"], "trades", bars_command(ours, "--interval", "1m"),
                "ours, a tenth of the trades", of_peer, check=check)


def ingest(n_trades):
    """ZIP archives to the store; the peer gets the CSV files already unpacked."""
    source, csv = archive(n_trades), csv_files(n_trades)
    ours_folder, peer_folder = DATA / "ours-store", DATA / "peer-store"

    def before(is_ours):
        shutil.rmtree(ours_folder if is_ours else peer_folder, ignore_errors=True)
        if not is_ours:
            peer_folder.mkdir(parents=True)

    peer = (
        "import duckdb, glob, os\n"
        "connection = duckdb.connect()\n"
        f"for path in sorted(glob.glob({str(csv)!r} + '/*.csv')):\n"
        f"    name = os.path.join({str(peer_folder)!r}, os.path.basename(path)[:-4] + '.parquet')\n"
        "    connection.execute(f\"COPY (FROM read_csv('{path}') ORDER BY transact_time, agg_trade_id)"
        " TO '{name}' (FORMAT parquet, COMPRESSION zstd)\")\n"
    )
    command = [PROGRAM, "ingest", source, "--store", ours_folder, "--quiet"]
    rows = count(f"SELECT count(*) FROM read_csv('{csv}/*.csv')")

    def check():
        stored = count(f"SELECT count(*) FROM read_parquet('{ours_folder}/market=*/**/*.parquet')")
        return None if stored == rows else f"{stored} rows of {rows} were stored"

    return Case(
        "ZIP to store", rows, "trades", command, "DuckDB CSV to Parquet", [sys.executable, "-c", peer],
        before=before, check=check, notes="the peer reads CSV files that were unzipped before",
    )


def many_days(n_symbols, n_days):
    """A store of many small days, whose bars are cached."""
    folder = DATA / f"days-{n_symbols}-{n_days}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(
            [PROGRAM, "simulate", folder / "archive", "--symbols", str(n_symbols), "--days", str(n_days), "--trades",
             "60000", "--quiet"],
            check=True,
        )
        subprocess.run([PROGRAM, "ingest", folder / "archive", "--store", folder / "store", "--quiet"], check=True)
        shutil.rmtree(folder / "archive")
        (folder / "done").touch()
    return folder / "store"


CACHED_COLUMNS = [
    "start_us", "open", "high", "low", "close", "volume", "notional", "num_buyer_volume", "num_seller_volume",
    "num_trades", "num_buyer",
]

# Each reads the columns of a panel from the same cached files into a table, N times, and prints the seconds of each.
PEER_LOADS = {
    "DuckDB": """
import duckdb
c = duckdb.connect()
def load(): return c.sql(f"SELECT symbol, {', '.join(columns)} FROM read_parquet('{folder}/*/*/symbol=*/interval=1m-*/*.parquet', hive_partitioning = true)").to_arrow_table()
""",
    "Polars": """
import polars
def load(): return polars.scan_parquet(f'{folder}/*/*/symbol=*/interval=1m-*/*.parquet', hive_partitioning=True).select(['symbol'] + columns).collect()
""",
    "pyarrow": """
import pyarrow.dataset
def load(): return pyarrow.dataset.dataset(folder, format='parquet', partitioning='hive').to_table(columns=['symbol'] + columns)
""",
}
PEER_LOOP = """
import time
for i in range(n):
    start = time.perf_counter()
    rows = len(load())
    print(f'{time.perf_counter() - start:.6f} {rows}')
"""


def load_warm(peer_name, is_first):
    def case(n_trades):
        source = many_days(100, 30)
        subprocess.run([PROGRAM, "bars", "--store", source, "--quiet", "-o", DATA / "ours.parquet"], check=True)
        rows = count(f"SELECT count(*) FROM '{DATA / 'ours.parquet'}'")
        n = 1 if is_first else 6
        head = f"folder = {str(source / '.cache' / 'bars-3')!r}\ncolumns = {CACHED_COLUMNS!r}\nn = {n}\n"
        return Case(
            f"{'first' if is_first else 'later'} load of cached bars", rows, "bars",
            [ROOT / "build" / "bench_load", source, str(n)], peer_name,
            [sys.executable, "-c", head + PEER_LOADS[peer_name] + PEER_LOOP],
            seconds_of=(lambda seconds: seconds[0]) if is_first else (lambda seconds: statistics.median(seconds[1:])),
            notes="first load in a process" if is_first else "sixth load in a process",
        )

    case.__doc__ = f"{'First' if is_first else 'Later'} load of 100 symbols x 30 days of cached 1-minute bars."
    return case


def small_question(n_trades):
    """What a process costs: the cached bars of one symbol and day as CSV."""
    source = many_days(20, 5)
    symbol = sorted(path.name[7:] for path in (source / "market=futures_um" / "data_type=aggTrades").iterdir())[0]
    command = [PROGRAM, "bars", "--store", source, "--symbols", symbol, "--from", "2024-08-08", "--days", "1", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    day = f"symbol={symbol}/interval=1m-*/2024-08-08.parquet"
    peer_sql = f"COPY (FROM read_parquet('{source}/.cache/bars-3/*/*/{day}')) TO '{DATA / 'peer.csv'}'"
    return Case("small question", 1, "answers", [*command, "-o", DATA / "ours.csv"], "DuckDB SQL", duckdb_command(peer_sql),
                notes="whole processes, the peer's within Python")


def load_cold(n_trades):
    """First bars of 100 symbols x 5 days: no cache yet."""
    source = many_days(100, 5)

    def before(is_ours):
        shutil.rmtree(source / ".cache", ignore_errors=True)

    glob = f"{source}/market=futures_um/data_type=aggTrades/*/*/*/*/*.parquet"
    peer_sql = f"""
        COPY (SELECT symbol, transact_time // 60000 * 60000 AS start_time,
            arg_min(price, (transact_time, agg_trade_id)) AS open, max(price) AS high, min(price) AS low,
            arg_max(price, (transact_time, agg_trade_id)) AS close, sum(quantity) AS volume
        FROM read_parquet('{glob}', hive_partitioning = true) GROUP BY ALL ORDER BY start_time, symbol)
        TO '{DATA / 'peer.parquet'}' (FORMAT parquet)"""
    command = [PROGRAM, "bars", "--store", source, "-o", DATA / "ours.parquet", "--memory-limit", "1GB", "--quiet"]
    rows = count(f"SELECT count(*) FROM read_parquet('{glob}')")
    return Case(
        "cold load", rows, "trades", command, "DuckDB SQL", duckdb_command(peer_sql), before=before, check=same_prices,
        notes="ours also writes its cache, with a limit of 1 GB",
    )


def archive_server(n_days, n_trades, delay):
    """The days of one symbol on a server of this machine, which ends with the benchmark: its URL."""
    folder = DATA / f"mirror-{n_days}-{n_trades}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([PROGRAM, "simulate", folder / "data", "--symbols", "1", "--days", str(n_days), "--trades",
                        str(n_trades), "--quiet"], check=True)
        (folder / "done").touch()
    port_file = DATA / "port"
    port_file.unlink(missing_ok=True)
    server = subprocess.Popen([sys.executable, "-B", ROOT / "tests/support/archive_server.py", folder, port_file,
                               "--delay", str(delay)], stderr=subprocess.DEVNULL)
    atexit.register(server.kill)
    while not port_file.exists():
        time.sleep(0.05)
    return f"http://127.0.0.1:{port_file.read_text()}/data"


def sync_command(url, n_days, jobs):
    return [PROGRAM, "sync", "--store", DATA / "ours-sync", "--symbols", "BTCUSDT", "--market", "futures_um", "--type",
            "aggTrades", "--from", "2024-08-08", "--days", str(n_days), "--period", "daily", "--jobs", str(jobs),
            "--base-url", url, "--quiet", "-o", DATA / "ours-sync.json"]


def download_code(url, n_days, jobs):
    """Python that fetches the same files, checksums too, with curl."""
    return f"""
import datetime, os, subprocess
os.chdir({str(DATA / 'peer-sync')!r})
days = [datetime.date(2024, 8, 8) + datetime.timedelta(i) for i in range({n_days})]
names = [f"BTCUSDT-aggTrades-{{day}}.zip{{suffix}}" for day in days for suffix in ("", ".CHECKSUM")]
with open("curl.conf", "w") as config:
    for name in names:
        config.write(f"url = {url}/futures/um/daily/aggTrades/BTCUSDT/{{name}}\\noutput = {{name}}\\n")
subprocess.run(["curl", "--silent", "--fail", "--parallel", "--parallel-max", "{jobs}", "--config", "curl.conf"], check=True)
"""


def fresh_sync_folders(is_ours):
    folder = DATA / ("ours-sync" if is_ours else "peer-sync")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def sync(n_trades):
    """200 files from a server of this machine into the store, beside curl --parallel, unzip and DuckDB's import."""
    n_files = 200
    url = archive_server(n_files, n_trades // n_files, 0)
    peer = download_code(url, n_files, 8) + """
import concurrent.futures, duckdb, zipfile
subprocess.run("sha256sum --check --quiet *.CHECKSUM", shell=True, check=True)
connection = duckdb.connect()
def store(day):
    with zipfile.ZipFile(f"BTCUSDT-aggTrades-{day}.zip") as z:
        z.extractall()
    connection.cursor().execute(f"COPY (FROM read_csv('BTCUSDT-aggTrades-{day}.csv') ORDER BY transact_time, agg_trade_id) "
                                f"TO '{day}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    os.unlink(f"BTCUSDT-aggTrades-{day}.csv")
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(store, days))
"""

    def check():
        ours, theirs = (count(f"SELECT count(*) FROM read_parquet('{DATA}/{g}')")
                        for g in ("ours-sync/market=*/**/*.parquet", "peer-sync/*.parquet"))
        return None if ours == theirs else f"{ours} rows of {theirs} were stored"

    return Case("archive to store", n_trades, "trades", sync_command(url, n_files, 8), "curl and DuckDB",
                [sys.executable, "-c", peer], before=fresh_sync_folders, check=check)


def sync_slow(n_trades):
    """200 requests of 50 ms each, 16 at once; ours also checks and stores, the peer only downloads."""
    n_files, delay, jobs = 100, 0.05, 16
    url = archive_server(n_files, 1000, delay)
    ideal = 2 * n_files * delay / jobs
    return Case("slow server", 2 * n_files, "requests", sync_command(url, n_files, jobs), "curl --parallel",
                [sys.executable, "-c", download_code(url, n_files, jobs)], before=fresh_sync_folders,
                notes=f"the ideal is {ideal:.3f} s; the peer stores nothing")
# ---- The Python package beside the published one of the same name ----------------------------------------

# Both sides are Python processes that print the seconds of what is measured, imports left out; peak memory is the whole
# process's. The peer's environment is made by scripts/check.sh published.


def ours_in_python(code):
    return ["env", f"PYTHONPATH={ROOT / 'build' / 'python'}", ROOT / "build" / "python-venv" / "bin" / "python", "-c", code]


def published_in_python(code):
    python = ROOT / "build" / "published-venv" / "bin" / "python"
    if not python.exists():
        sys.exit("the published package is not installed: scripts/check.sh published does so")
    return [python, "-c", code]


def python_load(is_cold, is_whole=False):
    """In a process of its own: what the calls take, or, `is_whole`, all of a script that loads once."""

    def case(n_trades):
        source = many_days(20, 5)
        code = f"""
import logging, time, warnings
logging.disable()
warnings.filterwarnings("ignore")
import factorium
symbols = {sorted(path.name[7:] for path in (source / "market=futures_um" / "data_type=aggTrades").iterdir())!r}
for i in range({1 if is_cold or is_whole else 3}):
    start = time.perf_counter()
    bars = factorium.BinanceDataLoader(path={str(source)!r}).load_aggbar(
        symbols, "aggTrades", "futures", "um", start_date="2024-08-08", days=5)
    print(time.perf_counter() - start, len(bars))
"""

        def before(is_ours):
            if is_cold:
                shutil.rmtree(source / ".cache", ignore_errors=True)

        glob = f"{source}/market=futures_um/data_type=aggTrades/*/*/*/*/*.parquet"
        rows = count(f"SELECT count(*) FROM read_parquet('{glob}')")
        return Case(
            f"{'cold' if is_cold else 'warm'} load in Python", rows, "trades", ours_in_python(code), "factorium 0.4.0",
            published_in_python(code), before=before, seconds_of=None if is_whole else min,
            notes="20 symbols x 5 days to 1-minute bars" + (", the whole script" if is_whole else ""),
        )

    what = f"{'First' if is_cold else 'Later'} load of 20 symbols x 5 days in Python"
    case.__doc__ = f"{what}{', imports and all' if is_whole else ''}, beside the published package."
    return case


def python_panel():
    """100 symbols x 43,200 minutes, made up."""
    path = DATA / "python-panel.parquet"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-c", f"""
import numpy as np, polars as pl
rng, n, s = np.random.default_rng(0), 43_200, 100
start = np.repeat(1_723_075_200_000 + 60_000 * np.arange(n), s)
close = 100 * np.exp(rng.normal(size=(n, s)).cumsum(axis=0).ravel() * 1e-3)
pl.DataFrame({{"symbol": [f"S{{i:03d}}USDT" for i in range(s)] * n, "start_time": start, "end_time": start + 60_000,
              "close": close, "volume": rng.gamma(2, 10, n * s)}}).write_parquet({str(path)!r})
"""], check=True)
    return path


TEN_OPERATORS = [
    "c.ts_mean(20)", "c.ts_std(20)", "c.ts_max(20)", "c.ts_delta(20)", "c.ts_zscore(60)", "c.ts_rank(20)", "c.ts_corr(v, 20)",
    "c.rank()", "c.cs_zscore()", "c / v",
]
CHAIN = ["(c.ts_delta(20) / c.ts_shift(20)).cs_zscore() + v.ts_zscore(60)"]


def python_factors(expressions, what):
    def case(n_trades):
        head = f"""
import time, warnings
warnings.filterwarnings("ignore")
import polars, factorium
bars = factorium.AggBar(polars.read_parquet({str(python_panel())!r}))
c, v = bars["close"], bars["volume"]
start = time.perf_counter()
"""
        made = f"[{', '.join(expressions)}]"
        tail = "\nprint(time.perf_counter() - start)\n"
        ours = f"{head}factorium.evaluate({made}).to_polars(){tail}"
        peer = f"{head}for factor in {made}: factor.data{tail}"
        return Case(
            what, len(expressions) * 4.32e6, "cells", ours_in_python(ours), "factorium 0.4.0", published_in_python(peer),
            seconds_of=min, notes="100 x 43,200, as a Polars frame",
        )

    case.__doc__ = f"{what[:1].upper()}{what[1:]} on 100 x 43,200 in Python, beside the published package."
    return case


CASES = {
    "bars-1m": bars_1m,
    "bars-1m-pyarrow": bars_1m_pyarrow,
    "bars-1m-polars": bars_1m_polars,
    "bars-1m-finmlkit": beside_finmlkit("--interval 1m", "TimeBarKit(trades, pandas.Timedelta('1min'))"),
    "bars-tick": beside_finmlkit("--bar tick:1000", "TickBarKit(trades, 1000)"),
    "bars-volume": beside_finmlkit("--bar volume:500", "VolumeBarKit(trades, 500.0)"),
    "bars-dollar": beside_finmlkit("--bar dollar:1e7", "DollarBarKit(trades, 1e7)"),
    "many-files": many_files,
    "memory": memory,
    "ingest": ingest,
    "sync": sync,
    "sync-slow": sync_slow,
    "small-question": small_question,
    "load-cold": load_cold,
    "load-first-duckdb": load_warm("DuckDB", True),
    "load-first-polars": load_warm("Polars", True),
    "load-first-pyarrow": load_warm("pyarrow", True),
    "load-later-duckdb": load_warm("DuckDB", False),
    "load-later-polars": load_warm("Polars", False),
    "load-later-pyarrow": load_warm("pyarrow", False),
    "python-load-cold": python_load(True),
    "python-load-warm": python_load(False),
    "python-script-cold": python_load(True, is_whole=True),
    "python-script-warm": python_load(False, is_whole=True),
    "python-ten": python_factors(TEN_OPERATORS, "ten operators"),
    "python-chain": python_factors(CHAIN, "a chain of operators"),
}

CASES.update(factor_cases.make(sys.modules[__name__]))
CASES.update(evaluate_cases.make(sys.modules[__name__]))


# ---- Report ----------------------------------------------------------------------------------------


def measure(case, n_runs):
    ours, peer = Side(), Side()
    for i in range(n_runs + 1):
        for side, command in ((ours, case.ours), (peer, case.peer)):
            case.before(side is ours)
            seconds_of = case.seconds_of or (case.peer_seconds_of if side is peer else None)
            run([str(part) for part in command], side, seconds_of)
        if i == 0:  # the first round warms the files
            ours.seconds.clear()
            peer.seconds.clear()
            ours.cpu_seconds.clear()
            peer.cpu_seconds.clear()
    problem = case.check()
    if problem:
        sys.exit(f"{case.what}: {problem}")
    return ours, peer


def main():
    parser = argparse.ArgumentParser(description="Times factorium beside its peers.")
    parser.add_argument("cases", nargs="*", help="cases to run; all without")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE, too")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--trades", type=int, default=20_000_000, help="size of the data (default 20,000,000)")
    options = parser.parse_args()
    if options.list:
        for name, case in CASES.items():
            print(f"{name:20} {case.__doc__}")
        return
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        sys.exit(f"no case {unknown[0]}; there are: {', '.join(CASES)}")
    DATA.mkdir(parents=True, exist_ok=True)
    results = []
    print(f"{'case':20} {'ours':>9} {'peer':>9} {'ratio':>7} {'ours':>14} {'memory ours':>12} {'peer':>9} {'cpu ours':>8} {'peer':>8}  beside")
    for name in options.cases or [name for name in CASES if name != "memory"]:
        case = CASES[name](options.trades)
        ours, peer = measure(case, options.runs)
        ours_s, peer_s = statistics.median(ours.seconds), statistics.median(peer.seconds)
        rate = f"{case.work / ours_s / 1e6:.1f} M {case.unit}/s"
        if case.unit == "files":
            rate = f"{ours_s / case.work * 1e6:.0f} us a file"
        print(
            f"{name:20} {ours_s:8.3f}s {peer_s:8.3f}s {peer_s / ours_s:6.2f}x {rate:>14}"
            f" {ours.peak_bytes >> 20:9d} MB {peer.peak_bytes >> 20:6d} MB"
            f" {statistics.median(ours.cpu_seconds):7.2f}s {statistics.median(peer.cpu_seconds):7.2f}s  {case.peer_name}"
            + (f" ({case.notes})" if case.notes else ""),
            flush=True,
        )
        results.append({
            "case": name, "work": case.work, "unit": case.unit, "ours_seconds": ours.seconds, "peer": case.peer_name,
            "peer_seconds": peer.seconds, "ours_peak_bytes": ours.peak_bytes, "peer_peak_bytes": peer.peak_bytes,
            "ours_cpu_seconds": ours.cpu_seconds, "peer_cpu_seconds": peer.cpu_seconds,
        })
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
