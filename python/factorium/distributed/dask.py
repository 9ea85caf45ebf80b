"""Shards as futures of Dask's distributed scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._errors import ReadError
from .._frames import _needs
from .executor import Outcome, Task, attempt_pickled
from .futures import FuturesEngine


class DaskExecutor(FuturesEngine):
    """Shards as futures of a Dask scheduler.

    ``address`` is the scheduler's "HOST:PORT", or "": what the configuration names (DASK_SCHEDULER_ADDRESS), else a cluster of
    this machine alone, a process a core. ``client`` is one that you have, and stays. The scheduler runs a shard again
    whose worker died, as often as its setting ``distributed.scheduler.allowed-failures`` says (3); ``retries`` counts
    what the operating system refused. A shard that a worker has begun runs to its end, also after Ctrl-C.
    """

    _ahead = 4  # the scheduler sends in bundles, some ms apart

    def __init__(self, address: str = "", *, client: Any = None, retries: int = 3, max_failures: int = 20) -> None:
        super().__init__(retries=retries, max_failures=max_failures)
        self._distributed = distributed = _needs("distributed", f"the executor dask://{address}")
        self._dask_wait = distributed.wait
        self._dumps: Callable[[Any], bytes] = _needs("cloudpickle", "an executor on Dask").dumps
        self._cluster: Any = None
        self._is_own = client is None
        if client is None:
            client = self._connected(address)
        self._client = client

    def _connected(self, address: str) -> Any:
        distributed = self._distributed
        dask = _needs("dask", "an executor on Dask")
        if not address and not dask.config.get("scheduler-address", None):
            self._cluster = distributed.LocalCluster(threads_per_worker=1, processes=True, dashboard_address=None)
            return distributed.Client(self._cluster)
        try:
            return distributed.Client(f"tcp://{address}" if address else None)
        except (OSError, TimeoutError) as error:
            raise ReadError(f"dask://{address}: there is no Dask scheduler to be reached: {error}") from error

    def n_slots(self) -> int:
        """The threads of all workers."""
        return sum(self._client.nthreads().values())

    def _prepared(self, task: Task) -> bytes:
        return self._dumps(task)

    def _start(self, prepared: bytes, shard: Any) -> Any:
        return self._client.submit(attempt_pickled, prepared, self._dumps(shard), pure=False)

    def _ended(self, handles: list[Any], seconds: float) -> Iterable[Any]:
        try:
            return self._dask_wait(handles, timeout=seconds, return_when="FIRST_COMPLETED").done  # type: ignore[no-any-return]
        except TimeoutError:
            return []

    def _outcome(self, handle: Any) -> Outcome:
        try:
            return handle.result()  # type: ignore[no-any-return]
        except Exception as error:
            tries = getattr(error, "allowed_failures", 0) + 1
            # Of a worker that dies, Dask counts that against each shard that waited there, too.
            return Outcome(error=f"its worker died: {error}", details=repr(error), tries=tries, is_suspect=True)

    def _stop(self, handles: list[Any]) -> None:
        self._client.cancel(handles, force=True)

    def close(self) -> None:
        """Leaves the scheduler, and ends it where this executor started it."""
        if self._is_own:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None
