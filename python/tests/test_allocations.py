"""No copies where the layout allows: large allocations are counted, by a library that a fresh interpreter preloads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

# Prints {name: [allocations, bytes]} of each piece of work, its result still held: after a first time the least of three,
# as pyarrow's allocator fetches some MB for itself now and then.
CODE = """
import ctypes, json, sys
import numpy as np, pandas as pd, polars as pl, pyarrow as pa
import factorium as ft
from factorium import _core, _frames

lib = ctypes.CDLL(sys.argv[1])
lib.counted_calls.restype = lib.counted_bytes.restype = ctypes.c_longlong
n, s = 20_000, 8
rows = n * s
rng = np.random.default_rng(0)
end = 60_000 * np.repeat(np.arange(1, n + 1), s)
symbols = [f"S{i}" for i in range(s)]
frame = pd.DataFrame(
    {
        "symbol": pd.Categorical.from_codes(np.tile(np.arange(s, dtype=np.int8), n), symbols),
        "start_time": end - 60_000,
        "end_time": end,
        "close": rng.random(rows),
        "single": rng.random(rows).astype(np.float32),
        "count": np.arange(rows),
        "time": end.view("datetime64[ms]"),
    },
    copy=False,
)
masked = frame.assign(count=frame["count"].astype("Int64"))
arrays = {name: frame[name].to_numpy() for name in ("start_time", "close", "single", "count")}
bars = ft.AggBar(frame.drop(columns=["single", "time"]))
table = bars.to_arrow().combine_chunks()
polars = pl.DataFrame(table)
wide, times = rng.random((n, s)), end[::s]
turned = np.asfortranarray(wide)
work = {
    "pandas in": lambda: pa.table(_frames.stream_of(frame)),
    "pandas with missing in": lambda: pa.table(_frames.stream_of(masked)),
    "numpy in": lambda: pa.table(_frames.stream_of(arrays)),
    "pyarrow in": lambda: _frames.stream_of(table),
    "polars in": lambda: _frames.stream_of(polars),
    "sliced pandas in": lambda: pa.table(_frames.stream_of(frame.iloc[1000:])),
    "arrays wide in": lambda: pa.table(_frames.stream_of_wide({"x": wide}, times, symbols)),
    "arrays wide, turned, in": lambda: pa.table(_frames.stream_of_wide({"x": turned}, times, symbols)),
    "arrow to pandas": lambda: _frames.to_pandas(table),
    "panel to arrow": lambda: bars.to_arrow(),
    "panel to pandas": lambda: bars.to_pandas(),
    "a column is a factor": lambda: (bars["close"]._evaluated(), len(bars["close"]), bars["close"] * 2 + bars["count"]),
    "bars again": lambda: (bars.copy(), ft.AggBar(bars), bars.cols, bars.symbols),
}
counted = {}
for name, call in work.items():
    call()
    counts = []
    for _ in range(3):
        calls, size = lib.counted_calls(), lib.counted_bytes()
        kept = call()
        counts.append([lib.counted_calls() - calls, lib.counted_bytes() - size])
    counted[name] = min(counts, key=lambda count: count[1])
print(json.dumps(counted))
"""
COLUMN = 20_000 * 8 * 8  # bytes of a column of eight-byte values


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    compiler = shutil.which("cc")
    if compiler is None or "asan" in os.environ.get("FACTORIUM_BUILD_DIR", ""):
        pytest.skip("needs a C compiler, and malloc to itself")
    source = Path(__file__).with_name("count_allocations.c")
    library = tmp_path_factory.mktemp("count") / "count.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    made = subprocess.run(
        [sys.executable, "-c", CODE, library],
        env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


@pytest.mark.parametrize(
    "name",
    ["pandas in", "numpy in", "pyarrow in", "polars in", "sliced pandas in", "a column is a factor", "bars again"],
)
def test_nothing_is_copied(counted, name):
    assert counted[name] == [0, 0]


def test_only_what_lies_otherwise_is_made(counted):
    calls, size = counted["pandas with missing in"]
    assert size <= 1.3 * COLUMN and calls <= 2, "the one column whose missing values lie apart"
    calls, size = counted["arrays wide in"]
    assert calls == 3 and size == 2.5 * COLUMN, "the key, not the values"
    calls, size = counted["arrays wide, turned, in"]
    assert calls == 4 and size == 3.5 * COLUMN, "and the values, which lie the other way"


def test_a_frame_is_made_once(counted):
    """Out of a panel's tiles, rows are put together once for Arrow, and the same and a buffer a column for pandas."""
    objects = 0 if int(pd.__version__.split(".")[0]) >= 3 else 1  # pandas 2 has its texts as an array of objects
    assert counted["arrow to pandas"] == [5 + objects, (4.5 + objects) * COLUMN], "one buffer a column, codes for texts"
    calls, size = counted["panel to arrow"]
    assert size <= 5.5 * COLUMN
    assert counted["panel to pandas"] == [calls + 5 + objects, size + (4.5 + objects) * COLUMN]
