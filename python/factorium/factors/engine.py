"""PolarsEngine: operators on a Polars frame, Polars frame in and out."""

from __future__ import annotations

from typing import Any, Protocol

from .. import _core, _frames
from .._run import run


def _apply(
    df: Any,
    expression: str,
    symbol_col: str = "symbol",
    time_col: str = "end_time",
    value_col: str = "factor",
    x: Any = None,
) -> Any:
    """The frame with its values replaced by those of an expression of `v` (and `x`), same rows in the same order."""
    pl = _frames._needs("polars", "PolarsEngine")
    if isinstance(df, pl.LazyFrame):
        df = df.collect()
    times = df[time_col]
    start = df["start_time"] if "start_time" in df.columns and time_col != "start_time" else times
    keys = {"start_time": start, "end_time": times, "symbol": df[symbol_col].cast(pl.String)}
    frame = pl.DataFrame({**keys, "v": df[value_col].cast(pl.Float64), "row": pl.int_range(len(df), eager=True)})
    with run() as options:
        panel = _core.panel_from_stream(frame, options)
        if x is not None:
            other = x.collect() if isinstance(x, pl.LazyFrame) else x
            keys = {name: other[column] for name, column in (("end_time", time_col), ("symbol", symbol_col))}
            keys["start_time"] = other["start_time"] if "start_time" in other.columns else other[time_col]
            beside = pl.DataFrame({**keys, "x": other[value_col].cast(pl.Float64)})
            panel = panel.merge(_core.panel_from_stream(beside, options), options)
        made = _core.compile(f"value = {expression}\nplace = row", "factorium", False).run(panel, options)
    values = pl.DataFrame(made.stream()).drop_nulls("place").sort("place")["value"]
    return df.with_columns(values.alias(value_col))


class _Rolling(Protocol):
    def __call__(self, df: Any, window: int, symbol_col: str = "symbol", value_col: str = "factor") -> Any: ...


class _Shifting(Protocol):
    def __call__(self, df: Any, period: int, symbol_col: str = "symbol", value_col: str = "factor") -> Any: ...


class _Across(Protocol):
    def __call__(self, df: Any, time_col: str = "end_time", value_col: str = "factor") -> Any: ...


def _rolling(op: str, words: str) -> _Rolling:
    def function(df: Any, window: int, symbol_col: str = "symbol", value_col: str = "factor") -> Any:
        return _apply(df, f"{op}(v, {int(window)})", symbol_col, value_col=value_col)

    function.__name__, function.__doc__ = op, words
    return function


def _shifting(op: str, words: str) -> _Shifting:
    def function(df: Any, period: int, symbol_col: str = "symbol", value_col: str = "factor") -> Any:
        return _apply(df, f"{op}(v, {int(period)})", symbol_col, value_col=value_col)

    function.__name__, function.__doc__ = op, words
    return function


def _across(op: str, words: str) -> _Across:
    def function(df: Any, time_col: str = "end_time", value_col: str = "factor") -> Any:
        return _apply(df, f"{op}(v)", time_col=time_col, value_col=value_col)

    function.__name__, function.__doc__ = op, words
    return function


class PolarsEngine:
    """Operators on a frame with start_time, end_time, symbol and a column of values (``factor``).

    The same rows come back in the same order, with other values; missing is null. Rows of a symbol count in the order
    of their times, whatever order the frame has.
    """

    ts_mean = staticmethod(_rolling("ts_mean", "The mean of the last ``window`` rows of each symbol."))
    ts_std = staticmethod(_rolling("ts_std", "The standard deviation (ddof 1) of the last ``window`` rows."))
    ts_sum = staticmethod(_rolling("ts_sum", "The sum of the last ``window`` rows."))
    ts_min = staticmethod(_rolling("ts_min", "The smallest of the last ``window`` rows."))
    ts_max = staticmethod(_rolling("ts_max", "The largest of the last ``window`` rows."))
    ts_shift = staticmethod(_shifting("ts_shift", "The value ``period`` rows ago."))
    ts_diff = staticmethod(_shifting("ts_delta", "The value less the one ``period`` rows ago."))
    cs_rank = staticmethod(_across("cs_rank", "(smallest rank - 1) / (n - 1) within each time."))
    cs_zscore = staticmethod(_across("cs_zscore", "(value - mean) / standard deviation within each time."))
    cs_demean = staticmethod(_across("cs_demean", "The value less the mean of its time."))
    cs_mean = staticmethod(_across("cs_mean", "The mean of each time."))
    cs_median = staticmethod(_across("cs_median", "The median of each time."))

    @staticmethod
    def cs_winsorize(df: Any, limits: float = 0.025, time_col: str = "end_time", value_col: str = "factor") -> Any:
        """The value held within two linear quantiles of its time."""
        return _apply(df, f"cs_winsorize(v, p={float(limits)!r})", time_col=time_col, value_col=value_col)

    @staticmethod
    def cs_neutralize(df_y: Any, df_x: Any, time_col: str = "end_time", value_col: str = "factor") -> Any:
        """What the regression of y on x, with an intercept, leaves within each time."""
        return _apply(df_y, "cs_neutralize(v, x)", time_col=time_col, value_col=value_col, x=df_x)

    @staticmethod
    def to_pandas(df: Any) -> Any:
        """A Polars frame as a pandas DataFrame; null becomes NaN."""
        return _frames.to_pandas(df)

    @staticmethod
    def from_pandas(df: Any) -> Any:
        """A pandas DataFrame as a Polars frame; NaN becomes null."""
        pl = _frames._needs("polars", "PolarsEngine")
        frame = pl.DataFrame(_frames.stream_of(df))
        return frame.with_columns(pl.selectors.float().fill_nan(None))
