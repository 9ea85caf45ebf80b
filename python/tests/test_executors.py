"""Executors: results in order, workers that die, errors that are told, Ctrl-C."""

import importlib
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clusters
import factorium as ft
import pytest
import shard_tasks
from factorium.distributed import LocalExecutor, RayExecutor, ShardsFailedError, executor_of
from factorium.distributed.executor import Outcome, attempt
from factorium.distributed.futures import FuturesEngine

# Engines warn of much that is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module", params=clusters.ENGINES)
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    with clusters.started(request.param) as made:
        yield made


def shards(folder: Path, n: int) -> list[tuple[str, int]]:
    return [(str(folder), number) for number in range(n)]


def assert_whole(folder: Path, n: int) -> None:
    """The n files of shard_tasks.square, and no beginnings under their names."""
    names = {f"{number}.txt" for number in range(n)}
    assert {path.name for path in folder.glob("[!.]*")} == names
    assert all((folder / f"{number}.txt").read_text() == str(number * number) for number in range(n))


def test_results_come_in_order(executor: Any, tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    results = executor.map(shard_tasks.square, shards(tmp_path, 100), progress=lambda *what: told.append(what))
    assert results == [str(tmp_path / f"{number}.txt") for number in range(100)]
    assert_whole(tmp_path, 100)
    assert told[-1][0] == "shards" and told[-1][3:] == (100, 100)
    assert [what[3] for what in told] == sorted(what[3] for what in told)


def test_nothing_to_do(executor: Any) -> None:
    assert executor.map(shard_tasks.square, []) == []


def test_what_fails_is_listed(executor: Any, tmp_path: Path) -> None:
    with pytest.raises(ShardsFailedError) as caught:
        executor.map(shard_tasks.refuse_sevens, shards(tmp_path, 20))
    error = caught.value
    assert [failure.index for failure in error.failures] == [0, 7, 14]
    assert (error.n_shards, error.n_done) == (20, 17)
    assert error.failures[1].shard == (str(tmp_path), 7)
    assert error.failures[1].error == "ValueError: 7 is a multiple of 7"
    assert error.failures[1].tries == 1  # wrong data is not tried again
    assert "process" in error.failures[1].node
    assert "refuse_sevens" in error.failures[1].details  # the traceback
    assert "3 of 20 shards failed; 17 are done" in str(error) and "7 is a multiple of 7" in str(error)
    assert isinstance(error, ft.Error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert len([*tmp_path.glob("*.txt")]) == 17


def test_what_may_pass_is_tried_again(executor: Any, tmp_path: Path) -> None:
    executor.map(shard_tasks.fail_once, shards(tmp_path, 10))
    assert_whole(tmp_path, 10)


def test_a_killed_worker_leaves_no_trace(executor: Any, tmp_path: Path) -> None:
    results = executor.map(shard_tasks.die_once, shards(tmp_path, 20))
    assert (tmp_path / ".died-3").exists() and (tmp_path / ".died-11").exists()
    assert len(results) == 20
    assert_whole(tmp_path, 20)


def test_a_shard_that_kills_every_worker_is_named(executor: Any, tmp_path: Path) -> None:
    with pytest.raises(ShardsFailedError, match="died") as caught:
        executor.map(shard_tasks.die_always, shards(tmp_path, 5))
    assert [failure.index for failure in caught.value.failures] == [2]
    assert caught.value.failures[0].tries == 4
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["0.txt", "1.txt", "3.txt", "4.txt"]
    # And the executor is good for more.
    (tmp_path / "more").mkdir()
    executor.map(shard_tasks.square, shards(tmp_path / "more", 5))
    assert_whole(tmp_path / "more", 5)


class SharedDeaths(FuturesEngine):
    """Runs shards where it is called; shards that are under way together with number 2 die with it."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[int] = []
        self.tasks: list[tuple[Any, Any]] = []

    def n_slots(self) -> int:
        return 3

    def _start(self, prepared: Any, shard: Any) -> int:
        self.tasks.append((prepared, shard))
        self.started.append(shard[1])
        return len(self.tasks) - 1

    def _ended(self, handles: list[int], seconds: float) -> list[int]:
        self.together = {self.tasks[handle][1][1] for handle in handles}
        return handles

    def _outcome(self, handle: int) -> Outcome:
        task, shard = self.tasks[handle]
        if 2 in self.together:
            return Outcome(error="its worker died", tries=4, is_suspect=True)
        return attempt(task, shard)

    def _stop(self, handles: list[int]) -> None:
        pass


def test_a_shard_that_died_of_another_is_not_blamed(tmp_path: Path) -> None:
    engine = SharedDeaths()
    with pytest.raises(ShardsFailedError, match="died") as caught:
        engine.map(shard_tasks.square, shards(tmp_path, 6))
    assert [(failure.index, failure.tries) for failure in caught.value.failures] == [(2, 4)]
    assert caught.value.n_done == 5
    assert engine.started == [0, 1, 2, 3, 4, 5, 0, 1, 2]


def test_results_are_manifests(executor: Any, tmp_path: Path) -> None:
    with pytest.raises(ShardsFailedError, match="a task writes data to files"):
        executor.map(shard_tasks.give_much, shards(tmp_path, 1))


def test_a_task_that_nodes_cannot_import(executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "of_the_driver_alone.py"
    module.write_text("def task(shard):\n    return shard\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    task = importlib.import_module(module.stem).task
    module.unlink()
    with pytest.raises(ShardsFailedError, match="No module named 'of_the_driver_alone'") as caught:
        executor.map(task, [1, 2, 3])
    assert [failure.index for failure in caught.value.failures] == [0, 1, 2]
    assert executor.map(abs, [-1, -2]) == [1, 2]


def test_shuffle(executor: Any, tmp_path: Path) -> None:
    groups = [(str(tmp_path), number, 3) for number in range(9)]
    results = executor.shuffle(shard_tasks.split_rows, shard_tasks.rank_rows, groups, 3)
    ranked = "\n".join(Path(result).read_text() for result in results).split("\n")
    expected = [
        f"{t}: " + " ".join(str(s) for _, s in sorted(((s * 7 + t * 3) % 11, s) for s in range(9))) for t in range(10)
    ]
    assert ranked == expected


def test_a_split_of_another_number_of_parts(executor: Any, tmp_path: Path) -> None:
    with pytest.raises(ShardsFailedError, match="split into 3 parts instead of 2"):
        executor.shuffle(shard_tasks.split_rows, shard_tasks.rank_rows, [(str(tmp_path), 0, 3)], 2)


def test_ctrl_c(executor: Any, tmp_path: Path) -> None:
    def press() -> None:
        while not [*tmp_path.glob("began-*")]:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        executor.map(shard_tasks.wait_long, shards(tmp_path, 6))
    thread.join()
    assert time.monotonic() - start < 30  # a shard would have taken 60 s
    assert not [*tmp_path.glob("*.txt")]


# ---- Local processes --------------------------------------------------------------------------------------


def test_no_more_than_max_failures(tmp_path: Path) -> None:
    with LocalExecutor(2, max_failures=3) as executor, pytest.raises(ShardsFailedError) as caught:
        executor.map(shard_tasks.refuse_sevens, [(str(tmp_path), 7)] * 100)
    assert 3 <= len(caught.value.failures) <= 4  # one more may have been under way


def test_local_processes_end(tmp_path: Path) -> None:
    executor = LocalExecutor(2)
    executor.map(shard_tasks.square, shards(tmp_path, 4))
    processes = [worker.process.pid for worker in executor._idle]
    assert len(processes) == 2
    executor.close()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process or 0, 0)


def test_a_worker_that_died_idle(tmp_path: Path) -> None:
    with LocalExecutor(1) as executor:
        executor.map(shard_tasks.square, shards(tmp_path, 1))
        worker = executor._idle[0].process
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
        executor.map(shard_tasks.square, shards(tmp_path, 3))
    assert_whole(tmp_path, 3)


# ---- Names ------------------------------------------------------------------------------------------------


def test_executor_of() -> None:
    with executor_of("local://3") as made:
        assert isinstance(made, LocalExecutor) and made.n == 3
    assert executor_of(made) is made
    for wrong in ("local", "slurm://x", "local://two", "local://-1"):
        with pytest.raises(ft.ArgumentError, match=wrong):
            executor_of(wrong)


@pytest.mark.parametrize("engine", ["ray", "dask", "spark"])
def test_an_engine_that_is_not_installed(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        __import__("sys").modules, {"ray": "ray", "dask": "distributed", "spark": "pyspark"}[engine], None
    )
    with pytest.raises(ImportError, match=rf"{engine}://somewhere.*pip install"):
        executor_of(f"{engine}://somewhere")


# ---- A node that dies -------------------------------------------------------------------------------------


def test_a_killed_node(tmp_path: Path) -> None:
    clusters.need("ray")
    import ray

    with clusters.ray_cluster(2) as cluster:
        doomed = cluster.worker_nodes.copy().pop()
        ray.init(address=cluster.address, log_to_driver=False)
        killed = []

        def kill(stage: str, item: Any, unit: str, done: int, total: int) -> None:
            if done == 4:
                cluster.remove_node(doomed, allow_graceful=False)
                killed.append(done)

        try:
            with RayExecutor() as executor:
                executor.map(shard_tasks.square_slowly, shards(tmp_path, 30), progress=kill)
        finally:
            ray.shutdown()
    assert killed == [4]
    assert_whole(tmp_path, 30)
