"""FactorAnalyzer: the published analyzer's names, over the library's evaluation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import _frames
from .._errors import ArgumentError, NoSuchColumnError
from ..aggbar import AggBar
from ..evaluation import Evaluation, analyze, bars_of
from .core import BaseFactor, Factor, evaluate

_METHODS = {"rank": "ic", "normal": "pearson"}


@dataclass
class FactorAnalysisResult:
    """What :meth:`FactorAnalyzer.analyze` found: frames of pandas by start_time, and sums of them."""

    factor_name: str
    periods: list[int]
    quantiles: int
    ic_series: Any
    ic_summary: dict[int, dict[str, float]]
    turnover_series: Any
    turnover_mean: float
    quantile_returns: dict[int, Any]
    cumulative_returns: dict[int, Any] | None = None
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """All of it but the evaluation by name."""
        return {name: value for name, value in vars(self).items() if name != "evaluation"}

    def save(self, output_dir: str | Path) -> None:
        """Writes the frames as CSV files and the sums as summary.json into a folder, which is made when absent."""
        folder = Path(output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        self.ic_series.to_csv(folder / "ic.csv")
        self.turnover_series.to_csv(folder / "turnover.csv")
        for name, frames in (
            ("quantile_returns", self.quantile_returns),
            ("cumulative", self.cumulative_returns or {}),
        ):
            for period, frame in frames.items():
                frame.to_csv(folder / f"{name}_{period}.csv")
        summary = {
            "factor_name": self.factor_name,
            "periods": self.periods,
            "quantiles": self.quantiles,
            "ic_summary": self.ic_summary,
            "turnover_mean": self.turnover_mean,
        }
        (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")

    def __repr__(self) -> str:
        lines = [
            f"FactorAnalysisResult: {self.factor_name}",
            f"  Periods: {self.periods}, Quantiles: {self.quantiles}",
            *(
                f"  Period {period}: IC={found['mean_ic']:.4f}, IR={found['ic_ir']:.4f}"
                for period, found in self.ic_summary.items()
            ),
            f"  Turnover: {self.turnover_mean:.4f}",
        ]
        return "\n".join(lines) + "\n"


def over_times(values: Any) -> tuple[float, float, int]:
    """Mean, standard deviation (ddof 1) and number of what a series holds, by the library's operators."""
    import numpy as np

    present = np.asarray(values, dtype=np.float64)
    present = present[present == present]
    n = len(present)
    if n < 2:
        return (float(present[0]) if n else float("nan")), float("nan"), n
    found = evaluate({"mean": f"ts_mean(x, {n})", "std": f"ts_std(x, {n})"}, _in_a_row(present))
    last = found.to_polars() if _has_polars() else found.to_pandas()
    return float(last["mean"][n - 1]), float(last["std"][n - 1]), n


def compounded(returns: Any) -> Any:
    """What returns, one after another, come to; a missing one counts as 0."""
    import numpy as np

    values = np.nan_to_num(np.asarray(returns, dtype=np.float64))
    if not len(values):
        return values
    made = evaluate({"total": f"ts_product(1 + x, {len(values)}, min_periods=1) - 1"}, _in_a_row(values))
    return made["total"].to_numpy()[:, 0]


def _in_a_row(values: Any) -> AggBar:
    import numpy as np

    return AggBar.from_numpy({"x": values.reshape(-1, 1)}, np.arange(1, len(values) + 1), ["x"], interval_ms=1)


def _has_polars() -> bool:
    try:
        _frames._needs("polars", "")
    except ImportError:
        return False
    return True


class FactorAnalyzer:
    """Does a factor say what returns will be? ICs, turnover, returns of quantiles.

    ``prices`` are bars, or a factor of prices. ``mask`` names a column of them: rows where it is 0 or missing do not count. A
    return is that from ``delay`` rows later on: one trades a row after the factor is known; 0 looks ahead.
    """

    def __init__(
        self, factor: Factor, prices: AggBar | Factor, quantiles: int = 5, mask: str | None = None, *, delay: int = 1
    ) -> None:
        self.factor = factor
        self.quantiles = quantiles
        self.mask = mask
        self.delay = delay
        self._price_of = prices if isinstance(prices, BaseFactor) else None
        self.prices = evaluate({"close": prices}) if isinstance(prices, BaseFactor) else bars_of(prices)
        self._periods = [1]
        self._price_col = "close"
        self._done: dict[tuple[Any, ...], Evaluation] = {}
        self._starts: Any = None
        if mask is not None and mask not in self.prices._panel.columns:
            raise NoSuchColumnError(
                f"there is no column {mask!r} for a mask; there are: {', '.join(self.prices._panel.columns)}"
            )

    # ---- The published methods --------------------------------------------------------------------------

    def analyze(self, price_col: str = "close", periods: int | Sequence[int] = 1) -> FactorAnalysisResult:
        """Everything at once, for one or several horizons, in rows."""
        self._take(periods, price_col)
        summary = self._table("summary").set_index("horizon")
        ic_summary = {
            h: {
                "mean_ic": float(summary.ic[h]),
                "ic_std": float(summary.ic_std[h]),
                "ic_ir": float(summary.icir[h]),
                "t-stat": float(summary.ic_t[h]),
                "t-stat-newey-west": float(summary.ic_t_nw[h]),
            }
            for h in self._periods
        }
        return FactorAnalysisResult(
            factor_name=self.factor.name,
            periods=[*self._periods],
            quantiles=self.quantiles,
            ic_series=self.calculate_ic(),
            ic_summary=ic_summary,
            turnover_series=self.calculate_turnover(),
            turnover_mean=1 - float(summary.autocorrelation.iloc[0]),
            quantile_returns={h: self.calculate_quantile_returns(self.quantiles, h) for h in self._periods},
            cumulative_returns={h: self.calculate_cumulative_returns(self.quantiles, h) for h in self._periods},
            evaluation=self._evaluation(),
        )

    def prepare_data(self, periods: Sequence[int] | None = None, price_col: str | None = None) -> Any:
        """A Polars frame of factor, price and the return that follows, ``period_h``, of the rows that have all; sets what the
        methods below are of."""
        pl = _frames._needs("polars", "prepare_data")
        self._take(self._periods if periods is None else periods, price_col or self._price_col)
        price = self.prices[self._price_col]
        columns = {"factor": self.factor, "__price__": price}
        columns |= {f"period_{h}": price.ts_returns(h) for h in self._periods}
        if self.mask is not None:
            columns["__mask__"] = self.prices[self.mask]
        frame = evaluate(columns).to_polars()
        frame = frame.with_columns(pl.col(f"period_{h}").shift(-h - self.delay).over("symbol") for h in self._periods)
        if self.mask is not None:
            frame = frame.filter(pl.col("__mask__") != 0).drop("__mask__")
        order = ["start_time", "end_time", "symbol", "factor", "__price__"]
        return frame.select(*order, *(f"period_{h}" for h in self._periods)).drop_nulls()

    def calculate_ic(self, method: str = "rank") -> Any:
        """The correlation of each time: "rank" is Spearman's, "normal" Pearson's; a column ``period_h`` for each horizon."""
        column = self._method(method)
        frame = self._at_starts(self._table("ic"))
        frame = frame[frame.rows > 0].pivot(index="start_time", columns="horizon", values=column)
        return frame.rename(columns=lambda h: f"period_{h}").rename_axis(columns=None)

    def calculate_ic_summary(self, method: str = "rank") -> Any:
        """Mean, standard deviation, t and mean over deviation of the ICs."""
        pd = _frames._needs("pandas", "a pandas frame")
        made = {}
        for name, values in self.calculate_ic(method).items():
            mean, std, n = over_times(values)
            ratio = mean / std if std else float("nan")
            made[name] = {"mean": mean, "std": std, "t-stat": ratio * n**0.5, "ic_ir": ratio}
        return pd.DataFrame(made)

    def calculate_turnover(self) -> Any:
        """1 less the correlation of the ranks with those at the time before."""
        frame = self._at_starts(self._table("times"))
        frame = frame[frame.rows > 0].set_index("start_time")
        return (1 - frame.autocorrelation).rename("turnover")

    def calculate_quantile_returns(self, quantiles: int = 5, period: int = 1) -> Any:
        """Mean return and count of each time and quantile."""
        frame = self._of_period("quantile_returns", quantiles, period)
        frame = frame[frame.rows > 0].sort_values(["start_time", "quantile"]).set_index(["start_time", "quantile"])
        return frame[["mean", "rows"]].rename(columns={"mean": "mean_ret", "rows": "count"})

    def calculate_cumulative_returns(self, quantiles: int = 5, period: int = 1, long_short: bool = True) -> Any:
        """What the quantiles' returns come to, compounded from every ``period``-th time on, so that holdings do not overlap."""
        frame = self._of_period("quantile_returns", quantiles, period)
        wide = frame.pivot(index="start_time", columns="quantile", values="total")
        if long_short:
            steps = self._of_period("ic", quantiles, period).iloc[::period]
            pd = _frames._needs("pandas", "a pandas frame")
            wide["Long-Short"] = pd.Series(compounded(steps.long_short), index=steps.start_time)
        return wide.dropna(subset=[*range(1, quantiles + 1)], how="all")

    # ---- Figures ----------------------------------------------------------------------------------------

    def plot_ic(self, period: int = 1, method: str = "rank", plot_type: str = "ts") -> Any:
        """The ICs in time ("ts") or how often which comes ("hist"), as a matplotlib figure."""
        from .plotting_analyzer import FactorAnalyzerPlotter

        kinds = {"ts": FactorAnalyzerPlotter.plot_ic_ts, "hist": FactorAnalyzerPlotter.plot_ic_hist}
        if plot_type not in kinds:
            raise ArgumentError(f"plot_type is {plot_type!r} and must be one of {', '.join(kinds)}")
        self._include(period)
        return kinds[plot_type](FactorAnalyzerPlotter(), self.calculate_ic(method)[[f"period_{period}"]])

    def plot_quantile_returns(self, quantiles: int = 5, period: int = 1) -> Any:
        """Mean returns of the quantiles."""
        from .plotting_analyzer import FactorAnalyzerPlotter

        evaluation = self._evaluation(quantiles, [period])
        stats = evaluation.table("quantiles").to_pandas().set_index("quantile")
        return FactorAnalyzerPlotter().plot_quantile_returns(stats)

    def plot_cumulative_returns(self, quantiles: int = 5, period: int = 1, long_short: bool = True) -> Any:
        """What the quantiles' returns come to, in time."""
        from .plotting_analyzer import FactorAnalyzerPlotter

        totals = self.calculate_cumulative_returns(quantiles, period, long_short)
        return FactorAnalyzerPlotter().plot_cumulative_returns(totals)

    def plot_ic_decay(self, periods: Sequence[int] | None = None, method: str = "rank") -> Any:
        """Mean ICs over horizons."""
        from .plotting_analyzer import FactorAnalyzerPlotter

        column = self._method(method)
        horizons = [1, 5, 10, 20] if periods is None else [*periods]
        summary = self._evaluation(self.quantiles, horizons).table("summary").to_pandas().set_index("horizon")
        return FactorAnalyzerPlotter().plot_ic_decay({h: {"mean_ic": float(summary[column][h])} for h in horizons})

    # ---- What they are made of -----------------------------------------------------------------------------

    def _take(self, periods: int | Sequence[int], price_col: str) -> None:
        chosen = [periods] if isinstance(periods, int) else [*periods]
        if not chosen:
            raise ArgumentError("Periods list cannot be empty.")
        if self._price_of is not None:
            price_col = "close"  # what the factor of prices became
        self._periods, self._price_col = chosen, price_col

    def _include(self, period: int) -> None:
        if period not in self._periods:
            self._periods = [*self._periods, period]

    @staticmethod
    def _method(method: str) -> str:
        if method not in _METHODS:
            raise ArgumentError(f"method is {method!r} and must be one of {', '.join(_METHODS)}")
        return _METHODS[method]

    def _evaluation(self, quantiles: int | None = None, periods: Sequence[int] | None = None) -> Evaluation:
        chosen = (quantiles or self.quantiles, tuple(self._periods if periods is None else periods), self._price_col)
        if chosen not in self._done:
            self._done[chosen] = analyze(
                {self.factor.name: self.factor},
                self.prices,
                price=chosen[2],
                horizons=chosen[1],
                delay=self.delay,
                quantiles=chosen[0],
                universe=self.mask,
            )
        return self._done[chosen]

    def _table(self, name: str) -> Any:
        return self._evaluation().table(name).to_pandas()

    def _of_period(self, table: str, quantiles: int, period: int) -> Any:
        self._include(period)
        frame = self._evaluation(quantiles).table(table).to_pandas()
        return self._at_starts(frame[frame.horizon == period])

    def _at_starts(self, frame: Any) -> Any:
        """With the start of each time, which the published frames go by."""
        if self._starts is None:
            keys = self.prices[[self.prices._panel.columns[0]]].to_pandas()
            self._starts = keys.groupby("end_time").start_time.min()
        return frame.assign(start_time=frame.time.map(self._starts)).sort_values("start_time", kind="stable")
