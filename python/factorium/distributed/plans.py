"""Plans of shards on executors: the stages one after another, and the result."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .. import _core
from .._errors import ArgumentError, IntegrityError, PartialWarning
from .._run import Progress, run
from .._time import to_text
from .executor import Executor
from .local import LocalExecutor

_SHARDS_A_SLOT = 4  # enough for a balance where some take longer
_SHARDS_OF_OTHERS = 64  # of executors that do not say how many run at once
_MAX_SHARDS = 10_000


@dataclass(frozen=True, repr=False)
class Shard:
    """One shard of a plan's file; a path, its key and two numbers are all that a worker needs."""

    plan: str
    key: str
    stage: int
    number: int
    what: str = ""

    def __repr__(self) -> str:
        return f"stage {self.stage}, shard {self.number}: {self.what}"


@lru_cache(maxsize=1)
def _opened(path: str, key: str) -> object:
    """A plan that a worker keeps for its next shards. The key says that it is what runs, whatever its file is by then."""
    plan, found = _core.shard_open(path)
    if found != key:
        raise IntegrityError(f"{path} is not the plan that its shards are of: another was written there; run that one")
    return plan


@dataclass(frozen=True)
class _RunShard:
    """The task of all plans."""

    threads: int
    memory_limit: int

    def __call__(self, shard: Shard) -> dict[str, int]:
        with run(self.threads, self.memory_limit) as options:
            return _core.shard_run(_opened(shard.plan, shard.key), shard.stage, shard.number, options)


def _what(shard: Mapping[str, Any]) -> str:
    """What a shard is of, for a person."""
    symbols = str(shard["first_symbol"])
    if shard["n_symbols"] > 1:
        symbols += f" ... {shard['last_symbol']} ({shard['n_symbols']} symbols)"
    if shard["from_ms"] is None and shard["to_ms"] is None:
        return symbols
    first = "the beginning" if shard["from_ms"] is None else to_text(shard["from_ms"])
    last = "the end" if shard["to_ms"] is None else to_text(shard["to_ms"])
    return f"{symbols}, {first} to {last}"


def run_plan(
    plan: str | Path,
    executor: str | Executor,
    *,
    threads: int = 1,
    memory_limit: int = 0,
    progress: Progress = False,
) -> dict[str, int]:
    """Runs what of a plan's file (``factorium plan``) was not run yet: the shards of a stage on the executor, then the next.

    ``threads`` and ``memory_limit`` (bytes) are those of one shard. Shards that are done are left alone, so that a job that
    was cut goes on where it stood. :class:`ShardsFailedError` lists the shards that failed; the files of the others stay.
    Returns the numbers of stages and shards, how many of those ran now, and the bytes of their files.
    """
    path = os.path.abspath(plan) if "://" not in str(plan) else str(plan)
    listed = _core.shard_list(path)
    report = {"stages": len(listed["stages"]), "shards": 0, "ran": 0, "bytes": 0}
    with _started(executor) as made:
        for number, stage in enumerate(listed["stages"]):
            missing = _core.shard_missing(path, number)
            shards = [Shard(path, listed["key"], number, k, _what(stage["shards"][k])) for k in missing]
            told = _at_stage(progress, f"{number + 1}/{report['stages']} {stage['axis']}")
            results = made.map(_RunShard(threads, memory_limit), shards, progress=told)
            report["shards"] += len(stage["shards"])
            report["ran"] += len(shards)
            report["bytes"] += sum(result["bytes"] for result in results)
    return report


def _at_stage(progress: Progress, name: str) -> Progress:
    """A function of progress that is told the plan's stage; True stays, as its bar shows one stage at a time."""
    if not callable(progress):
        return progress
    tell: Callable[..., Any] = progress
    return lambda stage, item, unit, done, total: tell(name, item, unit, done, total)


def _n_shards(executor: Executor, n_shards: int) -> int:
    slots: Callable[[], int] | None = getattr(executor, "n_slots", None)
    return n_shards or min(_MAX_SHARDS, _SHARDS_A_SLOT * slots() if slots else _SHARDS_OF_OTHERS)


@contextmanager
def work_folder(work: str | Path | None, store: str | Path | None, executor: Executor) -> Iterator[str]:
    """Where all nodes read and write: what was said, FACTORIUM_WORK, ``.shards`` in the store, or, where this machine
    does all work, a temporary folder."""
    named = work or os.environ.get("FACTORIUM_WORK")
    if not named and store and "://" not in str(store):
        named = Path(store) / ".shards"
    if named:
        yield str(named)
    elif isinstance(executor, LocalExecutor):
        with tempfile.TemporaryDirectory(prefix="factorium-") as folder:
            yield folder
    else:
        raise ArgumentError("say where every node reads and writes: work=FOLDER, or the variable FACTORIUM_WORK")


@dataclass(frozen=True)
class Settings:
    """How a request is run; threads and memory limit are those of one shard."""

    executor: str | Executor
    work: str | Path | None
    n_shards: int
    threads: int
    memory_limit: int
    progress: Progress


def _panel_of(
    settings: Settings, executor: Executor, work: str, request: Mapping[str, Any], *, may_go_on: bool = True
) -> Any:
    """The panel of a request, by shards. Their files are removed once it is here; where something failed they stay, if the
    same request can go on with them."""
    with run() as options:
        n_shards = _n_shards(executor, settings.n_shards)
        claim, plan = _core.shard_begin({**request, "work": work, "n_shards": n_shards}, options)
        try:
            run_plan(
                plan,
                executor,
                threads=max(settings.threads, 1),
                memory_limit=settings.memory_limit,
                progress=settings.progress,
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PartialWarning)  # planning has said so
                panel = _core.panel_from_stream(_core.shard_merge(plan, options), options)
            may_go_on = False
        finally:
            _core.shard_release(claim, not may_go_on)
    return panel


@contextmanager
def _started(executor: str | Executor) -> Iterator[Executor]:
    """The executor of a text, for as long as it is needed; one that was given stays."""
    from . import executor_of

    made = executor_of(executor)
    try:
        yield made
    finally:
        if made is not executor:
            made.close()


def bars_on_executor(settings: Settings, request: Mapping[str, Any]) -> Any:
    """A panel of bars of a store."""
    with _started(settings.executor) as executor, work_folder(settings.work, request["store"], executor) as work:
        return _panel_of(settings, executor, work, {"bars": request})


def factors_on_executor(settings: Settings, text: str, source: Any, dialect: str, strict: bool) -> Any:
    """A panel of factors of the bars in a file, or in an AggBar, which is written to a file for the nodes."""
    with _started(settings.executor) as executor, work_folder(settings.work, None, executor) as work:
        request = {"expressions": text, "dialect": dialect, "strict_cross_sections": strict}
        if isinstance(source, str):
            return _panel_of(settings, executor, work, {**request, "panel": os.path.abspath(source)})
        Path(work).mkdir(parents=True, exist_ok=True)
        path = Path(os.path.abspath(work)) / f"panel-{uuid.uuid4().hex}.parquet"
        try:
            source.to_parquet(path)
            return _panel_of(settings, executor, work, {**request, "panel": str(path)}, may_go_on=False)
        finally:
            path.unlink(missing_ok=True)
