"""Executors for tests, each on a cluster of two workers that is started here and stopped again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from factorium.distributed import DaskExecutor, LocalExecutor, RayExecutor, SparkExecutor

ENGINES = ["local", "ray", "dask", "spark"]
_MODULES = {"ray": "ray", "dask": "distributed", "spark": "pyspark"}


def need(engine: str) -> None:
    """Skips the test where the engine is not installed."""
    if engine in _MODULES:
        pytest.importorskip(
            _MODULES[engine], reason=f"{_MODULES[engine]} is not installed; scripts/check.sh distributed installs it"
        )


@contextmanager
def local() -> Iterator[Any]:
    with LocalExecutor(2) as executor:
        yield executor


@contextmanager
def ray_cluster(n_nodes: int = 1) -> Iterator[Any]:
    """A Ray cluster of nodes with one core each and a head without one, so that any of them may die."""
    os.environ["RAY_AUTH_MODE"] = "disabled"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(n_nodes):
            cluster.add_node(num_cpus=1)
        yield cluster
    finally:
        cluster.shutdown()


@contextmanager
def ray() -> Iterator[Any]:
    import ray as engine

    with ray_cluster(2) as cluster:
        engine.init(address=cluster.address, log_to_driver=False)
        try:
            with RayExecutor() as executor:
                yield executor
            assert engine.is_initialized()  # it was there before, and stays
        finally:
            engine.shutdown()


@contextmanager
def dask() -> Iterator[Any]:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        DaskExecutor(cluster.scheduler_address.removeprefix("tcp://")) as executor,
    ):
        yield executor


@contextmanager
def spark() -> Iterator[Any]:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with SparkExecutor("local[4,4]") as executor:
        yield executor


def started(engine: str) -> Any:
    """A context with the executor."""
    need(engine)
    return {"local": local, "ray": ray, "dask": dask, "spark": spark}[engine]()
