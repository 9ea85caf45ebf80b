"""Adapters, aggregator, cache, loaders and file helpers: the table of names, as tests."""

import datetime as dt
from pathlib import Path

import duckdb
import factorium as ft
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import SYMBOLS
from factorium import data
from factorium.data import BarAggregator, BarCache, DataLoader
from factorium.data.adapters import BaseExchangeAdapter, BinanceAdapter, ColumnMapping
from reference import assert_bars, make_trades, time_bars

DAY = 86_400_000
START = 1_723_075_200_000  # 2024-08-08
AGG = ColumnMapping("transact_time", "price", "quantity", "is_buyer_maker")


# ---- Adapters ------------------------------------------------------------------------------------------------


def test_column_mapping_is_a_value():
    mapping = ColumnMapping("t", "p", "v", "m")
    assert mapping == ColumnMapping(timestamp="t", price="p", volume="v", is_buyer_maker="m") and hash(mapping)
    with pytest.raises(AttributeError):
        mapping.price = "x"


def test_binance_adapter():
    adapter = BinanceAdapter()
    assert adapter.name == "binance"
    assert adapter.column_mappings == {
        "aggTrades": AGG,
        "trades": ColumnMapping("time", "price", "qty", "is_buyer_maker"),
        "klines": ColumnMapping("open_time", "close", "volume", ""),
    }
    assert adapter.get_column_mapping("trades").volume == "qty"
    with pytest.raises(KeyError, match="Unsupported data type: x.*aggTrades.*klines"):
        adapter.get_column_mapping("x")
    glob = adapter.build_parquet_glob(
        "BASE", ["BTCUSDT"], "aggTrades", "futures", start_date="2024-01-01", futures_type="um"
    )
    assert glob == "BASE/market=futures_um/data_type=aggTrades/symbol=BTCUSDT/**/*.parquet"
    assert adapter.build_parquet_glob("BASE", ["A", "B"], "trades", "spot").endswith(
        "market=spot/data_type=trades/symbol=*/**/*.parquet"
    )
    url = adapter.get_download_url("BTCUSDT", "aggTrades", "futures", "2024-01-01", futures_type="cm")
    assert url.endswith("/data/futures/cm/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-01-01.zip")
    assert url.startswith(BinanceAdapter.BINANCE_VISION_BASE)
    with pytest.raises(ValueError, match="symbol"):
        adapter.build_parquet_glob("BASE", ["../x"], "trades", "spot")


class OwnAdapter(BaseExchangeAdapter):
    """Files of its own: FOLDER/trades-SYMBOL.parquet with a column symbol."""

    name = "own"
    column_mappings = {"ticks": ColumnMapping("time", "price", "quantity", "is_buyer_maker")}

    def build_parquet_glob(self, base_path, symbols, data_type, market_type, **kwargs):
        assert kwargs["start_date"] == "2024-08-08"
        return f"{base_path}/{data_type}-*.parquet"

    def get_download_url(self, symbol, data_type, market_type, date, **kwargs):
        return ""


def test_adapters_are_whole():
    with pytest.raises(TypeError):
        BaseExchangeAdapter()

    class Incomplete(BaseExchangeAdapter):
        name = "x"

    with pytest.raises(TypeError):
        Incomplete()


def test_an_adapter_of_the_users(tmp_path):
    trades = make_trades()
    pl.from_pandas(trades).write_parquet(tmp_path / "ticks-1.parquet")
    loader = DataLoader(tmp_path, adapters=[OwnAdapter()])
    for exchange in ("own", OwnAdapter()):
        made = loader.load_aggbar(
            ["AAA", "BBB"], 60_000, "2024-08-08", "2024-08-09", exchange=exchange, data_type="ticks"
        )
        assert_bars(made.to_df().sort_values(["start_time", "symbol"], ignore_index=True), time_bars(trades, 60_000))
    with pytest.raises(KeyError, match="ticks"):
        loader.load_aggbar("AAA", start_date="2024-08-08", days=1, exchange="own", data_type="other")
    with pytest.raises(TypeError):
        loader.register_adapter("own")


# ---- Aggregator ------------------------------------------------------------------------------------------------


def trades_of(store: Path, symbol: str) -> pd.DataFrame:
    frame = pl.read_parquet(f"{store}/market=*/**/symbol={symbol}/**/*.parquet", hive_partitioning=False).to_pandas()
    return frame.rename(columns={"transact_time": "time", "agg_trade_id": "id"}).assign(symbol=symbol)


def test_time_bars_of_a_store(store):
    pattern = BinanceAdapter().build_parquet_glob(str(store), SYMBOLS, "aggTrades", "futures")
    start, end = START + 3_600_000, START + DAY + 60_000
    frame = BarAggregator().aggregate_time_bars(pattern, SYMBOLS[:2], 300_000, start, end, AGG)
    trades = pd.concat([trades_of(store, symbol) for symbol in SYMBOLS[:2]])
    trades = trades[(trades.time >= start) & (trades.time < end)]
    assert_bars(frame, time_bars(trades, 300_000))
    assert isinstance(frame, pd.DataFrame)
    without = BarAggregator().aggregate_time_bars(
        pattern, ["BTCUSDT"], 300_000, start, end, AGG, include_buyer_seller=False
    )
    assert list(without.columns) == [
        "symbol",
        "start_time",
        "end_time",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "vwap",
    ]


def test_bars_of_any_files(tmp_path):
    trades = make_trades()
    mapping = ColumnMapping("time", "price", "quantity", "is_buyer_maker")
    expected = time_bars(trades, 60_000)
    shuffled = trades.sample(frac=1, random_state=1)
    pl.from_pandas(shuffled).write_parquet(tmp_path / "flat.parquet")
    for symbol, rows in shuffled.groupby("symbol"):
        folder = tmp_path / "hive" / f"symbol={symbol}"
        folder.mkdir(parents=True)
        pl.from_pandas(rows.drop(columns="symbol")).write_parquet(folder / "x.parquet")
    for pattern in (tmp_path / "flat.parquet", tmp_path / "hive" / "**" / "*.parquet"):
        frame = BarAggregator().aggregate_time_bars(str(pattern), ["AAA", "BBB"], 60_000, START, START + DAY, mapping)
        assert_bars(frame, expected)
    only = BarAggregator().aggregate_time_bars(
        str(tmp_path / "hive/symbol=AAA/*.parquet"), ["AAA"], 60_000, START, START + DAY, mapping
    )
    assert_bars(only, expected[expected.symbol == "AAA"].reset_index(drop=True))
    with pytest.raises(FileNotFoundError, match="price2"):
        wrong = ColumnMapping("time", "price2", "quantity", "")
        BarAggregator().aggregate_time_bars(str(tmp_path / "flat.parquet"), ["AAA"], 60_000, 0, 0, wrong)
    with pytest.raises(FileNotFoundError, match="none"):
        BarAggregator().aggregate_time_bars(str(tmp_path / "none*.parquet"), ["AAA"], 60_000, 0, 0, mapping)
    with pytest.raises(FileNotFoundError, match="CCC"):
        BarAggregator().aggregate_time_bars(str(tmp_path / "flat.parquet"), ["CCC"], 60_000, 0, 0, mapping)
    with pytest.raises(FileNotFoundError, match="x'; DROP"):
        BarAggregator().aggregate_time_bars(
            str(tmp_path / "x'; DROP TABLE t; --.parquet"), ["AAA"], 60_000, 0, 0, mapping
        )


def by_loop(trades: pd.DataFrame, size_of, threshold: float) -> list[tuple[float, ...]]:
    """Tick, volume or dollar bars by a plain loop."""
    made, rows, total = [], [], 0.0
    for trade in trades.itertuples():
        rows.append(trade)
        total += size_of(trade)
        if total >= threshold - 1e-9:
            made.append(rows)
            rows, total = [], 0.0
    if rows:
        made.append(rows)
    return [
        (
            r[0].time,
            r[-1].time,
            r[0].price,
            max(t.price for t in r),
            min(t.price for t in r),
            r[-1].price,
            sum(t.quantity for t in r),
            len(r),
        )
        for r in made
    ]


@pytest.mark.parametrize("kind", ["tick", "volume", "dollar"])
def test_other_kinds_of_bars(store, tmp_path, kind):
    trades = trades_of(store, "ETHUSDT")
    size_of = {"tick": lambda t: 1, "volume": lambda t: t.quantity, "dollar": lambda t: t.price * t.quantity}[kind]
    threshold = {"tick": 100, "volume": 50.0, "dollar": 1e5}[kind]
    pattern = BinanceAdapter().build_parquet_glob(str(store), ["ETHUSDT"], "aggTrades", "futures")
    frame = getattr(BarAggregator(), f"aggregate_{kind}_bars")(pattern, "ETHUSDT", threshold, AGG)
    expected = by_loop(trades, size_of, threshold)
    assert len(frame) == len(expected) > 10
    names = ["start_time", "end_time", "open", "high", "low", "close", "volume"]
    np.testing.assert_allclose(frame[names].to_numpy(float), np.array([row[:7] for row in expected]), rtol=1e-12)
    assert (frame.num_buyer + frame.num_seller).tolist() == [row[7] for row in expected]
    loaded = DataLoader(store).load_aggbar("ETHUSDT", bar_type=kind, threshold=threshold)
    assert loaded.to_df()[names].equals(frame[names])
    other = tmp_path / "trades.parquet"
    pl.from_pandas(trades.drop(columns="symbol")).write_parquet(other)
    plain = ColumnMapping("time", "price", "quantity", "is_buyer_maker")
    again = getattr(BarAggregator(), f"aggregate_{kind}_bars")(str(other), "ETHUSDT", threshold, plain)
    assert again.equals(frame)


# ---- Cache -------------------------------------------------------------------------------------------------------


def test_bar_cache(tmp_path, bars):
    cache = BarCache(tmp_path / "cache")
    assert cache.cache_dir == tmp_path / "cache" and BarCache().cache_dir == Path("./Data/.cache")
    frame = bars.to_df()
    key = ("binance", ["B", "A"], 60_000, "aggTrades", "futures_um")
    days = [dt.datetime(2024, 8, 8), dt.datetime(2024, 8, 9)]
    halves = [frame[: len(frame) // 2].reset_index(drop=True), frame[len(frame) // 2 :].reset_index(drop=True)]
    assert cache.get(*key, days[0]) is None and cache.get_range(*key, days[0], days[1]) is None
    for day, half in zip(days, halves, strict=True):
        path = cache.put(half, *key, day)
        assert day.strftime("%Y-%m-%d") in path.name
    files = [*cache.cache_dir.rglob("*.parquet")]
    assert len(files) == 2 and files[0].parent == files[1].parent
    pd.testing.assert_frame_equal(cache.get("binance", ["A", "B"], *key[2:], days[0]), halves[0])
    pd.testing.assert_frame_equal(cache.get_range(*key, days[0], dt.datetime(2024, 8, 10)), frame)
    assert cache.get_range(*key, days[0], dt.datetime(2024, 8, 11)) is None
    assert cache.get("binance", ["A"], *key[2:], days[0]) is None
    assert cache.get(*key[:2], 300_000, *key[3:], days[0]) is None
    cache.put(halves[1], *key, days[0])
    assert len([*cache.cache_dir.rglob("*.parquet")]) == 2
    cache.put(pl.from_pandas(halves[0]), *key, "2024-08-10")
    pd.testing.assert_frame_equal(cache.get(*key, dt.date(2024, 8, 10)), halves[0])
    with pytest.raises(ValueError, match="path"):
        cache.put(frame, "../x", *key[1:], days[0])
    assert cache.clear() == 3 and cache.clear() == 0


# ---- Loaders ------------------------------------------------------------------------------------------------------


def test_data_loader(store, bars):
    import factorium.data.loader_v2

    assert ft.DataLoader is data.DataLoader is factorium.data.loader_v2.DataLoader
    loader = DataLoader(str(store))
    assert (
        loader.base_path == store
        and isinstance(loader.aggregator, BarAggregator)
        and isinstance(loader.cache, BarCache)
    )
    made = loader.load_aggbar("BTCUSDT", 300_000, "2024-08-08", "2024-08-09")
    assert isinstance(made, ft.AggBar) and made.symbols == ["BTCUSDT"]
    trades = trades_of(store, "BTCUSDT")
    expected = time_bars(trades[trades.time < START + DAY], 300_000)
    assert_bars(made.to_df(), expected)
    for again in (
        loader.load_aggbar(["BTCUSDT"], "5m", "2024-08-08", days=1),
        loader.load_aggbar("BTCUSDT", 300_000, dt.datetime(2024, 8, 8), dt.date(2024, 8, 9), use_cache=False),
        DataLoader(store, cache_enabled=False).load_aggbar("BTCUSDT", 300_000, None, "2024-08-09", days=1),
    ):
        assert again.to_df().equals(made.to_df())
    assert "num_buyer" not in loader.load_aggbar("BTCUSDT", include_buyer_seller=False).cols
    assert len(bars.symbols) == 3 and bars.to_df().equals(loader.load_aggbar(SYMBOLS).to_df())


def test_second_load_reads_no_trades(tmp_path, store, caplog):
    caplog.set_level("DEBUG", logger="factorium")
    loader = DataLoader(store, cache_dir=tmp_path / "cache")
    first = loader.load_aggbar(SYMBOLS, 60_000, "2024-08-08", "2024-08-10")
    assert caplog.text.count("data.parquet: native engine") == 6
    assert len([*(tmp_path / "cache").rglob("*.parquet")]) == 6
    caplog.clear()
    second = loader.load_aggbar(SYMBOLS, 60_000, "2024-08-08", "2024-08-10")
    assert "engine" not in caplog.text and second.to_df().equals(first.to_df())
    loader.load_aggbar(SYMBOLS, 60_000, "2024-08-08", "2024-08-10", use_cache=False)
    assert caplog.text.count("data.parquet: native engine") == 6


def test_what_loading_refuses(store, tmp_path):
    loader = DataLoader(store)
    with pytest.raises(ValueError, match="Unsupported exchange: kraken.*binance"):
        loader.load_aggbar("BTCUSDT", exchange="kraken")
    with pytest.raises(FileNotFoundError, match="XRPUSDT.*2024-08-08.*2024-08-09"):
        loader.load_aggbar("XRPUSDT", 60_000, "2024-08-08", "2024-08-09")
    with pytest.raises(FileNotFoundError, match="no aggTrades of BTCUSDT"):
        DataLoader(tmp_path / "none").load_aggbar("BTCUSDT")
    with pytest.raises(ValueError, match="empty"):
        loader.load_aggbar("BTCUSDT", 60_000, "2024-08-09", "2024-08-08")
    with pytest.raises(ValueError, match="end_date"):
        loader.load_aggbar("BTCUSDT", 60_000, "2024-08-09")
    with pytest.raises(ValueError, match="bar type"):
        loader.load_aggbar("BTCUSDT", bar_type="range")
    with pytest.raises(ValueError, match="empty"):
        loader.load_aggbar([])
    with pytest.warns(ft.PartialWarning):
        partly = loader.load_aggbar(["BTCUSDT", "XRPUSDT"], 60_000, "2024-08-08", "2024-08-11")
    assert partly.symbols == ["BTCUSDT"]
    with pytest.raises(FileNotFoundError, match="XRPUSDT"):
        loader.load_aggbar(["BTCUSDT", "XRPUSDT"], 60_000, "2024-08-08", "2024-08-10", missing="error")


def test_binance_data_loader(store, bars):
    loader = ft.BinanceDataLoader(base_path=store)
    made = loader.load_aggbar(SYMBOLS, "aggTrades", "futures", "um", "2024-08-08", "2024-08-09")
    assert made.to_df().equals(bars.to_df()), "the published loader's end is included"
    fast = loader.load_aggbar_fast(SYMBOLS, "aggTrades", "futures", start_date="2024-08-08", days=2)
    assert fast.to_df().equals(bars.to_df())
    ticks = loader.load_aggbar(
        "BTCUSDT", "aggTrades", "futures", start_date="2024-08-08", days=1, bar_type="tick", interval=500
    )
    assert (ticks.to_df().num_buyer + ticks.to_df().num_seller)[:-1].eq(500).all()


def test_date_ranges():
    day = dt.timedelta(days=1)
    a, b = dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 3)
    assert data.calculate_date_range("2024-01-01", "2024-01-03") == (a, b + day)
    assert data.calculate_date_range("2024-01-01", days=2) == (a, b)
    assert data.calculate_date_range("2024-01-01", "2024-01-03", days=9) == (a, b + day)
    assert data.calculate_date_range(end_date="2024-01-02", days=2) == (a, b)
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    assert data.calculate_date_range(days=3) == (today - 3 * day, today)
    assert data.calculate_date_range() == (today - 7 * day, today)
    for wrong in (
        ("2024-01-03", "2024-01-01"),
        ("2024-01-01",),
        (None, "2024-01-01"),
        (None, None, 0),
        ("2024-13-01", "2024-01-01"),
    ):
        with pytest.raises(ValueError):
            data.calculate_date_range(*wrong)


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_names_of_files():
    assert data.get_market_string("spot") == "spot" == data.get_market_string("spot", "um")
    assert (
        data.get_market_string("futures", "um") == "futures_um"
        and data.get_market_string("futures", "cm") == "futures_cm"
    )
    with pytest.raises(ft.Error, match="known are um, cm"):
        data.get_market_string("futures")
    expected = Path("d/market=spot/data_type=trades/symbol=BTC/year=2024/month=01/day=02")
    assert data.build_hive_path(Path("d"), "spot", "trades", "BTC", 2024, 1, 2) == expected
    assert data.BINANCE_COLUMNS["trades"][:4] == ["id", "price", "qty", "quote_qty"]
    assert data.BINANCE_COLUMNS["aggTrades"][0] == "agg_trade_id" and len(data.BINANCE_COLUMNS["klines"]) == 12


def test_csv_and_hive_parquet(tmp_path, store):
    text = "1,100.5,2,201,1723075200000,true\n2,101.5,1,101.5,1723075200001,false\n"
    plain = tmp_path / "BTCUSDT-trades-2024-08-08.csv"
    plain.write_text(text)
    with_header = tmp_path / "with.csv"
    with_header.write_text("id,price,qty,quote_qty,time,is_buyer_maker\n" + text)
    folder = data.build_hive_path(tmp_path / "out", "spot", "trades", "BTCUSDT", 2024, 8, 8)
    path = data.csv_to_parquet(plain, folder)
    assert path == folder / "data.parquet"
    frame = data.read_hive_parquet(tmp_path / "out")
    assert frame.price.tolist() == [100.5, 101.5] and frame.symbol.tolist() == ["BTCUSDT"] * 2
    other = data.csv_to_parquet(with_header, tmp_path / "b", filename="x.parquet")
    assert duckdb.sql(f"SELECT sum(qty) FROM '{other}'").fetchall() == [(3,)]
    some = data.read_hive_parquet(store, columns=["price", "symbol"], where="symbol = 'BTCUSDT' AND price > 0")
    assert list(some.columns) == ["price", "symbol"] and len(some) == len(trades_of(store, "BTCUSDT"))
    with pytest.raises(FileNotFoundError):
        data.csv_to_parquet(tmp_path / "none.csv", tmp_path)
    with pytest.raises(FileNotFoundError):
        data.read_hive_parquet(tmp_path / "none")


@pytest.mark.parametrize(
    "interval", [0, 0.9, 1.5, -60_000, True, np.bool_(True), float("nan"), float("inf"), None, "0m"]
)
def test_intervals_that_are_none(store, interval):
    """None of them may become the bars of another interval."""
    loads = [
        lambda: DataLoader(store).load_aggbar("BTCUSDT", interval),
        lambda: ft.BinanceDataLoader(path=store).load_aggbar(
            "BTCUSDT", "aggTrades", "futures", "um", "2024-08-08", "2024-08-08", interval=interval
        ),
        lambda: ft.arrow.bars(make_trades(), interval),
        lambda: BarAggregator().aggregate_time_bars(f"{store}/**/*.parquet", ["BTCUSDT"], interval, 0, 0, AGG),
    ]
    for load in loads:
        with pytest.raises(ValueError, match="interval|0m"):
            load()


def test_intervals_of_every_number_type(store):
    expected = DataLoader(store).load_aggbar("BTCUSDT", "5m").to_df()
    for interval in (300_000, 300_000.0, np.int32(300_000), np.float64(300_000)):
        assert DataLoader(store).load_aggbar("BTCUSDT", interval).to_df().equals(expected)


def test_days_of_whole_numbers_round_no_others(tmp_path):
    """Of a day whose prices are whole numbers, and of one whose are not."""
    days = {8: "1,100,3,1,1,1723075200000,true\n2,101,4,2,2,1723075260000,false\n"}
    days[9] = "3,100.7,2.5,3,3,1723161600000,true\n4,101.2,0.4,4,4,1723161660000,false\n"
    header = ",".join(data.BINANCE_COLUMNS["aggTrades"][:7]) + "\n"
    for with_header in (False, True):
        for day, rows in days.items():
            path = tmp_path / f"{with_header}-AUSDT-aggTrades-2024-08-0{day}.csv"
            path.write_text(header * with_header + rows)
            made = data.csv_to_parquet(path, tmp_path / str(with_header), filename=f"{day}.parquet")
            types = duckdb.sql(f"SELECT price, quantity, transact_time, is_buyer_maker FROM '{made}'").types
            assert types == ["DOUBLE", "DOUBLE", "BIGINT", "BOOLEAN"]
    # Files of others keep what their maker wrote.
    for day, rows in days.items():
        folder = data.build_hive_path(tmp_path / "store", "futures_um", "aggTrades", "AUSDT", 2024, 8, day)
        folder.mkdir(parents=True)
        path = tmp_path / f"{day}.csv"
        path.write_text(header + rows)
        duckdb.sql(f"COPY (FROM read_csv('{path}')) TO '{folder}/data.parquet'")
    frame = data.read_hive_parquet(tmp_path / "store").sort_values("agg_trade_id")
    assert frame.price.tolist() == [100, 101, 100.7, 101.2] and frame.quantity.tolist() == [3, 4, 2.5, 0.4]
    for view, order in (("trades", "id"), ('"aggTrades"', "agg_trade_id")):
        rows = ft.sql(f"SELECT price, quantity FROM {view} ORDER BY {order}", store=tmp_path / "store").to_polars()
        assert rows.rows() == [(100, 3), (101, 4), (100.7, 2.5), (101.2, 0.4)]
    loaded = ft.DataLoader(tmp_path / "store").load_aggbar("AUSDT", "1m", use_cache=False)
    assert loaded.to_df().volume.tolist() == [3, 4, 2.5, 0.4]


def test_store_functions(store):
    listed = ft.ls(store).to_pandas()
    assert listed.symbol.tolist() == SYMBOLS and (listed.days == 2).all()
    n = ft.sql("SELECT symbol, count(*) AS n FROM trades GROUP BY symbol ORDER BY symbol", store=store)
    assert n.to_polars()["n"].to_list() == listed.rows.tolist()
    assert "BTCUSDT" in repr(n) and "<table" in n._repr_html_()
    assert ft.ingest(store.parent / "archive", store)["files_unchanged"] == 6
    with pytest.raises(ValueError, match="query"):
        ft.sql("DROP TABLE x", store=store)
