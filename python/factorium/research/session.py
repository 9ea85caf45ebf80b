"""ResearchSession: bars, factors of them, and what they are worth, from one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .._time import to_text
from ..aggbar import AggBar
from ..backtest import BacktestResult, VectorizedBacktester
from ..evaluation import bars_of
from ..factors.analyzer import FactorAnalysisResult, FactorAnalyzer
from ..factors.core import Factor


class ResearchSession:
    """Bars (an AggBar or any frame), and the settings that its backtests have where a call names no others."""

    def __init__(
        self,
        data: AggBar | Any,
        default_frequency: str = "1h",
        default_initial_capital: float = 10_000.0,
        default_transaction_cost: float = 0.0003,
    ) -> None:
        self.data = bars_of(data)
        self.default_frequency = default_frequency
        self.default_initial_capital = default_initial_capital
        self.default_transaction_cost = default_transaction_cost

    @classmethod
    def from_csv(cls, path: str | Path, **kwargs: Any) -> ResearchSession:
        """Of a CSV file."""
        return cls(AggBar.from_csv(path), **kwargs)

    @classmethod
    def from_parquet(cls, path: str | Path, **kwargs: Any) -> ResearchSession:
        """Of a Parquet file."""
        return cls(AggBar.from_parquet(path), **kwargs)

    @classmethod
    def from_df(cls, df: Any, **kwargs: Any) -> ResearchSession:
        """Of a frame."""
        return cls(AggBar.from_df(df), **kwargs)

    @classmethod
    def load(cls, path: str | Path, **kwargs: Any) -> ResearchSession:
        """Of a Parquet or CSV file, by its suffix."""
        return cls(AggBar(Path(path)), **kwargs)

    @property
    def symbols(self) -> list[str]:
        """The symbols of the bars."""
        return self.data.symbols

    @property
    def cols(self) -> list[str]:
        """The columns of the bars."""
        return self.data.cols

    def factor(self, column: str) -> Factor:
        """A column as a factor."""
        return self.data[column]

    def create_factor(self, expr: str | Callable[[AggBar], Factor], name: str | None = None) -> Factor:
        """A factor of a text over the columns, or of a function of the bars."""
        made = Factor.from_expression(expr, self.data) if isinstance(expr, str) else expr(self.data)
        return made if name is None else Factor(made, name)

    def slice(
        self, start: int | str | None = None, end: int | str | None = None, symbols: Sequence[str] | None = None
    ) -> ResearchSession:
        """A session of a part of the bars, with the same settings."""
        return ResearchSession(
            self.data.slice(start, end, symbols),
            self.default_frequency,
            self.default_initial_capital,
            self.default_transaction_cost,
        )

    def analyze(
        self, factor: Factor, price_col: str = "close", quantiles: int = 5, periods: int | Sequence[int] = 1
    ) -> FactorAnalysisResult:
        """See :meth:`FactorAnalyzer.analyze`."""
        return FactorAnalyzer(factor, self.data, quantiles).analyze(price_col, periods)

    def backtest(
        self,
        signal: Factor,
        neutralization: str = "market",
        entry_price: str = "close",
        frequency: str | None = None,
        initial_capital: float | None = None,
        transaction_cost: float | tuple[float, float] | None = None,
    ) -> BacktestResult:
        """See :class:`VectorizedBacktester`."""
        return VectorizedBacktester(
            self.data,
            signal,
            entry_price,
            self.default_transaction_cost if transaction_cost is None else transaction_cost,
            self.default_initial_capital if initial_capital is None else initial_capital,
            neutralization,
            self.default_frequency if frequency is None else frequency,
        ).run()

    def quick_report(self, factor: Factor, periods: int = 1, quantiles: int = 5, price_col: str = "close") -> str:
        """A page of text: ICs and a backtest. :meth:`Evaluation.report` writes the page with figures."""
        found = self.analyze(factor, price_col, quantiles, periods)
        traded = self.backtest(factor, entry_price=price_col).metrics
        ic = found.ic_summary[found.periods[0]]
        span = self.data.metadata
        rule = "=" * 60
        return "\n".join(
            [
                "",
                f"Factor Analysis Report: {factor.name}",
                rule,
                "",
                f"IC Analysis (periods={periods}):",
                f"  Mean IC:        {ic['mean_ic']:.4f}",
                f"  IC Std:         {ic['ic_std']:.4f}",
                f"  IC IR:          {ic['ic_ir']:.4f}",
                "",
                "Backtest Performance:",
                f"  Total Return:   {traded['total_return']:.2%}",
                f"  Annual Return:  {traded['annual_return']:.2%}",
                f"  Sharpe Ratio:   {traded['sharpe_ratio']:.2f}",
                f"  Max Drawdown:   {traded['max_drawdown']:.2%}",
                f"  Sortino Ratio:  {traded['sortino_ratio']:.2f}",
                f"  Calmar Ratio:   {traded['calmar_ratio']:.2f}",
                f"  Win Rate:       {traded['win_rate']:.2%}",
                "",
                f"Symbols: {len(self.symbols)}",
                f"Period: {to_text(span.min_time)} to {to_text(span.max_time)}",
                rule,
            ]
        )

    def __repr__(self) -> str:
        return f"ResearchSession: {self.data!r}"
