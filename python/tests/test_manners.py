"""How the package behaves: imports, errors, threads, signals, progress, memory."""

import contextlib
import gc
import locale
import os
import pickle
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import factorium as ft
import numpy as np
import pytest
from conftest import SYMBOLS, in_python
from factorium import _errors


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
        ft.ArgumentTypeError: TypeError,
        ft.MissingLibraryError: ImportError,
        ft.NotProvidedError: NotImplementedError,
        ft.NotFoundError: FileNotFoundError,
        ft.NoSuchColumnError: KeyError,
        ft.ReadError: OSError,
        ft.DataError: ValueError,
        ft.IntegrityError: ValueError,
        ft.LimitError: MemoryError,
        ft.OutOfMemoryError: MemoryError,
        ft.UnsupportedError: ValueError,
        ft.InterruptedCallError: InterruptedError,
        ft.ForkedError: RuntimeError,
        ft.InternalError: RuntimeError,
    }
    for error, builtin in pairs.items():
        assert issubclass(error, builtin) and issubclass(error, ft.Error)
        made = pickle.loads(pickle.dumps(error("what happened")))
        assert type(made) is error and str(made) == "what happened"


def test_every_error_is_one_of_ours(grid, store):
    rows = {"symbol": ["A"], "start_time": [0], "end_time": [1]}
    wide = {"x": np.ones((2, 2))}
    calls = {
        lambda: ft.AggBar(None): TypeError,
        lambda: ft.AggBar([]): ValueError,
        lambda: grid[3]: TypeError,
        lambda: grid[["symbol"]]: ValueError,
        lambda: ft.AggBar.from_numpy(wide, [1, 2], ["A"]): ValueError,
        lambda: ft.AggBar.from_numpy({"x": np.ones((1, 1))}, [1], ["A"]): ValueError,
        lambda: ft.AggBar({**rows, "x": np.array([1j])}): TypeError,
        lambda: ft.AggBar({**rows, "x": [1.0, 2.0]}): ValueError,
        lambda: ft.AggBar({**rows, "x": [{}]}): TypeError,
        lambda: ft.BinanceDataLoader("s3"): NotImplementedError,
        lambda: ft.Factor.from_expression("a+1", {"a": 3}): TypeError,
        lambda: ft.Factor.from_expression(3, grid): TypeError,
        lambda: ft.evaluate("close"): TypeError,
        lambda: ft.data.calculate_date_range(days=10**9): ValueError,
        lambda: ft.data.calculate_date_range("2024-01-01", days=10**9): ValueError,
        lambda: ft.DataLoader(store).load_aggbar("BTCUSDT", days=10**9): ValueError,
        lambda: ft.DataLoader(store).load_aggbar("BTCUSDT", 10**30): ValueError,
        lambda: ft.DataLoader(store).load_aggbar([3]): TypeError,
        lambda: ft.DataLoader(store).load_aggbar("BTCUSDT", memory_limit=-1): ValueError,
        lambda: ft.arrow.bars(3): TypeError,
        lambda: grid["close"].ts_mean(): TypeError,
        lambda: bool(grid["close"]): TypeError,
        lambda: ft.sync(store, "A", start=[], end="2024-08-08"): TypeError,
    }
    for i, (call, builtin) in enumerate(calls.items()):
        with pytest.raises(builtin) as raised:
            call()
        assert isinstance(raised.value, ft.Error), f"call {i}: {raised.value!r}"
    with pytest.raises(TypeError, match="a is no factor"):
        ft.Factor.from_expression("a+1", {"a": 3})


def test_messages_name_arguments_not_options(store, grid):
    load = ft.DataLoader(store).load_aggbar
    with pytest.raises(FileNotFoundError, match='missing="skip" leaves out'):
        load("NOPE", missing="error")
    with pytest.raises(MemoryError, match="raise memory_limit"):
        ft.evaluate({"x": "ts_mean(close, 5)"}, grid, memory_limit=10)
    with pytest.raises(ValueError, match=r"\(store=DIR\)"):
        ft.sql("FROM trades")
    with pytest.raises(ValueError, match="allow_external=True"):
        ft.sql("FROM read_csv('/etc/passwd')", store=store)
    cases = {
        "Say which it is with --map time=NAME": "Say which it is with mapping={'time': 'NAME'}",
        "as in --map time=ts,price=px.": "as in mapping={'time': 'ts', 'price': 'px'}.",
        "--map lacks time; choose with --market: a": "mapping lacks time; choose with market: a",
        "read it with --exchange generic and --map": 'read it with exchange="generic" and mapping',
        "SELECT 1 -- --typed": "SELECT 1 -- --typed",
        "--symbols A --symbol": "symbols A symbol",
    }
    for said, expected in cases.items():
        assert _errors.in_python(said) == expected


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

    def broken(*_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as raised:
        ft.ingest(store.parent / "archive", tmp_path / "other", progress=broken)
    assert raised.traceback[-1].name == "broken" and type(raised.value) is KeyError
    assert not [*tmp_path.rglob("*.tmp")]


def test_progress_bar(store, tmp_path, monkeypatch):
    """With ``progress=True`` a bar of tqdm's, closed at the end; without tqdm, none."""
    import tqdm.auto

    bars = []

    class Bar:
        def __init__(self, **settings):
            self.settings, self.n, self.total, self.is_closed = settings, 0, None, False
            bars.append(self)

        def set_postfix_str(self, text, refresh):
            assert text

        def refresh(self):
            assert 0 <= self.n <= (self.total or self.n)

        def close(self):
            self.is_closed = True

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    ft.ingest(store.parent / "archive", tmp_path / "store", progress=True)
    assert bars[0].settings["desc"] == "ingest" and all(bar.is_closed for bar in bars) and bars[-1].n > 0
    n = len(bars)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    ft.ingest(store.parent / "archive", tmp_path / "other", progress=True)
    assert len(bars) == n


def test_calls_leave_nothing_behind(store):
    """No state of the process changes: signals, folder, locale, environment, threads."""

    def state():
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)]
        threads = len(os.listdir("/proc/self/task"))
        return handlers, os.getcwd(), locale.setlocale(locale.LC_ALL), dict(os.environ), threads

    def work():
        bars = ft.DataLoader(store).load_aggbar(SYMBOLS, "5m")
        ft.evaluate({"x": bars["close"].ts_mean(3).cs_rank()}).to_pandas()
        ft.sql("SELECT count(*) FROM trades", store=store).to_pandas()

    work()
    before = state()
    work()
    assert state() == before


def resident_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def test_kept_memory_is_given_back():
    wide = np.ones((60_000, 8))
    bars = ft.AggBar.from_numpy({"x": wide}, np.arange(1, 60_001), [*"ABCDEFGH"], interval_ms=1)
    del bars
    ft.release_memory()
    made = (ft.AggBar.from_numpy({"x": wide}, np.arange(1, 60_001), [*"ABCDEFGH"], interval_ms=1)["x"] + 1).to_numpy()
    assert made.sum() == 960_000
    assert ft.release_memory() >= wide.nbytes and ft.release_memory() == 0


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
