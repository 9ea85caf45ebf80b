"""The same work on many machines: executors that run shards in local processes, on Ray, Dask or Spark.

>>> from factorium.distributed import executor_of
>>> with executor_of("ray://auto") as executor:
...     executor.map(task, shards)

docs/scale.md says how to submit to each.
"""

from __future__ import annotations

from typing import Any

from .._errors import ArgumentError
from .dask import DaskExecutor
from .executor import Executor, FailedShard, ShardsFailedError
from .local import LocalExecutor
from .plans import run_plan
from .ray import RayExecutor
from .spark import SparkExecutor

__all__ = [
    "DaskExecutor",
    "Executor",
    "FailedShard",
    "LocalExecutor",
    "RayExecutor",
    "ShardsFailedError",
    "SparkExecutor",
    "executor_of",
    "run_plan",
]


def _local(address: str, **options: Any) -> LocalExecutor:
    if address and not address.isdecimal():
        raise ArgumentError(f"local://{address}: what follows local:// is a number of processes")
    return LocalExecutor(int(address or 0), **options)


_SCHEMES: dict[str, Any] = {"local": _local, "ray": RayExecutor, "dask": DaskExecutor, "spark": SparkExecutor}


def executor_of(where: str | Executor, **options: Any) -> Any:
    """The executor of a text, or what was given where it is an executor.

    "local://4" is four processes, "ray://HOST:10001", "ray://auto" and "ray://", "dask://HOST:8786" and "dask://",
    "spark://HOST:7077", "spark://local[4,4]" and "spark://" are those of :class:`RayExecutor`, :class:`DaskExecutor` and
    :class:`SparkExecutor`, which take the ``options``.
    """
    if not isinstance(where, str):
        return where
    scheme, found, address = where.partition("://")
    if not found or scheme not in _SCHEMES:
        known = ", ".join(f"{name}://" for name in _SCHEMES)
        raise ArgumentError(f"the executor {where!r} begins with none of {known}")
    return _SCHEMES[scheme](address, **options)
