"""Shards in Spark: mapInArrow, many shards a task."""

from __future__ import annotations

import os
import pickle
import re
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from .._errors import ReadError
from .._frames import _needs
from .._run import Progress, run
from .executor import Engine, Outcome, ShardsFailedError, Task, attempt_pickled, failed_shard

_POLL_SECONDS = 0.2
#: What Spark writes about a worker that died, the most telling first.
_REASONS = (r"Python worker exited unexpectedly[^\n]*", r"ExecutorLostFailure[^\n]*", r"[\w.]*Exception: [^\n]*")
_GIVEN_UP = "Spark gave up the task that had it"
_GROUPS_A_SLOT = 3  # Spark tasks for each core: enough for a balance, few enough for what each costs


class SparkExecutor(Engine):
    """Shards in the tasks of a Spark application, about three tasks a core, each with many shards.

    ``master`` is "HOST:PORT" of a standalone master, "local[4,4]", "yarn", "k8s://...", or "": the session there is, as
    ``spark-submit`` makes one, else what Spark's configuration names. ``session`` is one that you have, and stays.
    Spark itself runs a task again whose worker died, as often as ``spark.task.maxFailures`` says (4; of "local[N]" never: "local[N,4]"
    allows it), with all shards of that task.
    """

    def __init__(
        self,
        master: str = "",
        *,
        session: Any = None,
        shards_a_task: int = 0,
        retries: int = 3,
        max_failures: int = 20,
    ) -> None:
        super().__init__(retries=retries, max_failures=max_failures)
        self._pyspark = _needs("pyspark", f"the executor spark://{master}")
        _needs("pyarrow", "an executor on Spark")
        self._shards_a_task = shards_a_task
        self._is_own = session is None and self._pyspark.sql.SparkSession.getActiveSession() is None
        self._spark = session or self._session(master)
        self._context = self._spark.sparkContext
        types = self._pyspark.sql.types  # a text would be parsed by the JVM again and again
        self._schema = types.StructType().add("shard", types.LongType()).add("outcome", types.BinaryType())

    def n_slots(self) -> int:
        """Spark's own measure of it, its default parallelism."""
        return int(self._context.defaultParallelism)

    def _session(self, master: str) -> Any:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = self._pyspark.sql.SparkSession.builder.appName("factorium")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        # The driver does nothing but hand out tasks: code compiled at once and not again takes half of its time.
        builder = builder.config("spark.driver.defaultJavaOptions", "-XX:TieredStopAtLevel=1")
        if master.startswith("local["):
            # Or each small message to a Python worker waits 40 ms for the last one's acknowledgement. Spark 4.1 and later.
            builder = builder.config("spark.python.unix.domain.socket.enabled", "true")
        if master:
            is_host = re.fullmatch(r"[^:/\[\]]+:\d+(,[^:/\[\]]+:\d+)*", master)
            builder = builder.master(f"spark://{master}" if is_host else master)
        try:
            return builder.getOrCreate()
        except Exception as error:
            raise ReadError(f"spark://{master}: there is no Spark to be had: {error}") from error

    def map(self, task: Task, shards: Sequence[Any], *, progress: Progress = False, stage: str = "shards") -> list[Any]:
        """See :meth:`Executor.map`. ``progress`` moves when a Spark task ends, with all its shards."""
        outcomes: dict[int, Outcome] = {}
        tries = dict.fromkeys(range(len(shards)), 0)
        alone: set[int] = set()  # shards of a task that Spark gave up: one of them is to blame
        wanted = [*tries]
        with run(progress=progress) as options:
            while wanted:
                for index in wanted:
                    tries[index] += 1
                groups = self._groups(wanted, alone)
                outcomes |= self._job(task, shards, groups, stage, options[3])
                n_failed = sum(outcome.error is not None and not outcome.may_pass for outcome in outcomes.values())
                alone.update(index for index, outcome in outcomes.items() if outcome.error == _GIVEN_UP)
                wanted = [
                    index
                    for index, outcome in outcomes.items()
                    if outcome.error is not None and outcome.may_pass and tries[index] <= self.retries
                ]
                if n_failed >= self.max_failures:
                    break
        failed = [
            failed_shard(index, shards, outcome, tries[index])
            for index, outcome in sorted(outcomes.items())
            if outcome.error is not None
        ]
        if failed:
            raise ShardsFailedError(failed, len(shards), len(shards) - len(failed))
        return [outcomes[index].result for index in range(len(shards))]

    def _groups(self, wanted: list[int], alone: set[int]) -> list[list[int]]:
        """The shards of each Spark task."""
        together = [index for index in wanted if index not in alone]
        n_groups = min(len(together), _GROUPS_A_SLOT * self.n_slots())
        if self._shards_a_task:
            n_groups = -(-len(together) // self._shards_a_task)
        groups = [together[k::n_groups] for k in range(n_groups)]
        return groups + [[index] for index in wanted if index in alone]

    def _job(
        self, task: Task, shards: Sequence[Any], groups: list[list[int]], stage: str, tell: Any
    ) -> dict[int, Outcome]:
        """One Spark job: the outcomes of these shards."""
        dumps = self._pyspark.cloudpickle.dumps
        payloads = [[(index, dumps(shards[index])) for index in group] for group in groups]
        shared = self._context.broadcast((dumps(task), payloads))
        frame = self._spark.range(0, len(groups), 1, len(groups)).mapInArrow(
            _Work(shared, self.max_failures), self._schema
        )
        rows: list[Any] = []
        errors: list[BaseException] = []
        name = f"factorium {stage} {uuid.uuid4().hex[:8]}"

        def collect() -> None:
            try:
                self._context.setJobGroup(name, f"factorium: {stage}", interruptOnCancel=True)
                rows.extend(frame.collect())
            except BaseException as error:
                errors.append(error)

        thread = self._pyspark.InheritableThread(target=collect, daemon=True)
        thread.start()
        try:
            self._watch(thread, name, stage, groups, len(shards), tell)
        except BaseException:
            self._context.cancelJobGroup(name)
            thread.join()
            raise
        finally:
            shared.unpersist()
        if errors:
            return _lost(errors[0], groups)
        return {row["shard"]: pickle.loads(bytes(row["outcome"])) for row in rows}

    def _watch(
        self, thread: threading.Thread, name: str, stage: str, groups: list[list[int]], n: int, tell: Any
    ) -> None:
        """Waits for a job, and tells how many shards are done as far as Spark says: by whole tasks."""
        tracker = self._context.statusTracker()
        n_now = sum(map(len, groups))
        shown = -1
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            if not tell:
                continue
            infos = [
                tracker.getStageInfo(number)
                for job in tracker.getJobIdsForGroup(name)
                for number in getattr(tracker.getJobInfo(job), "stageIds", ())
            ]
            n_tasks = sum(info.numCompletedTasks for info in infos if info)
            n_done = n - n_now + min(n_now, round(n_tasks * n_now / len(groups)))
            if n_done != shown:
                shown = n_done
                tell(stage, None, "shards", n_done, n)

    def close(self) -> None:
        """Ends the session, where this executor made it."""
        if self._is_own:
            self._spark.stop()
            self._is_own = False


def _lost(error: BaseException, groups: list[list[int]]) -> dict[int, Outcome]:
    """The outcomes of a job that Spark gave up. It names the task, and so the group that a worker died of."""
    text = str(error)
    found = re.search(r"Task (\d+) in stage", text)
    blamed = groups[int(found[1])] if found and int(found[1]) < len(groups) else []
    outcomes = {
        index: Outcome(error="its Spark job ended before", details=text, may_pass=True)
        for group in groups
        for index in group
    }
    if not blamed:
        raised = re.findall(r"^\s*(\w[\w.]*(?:Error|Exception): .*)$", text, re.MULTILINE)
        why = raised[-1] if raised else next(filter(None, map(str.strip, text.split("\n"))), type(error).__name__)
        return {index: Outcome(error=f"the Spark job failed: {why}", details=text) for index in outcomes}
    if len(blamed) > 1:
        return outcomes | {index: Outcome(error=_GIVEN_UP, details=text, may_pass=True) for index in blamed}
    found = next(filter(None, (re.search(reason, text) for reason in _REASONS)), None)
    why = found[0] if found else text.split("\n")[0]
    tries = re.search(r"failed (\d+) times", text)
    return outcomes | {
        blamed[0]: Outcome(error=f"its worker died: {why}", details=text, tries=int(tries[1]) if tries else 1)
    }


class _Work:
    """What a Spark task does: it takes the number of its group and runs the shards of that group."""

    def __init__(self, shared: Any, max_failures: int) -> None:
        self._shared = shared
        self._max_failures = max_failures

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        task, groups = self._shared.value
        n_failed = 0
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for index, shard in groups[number]:
                    if n_failed >= self._max_failures:
                        outcome = Outcome(error=f"not begun: {n_failed} shards of its task failed before")
                    else:
                        outcome = attempt_pickled(task, shard)
                    n_failed += outcome.error is not None
                    yield pa.RecordBatch.from_pydict(
                        {
                            "shard": pa.array([index], pa.int64()),
                            "outcome": pa.array([pickle.dumps(outcome)], pa.binary()),
                        }
                    )
