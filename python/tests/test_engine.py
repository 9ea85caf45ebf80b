"""PolarsEngine: Polars in, Polars out, same rows in the same order."""

import factorium as ft
import polars as pl
import pytest
from factorium.factors.engine import PolarsEngine


@pytest.fixture
def frame(grid):
    return grid["close"].to_polars().sample(fraction=1, shuffle=True, seed=1)


def expected(frame: pl.DataFrame, factor: ft.Factor) -> pl.DataFrame:
    keys = ["start_time", "end_time", "symbol"]
    return frame.select(keys).join(factor.to_polars(), on=keys, how="left", maintain_order="left")


def test_operators(grid, frame):
    close = grid["close"]
    pairs = [
        (PolarsEngine.ts_mean(frame, 5), close.ts_mean(5)),
        (PolarsEngine.ts_std(frame, 5), close.ts_std(5)),
        (PolarsEngine.ts_sum(frame, 5), close.ts_sum(5)),
        (PolarsEngine.ts_min(frame, 5), close.ts_min(5)),
        (PolarsEngine.ts_max(frame, 5), close.ts_max(5)),
        (PolarsEngine.ts_shift(frame, 2), close.ts_shift(2)),
        (PolarsEngine.ts_diff(frame, 2), close.ts_delta(2)),
        (PolarsEngine.cs_rank(frame), close.cs_rank()),
        (PolarsEngine.cs_zscore(frame), close.cs_zscore()),
        (PolarsEngine.cs_demean(frame), close.cs_demean()),
        (PolarsEngine.cs_mean(frame), close.mean()),
        (PolarsEngine.cs_median(frame), close.median()),
        (PolarsEngine.cs_winsorize(frame, 0.2), close.cs_winsorize(0.2)),
        (PolarsEngine.cs_neutralize(frame, grid["volume"].to_polars()), close.cs_neutralize(grid["volume"])),
    ]
    for made, factor in pairs:
        assert made.equals(expected(frame, factor)), factor.name
        assert made.columns == frame.columns and made["factor"].is_nan().sum() == 0


def test_other_names_and_types(frame):
    renamed = frame.rename({"symbol": "ticker", "factor": "x"}).with_columns(
        pl.from_epoch("end_time", "ms"), pl.from_epoch("start_time", "ms"), other=pl.lit(1)
    )
    made = PolarsEngine.ts_mean(renamed.lazy(), 3, symbol_col="ticker", value_col="x")
    assert made.columns == renamed.columns and made.schema == renamed.schema
    assert made["x"].equals(PolarsEngine.ts_mean(frame, 3)["factor"].alias("x"))
    with pytest.raises(ValueError, match="1000000|positive|from 1"):
        PolarsEngine.ts_mean(frame, 0)


def test_pandas_and_back(frame):
    pandas = PolarsEngine.to_pandas(frame)
    assert pandas.factor.isna().sum() == frame["factor"].null_count() > 0
    assert PolarsEngine.from_pandas(pandas).equals(frame)
