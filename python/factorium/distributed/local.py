"""Shards in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from typing import Any

from .._errors import ArgumentError
from .executor import Outcome, Task, attempt_pickled
from .futures import FuturesEngine


def _serve(connection: Connection) -> None:
    """A worker's life: shards in, outcomes out, until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    while True:
        try:
            pickled = connection.recv()
        except EOFError:
            return
        connection.send(attempt_pickled(*pickled))


class _Worker:
    """A process and the pipe to it. Which shard it had is known when it dies, unlike in a pool of the standard library."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class LocalExecutor(FuturesEngine):
    """Shards in ``n`` processes of this machine (0: one a core), which stay until :meth:`close`.

    As with every use of spawned processes, a script that makes one keeps its own work below
    ``if __name__ == "__main__":``.
    """

    def __init__(self, n: int = 0, *, retries: int = 3, max_failures: int = 20) -> None:
        super().__init__(retries=retries, max_failures=max_failures)
        if n < 0:
            raise ArgumentError(f"local://{n}: the number of processes is not negative")
        self.n = n or len(os.sched_getaffinity(0))
        self._idle: list[_Worker] = []

    def n_slots(self) -> int:
        """The number of processes."""
        return self.n

    def _prepared(self, task: Task) -> bytes:
        return pickle.dumps(task)

    def _start(self, prepared: bytes, shard: Any) -> _Worker:
        pickled = (prepared, pickle.dumps(shard))
        worker = self._idle.pop() if self._idle else _Worker()
        try:
            worker.connection.send(pickled)
        except (BrokenPipeError, ConnectionResetError):  # it died idle
            worker.end()
            worker = _Worker()
            worker.connection.send(pickled)
        return worker

    def _ended(self, handles: list[Any], seconds: float) -> Iterable[_Worker]:
        ready = wait([worker.connection for worker in handles], seconds)
        return [worker for worker in handles if worker.connection in ready]

    def _outcome(self, handle: _Worker) -> Outcome:
        try:
            outcome: Outcome = handle.connection.recv()
        except (EOFError, ConnectionResetError):
            handle.process.join()
            code = handle.process.exitcode or 0
            handle.end()
            how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"it ended with {code}"
            if code == 1:
                how += '; a script keeps its own work below if __name__ == "__main__":'
            return Outcome(error=f"its process died ({how})", node=f"process {handle.process.pid}", may_pass=True)
        self._idle.append(handle)
        return outcome

    def _stop(self, handles: list[Any]) -> None:
        for worker in handles:
            worker.end()

    def close(self) -> None:
        """Ends the processes."""
        self._stop(self._idle)
        self._idle = []
