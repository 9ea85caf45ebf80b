"""Is a factor any good? Evaluation, combination, and a look for what looks ahead.

Every figure is defined in docs/evaluation.md and computed by the C library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from . import _core
from ._errors import ArgumentError, ArgumentTypeError
from ._run import Progress, run
from ._table import Table
from ._tables import Tables
from .aggbar import AggBar
from .factors.core import BaseFactor, Factor, evaluate

__all__ = ["Evaluation", "analyze", "check", "combine"]

#: What is evaluated: a factor or a text, several of them by name or in a sequence, or a panel whose columns are factors.
Factors = Any


def bars_of(bars: Any) -> AggBar:
    """Bars of anything that an AggBar is made of."""
    return bars if isinstance(bars, AggBar) else AggBar(bars)


def factors_of(factors: Factors, bars: AggBar) -> AggBar:
    """A panel with a column for each factor."""
    if isinstance(factors, AggBar):
        return factors
    if isinstance(factors, BaseFactor):
        return evaluate([factors])
    if isinstance(factors, str | Mapping | Sequence):
        return evaluate(factors, bars)
    return AggBar(factors)


def mask_of(universe: Any, bars: AggBar) -> Any:
    """The panel whose first column says which rows count, or None."""
    if universe is None:
        return None
    if isinstance(universe, str):
        if universe in bars._panel.columns:
            return bars[[universe]]._panel
        universe = Factor.from_expression(universe, bars)
    if isinstance(universe, BaseFactor):
        panel, column = universe._evaluated()
        return panel if panel.columns[0] == column else panel.slice(0, 0, None, [column], None)
    return bars_of(universe)._panel


def delay_of(delay: int) -> dict[str, Any]:
    """A delay as requests of the C library take it, where 0 must be asked for by name."""
    if delay < 0:
        raise ArgumentError(f"delay is {delay} and must be at least 0")
    return {"delay": delay, "no_delay": delay == 0}


def above_zero(**arguments: float | None) -> None:
    """Each is above 0 where it is given: to the C library 0 would mean its default."""
    for name, value in arguments.items():
        if value is not None and not value > 0:
            raise ArgumentError(f"{name} is {value} and must be above 0")


class Evaluation(Tables):
    """What came of :func:`analyze`: the tables ``summary``, ``quantiles``, ``turnover``, ``decay``, ``calendar``, ...

    ``evaluation["summary"]`` is a table with ``to_pandas()``, ``to_polars()``, ``to_arrow()`` and ``__arrow_c_stream__``.
    docs/evaluation.md says what each column is.
    """

    tables: ClassVar[tuple[str, ...]] = tuple(_core.evaluation_tables())

    def report(
        self,
        path: str | Path,
        *,
        title: str | None = None,
        parameters: Mapping[str, object] | None = None,
        commands: Sequence[str] = (),
        backtest: Any = None,
        progress: Progress = False,
    ) -> Path:
        """Writes one HTML page with figures, which needs nothing else, and returns its path.

        The evaluation must have kept its series. ``backtest``, of the same factors and times, adds equity curves;
        ``parameters`` and ``commands`` are shown as they are.
        """
        named = [str(text) for item in (parameters or {}).items() for text in item]
        handle = None if backtest is None else backtest._handle
        with run(progress=progress) as options:
            self._handle.report(str(path), title, named, [*commands], handle, options)
        return Path(path)


def analyze(
    factors: Factors,
    bars: Any,
    *,
    price: str = "close",
    horizons: int | Sequence[int] = (1, 5, 20),
    delay: int = 1,
    quantiles: int = 5,
    decay: int = 0,
    group: str | None = None,
    events: tuple[int, int] = (0, 0),
    event_size: float = 2.0,
    symbols: bool = False,
    redundant: float = 0.7,
    series: bool = True,
    universe: Any = None,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> Evaluation:
    """Holds factors against the returns that follow, all in one pass.

    ``factors`` are factors or texts (one, several by name or in a sequence) or an AggBar of them; ``bars`` have the
    ``price``. A forward return of horizon h is that of h rows from ``delay`` rows later on; 0 trades at the very price of the
    factor's row, which looks ahead. ``decay`` asks for the IC with that many delays, ``group`` for the IC within each
    value of a column, ``events`` for mean returns so many rows before and after values of ``event_size`` deviations,
    ``symbols`` for that of each symbol; without ``series`` what each time came to is not kept. Rows outside the
    ``universe`` (a factor, a column or an expression of the bars, a panel) do not count.
    """
    above_zero(quantiles=quantiles, event_size=event_size, redundant=redundant)
    bars = bars_of(bars)
    panel = factors_of(factors, bars)
    request = {
        "price": price,
        "horizons": [horizons] if isinstance(horizons, int) else [*horizons],
        **delay_of(delay),
        "n_quantiles": quantiles,
        "n_decay": decay,
        "group": group,
        "events_before": events[0],
        "events_after": events[1],
        "event_size": event_size,
        "with_series": series,
        "with_symbols": symbols,
        "with_correlation": len(panel._panel.columns) > 1,
        "redundant_from": redundant,
        "universe": mask_of(universe, bars),
    }
    if not request["horizons"]:
        raise ArgumentError("there is no horizon to evaluate")
    with run(threads, memory_limit, progress) as options:
        return Evaluation(_core.evaluate(bars._panel, panel._panel, request, options))


def combine(
    factors: Factors,
    bars: Any,
    weights: str | Sequence[float] = "equal",
    *,
    price: str = "close",
    horizon: int = 1,
    delay: int = 1,
    min_times: int = 20,
    name: str = "combined",
) -> Factor:
    """The weighted mean of the factors' z-scores at each time, over the factors that a row has.

    ``weights`` are "equal", one number a factor, or "ic": the mean of each factor's ICs whose returns are complete by then,
    at least ``min_times`` of them, so that nothing looks ahead.
    """
    above_zero(horizon=horizon, delay=delay, min_times=min_times)
    bars = bars_of(bars)
    panel = factors_of(factors, bars)
    request: dict[str, Any] = {"price": price, "horizon": horizon, "delay": delay, "min_times": min_times}
    if isinstance(weights, str):
        if weights not in ("equal", "ic"):
            raise ArgumentError(f"weights is {weights!r} and must be 'equal', 'ic' or one number for each factor")
        request["how"] = 0 if weights == "equal" else 2
    else:
        request |= {"how": 1, "weights": [*map(float, weights)]}
    with run() as options:
        made = _core.combine(bars._panel, panel._panel, request, options)
    factor: Factor = Factor._of_column(made, made.columns[0], name, bars._strict)
    return factor


def check(
    expressions: Mapping[str, str] | str,
    bars: Any,
    *,
    price: str = "close",
    cuts: int = 20,
    seed: int = 0,
    suspicious_ic: float = 0.5,
    dialect: str = "factorium",
    progress: Progress = False,
) -> Table:
    """Looks for what an expression cannot know when it says it; a row a finding.

    Values before a cut of the data must not change by a bit, at ``cuts`` random times; names of columns and ICs of
    ``suspicious_ic`` and more are held against the returns that have not happened yet. No rows: nothing was found,
    which proves the expressions; of what the columns hold it proves nothing.
    """
    above_zero(cuts=cuts, suspicious_ic=suspicious_ic)
    bars = bars_of(bars)
    if isinstance(expressions, BaseFactor):
        raise ArgumentTypeError("a factor knows its values, not its text: give the expression as a text")
    named = expressions.items() if isinstance(expressions, Mapping) else ()
    text = expressions if isinstance(expressions, str) else "\n".join(f"`{name}` = ({value})" for name, value in named)
    plan = _core.compile(text, dialect, bars._strict)
    with run(progress=progress) as options:
        return Table(plan.check(bars._panel, cuts, seed, price, suspicious_ic, options))
