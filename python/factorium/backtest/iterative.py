"""LegacyBacktester: the published iterative backtester's names; the trades are those of the other one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import _frames
from .._errors import ArgumentError
from ..aggbar import AggBar
from ..factors.core import Factor
from .vectorized import VectorizedBacktester


@dataclass
class IterativeBacktestResult:
    """pandas series and frames, by the time of a trade."""

    equity_curve: Any
    returns: Any
    metrics: dict[str, float]
    trades: Any
    portfolio_history: Any

    def __repr__(self) -> str:
        figures = ", ".join(f"{name}={value:.4g}" for name, value in self.metrics.items())
        return f"IterativeBacktestResult: {len(self.equity_curve)} times, {len(self.trades)} trades, {figures}"


class IterativeBacktester:
    """Like :class:`VectorizedBacktester`, with results of pandas."""

    def __init__(
        self,
        prices: AggBar,
        signal: Factor,
        entry_price: str = "close",
        transaction_cost: float | tuple[float, float] = 0.0003,
        initial_capital: float = 10_000.0,
        full_rebalance: bool = False,
        neutralization: str = "market",
        frequency: str = "1h",
    ) -> None:
        if full_rebalance:
            raise ArgumentError("full_rebalance would close and open every position anew; only differences are traded")
        self.initial_capital = initial_capital
        self._other = VectorizedBacktester(
            prices, signal, entry_price, transaction_cost, initial_capital, neutralization, frequency
        )
        self._result: IterativeBacktestResult | None = None

    def run(self) -> IterativeBacktestResult:
        """Trades, and gives pandas frames."""
        pd = _frames._needs("pandas", "a backtest's frames")
        found = self._other.run().to_pandas()
        times = pd.Index(pd.to_datetime(found.equity_curve.end_time, unit="ms"), name="timestamp")
        positions = found.backtest.table("equity").to_pandas().positions if found.backtest else 0
        trades = found.trades.rename(columns={"end_time": "timestamp", "qty": "quantity", "trade_cost": "cost"})
        values = found.backtest.table("trades").to_pandas().value.abs() if found.backtest else 0
        self._result = IterativeBacktestResult(
            equity_curve=pd.Series(found.equity_curve.total_value.to_numpy(), times, name="equity"),
            returns=pd.Series(found.returns["return"].to_numpy(), times, name="returns").iloc[1:],
            metrics=found.metrics,
            trades=trades.assign(trade_value=values),
            portfolio_history=found.portfolio_history.rename(columns={"end_time": "timestamp"}).assign(
                num_positions=positions
            ),
        )
        return self._result

    def summary(self) -> dict[str, Any]:
        """Capital, last value, number of trades, and the figures; runs where that was not done."""
        return self._other.summary()

    def plot_equity(self, figsize: tuple[float, float] = (12, 6)) -> Any:
        """Equity in time, as a matplotlib figure."""
        figure, axes = _frames._needs("matplotlib.pyplot", "a figure").pyplot.subplots(figsize=figsize)
        self.equity_curve.plot(ax=axes, title="Equity")
        return figure

    @property
    def equity_curve(self) -> Any:
        """Equity in time."""
        return (self._result or self.run()).equity_curve

    @property
    def returns(self) -> Any:
        """Returns from a time to the next."""
        return (self._result or self.run()).returns
