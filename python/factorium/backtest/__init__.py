"""Backtests: :func:`run`, and the published backtesters."""

from .constraints import (
    LongOnlyConstraint,
    MarketNeutralConstraint,
    MaxGrossExposureConstraint,
    MaxPositionConstraint,
    WeightConstraint,
)
from .core import Backtest, run
from .iterative import IterativeBacktester as LegacyBacktester
from .iterative import IterativeBacktestResult as LegacyBacktestResult
from .utils import frequency_to_periods_per_year, parse_frequency_to_seconds
from .vectorized import BacktestResult, VectorizedBacktester

Backtester = VectorizedBacktester

__all__ = [
    "Backtest",
    "BacktestResult",
    "Backtester",
    "LegacyBacktestResult",
    "LegacyBacktester",
    "LongOnlyConstraint",
    "MarketNeutralConstraint",
    "MaxGrossExposureConstraint",
    "MaxPositionConstraint",
    "VectorizedBacktester",
    "WeightConstraint",
    "frequency_to_periods_per_year",
    "parse_frequency_to_seconds",
    "run",
]
