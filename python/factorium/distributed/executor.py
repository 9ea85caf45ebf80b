"""What runs shards: two methods, and what is told of shards that failed."""

from __future__ import annotations

import os
import pickle
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from .._errors import Error, LimitError
from .._run import Progress

Task = Callable[[Any], Any]

#: A result is a manifest: a larger one is data that went the wrong way.
MAX_RESULT_BYTES = 1 << 20
_SHOWN_FAILURES = 10


class Executor(Protocol):
    """Runs a task over shards, somewhere; any object with these two methods is one.

    Tasks and shards are pickled and carry paths and small values, never data. A shard may run more than once, as workers
    die: a task puts its files whole under names that are its shard's alone.
    """

    def map(self, task: Task, shards: Sequence[Any], *, progress: Progress = False) -> list[Any]:
        """``task(shard)`` of every shard, in their order. :class:`ShardsFailedError` lists those that failed."""
        ...

    def shuffle(
        self,
        split: Callable[[Any], Sequence[Any]],
        merge: Callable[[tuple[int, list[Any]]], Any],
        groups: Sequence[Any],
        n: int,
        *,
        progress: Progress = False,
    ) -> list[Any]:
        """Cuts across: ``split(group)`` gives n parts (paths), and ``merge((k, parts))`` takes the k-th part of every
        group, in the groups' order. The n results of ``merge``."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What came of one try at a shard."""

    result: Any = None
    error: str | None = None  # None: it went well
    details: str = ""  # the traceback
    node: str = ""
    may_pass: bool = False  # another try may go well
    tries: int = 1  # those that the engine made by itself
    is_suspect: bool = False  # its workers died: perhaps of another shard that they had with it


@dataclass(frozen=True)
class FailedShard:
    """A shard that failed for good."""

    index: int
    shard: Any
    error: str
    node: str
    tries: int
    details: str = ""

    def __str__(self) -> str:
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        where = f"{self.node}, {tries}" if self.node else tries
        return f"shard {self.index} ({_short(self.shard)}): {self.error} ({where})"


class ShardsFailedError(Error, RuntimeError):
    """Some shards failed; ``failures`` says which, why and where. The ``n_done`` others are done, and their files stay."""

    def __init__(self, failures: Sequence[FailedShard], n_shards: int, n_done: int) -> None:
        self.failures = [*failures]
        self.n_shards = n_shards
        self.n_done = n_done
        lines = [f"{len(failures)} of {n_shards} shards failed; {n_done} are done"]
        lines += [f"  {failure}" for failure in failures[:_SHOWN_FAILURES]]
        if len(failures) > _SHOWN_FAILURES:
            lines.append(f"  ... and {len(failures) - _SHOWN_FAILURES} more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.failures, self.n_shards, self.n_done)


def _short(shard: Any, longest: int = 100) -> str:
    text = repr(shard)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def attempt(task: Task, shard: Any) -> Outcome:
    """One try at a shard, where it is called: on a node. Errors come back as words, as their types may be unknown there."""
    node = f"{socket.gethostname()}, process {os.getpid()}"
    try:
        result = task(shard)
        n_bytes = len(pickle.dumps(result))
        if n_bytes > MAX_RESULT_BYTES:
            raise ValueError(f"its result has {n_bytes} bytes: a task writes data to files and gives back their paths")
        return Outcome(result=result, node=node)
    except Exception as error:
        never = isinstance(error, FileNotFoundError | InterruptedError | LimitError)
        return Outcome(
            error=f"{type(error).__name__}: {error}",
            details=traceback.format_exc(),
            node=node,
            may_pass=isinstance(error, OSError | MemoryError) and not never,
        )


def attempt_pickled(task: bytes, shard: bytes) -> Outcome:
    """Like :func:`attempt`, of pickles that no engine opens: where a node cannot import what they are made of, that is told, too."""
    return attempt(_call, (task, shard))


def _call(pickled: tuple[bytes, bytes]) -> Any:
    return pickle.loads(pickled[0])(pickle.loads(pickled[1]))


class Engine:
    """What the executors here have in common: tries, the shuffle through files, an end.

    ``retries`` is how often a shard is tried again after its worker died or the operating system refused; wrong data fails at
    once. After ``max_failures`` failed shards no more are begun.
    """

    def __init__(self, *, retries: int = 3, max_failures: int = 20) -> None:
        self.retries = retries
        self.max_failures = max_failures

    def n_slots(self) -> int:
        """How many shards run at once, as far as is known now."""
        raise NotImplementedError

    def map(self, task: Task, shards: Sequence[Any], *, progress: Progress = False, stage: str = "shards") -> list[Any]:
        raise NotImplementedError

    def shuffle(
        self,
        split: Callable[[Any], Sequence[Any]],
        merge: Callable[[tuple[int, list[Any]]], Any],
        groups: Sequence[Any],
        n: int,
        *,
        progress: Progress = False,
    ) -> list[Any]:
        """See :meth:`Executor.shuffle`. The parts are files, so that no engine holds them in memory."""
        parts = self.map(_Split(split, n), groups, progress=progress, stage="split")
        slices = [(k, [part[k] for part in parts]) for k in range(n)]
        return self.map(merge, slices, progress=progress, stage="merge")

    def close(self) -> None:
        """Ends what this executor started. A cluster that was there before stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def failed_shard(index: int, shards: Sequence[Any], outcome: Outcome, tries: int) -> FailedShard:
    """What the last outcome says of a shard."""
    tries = max(tries, outcome.tries)
    return FailedShard(index, shards[index], outcome.error or "", outcome.node, tries, outcome.details)


@dataclass(frozen=True)
class _Split:
    """Checks on the node what a split gave."""

    split: Callable[[Any], Sequence[Any]]
    n: int

    def __call__(self, group: Any) -> list[Any]:
        parts = [*self.split(group)]
        if len(parts) != self.n:
            raise ValueError(f"it was split into {len(parts)} parts instead of {self.n}")
        return parts
