"""How the package behaves: imports, errors, threads, forks, signals, progress, memory."""

import contextlib
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import factorium as ft
import numpy as np
import pytest
from conftest import SYMBOLS


def in_python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_nothing_is_needed_to_import():
    code = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numpy", "pandas", "polars", "pyarrow", "duckdb", "tqdm", "matplotlib"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Block())
import factorium as ft
bars = ft.AggBar(sys.argv[1])
print(len(bars), bars.symbols, ft.__version__)
try:
    bars.to_polars()
except ImportError as error:
    print(error)
factor = bars["close"].ts_mean(2)
print(len(factor), factor.write(sys.argv[2]), repr(factor))
"""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bars.csv")
        with open(path, "w") as file:
            file.write("symbol,start_time,end_time,close\nA,0,60000,1\nA,60000,120000,2\n")
        out = in_python(code, path, os.path.join(folder, "out.parquet"))
    assert out.splitlines()[0].startswith("2 ['A'] 0.")
    assert "needs polars, which is not installed" in out
    assert "2 2 Factor: ts_mean(close,2), 2 rows" in out


def test_errors_are_builtin_ones_too():
    pairs = {
        ft.ArgumentError: ValueError,
        ft.NotFoundError: FileNotFoundError,
        ft.NoSuchColumnError: KeyError,
        ft.ReadError: OSError,
        ft.DataError: ValueError,
        ft.IntegrityError: ValueError,
        ft.LimitError: MemoryError,
        ft.OutOfMemoryError: MemoryError,
        ft.UnsupportedError: ValueError,
        ft.InterruptedCallError: InterruptedError,
        ft.InternalError: RuntimeError,
    }
    for error, builtin in pairs.items():
        assert issubclass(error, builtin) and issubclass(error, ft.Error)
        made = pickle.loads(pickle.dumps(error("what happened")))
        assert type(made) is error and str(made) == "what happened"


def test_help_says_enough():
    for name in ft.__all__:
        thing = getattr(ft, name)
        if name != "__version__":
            assert thing.__doc__ and len(thing.__doc__) > 20, name
        if isinstance(thing, type):
            for method, function in vars(thing).items():
                if not method.startswith("_") and callable(getattr(thing, method)):
                    assert (getattr(function, "__func__", function)).__doc__, f"{name}.{method}"


def test_threads(grid, store):
    def work(i: int) -> float:
        bars = ft.DataLoader(store).load_aggbar(SYMBOLS[i % 3], 60_000)
        return float(np.nansum(bars["close"].ts_mean(5).to_numpy()) + np.nansum(grid["close"].ts_rank(7).to_numpy()))

    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(work, range(48))]
    assert len({*made}) == 3 and made[:3] * 16 == made
    shared = grid["close"].ts_std(9)
    with ThreadPoolExecutor(8) as pool:
        sums = {float(np.nansum(array)) for array in pool.map(lambda _: shared.to_numpy(), range(32))}
    assert len(sums) == 1


def _in_child(panel) -> tuple[int, float]:
    return len(panel), float(np.nansum(panel["close"].ts_mean(3).to_numpy()))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(grid, method):
    expected = _in_child(grid)  # the library has run before the fork
    if method == "fork":
        pid = os.fork()
        if pid == 0:
            os._exit(0 if _in_child(grid) == expected else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    else:
        code = "import sys, pickle; p = pickle.load(sys.stdin.buffer); print(len(p))"
        result = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(grid), capture_output=True, check=True)
        assert int(result.stdout) == len(grid)
    assert multiprocessing.current_process().name == "MainProcess"


def test_sub_interpreters_are_refused():
    code = """
import _xxsubinterpreters as interpreters
made = interpreters.create()
try:
    interpreters.run_string(made, "import factorium")
    print("imported")
except Exception as error:
    print("refused:", error)
"""
    if sys.version_info >= (3, 13):
        code = code.replace("_xxsubinterpreters", "_interpreters")
    out = in_python(code)
    assert "imported" not in out or "refused" in out, out


@pytest.fixture
def slow_archive(tmp_path):
    """Enough rows that ingesting takes a while."""
    ft.simulate(tmp_path / "archive", symbols=6, days=6, trades=300_000)
    return tmp_path


def test_ctrl_c(slow_archive):
    sent = []

    def interrupt():
        time.sleep(0.3)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        for i in range(50):
            ft.ingest(slow_archive / "archive", slow_archive / f"store{i}", threads=1)
    stopped = time.monotonic()
    thread.join()
    # Within a second is the promise; a loaded machine may be late, a call that does not hear goes on for much longer.
    assert stopped - sent[0] < 20
    assert not [*slow_archive.rglob("*.tmp")]


def test_progress(store, tmp_path):
    seen = []
    ft.ingest(store.parent / "archive", tmp_path / "store", progress=lambda *p: seen.append(p))
    assert seen and seen[-1][0] == "ingest" and seen[-1][3] <= seen[-1][4]
    with _quiet(), pytest.raises(InterruptedError):
        ft.ingest(store.parent / "archive", tmp_path / "other", progress=lambda *p: 1 / 0)
    ft.DataLoader(store).load_aggbar(SYMBOLS, use_cache=False, progress=True)


class _quiet:
    """Takes what an exception in a callback says on its way."""

    def __enter__(self):
        self.hook, sys.unraisablehook = sys.unraisablehook, lambda *_: None

    def __exit__(self, *_):
        sys.unraisablehook = self.hook


def resident_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def test_memory_stays_flat(store):
    """1,000 loads, factors and frames in one process."""
    loader = ft.DataLoader(store)

    def work(i: int) -> None:
        bars = loader.load_aggbar("SOLUSDT", 3_600_000, "2024-08-08", "2024-08-10")
        if i % 5 == 0:
            bars["close"].ts_mean(5).to_pandas()
            bars.to_polars()
            ft.AggBar(bars.to_df())
            with contextlib.suppress(KeyError):
                bars["nothing"]

    for i in range(100):
        work(i)
    gc.collect()
    before = resident_kb()
    for i in range(1000):
        work(i)
    gc.collect()
    assert resident_kb() - before < 6_000, "a leak of a few kB a load would be more"
