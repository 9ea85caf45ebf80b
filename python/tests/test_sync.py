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
    with (
        pytest.warns(ft.PartialWarning),
        pytest.raises(FileNotFoundError, match="XRPUSDT on 2024-08-08 to 2024-08-09: the exchange has no such file"),
    ):
        loader.load_aggbar("XRPUSDT", *arguments)


def test_why_nothing_could_be_fetched(tmp_path):
    """The cause is in the error, not only in the log."""
    away = ft.BinanceDataLoader(path=tmp_path, base_url="http://127.0.0.1:9/data", retry_attempts=0)
    with (
        pytest.warns(ft.PartialWarning, match="1 failed"),
        pytest.raises(FileNotFoundError, match="AAAUSDT on 2024-08-08: Couldn't connect"),
    ):
        away.load_aggbar("AAAUSDT", "aggTrades", "futures", "um", "2024-08-08", "2024-08-08")


@pytest.fixture
def klines_archive(tmp_path_factory):
    """Klines of a minute of two symbols, two days."""
    root = tmp_path_factory.mktemp("klines")
    ft.simulate(root, symbols=2, data_type="klines")
    return f"file://{root}"


def test_klines_by_their_published_name(klines_archive, tmp_path):
    """They are fetched, are bars, and are made into longer ones."""
    loader = ft.BinanceDataLoader(path=tmp_path, base_url=klines_archive)
    arguments = ("klines", "futures", "um", "2024-08-08", "2024-08-08")
    minutes = loader.load_aggbar(["BTCUSDT"], *arguments).to_polars()
    assert len(minutes) == 1440 and (minutes["end_time"] - minutes["start_time"]).unique().to_list() == [60_000]
    hours = loader.load_aggbar(["BTCUSDT"], *arguments, interval=3_600_000).to_polars()
    assert len(hours) == 24 and hours["close"].to_list() == minutes["close"].gather_every(60, 59).to_list()
    assert hours["volume"].sum() == pytest.approx(minutes["volume"].sum())
    with pytest.raises(ValueError, match="klines_1m become bars of 1m or of a multiple"):
        loader.load_aggbar(["BTCUSDT"], *arguments, bar_type="tick", interval=100)
    with pytest.raises(ValueError, match="klines_1m become bars of 1m or of a multiple"):
        ft.DataLoader(tmp_path).load_aggbar("BTCUSDT", "90s", data_type="klines_1m")
    # As the published package leaves them.
    folder = tmp_path / "market=futures_um"
    (folder / "data_type=klines_1m").rename(folder / "data_type=klines")
    assert loader.load_aggbar(["BTCUSDT"], *arguments).to_polars().equals(minutes)
    assert loader.load_aggbar(["BTCUSDT"], *arguments, interval=3_600_000).to_polars().equals(hours)


def test_klines_of_other_intervals(tmp_path):
    ft.simulate(tmp_path / "archive", symbols=1, data_type="klines", interval="1h")
    mirror = f"file://{tmp_path}/archive"
    for number, arguments in enumerate(({"data_type": "klines", "interval": "1h"}, {"data_type": "klines_1h"})):
        store = tmp_path / str(number)
        assert ft.sync(store, "BTCUSDT", **RANGE, **arguments, base_url=mirror)[1]["fetched"] == 2
        assert ft.ls(store).to_polars()["data_type"].to_list() == ["klines_1h"]
        loader = ft.DataLoader(store)
        assert len(loader.load_aggbar("BTCUSDT", "1h", data_type="klines")) == 48
        assert len(loader.load_aggbar("BTCUSDT", "1d", data_type="klines")) == 2
        with pytest.raises(FileNotFoundError, match="klines_1h"):
            loader.load_aggbar("BTCUSDT", "1m", data_type="klines")
    with pytest.raises(ValueError, match="interval"):
        ft.sync(tmp_path / "3", "BTCUSDT", **RANGE, data_type="klines", base_url=mirror)
    with pytest.raises(ValueError, match="klines_1h.*5m"):
        ft.sync(tmp_path / "3", "BTCUSDT", **RANGE, data_type="klines_1h", interval="5m", base_url=mirror)


def test_options_of_sync(mirror, tmp_path):
    options = {
        "period": "daily",
        "unchecked": True,
        "skip_bad_rows": True,
        "requests_per_second": 1000.0,
        "bytes_per_second": 10**9,
        "stall_ms": 5000,
        "list_url": mirror,
    }
    assert ft.sync(tmp_path / "1", "BTCUSDT", **RANGE, base_url=mirror, **options)[1]["fetched"] == 2
    ft.sync(tmp_path / "2", "*", **RANGE, base_url=mirror, listed_before="2024-08-09")
    assert len(ft.ls(tmp_path / "2")) == 3
    with pytest.warns(ft.PartialWarning, match="listed before"):
        _, report = ft.sync(tmp_path / "3", "*", **RANGE, base_url=mirror, listed_before="2024-08-08")
    assert report["fetched"] == 0
    with pytest.raises(ValueError, match="period is 'weekly'"):
        ft.sync(tmp_path / "2", "BTCUSDT", **RANGE, base_url=mirror, period="weekly")
    for wrong in ({"requests_per_second": -1.0}, {"bytes_per_second": -1}, {"stall_ms": -1}):
        with pytest.raises(ValueError):
            ft.sync(tmp_path / "3", "BTCUSDT", **RANGE, base_url=mirror, **wrong)
