"""factorium.arrow: batches in, batches out."""

import factorium as ft
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from factorium.data import ColumnMapping
from reference import assert_bars, make_trades, time_bars

TRADES = make_trades()
EXPECTED = time_bars(TRADES, 60_000)


def batches(frame: pd.DataFrame, n: int):
    yield from pa.Table.from_pandas(frame, preserve_index=False).to_batches(max_chunksize=n)


@pytest.mark.parametrize("n", [1, 17, 100_000])
def test_time_bars(n):
    assert_bars(ft.arrow.bars(batches(TRADES, n), "1m").to_pandas(), EXPECTED)


def test_time_bars_of_rows_in_any_order():
    shuffled = TRADES.sample(frac=1, random_state=2)
    assert_bars(ft.arrow.bars(batches(shuffled, 100), 60_000).to_pandas(), EXPECTED)
    assert_bars(ft.arrow.bars(shuffled, "1m").to_pandas(), EXPECTED)
    assert_bars(ft.arrow.bars(pl.from_pandas(shuffled), "time:1m").to_pandas(), EXPECTED)


def test_kinds_of_columns():
    frame = pl.from_pandas(TRADES)
    renamed = frame.rename({"time": "ts", "price": "px", "quantity": "sz"})
    mapping = ColumnMapping("ts", "px", "sz", "is_buyer_maker")
    variants = [
        frame.with_columns(pl.from_epoch("time", "ms").dt.replace_time_zone("UTC")),
        frame.with_columns(pl.from_epoch("time", "ms").cast(pl.Datetime("ns"))),
        frame.with_columns(pl.col("time") * 1000),
        frame.with_columns(pl.col("is_buyer_maker").cast(pl.Int8), pl.col("symbol").cast(pl.Categorical)),
        frame.with_columns(
            pl.when("is_buyer_maker").then(pl.lit("True")).otherwise(pl.lit("false")).alias("is_buyer_maker")
        ),
        frame.drop("is_buyer_maker").with_columns(
            pl.when(frame["is_buyer_maker"]).then(pl.lit("SELL")).otherwise(pl.lit("buy")).alias("side")
        ),
        frame.drop("is_buyer_maker").with_columns((1 - 2 * frame["is_buyer_maker"].cast(pl.Int32)).alias("side")),
    ]
    for variant in variants:
        assert_bars(ft.arrow.bars(variant).to_pandas(), EXPECTED)
    no_ids = time_bars(TRADES, 60_000)
    assert_bars(ft.arrow.bars(renamed, mapping=mapping).to_pandas(), no_ids)
    assert_bars(
        ft.arrow.bars(
            renamed, mapping={"time": "ts", "price": "px", "quantity": "sz", "is_buyer_maker": "is_buyer_maker"}
        ).to_pandas(),
        no_ids,
    )
    sides = variants[-1]
    assert_bars(ft.arrow.bars(sides, mapping={"side": "side"}).to_pandas(), EXPECTED)
    assert_bars(ft.arrow.bars(sides.rename({"side": "s"}), mapping={"side": "s"}).to_pandas(), EXPECTED)
    assert_bars(ft.arrow.bars(sides.with_columns(is_buyer_maker=True), mapping={"side": "side"}).to_pandas(), EXPECTED)
    whole = frame.with_columns(pl.col("quantity").round().cast(pl.Int32))
    made = ft.arrow.bars(whole).to_pandas()
    assert made.volume.sum() == whole["quantity"].sum()


def test_options():
    one = TRADES[TRADES.symbol == "AAA"]
    made = ft.arrow.bars(
        one.drop(columns="symbol"),
        symbols="AAA",
        start=int(one.time.min()) + 600_000,
        end=int(one.time.max()),
        include_buyer_seller=False,
        notional=True,
        num_trades=True,
    ).to_pandas()
    assert [*made.columns][-2:] == ["notional", "num_trades"] and made.num_trades.sum() < len(one)
    assert ft.arrow.bars(TRADES, symbols=["BBB"]).to_pandas().symbol.unique().tolist() == ["BBB"]
    gappy = one.iloc[[0, -1]]
    filled = ft.arrow.bars(gappy, fill=True).to_pandas()
    assert len(filled) > 100 and filled.volume.iloc[1] == 0
    ticks = ft.arrow.bars(TRADES, "tick:100").to_pandas()
    assert len(ticks) == 60 and ticks.start_time.groupby(ticks.symbol).is_monotonic_increasing.all()
    again = ft.arrow.bars(batches(TRADES, 77), "tick:100").to_pandas()
    assert again.equals(ticks)
    assert len(ft.arrow.bars(TRADES, "tick:70", drop_last=True).to_pandas()) == 2 * (3000 // 70)
    assert len(ft.arrow.bars(TRADES, "dollar:1e5").to_pandas()) > 5


def test_batches_out():
    made = ft.arrow.bars(batches(TRADES, 500))
    out = [*made]
    assert all(isinstance(batch, pa.RecordBatch) for batch in out)
    assert_bars(pa.Table.from_batches(out).to_pandas(), EXPECTED)
    assert len(pl.DataFrame(ft.arrow.bars(TRADES))) == len(EXPECTED)


def test_no_batches_in_none_out(grid):
    """As a worker of a cluster meets them in an empty partition."""
    columns = ft.arrow.bars(TRADES[:5]).to_pandas().columns.tolist()
    for batches_ in (iter([]), [], (TRADES for _ in ())):
        assert [*ft.arrow.bars(batches_, "1m")] == []
    assert ft.arrow.bars([]).to_pandas().columns.tolist() == columns
    mapping = ColumnMapping("ts", "px", "sz", "is_buyer_maker")
    for options in ({"mapping": mapping}, {"mapping": {"side": "side", "id": "id"}}, {"include_buyer_seller": False}):
        assert len(ft.arrow.bars([], "tick:5", **options)) == 0
    for expressions in ({"x": "ts_mean(close, 5)", "y": "cs_rank(volume)"}, ["close - open"], "x = close; y = open"):
        made = ft.arrow.factors(iter([]), expressions)
        expected = ft.arrow.factors(grid, expressions).to_pandas().columns.tolist()
        assert made.to_pandas().columns.tolist() == expected
        assert [*ft.arrow.factors(iter([]), expressions)] == []


def test_columns_without_a_type():
    """As Polars' frames have where nothing is in them: all of a column is missing."""
    names = ("symbol", "time", "price", "quantity", "is_buyer_maker", "id")
    assert len(ft.arrow.bars(pl.DataFrame({name: [] for name in names}))) == 0
    typed = pl.from_pandas(TRADES)
    assert_bars(ft.arrow.bars(typed.with_columns(id=None)).to_pandas(), EXPECTED)
    for name in names[:5]:
        with pytest.raises(ValueError, match=f"row 1, column {name}"):
            ft.arrow.bars(typed.with_columns(pl.lit(None).alias(name)))


def test_what_is_refused():
    for frame, words in (
        (TRADES.drop(columns="price"), "price"),
        (TRADES.assign(price=-1.0), "row 1, column price"),
        (TRADES.assign(quantity=np.nan), "row 1, column quantity"),
        (TRADES.assign(time=1), "row 1, column time"),
        (TRADES.assign(symbol="../x"), "row 1|symbol"),
        (TRADES.assign(is_buyer_maker="perhaps"), "is_buyer_maker"),
        (TRADES.assign(time=TRADES.time.astype(float)), "time"),
    ):
        with pytest.raises(ValueError, match=words):
            ft.arrow.bars(frame)
    with pytest.raises(FileNotFoundError, match="CCC"):
        ft.arrow.bars(TRADES, symbols=["AAA", "CCC"])
    with pytest.raises(ValueError, match="sort"):
        ft.arrow.bars(batches(TRADES[::-1], 100), "tick:10")
    with pytest.raises(ValueError, match="name the one symbol"):
        ft.arrow.bars(TRADES.drop(columns="symbol"))
    with pytest.raises(ValueError, match="other columns"):
        ft.arrow.bars([TRADES, TRADES.drop(columns="id")])
    with pytest.raises(ValueError, match="other columns"):  # texts by their numbers are no numbers
        ft.arrow.bars([TRADES.astype({"id": "int16"}), TRADES.assign(id=TRADES.id.astype(str).astype("category"))])
    with pytest.raises(ValueError, match="kind of bar"):
        ft.arrow.bars(TRADES, "range:3")

    def broken():
        yield from batches(TRADES[:100], 50)
        raise RuntimeError("the source broke off")

    with pytest.raises(ft.DataError, match="RuntimeError: the source broke off") as raised:
        ft.arrow.bars(broken())
    assert type(raised.value.__cause__) is RuntimeError

    def lacking():
        raise KeyError("mine")
        yield

    for call in (lambda: ft.arrow.bars(lacking()), lambda: ft.arrow.factors(lacking(), "x = close")):
        with pytest.raises(ft.DataError, match="KeyError: 'mine'") as raised:
            call()
        assert type(raised.value.__cause__) is KeyError


def test_factors(grid):
    table = grid.to_arrow()
    made = ft.arrow.factors(
        table.to_batches(max_chunksize=50), {"a": "ts_mean(close, 5)", "b": "cs_rank(volume)"}
    ).to_polars()
    expected = ft.evaluate({"a": grid["close"].ts_mean(5), "b": grid["volume"].cs_rank()}).to_polars()
    assert made.select(expected.columns).equals(expected)
    assert ft.arrow.factors(grid.to_df(), "x = close - open").to_pandas().columns[-1] == "x"
