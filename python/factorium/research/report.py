"""FactorReport: an analysis and a backtest of one factor together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..backtest import BacktestResult
from ..factors.analyzer import FactorAnalysisResult
from ..factors.core import Factor
from .session import ResearchSession


class FactorReport:
    """What :meth:`generate` found."""

    def __init__(self, factor: Factor, analysis: FactorAnalysisResult, backtest: BacktestResult) -> None:
        self.factor = factor
        self.analysis = analysis
        self.backtest = backtest

    @classmethod
    def generate(
        cls,
        session: ResearchSession,
        factor: Factor,
        price_col: str = "close",
        quantiles: int = 5,
        **backtest_kwargs: Any,
    ) -> FactorReport:
        """Analyses the factor and trades on it."""
        backtest_kwargs.setdefault("entry_price", price_col)
        return cls(factor, session.analyze(factor, price_col, quantiles), session.backtest(factor, **backtest_kwargs))

    def summary(self) -> dict[str, Any]:
        """Name, ICs, figures of the backtest."""
        return {
            "factor_name": self.factor.name,
            "ic_summary": self.analysis.ic_summary,
            "backtest_metrics": self.backtest.metrics,
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it by name."""
        return {
            "factor_name": self.factor.name,
            "analysis": self.analysis.to_dict(),
            "metrics": self.backtest.metrics,
            "equity_curve": self.backtest.equity_curve,
            "returns": self.backtest.returns,
        }

    def write(self, path: str | Path) -> Path:
        """Writes the HTML page with figures."""
        evaluation = self.analysis.evaluation
        assert evaluation is not None
        return evaluation.report(path, title=self.factor.name, backtest=self.backtest.backtest)

    def __repr__(self) -> str:
        found = next(iter(self.analysis.ic_summary.values()))
        traded = self.backtest.metrics
        return (
            f"FactorReport: {self.factor.name}\nIC Summary:\n  Mean IC: {found['mean_ic']:.4f}\n"
            f"  IC Std: {found['ic_std']:.4f}\n\nBacktest Metrics:\n  Total Return: {traded['total_return']:.2%}\n"
            f"  Annual Return: {traded['annual_return']:.2%}\n  Sharpe Ratio: {traded['sharpe_ratio']:.2f}\n"
            f"  Max Drawdown: {traded['max_drawdown']:.2%}\n"
        )
