"""Figures of a factor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from .. import _frames
from .._errors import ArgumentError
from .._time import to_ms
from .core import Factor


class FactorPlotter:
    """Draws a factor with matplotlib."""

    def __init__(self, factor: Factor) -> None:
        self.factor = factor

    def _wide(self, symbols: Sequence[str] | None, start: dt.datetime | None, end: dt.datetime | None) -> Any:
        pd = _frames._needs("pandas", "a figure")
        wide = self.factor.to_wide()
        if symbols is not None:
            wide = wide[[symbols] if isinstance(symbols, str) else [*symbols]]
        if start is not None:
            wide = wide[wide.index >= pd.to_datetime(to_ms(start), unit="ms")]
        if end is not None:
            wide = wide[wide.index <= pd.to_datetime(to_ms(end), unit="ms")]
        return wide

    def plot_timeseries(
        self,
        symbols: Sequence[str] | None = None,
        start_time: dt.datetime | None = None,
        end_time: dt.datetime | None = None,
        figsize: tuple[int, int] = (12, 6),
        **kwargs: Any,
    ) -> Any:
        """A line for each symbol."""
        figure, axes = _frames._needs("matplotlib.pyplot", "a figure").pyplot.subplots(figsize=figsize)
        self._wide(symbols, start_time, end_time).plot(ax=axes, title=self.factor.name, **kwargs)
        return figure

    def plot_heatmap(
        self,
        symbols: Sequence[str] | None = None,
        start_time: dt.datetime | None = None,
        end_time: dt.datetime | None = None,
        figsize: tuple[int, int] = (14, 8),
        **kwargs: Any,
    ) -> Any:
        """Times across, symbols down, values as colours."""
        wide = self._wide(symbols, start_time, end_time)
        figure, axes = _frames._needs("matplotlib.pyplot", "a figure").pyplot.subplots(figsize=figsize)
        image = axes.imshow(wide.to_numpy().T, aspect="auto", interpolation="nearest", **kwargs)
        axes.set_yticks(range(len(wide.columns)), wide.columns)
        axes.set_title(self.factor.name)
        figure.colorbar(image, ax=axes)
        return figure

    def plot_distribution(
        self,
        symbols: Sequence[str] | None = None,
        start_time: dt.datetime | None = None,
        end_time: dt.datetime | None = None,
        figsize: tuple[int, int] = (12, 6),
        dist_type: str = "histogram",
        **kwargs: Any,
    ) -> Any:
        """A histogram of all values, or a box for each symbol (``dist_type="box"``)."""
        wide = self._wide(symbols, start_time, end_time)
        figure, axes = _frames._needs("matplotlib.pyplot", "a figure").pyplot.subplots(figsize=figsize)
        if dist_type == "histogram":
            values = wide.to_numpy().ravel()
            axes.hist(values[values == values], **{"bins": 50, **kwargs})
        elif dist_type == "box":
            wide.plot.box(ax=axes, **kwargs)
        else:
            raise ArgumentError(f"dist_type is {dist_type!r} and must be histogram or box")
        axes.set_title(self.factor.name)
        return figure

    def plot(
        self,
        plot_type: str = "timeseries",
        symbols: Sequence[str] | None = None,
        start_time: dt.datetime | None = None,
        end_time: dt.datetime | None = None,
        figsize: tuple[int, int] = (12, 6),
        **kwargs: Any,
    ) -> Any:
        """One of the three."""
        kinds = {
            "timeseries": self.plot_timeseries,
            "heatmap": self.plot_heatmap,
            "distribution": self.plot_distribution,
        }
        if plot_type not in kinds:
            raise ArgumentError(f"plot_type is {plot_type!r} and must be one of {', '.join(kinds)}")
        return kinds[plot_type](symbols, start_time, end_time, figsize, **kwargs)
