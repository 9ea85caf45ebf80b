"""What the tests share: a small simulated store, and its bars."""

import subprocess
import sys
from pathlib import Path

import factorium as ft
import pytest

SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


def in_python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three symbols, two days from 2024-08-08."""
    root = tmp_path_factory.mktemp("data")
    ft.simulate(root / "archive", symbols=3, trades=6000)
    report = ft.ingest(root / "archive", root / "store")
    assert report["files"] == 6 and report["rows"] > 20_000
    return root / "store"


@pytest.fixture(scope="session")
def bars(store: Path) -> ft.AggBar:
    """All one-minute bars of the store."""
    return ft.DataLoader(store).load_aggbar(SYMBOLS)


@pytest.fixture(scope="session")
def grid() -> ft.AggBar:
    """Made-up bars of five symbols on one grid, with gaps and some missing cells."""
    import numpy as np

    rng = np.random.default_rng(7)
    times = 1_723_075_200_000 + 60_000 * np.arange(1, 121)
    columns = {name: 100 + rng.normal(size=(120, 5)).cumsum(axis=0) for name in ("close", "open")}
    columns["volume"] = rng.gamma(2, 10, size=(120, 5))
    columns["close"][rng.random((120, 5)) < 0.03] = np.nan
    return ft.AggBar.from_numpy(columns, times, ["A", "B", "C", "D", "E"])


@pytest.fixture
def slow_archive(tmp_path):
    """Enough rows that ingesting takes a while."""
    ft.simulate(tmp_path / "archive", symbols=6, days=6, trades=300_000)
    return tmp_path
