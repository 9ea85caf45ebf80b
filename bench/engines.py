"""What engines cost over a pool of processes for the same shards, and a rank across symbols beside one NumPy process.

    scripts/bench.sh distributed [--rounds N] [--engines local,ray,dask,spark] [--json FILE]

All clusters are up before anything is timed, with as many workers as there are cores; engines take turns. A line an engine:
the median of running 40 shards of a rolling factor, each about a third of a second of one core, and its ratio to the pool.
Results of all engines are compared. Then cs_rank over 1,000 symbols x 1,440 times through the shuffle, from file to file,
beside one process of NumPy that does the same from and to the same kind of file.
"""

import argparse
import contextlib
import hashlib
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "build/python"), str(ROOT / "python/tests")]
os.environ["PYTHONPATH"] = f"{ROOT / 'build/python'}:{ROOT / 'python/tests'}"

import clusters  # noqa: E402
import factorium as ft  # noqa: E402
import numpy as np  # noqa: E402
from factorium import _core  # noqa: E402
from factorium.distributed import run_plan  # noqa: E402

DATA = ROOT / "build/bench/distributed"
N_SHARDS = 40
ROWS = 40_000
FACTOR = "x = " + " + ".join(f"ts_rank(close, {d})" for d in range(20, 80))

NUMPY = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1], columns=["start_time", "end_time", "symbol", "close"])
close = table["close"].to_numpy().reshape(1440, 1000)
order = np.argsort(close, axis=1)
rank = np.empty_like(close)
np.put_along_axis(rank, order, np.arange(1000) / 999.0, axis=1)
out = table.drop_columns(["close"]).append_column("rank", pa.array(rank.ravel()))
pq.write_table(out, sys.argv[2], use_dictionary=["symbol"], compression="none")
"""


def panel(path, n_symbols, n_times):
    """Random walks by (end_time, symbol), as a panel's file has them."""
    if path.exists():
        return path
    rng = np.random.default_rng(3)
    close = 100 + rng.normal(size=(n_times, n_symbols)).cumsum(axis=0) / 10
    times = 1_704_067_200_000 + 60_000 * np.arange(1, n_times + 1)
    names = [f"S{k:04d}USDT" for k in range(n_symbols)]
    path.parent.mkdir(parents=True, exist_ok=True)
    ft.AggBar.from_numpy({"close": close}, times, names).to_parquet(path)
    return path


def plan_of(source, expressions, n_shards, name):
    """A plan nobody ran yet."""
    work = DATA / "work"
    shutil.rmtree(work / name, ignore_errors=True)
    path = DATA / f"{name}.json"
    request = {"panel": str(source), "expressions": expressions, "n_shards": n_shards, "work": str(work / name)}
    _core.shard_plan(request, str(path), None)
    return str(path)


def digest(plan):
    """Of all values, in their order."""
    n_rows, columns = _core.collect(_core.shard_merge(plan, None), 0)
    found = hashlib.sha256(str(n_rows).encode())
    for _, _, values, _, _ in columns:
        found.update(bytes(values))
    return found.hexdigest()


def overhead(executors, rounds):
    source = panel(DATA / "rolling.parquet", N_SHARDS, ROWS)
    seconds = {name: [] for name in executors}
    digests = {}
    n_shards = 0
    for number in range(rounds + 1):
        for name, executor in executors.items():
            plan = plan_of(source, FACTOR, N_SHARDS, f"rolling-{name}")
            start = time.perf_counter()
            report = run_plan(plan, executor)
            if number:  # the first one is not counted
                seconds[name].append(time.perf_counter() - start)
            n_shards = report["ran"]
            digests.setdefault(name, digest(plan))
    if len(set(digests.values())) != 1:
        sys.exit(f"the engines' results differ: {digests}")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        ratio = median / medians["local"]
        print(f"{n_shards} shards on {name:6} {median:6.2f} s   {ratio:.2f} x the pool", flush=True)
    return medians


def rank(executors, rounds):
    source = panel(DATA / "cross.parquet", 1000, 1440)
    theirs = DATA / "numpy.parquet"
    peer, ours = [], {name: [] for name in executors}
    for number in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", NUMPY, source, theirs], check=True)
        if number:
            peer.append(time.perf_counter() - start)
        for name, executor in executors.items():
            start = time.perf_counter()
            plan = plan_of(source, "rank = cs_rank(close)", 2, f"rank-{name}")
            run_plan(plan, executor)
            if number:
                ours[name].append(time.perf_counter() - start)
            elif not same_ranks(plan, theirs):
                sys.exit(f"{name}: the ranks are not NumPy's")
    numpy_median = statistics.median(peer)
    print(f"rank of 1,000 x 1,440 by NumPy, one process, file to file: {numpy_median:.2f} s")
    medians = {name: statistics.median(times) for name, times in ours.items()}
    for name, median in medians.items():
        print(f"  through the shuffle on {name:6} {median:6.2f} s   {median / numpy_median:.2f} x NumPy", flush=True)
    return {"numpy": numpy_median, **medians}


def same_ranks(plan, theirs):
    a = ft.AggBar(_core.panel_from_stream(_core.shard_merge(plan, None), None)).to_polars()
    b = ft.AggBar(theirs).to_polars()
    return a["symbol"].equals(b["symbol"]) and np.array_equal(a["rank"].to_numpy(), b["rank"].to_numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default=",".join(clusters.ENGINES))
    parser.add_argument("--json")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with contextlib.ExitStack() as stack:
        executors = {
            name: stack.enter_context(clusters.started(name))
            for name in ["local", *(e for e in options.engines.split(",") if e != "local")]
        }
        figures = {"overhead": overhead(executors, options.rounds), "rank": rank(executors, options.rounds)}
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
