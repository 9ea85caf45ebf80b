"""Universes: rules, their masks, rules of one's own."""

import factorium as ft
import numpy as np
import polars as pl
import pytest
from factorium.factors import FactorAnalyzer

START, DAY, HOUR = 1_723_075_200_000, 86_400_000, 3_600_000
SYMBOLS = ["BTCUPUSDT", "BTCUSDT", "ETHUSDT", "USDCUSDT", "XRPUSDT"]
METADATA = {
    "BTCUSDT": {"base_asset": "BTC", "listing_date": START - 10 * DAY},
    "ETHUSDT": {"base_asset": "ETH", "listing_date": START - DAY},
    "XRPUSDT": {"base_asset": "XRP", "listing_date": START + 5 * HOUR, "is_leveraged": True},
    "BTCUPUSDT": {"base_asset": "BTCUP"},
}


@pytest.fixture(scope="module")
def panel() -> ft.AggBar:
    rng = np.random.default_rng(2)
    columns = {"close": 100 + rng.normal(size=(60, 5)).cumsum(axis=0), "volume": rng.gamma(2, 10, (60, 5))}
    columns["close"][5, 2] = np.nan
    return ft.AggBar.from_numpy(columns, START + HOUR * np.arange(1, 61), SYMBOLS)


def inside(panel: ft.AggBar, rule, tags=None) -> np.ndarray:
    """Which rows are in, times down and symbols across, by both ways to ask."""
    masked = panel.with_mask("u", rule, METADATA, tags)
    assert masked.cols == [*panel.cols, "u"]
    frame = masked.to_polars()
    assert frame["u"].dtype == pl.Boolean and frame["u"].null_count() == 0
    shuffled = panel.to_polars().sample(fraction=1, shuffle=True, seed=1)
    asked = shuffled.lazy().with_columns(u=rule.apply(shuffled.lazy(), METADATA, tags)).collect()
    assert asked.sort("end_time", "symbol").select(frame.columns).equals(frame)
    return frame["u"].to_numpy().reshape(60, 5)


def of_symbols(*names: str) -> np.ndarray:
    return np.tile([name in names for name in SYMBOLS], (60, 1))


def test_names(panel):
    assert (inside(panel, ft.ExcludeStablecoins()) == of_symbols(*({*SYMBOLS} - {"USDCUSDT"}))).all()
    more = ft.ExcludeStablecoins(extra_stablecoins={"ETH"})
    assert (inside(panel, more) == of_symbols("BTCUPUSDT", "BTCUSDT", "XRPUSDT")).all()
    assert (inside(panel, ft.ExcludeLeveragedTokens()) == of_symbols("BTCUSDT", "ETHUSDT", "USDCUSDT")).all()


def test_listing_age(panel):
    assert (inside(panel, ft.MinListingAge(10)) == of_symbols("BTCUSDT")).all()
    made = inside(panel, ft.MinListingAge(2))
    starts = START + HOUR * np.arange(60)
    expected = of_symbols("BTCUSDT")
    expected[:, 2] = starts >= START + DAY
    expected[:, 4] = starts >= START + 5 * HOUR + 2 * DAY
    assert (made == expected).all() and expected[:, 4].sum() == 7
    with pytest.raises(ValueError, match="days"):
        ft.MinListingAge(-1)


def test_rolling_rules(panel):
    volume, close = panel["volume"].to_wide(), panel["close"].to_wide()
    expected = (volume.rolling(7).mean() >= 20).to_numpy()
    assert (inside(panel, ft.MinVolume(7, 20)) == expected).all() and 0 < expected.sum() < expected.size
    expected = ((close * volume).rolling(5).mean() >= 2000).to_numpy()
    assert (inside(panel, ft.MinLiquidity(5, 2000)) == expected).all() and 0 < expected.sum() < expected.size


def test_tags(panel):
    tags = {"BTCUSDT": ["pow"], "ETH": ["l1"], "XRPUSDT": ["l1", "old"]}
    assert (inside(panel, ft.TagFilter(include=["l1"]), tags) == of_symbols("ETHUSDT", "XRPUSDT")).all()
    assert (inside(panel, ft.TagFilter(["l1"], ["old"]), tags) == of_symbols("ETHUSDT")).all()
    assert (inside(panel, ft.TagFilter(exclude=["l1"]), tags) == of_symbols("BTCUPUSDT", "BTCUSDT", "USDCUSDT")).all()
    with pytest.raises(ValueError, match="tags"):
        panel.with_mask("u", ft.TagFilter(["l1"]), METADATA)


class Odd:
    """A rule of one's own."""

    def apply(self, df, metadata, tags=None):
        assert isinstance(df, pl.LazyFrame) and metadata is METADATA
        return (pl.col("end_time") // HOUR) % 2 == 1


def test_all_must_hold(panel):
    odd = np.tile(((START // HOUR + np.arange(1, 61)) % 2 == 1)[:, None], (1, 5))
    universe = ft.Universe([ft.ExcludeStablecoins(), ft.ExcludeLeveragedTokens(), Odd()])
    assert (inside(panel, universe) == of_symbols("BTCUSDT", "ETHUSDT") & odd).all()
    assert (inside(panel, ft.Checklist([ft.MinListingAge(1), Odd()])) == inside(panel, ft.MinListingAge(1)) & odd).all()
    assert repr(universe) == "Universe(ExcludeStablecoins, ExcludeLeveragedTokens, Odd)" and len(universe.rules) == 3
    assert isinstance(Odd(), ft.FilterRule) and len(ft.Checklist([Odd()]).filters) == 1
    for kind in (ft.Universe, ft.Checklist):
        with pytest.raises(ValueError, match="at least one rule"):
            kind([])
        with pytest.raises(TypeError, match="apply"):
            kind([1])
    with pytest.raises(ValueError, match="already"):
        panel.with_mask("close", Odd(), METADATA)
    with pytest.raises(KeyError, match="volume"):
        panel[["close"]].with_mask("u", ft.MinVolume(), METADATA)


def test_masks_count(panel):
    masked = panel.with_mask("u", ft.Universe([ft.ExcludeStablecoins(), ft.ExcludeLeveragedTokens()]), METADATA)
    trades = ft.backtest.VectorizedBacktester(masked, masked["volume"], mask="u").run().trades
    assert {*trades["symbol"]} == {"BTCUSDT", "ETHUSDT"}
    counts = FactorAnalyzer(masked["volume"], masked, quantiles=2, mask="u").calculate_quantile_returns(2)["count"]
    assert counts.max() == 1
