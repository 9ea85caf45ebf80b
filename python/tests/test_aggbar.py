"""AggBar: the table of its names, as tests."""

import datetime as dt
import pickle

import factorium as ft
import numpy as np
import pandas as pd
import polars as pl
import pytest
from factorium.data import AggBarMetadata

START = 1_723_075_200_000


def test_columns(grid):
    assert grid.cols == ["symbol", "start_time", "end_time", "close", "open", "volume"]
    assert grid.symbols == [*"ABCDE"] and len(grid) == 600
    close = grid["close"]
    assert isinstance(close, ft.Factor) and close.name == "close"
    part = grid[["open", "close"]]
    assert (
        isinstance(part, ft.AggBar)
        and part.cols == ["symbol", "start_time", "end_time", "close", "open"]
        and len(part) == 600
    )
    with pytest.raises(KeyError, match="Column zz not found"):
        grid["zz"]
    with pytest.raises(KeyError, match="zz"):
        grid[["open", "zz"]]
    with pytest.raises(TypeError):
        grid[3]
    assert "close" in grid._ipython_key_completions_()


def test_order_of_rows_and_columns(grid):
    frame = grid.to_df().sample(frac=1, random_state=3)[["close", "end_time", "volume", "symbol", "start_time"]]
    made = ft.AggBar(frame)
    expected = frame.sort_values(["end_time", "symbol"], ignore_index=True)
    pd.testing.assert_frame_equal(made.to_df(), expected)
    assert made.cols == list(frame.columns)
    pd.testing.assert_frame_equal(made.data, expected)
    assert made.to_polars().columns == made.cols
    pd.testing.assert_frame_equal(ft.AggBar.from_df(pl.from_pandas(frame)).to_pandas(), expected)


def test_needs_its_key(grid):
    for name in ("symbol", "start_time", "end_time"):
        with pytest.raises(ValueError, match=name):
            ft.AggBar(grid.to_df().drop(columns=name))
    with pytest.raises(KeyError):
        ft.AggBar(grid.to_df())["nothing"]


def test_metadata(grid):
    assert grid.metadata == AggBarMetadata([*"ABCDE"], START, START + 7_200_000, 600)
    both = AggBarMetadata.merge([grid.metadata, AggBarMetadata(["Z"], 5, 6, 1)])
    assert both == AggBarMetadata([*"ABCDEZ"], 5, START + 7_200_000, 601)
    times = grid.timestamps
    assert isinstance(times, pd.DatetimeIndex) and len(times) == 121 and times[0] == pd.Timestamp("2024-08-08")
    info = grid.info()
    assert info.index.tolist() == [*"ABCDE"] and info.num_kbar.tolist() == [120] * 5
    assert info.num_nan.sum() == grid.to_df().isna().sum().sum()
    assert info.start_time.iloc[0] == pd.Timestamp("2024-08-08")


def test_slices(grid):
    frame = grid.to_df()
    begin, end = START + 600_000, START + 1_200_000
    expected = frame[(frame.start_time >= begin) & (frame.end_time <= end)].reset_index(drop=True)
    for made in (
        grid.slice(begin, end),
        grid.slice("2024-08-08 00:10:00", "2024-08-08 00:20:00"),
        grid.slice(dt.datetime(2024, 8, 8, 0, 10), dt.datetime(2024, 8, 8, 0, 20, tzinfo=dt.UTC)),
        grid.slice(np.datetime64(begin, "ms"), pd.Timestamp(end, unit="ms")),
        grid.slice(begin).slice(end=end),
    ):
        pd.testing.assert_frame_equal(made.to_df(), expected)
    assert grid.slice(symbols=["B", "A"]).symbols == ["A", "B"] and grid.slice(symbols="C").symbols == ["C"]
    with pytest.raises(KeyError, match="Q"):
        grid.slice(symbols=["Q"])
    assert len(grid.slice(0, 1)) == 0


def test_merges(grid):
    left, right = grid[["close"]], grid.slice(symbols=["A", "B"])[["open"]]
    merged = left.merge(right).to_df()
    assert merged.open.notna().sum() == 240 and merged.close.equals(grid.to_df().close)
    with pytest.raises(ValueError, match="close"):
        left.merge(left)
    halves = [grid.slice(end=START + 600_000), grid.slice(START + 600_000)]
    assert ft.AggBar.from_bars(halves).to_df().equals(grid.to_df())
    assert ft.AggBar([half.to_df() for half in halves]).to_df().equals(grid.to_df())


class Above:
    """A rule as universes have them."""

    def apply(self, frame, metadata, tags=None):
        assert metadata == {"m": 1} and isinstance(frame, pl.LazyFrame)
        return pl.col("volume") > 15


def test_mask(grid):
    masked = grid.with_mask("liquid", Above(), {"m": 1})
    assert masked.cols == [*grid.cols, "liquid"]
    assert (masked.to_df().liquid == (grid.to_df().volume > 15)).all()
    inside = masked["close"].where(masked["liquid"]).to_pandas().factor
    assert inside.notna().sum() == (grid.to_df().close.notna() & (grid.to_df().volume > 15)).sum()


def test_shown_copied_pickled(grid):
    assert repr(grid) == "AggBar: 600 rows, 6 columns, symbols=5, time_range=2024-08-08 00:00:00 - 2024-08-08 02:00:00"
    assert "<table" in grid._repr_html_() and len(grid._repr_html_()) < 10_000
    assert grid.copy().to_df().equals(grid.to_df())
    rows = {
        "symbol": ["A", "B"],
        "start_time": [0, 0],
        "end_time": [60_000, 60_000],
        "n": [1, None],
        "flag": [True, None],
        "tag": ["x", None],
        "x": [0.1, None],
    }
    for made in (grid, ft.AggBar(pl.DataFrame(rows))):
        again = pickle.loads(pickle.dumps(made))
        assert again.to_polars().equals(made.to_polars()) and again.cols == made.cols
    strict = ft.AggBar(grid, strict_cross_sections=True)
    assert pickle.loads(pickle.dumps(strict))._strict
