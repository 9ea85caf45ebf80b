"""Shards as Ray core tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._errors import ReadError
from .._frames import _needs
from .executor import Outcome, Task, attempt_pickled
from .futures import FuturesEngine


class RayExecutor(FuturesEngine):
    """Shards as tasks of a Ray cluster, of ``cpus`` cores each.

    ``address`` is "HOST:PORT" of a Ray client server, "auto" for the cluster that this machine is part of, or "": what
    RAY_ADDRESS names (``ray job submit`` sets it), else a cluster of this machine alone. Where Ray was initialised before, that
    cluster is used and stays. Twice as many shards are handed to Ray as it has room for. A task whose worker or node died is
    run again by Ray, ``retries`` times; ``memory`` is the bytes that Ray sets aside for one.
    """

    _ahead = 2  # an autoscaler sees from them that there is more to do

    def __init__(
        self, address: str = "", *, cpus: float = 1, memory: int = 0, retries: int = 3, max_failures: int = 20
    ) -> None:
        super().__init__(retries=retries, max_failures=max_failures)
        self._ray = ray = _needs("ray", f"the executor ray://{address}")
        self._cpus = cpus
        self._is_own = not ray.is_initialized()
        if self._is_own:
            where = None if not address else "auto" if address == "auto" else f"ray://{address}"
            try:
                ray.init(where, log_to_driver=False)
            except (ConnectionError, RuntimeError, ValueError) as error:
                self._is_own = False
                raise ReadError(f"ray://{address}: there is no Ray cluster to be reached: {error}") from error
        options = {"num_cpus": cpus, "max_retries": retries, "name": "factorium shard"}
        if memory:
            options["memory"] = memory
        self._remote = ray.remote(attempt_pickled).options(**options)

    def n_slots(self) -> int:
        """What the cores of the cluster's nodes have room for now."""
        return int(self._ray.cluster_resources().get("CPU", 1) / self._cpus)

    def _prepared(self, task: Task) -> Any:
        return self._ray.put(self._ray.cloudpickle.dumps(task))

    def _start(self, prepared: Any, shard: Any) -> Any:
        return self._remote.remote(prepared, self._ray.cloudpickle.dumps(shard))

    def _ended(self, handles: list[Any], seconds: float) -> Iterable[Any]:
        ended, others = self._ray.wait(handles, num_returns=1, timeout=seconds)
        if ended and others:
            ended += self._ray.wait(others, num_returns=len(others), timeout=0)[0]
        return ended  # type: ignore[no-any-return]

    def _outcome(self, handle: Any) -> Outcome:
        try:
            return self._ray.get(handle)  # type: ignore[no-any-return]
        except self._ray.exceptions.RayError as error:
            return Outcome(error=f"its worker or node died: {error}", details=repr(error), tries=self.retries + 1)

    def _stop(self, handles: list[Any]) -> None:
        for handle in handles:
            self._ray.cancel(handle, force=True)

    def close(self) -> None:
        """Leaves Ray, where this executor initialised it."""
        if self._is_own:
            self._ray.shutdown()
            self._is_own = False
