"""VectorizedBacktester: the published backtester's names, over the library's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import _frames
from .._errors import ArgumentError, ArgumentTypeError
from ..aggbar import AggBar
from ..evaluation import bars_of
from ..factors.core import BaseFactor, Factor
from .constraints import WeightConstraint
from .core import Backtest, run
from .utils import frequency_to_periods_per_year

#: The published names of figures, by those of docs/backtest.md.
_METRICS = {
    "total_return": "total_return",
    "annual_return": "annual_return",
    "volatility": "annual_volatility",
    "sharpe": "sharpe_ratio",
    "sortino": "sortino_ratio",
    "calmar": "calmar_ratio",
    "max_drawdown": "max_drawdown",
    "var_95": "var_95",
    "cvar_95": "cvar_95",
    "win_rate": "win_rate",
    "profit_factor": "profit_factor",
}


@dataclass
class BacktestResult:
    """Frames by end_time (equity, returns, trades, what is held) and figures; ``backtest`` has all tables."""

    equity_curve: Any
    returns: Any
    metrics: dict[str, float]
    trades: Any
    portfolio_history: Any
    backtest: Backtest | None = field(default=None, repr=False, compare=False)

    def to_pandas(self) -> BacktestResult:
        """The same with pandas frames."""
        frames = (self.equity_curve, self.returns, self.trades, self.portfolio_history)
        equity, returns, trades, history = (_frames.to_pandas(frame) for frame in frames)
        return BacktestResult(equity, returns, self.metrics, trades, history, self.backtest)

    def __repr__(self) -> str:
        figures = ", ".join(f"{name}={value:.4g}" for name, value in self.metrics.items())
        return f"BacktestResult: {len(self.equity_curve)} times, {len(self.trades)} trades, {figures}"


class VectorizedBacktester:
    """Trades on a signal at the time after each, at ``entry_price``.

    ``transaction_cost`` is a share of what is traded, or one for buying and one for selling. With ``neutralization`` "market"
    weights are the distances from the mean, with "none" the values above 0; their sizes sum to 1.
    ``frequency`` ("1h") says how many times a year has. ``mask`` names a column of the prices: rows where it is 0 or
    missing have no signal.
    """

    def __init__(
        self,
        prices: AggBar | Any,
        signal: Factor | Any,
        entry_price: str = "close",
        transaction_cost: float | tuple[float, float] = 0.0003,
        initial_capital: float = 10_000.0,
        neutralization: str = "market",
        frequency: str = "1h",
        constraints: Sequence[WeightConstraint] | None = None,
        mask: str | None = None,
    ) -> None:
        if neutralization not in ("market", "none"):
            raise ArgumentError(f"neutralization is {neutralization!r} and must be 'market' or 'none'")
        self.prices = bars_of(prices)
        self.signal = signal
        self.entry_price = entry_price
        self.transaction_cost = transaction_cost
        self.initial_capital = initial_capital
        self.neutralization = neutralization
        self.frequency = frequency
        self.constraints = [*(constraints or ())]
        self.mask = mask
        self._steps_per_year = frequency_to_periods_per_year(frequency)
        self._result: BacktestResult | None = None

    def _settings(self) -> dict[str, Any]:
        made: dict[str, Any] = {"weights": "neutral" if self.neutralization == "market" else "given", "gross": 1.0}
        for constraint in self.constraints:
            if not isinstance(constraint, WeightConstraint):
                raise ArgumentTypeError(f"a constraint is a WeightConstraint, not {type(constraint).__name__}")
            made = constraint.settings(made)
        return made

    def run(self) -> BacktestResult:
        """Trades, and gives Polars frames."""
        pl = _frames._needs("polars", "a backtest's frames")
        signal = self.signal
        if not isinstance(signal, BaseFactor):
            panel = bars_of(signal)._panel
            if len(panel.columns) != 1:
                raise ArgumentError(f"a signal is one column; there are: {', '.join(panel.columns)}")
            signal = Factor._of_column(panel, panel.columns[0], panel.columns[0], False)
        held = signal.max(0) if self.neutralization == "none" else signal
        done = run(
            {signal.name: held},
            self.prices,
            price=self.entry_price,
            costs=self.transaction_cost,
            capital=self.initial_capital,
            steps_per_year=self._steps_per_year,
            universe=self.mask,
            **self._settings(),
        )
        equity = done.table("equity").to_polars()
        trades = done.table("trades").to_polars()
        metrics = done.table("metrics").to_polars().filter(pl.col("costs") == "all").to_dicts()[0]
        worth = pl.col("long") + pl.col("short")
        self._result = BacktestResult(
            equity_curve=equity.select(end_time="time", total_value="equity"),
            returns=equity.select(end_time="time", **{"return": "return"}),
            metrics={
                name: metrics[own] if metrics[own] is not None else float("nan") for own, name in _METRICS.items()
            },
            trades=trades.select("symbol", end_time="time", qty="quantity", price="price", trade_cost="cost").select(
                "end_time", "symbol", "qty", "price", "trade_cost"
            ),
            portfolio_history=equity.select(
                end_time="time", cash=pl.col("equity") - worth, market_value=worth, total_value="equity"
            ),
            backtest=done,
        )
        return self._result

    def summary(self) -> dict[str, Any]:
        """Capital, last value, number of trades, and the figures; runs where that was not done."""
        result = self._result or self.run()
        return {
            "initial_capital": self.initial_capital,
            "final_value": result.equity_curve["total_value"][-1],
            "num_trades": len(result.trades),
            **result.metrics,
        }
