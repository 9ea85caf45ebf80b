"""Backtests: what trading on a factor would have come to. docs/backtest.md says how, and defines each figure."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import _core
from .._errors import ArgumentError
from .._run import Progress
from .._run import run as running
from .._tables import Tables
from ..evaluation import Factors, above_zero, bars_of, delay_of, factors_of, mask_of

WEIGHTINGS = {"neutral": 0, "long": 1, "quantiles": 2, "given": 3}


class Backtest(Tables):
    """What came of :func:`run`: the tables ``metrics``, ``equity``, ``positions`` and ``trades``."""

    tables: ClassVar[tuple[str, ...]] = tuple(_core.backtest_tables())


def run(
    factors: Factors,
    bars: Any,
    *,
    price: str = "close",
    weights: str = "neutral",
    delay: int = 1,
    every: int = 1,
    quantiles: int = 5,
    gross: float = 1.0,
    max_position: float | None = None,
    turnover_cap: float | None = None,
    group: str | None = None,
    costs: float | tuple[float, float] = 0.0,
    funding: str | None = None,
    capital: float = 1_000_000.0,
    volume: str | None = None,
    volume_share: float = 0.01,
    steps_per_year: float | None = None,
    positions: bool = True,
    trades: bool = True,
    universe: Any = None,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> Backtest:
    """Trades on each factor: the weights that a time asks for are traded ``delay`` times later at that time's ``price``.

    ``weights`` are "neutral" (distance from the mean), "long" (what is above it), "quantiles" (top less bottom) or "given" (the
    values as they are); their sizes sum to ``gross``. ``costs`` are shares of what is traded, one for both sides or one for
    buying and one for selling. A ``delay`` of 0 looks ahead. ``group`` makes weights neutral within each value of a
    column. Rows outside the ``universe`` have no signal. ``steps_per_year`` is for annual figures, by default from the
    distance of times. ``positions`` and ``trades`` keep these tables.
    """
    above_zero(every=every, quantiles=quantiles, gross=gross, capital=capital, volume_share=volume_share)
    above_zero(max_position=max_position, turnover_cap=turnover_cap, steps_per_year=steps_per_year)
    bars = bars_of(bars)
    panel = factors_of(factors, bars)
    if weights not in WEIGHTINGS:
        raise ArgumentError(f"weights is {weights!r} and must be one of {', '.join(WEIGHTINGS)}")
    buy, sell = costs if isinstance(costs, tuple | list) else (costs, costs)
    request = {
        "price": price,
        "volume": volume,
        "funding": funding,
        **delay_of(delay),
        "every": every,
        "weighting": WEIGHTINGS[weights],
        "n_quantiles": quantiles,
        "gross": gross,
        "max_position": max_position,
        "turnover_cap": turnover_cap,
        "group": group,
        "buy_cost": buy,
        "sell_cost": sell,
        "capital": capital,
        "volume_share": volume_share,
        "steps_per_year": steps_per_year,
        "with_positions": positions,
        "with_trades": trades,
        "universe": mask_of(universe, bars),
    }
    with running(threads, memory_limit, progress) as options:
        return Backtest(_core.backtest(bars._panel, panel._panel, request, options))
