"""Clusters of processes, started and used as docs/scale.md says: the same bars, also where a node dies."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import clusters
import factorium as ft
import pytest
import shard_tasks
from conftest import SYMBOLS
from factorium.distributed import DaskExecutor, RayExecutor, ShardsFailedError

pytestmark = pytest.mark.filterwarnings("default")

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FACTORIUM_BUILD_DIR", "build")
PROGRAM = BUILD / "factorium"
SECONDS = 90

SCRIPT = """
import sys
import factorium as ft
store, out = sys.argv[1:]
loader = ft.DataLoader(store, cache_enabled=False)
loader.load_aggbar({symbols}, "1m", executor="spark://", n_shards=20).to_parquet(out)
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment() -> dict[str, str]:
    """For programs of the engines, which lie beside this Python, and for ours."""
    paths = [str(BUILD / "python"), str(ROOT / "python/tests")]
    path = os.pathsep.join([str(Path(sys.executable).parent), str(BUILD), os.environ["PATH"]])
    return os.environ | {
        "PATH": path,
        "PYTHONPATH": os.pathsep.join(paths),
        "RAY_AUTH_MODE": "disabled",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def run(*command: Any) -> subprocess.CompletedProcess[str]:
    """A program that is to succeed."""
    arguments = [str(word) for word in command]
    done = subprocess.run(arguments, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done


@contextmanager
def server(log: Path, says: str, *command: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a group of its own, from when it has said that it is up to the end of the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command], env=environment(), stdout=out, stderr=out, start_new_session=True
        )
    try:
        end = time.monotonic() + SECONDS
        while says not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, f"{command}: {log.read_text()[-4000:]}"
            time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """The program and all that it started, if there is some."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def need_program() -> None:
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} was not built; make does")


def assert_bars(path: Path, store: Path) -> None:
    """The file has the bars of one machine."""
    expected = ft.DataLoader(store, cache_enabled=False).load_aggbar(SYMBOLS)
    assert ft.AggBar(path).to_polars().equals(expected.to_polars())


def shards(folder: Path, n: int) -> list[tuple[str, int]]:
    folder.mkdir()
    return [(str(folder), number) for number in range(n)]


def n_done(folder: Path) -> int:
    return len([*folder.glob("[!.]*.txt")])


# ---- Ray --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ray_head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """`ray start --head`: its ports."""
    clusters.need("ray")
    pytest.importorskip("grpc", reason="ray[client] is not installed; scripts/check.sh distributed installs it")
    pytest.importorskip("aiohttp", reason="ray[default] is not installed; scripts/check.sh distributed installs it")
    folder = tmp_path_factory.mktemp("ray")
    short = Path(f"/tmp/factorium-ray-{os.getpid()}")  # Ray's sockets lie there, whose paths may have 107 bytes
    ports = {name: free_port() for name in ("gcs", "client", "dashboard")}
    command = ["ray", "start", "--head", "--block", "--num-cpus=2", "--disable-usage-stats", f"--temp-dir={short}"]
    command += [f"--port={ports['gcs']}", f"--ray-client-server-port={ports['client']}"]
    command += ["--dashboard-host=127.0.0.1", f"--dashboard-port={ports['dashboard']}"]
    try:
        with server(folder / "log", "Ray runtime started", *command):
            yield ports
    finally:
        shutil.rmtree(short, ignore_errors=True)


def test_ray_job_submit(ray_head: dict[str, int], store: Path, tmp_path: Path) -> None:
    need_program()
    out = tmp_path / "bars.parquet"
    program = [PROGRAM, "bars", "--store", store, "--interval", "1m", "--no-cache", "--shards", 20, "-o", out]
    address = f"http://127.0.0.1:{ray_head['dashboard']}"
    run("ray", "job", "submit", "--address", address, "--", *program, "--executor", "ray://")
    assert_bars(out, store)


def test_the_cluster_that_ray_finds(ray_head: dict[str, int], store: Path, tmp_path: Path) -> None:
    need_program()
    out = tmp_path / "bars.parquet"
    program = [PROGRAM, "bars", "--store", store, "--interval", "1m", "--no-cache", "--shards", 20, "-o", out]
    said = run("env", f"RAY_ADDRESS=127.0.0.1:{ray_head['gcs']}", *program, "--executor", "ray://auto")
    assert "existing Ray cluster" in said.stderr
    assert_bars(out, store)


def test_ray_client(ray_head: dict[str, int], store: Path, tmp_path: Path) -> None:
    """By way of a client server: bars, a worker that dies, a shard that kills every worker, one that fails."""
    with RayExecutor(f"127.0.0.1:{ray_head['client']}") as executor:
        loader = ft.DataLoader(store, cache_enabled=False)
        got = loader.load_aggbar(SYMBOLS, executor=executor, n_shards=20, work=tmp_path / "work")
        assert got.to_polars().equals(loader.load_aggbar(SYMBOLS).to_polars())
        executor.map(shard_tasks.die_once, shards(tmp_path / "once", 20))
        assert n_done(tmp_path / "once") == 20
        with pytest.raises(ShardsFailedError, match="died") as caught:
            executor.map(shard_tasks.die_always, shards(tmp_path / "always", 5))
        assert [failure.index for failure in caught.value.failures] == [2]
        with pytest.raises(ShardsFailedError, match="7 is a multiple of 7"):
            executor.map(shard_tasks.refuse_sevens, shards(tmp_path / "sevens", 20))


# ---- Dask -------------------------------------------------------------------------------------------------


def test_dask_scheduler_and_workers(store: Path, tmp_path: Path) -> None:
    """One of two `dask worker` is killed, with its nanny: the job ends on the other."""
    clusters.need("dask")
    address = f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    scheduler = ["dask", "scheduler", "--host", host, "--port", port, "--dashboard-address", "127.0.0.1:0"]
    worker = ["dask", "worker", f"tcp://{address}", "--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
    worker += ["--local-directory", tmp_path / "dask"]
    with (
        server(tmp_path / "scheduler", "Scheduler at", *scheduler),
        server(tmp_path / "first", "Starting established connection", *worker),
        server(tmp_path / "second", "Starting established connection", *worker) as doomed,
        DaskExecutor(address) as executor,
    ):
        assert executor.n_slots() == 2
        loader = ft.DataLoader(store, cache_enabled=False)
        got = loader.load_aggbar(SYMBOLS, executor=executor, n_shards=20, work=tmp_path / "work")
        assert got.to_polars().equals(loader.load_aggbar(SYMBOLS).to_polars())

        def kill(stage: str, item: Any, unit: str, done: int, total: int) -> None:
            if done == 4:
                kill_group(doomed)

        executor.map(shard_tasks.square_slowly, shards(tmp_path / "squares", 30), progress=kill)
        assert doomed.poll() is not None and n_done(tmp_path / "squares") == 30
        assert executor.n_slots() == 1


# ---- Spark ------------------------------------------------------------------------------------------------


def submit(master: str, store: Path, folder: Path) -> None:
    """`spark-submit` of a script as docs/scale.md has it."""
    script = folder / "bars.py"
    script.write_text(SCRIPT.format(symbols=SYMBOLS))
    run(
        "spark-submit", "--master", master, "--conf", "spark.task.maxFailures=4", script, store, folder / "bars.parquet"
    )
    assert_bars(folder / "bars.parquet", store)


def test_spark_submit(store: Path, tmp_path: Path) -> None:
    clusters.need("spark")
    submit("local[2,4]", store, tmp_path)


def test_spark_standalone(store: Path, tmp_path: Path) -> None:
    """A master and a worker, by spark-submit and by the program."""
    clusters.need("spark")
    need_program()
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    role = "org.apache.spark.deploy"
    master = ["spark-class", f"{role}.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", 0]
    worker = ["spark-class", f"{role}.worker.Worker", "--cores", 2, "--memory", "1g", "--webui-port", 0]
    worker += ["-d", tmp_path / "worker", url]
    with (
        server(tmp_path / "master.log", "I have been elected leader", *master),
        server(tmp_path / "worker.log", "Successfully registered with master", *worker),
    ):
        submit(url, store, tmp_path)
        out = tmp_path / "program.parquet"
        program = [PROGRAM, "bars", "--store", store, "--interval", "1m", "--no-cache", "--shards", 20, "-o", out]
        run(*program, "--executor", url)
        assert_bars(out, store)


NODES = """
import os, signal, sys, threading, time
from pathlib import Path
import shard_tasks
from factorium.distributed import SparkExecutor

folder = Path(sys.argv[1])

def executors(application):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\\0")
        except OSError:
            continue
        if b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in words and application in words:
            found.append(int(process.name))
    return found

with SparkExecutor("local-cluster[2,1,1024]") as executor:
    application = executor._context.applicationId.encode()

    def kill():
        while len([*folder.glob("[!.]*.txt")]) < 4:
            time.sleep(0.02)
        os.kill(executors(application)[0], signal.SIGKILL)
        print("killed", flush=True)

    thread = threading.Thread(target=kill)
    thread.start()
    executor.map(shard_tasks.square_slowly, [(str(folder), number) for number in range(30)])
    thread.join()
"""


def test_a_killed_executor_of_spark(tmp_path: Path) -> None:
    """A node of local-cluster is a process of its own; with it go its Python workers and what they were at."""
    clusters.need("spark")
    folder = tmp_path / "squares"
    folder.mkdir()
    assert "killed" in run(sys.executable, "-B", "-c", NODES, folder).stdout
    assert {path.name for path in folder.glob("[!.]*")} == {f"{number}.txt" for number in range(30)}
    assert all((folder / f"{number}.txt").read_text() == str(number * number) for number in range(30))
