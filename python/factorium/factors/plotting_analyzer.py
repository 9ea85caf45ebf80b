"""Figures of an analysis, by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _frames


def _axes(figsize: tuple[float, float]) -> tuple[Any, Any]:
    figure, axes = _frames._needs("matplotlib.pyplot", "a figure").pyplot.subplots(figsize=figsize)
    return figure, axes


def _in_time(frame: Any) -> Any:
    pd = _frames._needs("pandas", "a figure")
    return frame.set_axis(pd.to_datetime(frame.index, unit="ms"))


class FactorAnalyzerPlotter:
    """Draws what :class:`FactorAnalyzer` found."""

    def plot_ic_ts(self, ic_data: Any, figsize: tuple[float, float] = (12, 6)) -> Any:
        """ICs in time."""
        figure, axes = _axes(figsize)
        _in_time(ic_data).plot(ax=axes, title="IC")
        axes.axhline(0, color="grey", linewidth=0.8)
        return figure

    def plot_ic_hist(self, ic_data: Any, figsize: tuple[float, float] = (10, 6)) -> Any:
        """How often which IC comes."""
        figure, axes = _axes(figsize)
        ic_data.plot.hist(ax=axes, bins=50, alpha=0.6, title="IC")
        return figure

    def plot_quantile_returns(self, quantile_stats: Any, figsize: tuple[float, float] = (10, 6)) -> Any:
        """Mean returns of the quantiles (index), from the column ``mean`` (or ``mean_ret``)."""
        figure, axes = _axes(figsize)
        column = "mean" if "mean" in quantile_stats else "mean_ret"
        quantile_stats[column].plot.bar(ax=axes, title="Mean return by quantile")
        return figure

    def plot_cumulative_returns(self, cum_ret: Any, figsize: tuple[float, float] = (12, 6)) -> Any:
        """What returns come to, a line for each column."""
        figure, axes = _axes(figsize)
        _in_time(cum_ret).plot(ax=axes, title="Cumulative return")
        return figure

    def plot_ic_decay(
        self, ic_summary: Mapping[int, Mapping[str, float]], figsize: tuple[float, float] = (10, 6)
    ) -> Any:
        """Mean ICs over horizons."""
        figure, axes = _axes(figsize)
        axes.plot([*ic_summary], [found["mean_ic"] for found in ic_summary.values()], marker="o")
        axes.axhline(0, color="grey", linewidth=0.8)
        axes.set(title="IC by horizon", xlabel="rows", ylabel="mean IC")
        return figure
