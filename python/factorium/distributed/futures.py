"""Shards as the futures of an engine: a window of them is under way, and the next follows when one ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from .._run import Progress, run
from .executor import Engine, FailedShard, Outcome, ShardsFailedError, Task, failed_shard

_WAIT_SECONDS = 0.5  # how long Ctrl-C may take


class FuturesEngine(Engine):
    """The loop that local processes, Ray and Dask share; each says how a shard starts, ends and is stopped."""

    #: Shards under way for each that runs, so that no worker waits for the next.
    _ahead = 1

    def _window(self) -> int:
        """How many shards may be under way; asked again and again, as clusters grow and shrink."""
        return max(1, self._ahead * self.n_slots())

    def _prepared(self, task: Task) -> Any:
        """The task as :meth:`_start` wants it, once for all shards."""
        return task

    def _start(self, prepared: Any, shard: Any) -> Any:
        """Begins a shard; a handle that can be a key of a dict."""
        raise NotImplementedError

    def _ended(self, handles: list[Any], seconds: float) -> Iterable[Any]:
        """Those that ended; waits so long for one."""
        raise NotImplementedError

    def _outcome(self, handle: Any) -> Outcome:
        raise NotImplementedError

    def _stop(self, handles: list[Any]) -> None:
        """Nobody waits for these any more."""
        raise NotImplementedError

    def map(self, task: Task, shards: Sequence[Any], *, progress: Progress = False, stage: str = "shards") -> list[Any]:
        """See :meth:`Executor.map`. ``progress`` is told the shards that are done."""
        waiting = deque((index, 1) for index in range(len(shards)))
        suspects: deque[tuple[int, int]] = deque()  # each is tried once more when nothing else is under way
        alone: set[int] = set()
        under_way: dict[Any, tuple[int, int]] = {}
        results: list[Any] = [None] * len(shards)
        failed: list[FailedShard] = []
        n_done = 0
        with run(progress=progress) as options:
            tell = options[3]
            try:
                prepared = self._prepared(task) if shards else None
                while waiting or under_way or suspects:
                    if suspects and not waiting and not under_way:
                        waiting.append(suspects.popleft())
                        alone.add(waiting[0][0])
                    while waiting and len(under_way) < self._window():
                        index, tries = waiting.popleft()
                        under_way[self._start(prepared, shards[index])] = (index, tries)
                    for handle in self._ended([*under_way], _WAIT_SECONDS):
                        index, tries = under_way.pop(handle)
                        outcome = self._outcome(handle)
                        if outcome.error is None:
                            results[index] = outcome.result
                            n_done += 1
                            if tell:
                                tell(stage, None, "shards", n_done, len(shards))
                        elif outcome.is_suspect and index not in alone:
                            suspects.append((index, tries))
                        elif outcome.may_pass and tries <= self.retries:
                            waiting.append((index, tries + 1))
                        else:
                            failed.append(failed_shard(index, shards, outcome, tries))
                            if len(failed) >= self.max_failures:
                                waiting.clear()
                                suspects.clear()
            except BaseException:
                self._stop([*under_way])
                raise
        if failed:
            raise ShardsFailedError(sorted(failed, key=lambda failure: failure.index), len(shards), n_done)
        return results
