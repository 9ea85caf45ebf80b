"""Other processes and interpreters: forked, spawned, pickled to, refused."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import factorium as ft
import numpy as np
import pytest
from conftest import in_python

ROOT = Path(__file__).resolve().parents[2]


def work(panel: ft.AggBar) -> tuple[int, float]:
    return len(panel), float(np.nansum(panel["close"].ts_mean(3).to_numpy()))


def in_a_fork(call) -> str:
    """What a forked child makes of a call."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)  # a call without an end ends here
        try:
            os.write(write, str(call()).encode())
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        text = said.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return text


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork(grid):
    expected = str(work(grid))  # the library has run before the fork
    assert in_a_fork(lambda: work(grid)) == expected
    assert in_a_fork(lambda: in_a_fork(lambda: work(grid))) == expected


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_amid_a_call_is_told(slow_archive, grid):
    """In the child of a process one of whose threads was in a call, calls are errors, never without an end."""
    store = slow_archive / "store"
    thread = threading.Thread(target=lambda: ft.ingest(slow_archive / "archive", store, threads=1))
    thread.start()
    while not store.exists():
        time.sleep(0.001)
    said = in_a_fork(lambda: work(grid))
    thread.join()
    assert said.startswith("ForkedError: this process was forked while another thread was in a call")
    assert in_a_fork(lambda: work(grid)) == str(work(grid)), "the parent goes on, and its next child"


def test_spawn(grid):
    code = "import sys, pickle; p = pickle.load(sys.stdin.buffer); print(len(p))"
    made = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(grid), capture_output=True, check=True)
    assert int(made.stdout) == len(grid)


def test_sub_interpreters_are_refused():
    code = """
import factorium
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
interpreters.run_string(interpreters.create(), '''
try:
    import factorium
    print("imported")
except ImportError as error:
    print("refused:", error)
''')
"""
    assert in_python(code).startswith("refused: "), "by the module, or by the interpreter, which asks it first"


def test_free_threaded_builds_are_refused():
    """Compiling for one stops with a message; its interpreter does not look for modules of the stable ABI."""
    compiler, headers = shutil.which("cc"), sysconfig.get_path("include")
    if compiler is None or not os.path.exists(os.path.join(headers, "Python.h")):
        pytest.skip("needs a C compiler and Python's headers")
    flags = ["-fsyntax-only", f"-I{headers}", f"-I{ROOT / 'include'}", "-DPy_LIMITED_API=0x030b0000"]
    for more, expected in ([], 0), (["-DPy_GIL_DISABLED"], 1):
        made = subprocess.run(
            [compiler, *flags, *more, ROOT / "python/src/module.c"], capture_output=True, text=True, check=False
        )
        assert made.returncode == expected, made.stderr
    assert "free-threaded builds are not supported" in made.stderr
