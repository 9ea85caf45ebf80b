"""Sync: what a store lacks comes from a mirror, here a simulated archive on disk."""

import asyncio

import factorium as ft
import pytest
from factorium.data import BinanceDataDownloader

RANGE = {"start": "2024-08-08", "end": "2024-08-10"}


@pytest.fixture
def mirror(store):
    return f"file://{store.parent}/archive"


def test_sync(store, bars, mirror, tmp_path):
    seen = []
    outcomes, report = ft.sync(
        tmp_path, ["BTCUSDT", "ETHUSDT"], **RANGE, base_url=mirror, progress=lambda *p: seen.append(p)
    )
    assert report["fetched"] == 4 and report["failed"] == 0 and report["rows"] > 10_000
    assert outcomes.to_polars()["outcome"].to_list() == ["fetched"] * 2
    assert seen and seen[0][0] == "sync"
    loaded = ft.DataLoader(tmp_path).load_aggbar(["BTCUSDT", "ETHUSDT"])
    assert loaded.to_df().equals(bars.slice(symbols=["BTCUSDT", "ETHUSDT"]).to_df())
    _, again = ft.sync(tmp_path, "BTCUSDT", **RANGE, base_url=mirror)
    assert again["there"] == 2 and again["fetched"] == 0
    with pytest.warns(ft.PartialWarning):
        _, partly = ft.sync(tmp_path, "BTCUSDT", start="2024-08-08", end="2024-08-12", base_url=mirror)
    assert partly["missing"] == 2
    with pytest.raises(ValueError):
        ft.sync(tmp_path, "../x", **RANGE, base_url=mirror)


def test_downloader(store, bars, mirror, tmp_path):
    downloader = BinanceDataDownloader(tmp_path, base_url=mirror)
    asyncio.run(downloader.download_data("BTCUSDT", "aggTrades", "futures", "um", "2024-08-08", "2024-08-09"))
    report = downloader.download("BTCUSDT", "aggTrades", "futures", "um", "2024-08-08", days=2)
    assert report["there"] == 2 and report["fetched"] == 0
    assert (
        downloader.download("BTCUSDT", "aggTrades", "futures", "um", "2024-08-08", days=1, again=True)["fetched"] == 1
    )
    loaded = ft.DataLoader(tmp_path).load_aggbar("BTCUSDT")
    assert loaded.to_df().equals(bars.slice(symbols="BTCUSDT").to_df())


def test_the_loader_fetches_what_is_missing(bars, mirror, tmp_path):
    loader = ft.BinanceDataLoader(path=tmp_path, base_url=mirror)
    arguments = ("aggTrades", "futures", "um", "2024-08-08", "2024-08-09")
    assert loader.load_aggbar("SOLUSDT", *arguments).to_df().equals(bars.slice(symbols="SOLUSDT").to_df())
    away = ft.BinanceDataLoader(path=tmp_path, base_url="file:///nowhere")
    assert len(away.load_aggbar("SOLUSDT", *arguments)) > 0, "nothing is fetched that is there"
    forced = loader.load_aggbar("SOLUSDT", *arguments, force_download=True)
    assert forced.to_df().equals(bars.slice(symbols="SOLUSDT").to_df())
    with pytest.warns(ft.PartialWarning), pytest.raises(FileNotFoundError, match="XRPUSDT"):
        loader.load_aggbar("XRPUSDT", *arguments)
