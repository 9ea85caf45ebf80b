"""Factors: one number for each row of a panel, described by an expression and computed when it is asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _core, _frames
from .._errors import ArgumentError, ArgumentTypeError, NoSuchColumnError
from .._run import Progress, Run, run
from .._table import Rows
from ..aggbar import AggBar, _head, _panel_of, _pickled, _unpickled
from . import _expression
from ._methods import OperatorMethods

if TYPE_CHECKING:
    from ..distributed import Executor
    from ..distributed.plans import Settings

_ORDER = ("start_time", "end_time", "symbol", "factor")


class BaseFactor(OperatorMethods, Rows):
    """What factors have in common; see :class:`Factor`."""

    _node: _expression.Node
    _name: str
    _strict: bool
    _result: tuple[Any, str] | None  # a panel and its column, once it was evaluated

    def __init__(self, data: Any, name: str | None = None) -> None:
        if isinstance(data, Factor):
            self._set(data._node, name or data._name, data._strict)
            return
        panel, order = (data._panel, data._order) if isinstance(data, AggBar) else _panel_of(data)
        values = [column for column in order if column not in _ORDER[:3]]
        if not values:
            raise ArgumentError("a factor needs a column of values beside start_time, end_time and symbol")
        column = "factor" if "factor" in values else values[0]
        self._set(_expression.Column(panel, column), name or "factor", getattr(data, "_strict", False))

    def _set(self, node: _expression.Node, name: str, strict: bool) -> None:
        self._node, self._name, self._strict = node, name, strict
        self._result = (node.panel, node.name) if isinstance(node, _expression.Column) else None

    @classmethod
    def _of_node(cls, node: _expression.Node, name: str, strict: bool) -> Any:
        made = cls.__new__(cls)
        made._set(node, name, strict)
        return made

    @classmethod
    def _of_column(cls, panel: Any, column: str, name: str, strict: bool) -> Any:
        return cls._of_node(_expression.Column(panel, column), name, strict)

    # ---- Evaluation -------------------------------------------------------------------------------------

    def _evaluated(self) -> tuple[Any, str]:
        """The panel and the column that hold its values; computed once."""
        if self._result is None:
            with run() as options:
                self._result = (_expression.evaluate({"factor": self._node}, self._strict, options), "factor")
        return self._result

    def _stream(self) -> Any:
        panel, column = self._evaluated()
        if panel.columns != [column]:
            panel = panel.slice(0, 0, None, [column], None)
        return panel.stream() if column == "factor" else _core.stream_renamed(panel.stream(), {column: "factor"})

    def _n_rows(self) -> int:
        return len(self)

    @property
    def name(self) -> str:
        """What it is called: by default, its expression."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def data(self) -> Any:
        """Like :meth:`to_polars`."""
        return self.to_polars()

    @property
    def lazy(self) -> Any:
        """Like :meth:`to_polars`, as a LazyFrame."""
        return self.to_polars().lazy()

    @property
    def symbols(self) -> list[str]:
        """The symbols, in order."""
        return [*self._evaluated()[0].symbols]

    def to_wide(self) -> Any:
        """A pandas DataFrame with end times down and symbols across."""
        pd = _frames._needs("pandas", "a pandas frame")
        panel, column = self._evaluated()
        frame = _frames.to_pandas(panel.wide(column))
        return frame.set_index(pd.to_datetime(frame.pop("end_time"), unit="ms"))

    def to_numpy(self) -> Any:
        """A 2-D array with end times down and symbols across; NaN is what is missing."""
        return self.to_wide().to_numpy()

    def explain(self) -> str:
        """How the expression would run: passes, steps, memory."""
        with run() as options:
            plan, panel = _expression.plan_of({"factor": self._node}, self._strict, options)
        return str(plan.explain(panel))

    def __len__(self) -> int:
        nodes = _expression._in_order([self._node])
        panels = {id(node.panel): node.panel for node in nodes if isinstance(node, _expression.Column)}
        if self._result is None and len(panels) == 1:
            return int(next(iter(panels.values())).n_rows)
        return int(self._evaluated()[0].n_rows)

    # ---- In a notebook ----------------------------------------------------------------------------------

    def _shown(self) -> Any:
        panel, column = self._evaluated()
        return _head(panel, [*_ORDER[:3], column]).set_axis([*_ORDER], axis=1)

    def __repr__(self) -> str:
        try:
            return f"Factor: {self._name}, {len(self)} rows\n{self._shown()}"
        except ImportError:
            return f"Factor: {self._name}, {len(self)} rows"

    def _repr_html_(self) -> str:
        return f"<p>Factor: {self._name}, {len(self)} rows</p>{self._shown()._repr_html_()}"

    def __reduce__(self) -> tuple[Any, ...]:
        panel, column = self._evaluated()
        part = panel if panel.columns == [column] else panel.slice(0, 0, None, [column], None)
        return (_unpickle, (type(self), _pickled(part), self._name, self._strict))


class Factor(BaseFactor):
    """One number for each row of a panel.

    Arithmetic, comparisons and operators build one expression; it is evaluated once, when data is asked for. ``data`` is a
    frame with start_time, end_time, symbol and a column of values (``factor``, or the first), an AggBar, or the path of a
    Parquet or CSV file. What is missing is NaN in pandas, null in Polars and Arrow; anything that is not finite is missing.

    Every operator is a method and a function of :mod:`factorium.factors.operators`::

        signal = (close.ts_delta(20) / close.ts_shift(20)).cs_rank() + volume.ts_zscore(60)
        signal.to_polars()
    """

    #: Names of the published parser that the expression language spells in another way.
    _SPELLINGS: ClassVar[dict[str, str]] = {
        "pow": "power",
        "signed_pow": "signed_power",
        "sub": "subtract",
        "mul": "multiply",
        "div": "divide",
        "mean": "cs_mean",
        "median": "cs_median",
    }

    @classmethod
    def from_expression(
        cls, expr: str, context: Mapping[str, Factor] | AggBar, *, dialect: str = "factorium"
    ) -> Factor:
        """The factor of a text like ``"ts_mean(close, 20) / close - 1"``.

        ``context`` says what its names mean: a mapping to factors, or an AggBar with its columns. A text that is no
        expression, or uses another name, is a ``ValueError`` that says where. ``dialect`` is "factorium", "alpha101"
        or "qlib"; the words of the last two mean other things, so that such a text is evaluated at once.
        """
        if dialect != "factorium":
            bars = context if isinstance(context, AggBar) else _side_by_side(context)
            found = evaluate({"factor": expr}, bars, dialect=dialect)
            return cls._of_column(found._panel, "factor", expr.strip(), found._strict)  # type: ignore[no-any-return]
        text, operands, strict = _bound(expr, context)
        name = re.sub(r"\s*,\s*|(?<=\()\s+|\s+(?=\))", lambda found: found[0].strip(), expr.strip())
        made: Factor = cls._of_node(_expression.Operation(f"({text})", operands), name, strict)
        return made

    def eval(
        self,
        prices: AggBar | Factor,
        periods: int | Sequence[int] = 1,
        quantiles: int = 5,
        output_dir: str | None = None,
        price_col: str = "close",
        mask: str | None = None,
        *,
        delay: int = 1,
    ) -> Any:
        """Does it say what returns will be? See :class:`FactorAnalyzer`, whose result this is.

        With ``output_dir`` the result is also written into a folder there, which is named by the factor and the time.
        """
        from .analyzer import FactorAnalyzer

        found = FactorAnalyzer(self, prices, quantiles, mask, delay=delay).analyze(price_col, periods)
        if output_dir is not None:
            name = re.sub(r"[^\w.-]+", "_", self.name)[:80].strip("_") or "factor"
            found.save(Path(output_dir) / f"{name}_{dt.datetime.now():%Y%m%d_%H%M%S}")
        return found

    def plot(
        self,
        plot_type: str = "timeseries",
        symbols: Sequence[str] | None = None,
        start_time: dt.datetime | None = None,
        end_time: dt.datetime | None = None,
        figsize: tuple[int, int] = (12, 6),
        **kwargs: Any,
    ) -> Any:
        """A matplotlib figure: "timeseries", "heatmap" or "distribution"."""
        from .plotting import FactorPlotter

        return FactorPlotter(self).plot(plot_type, symbols, start_time, end_time, figsize, **kwargs)


def _unpickle(kind: type[Factor], pickled: tuple[int, list[Any]], name: str, strict: bool) -> Factor:
    panel = _unpickled(pickled)
    made: Factor = kind._of_column(panel, panel.columns[0], name, strict)
    return made


# ---- Texts ------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_$][\w.$]*|\d[\w.]*|\s+|.", re.S)


def _bound(expr: str, context: Mapping[str, Factor] | AggBar) -> tuple[str, tuple[_expression.Node, ...], bool]:
    """The text with places for operands, the operands, and whether one of them is strict."""
    if not isinstance(expr, str):
        raise ArgumentTypeError(f"an expression is a text, not {type(expr).__name__}")
    tokens: list[str] = _TOKEN.findall(expr)
    for i, token in enumerate(tokens):
        follows = next((other for other in tokens[i + 1 :] if not other.isspace()), "")
        if follows == "(" and token in Factor._SPELLINGS:
            tokens[i] = Factor._SPELLINGS[token]
    plan = _core.compile("".join(tokens), "factorium", False)
    if len(plan.names) != 1:
        raise ArgumentError(f"expected one expression, not {len(plan.names)}")
    known = {column: column for column in (context._panel.columns if isinstance(context, AggBar) else context)}
    known |= {name.lower(): name for name in known if name.lower() not in known}
    operands: dict[str, Factor] = {}
    for column in plan.columns:
        name = known.get(column) or known.get(column.lower())
        if name is None:
            raise ArgumentError(f"Undefined variable: {column}; there are: {', '.join(known)}")
        factor = context[name]
        if not isinstance(factor, BaseFactor):
            raise ArgumentTypeError(f"{name} is no factor, but of the type {type(factor).__name__}")
        operands[column.lower()] = factor
    places = {name: f"{{{i}}}" for i, name in enumerate(operands)}
    for i, token in enumerate(tokens):
        follows = next((other for other in tokens[i + 1 :] if not other.isspace()), "")
        bare = token.strip("`").removeprefix("$").lower()
        if bare in places and follows != "(" and (follows != "=" or token.startswith("`")) and token[0] not in "\"'":
            tokens[i] = places[bare]
        else:
            tokens[i] = token.replace("{", "{{").replace("}", "}}")
    text = re.sub(r"#[^\n]*", "", "".join(tokens)).strip().rstrip(";").strip()
    return text, tuple(factor._node for factor in operands.values()), any(f._strict for f in operands.values())


# ---- Many at once -----------------------------------------------------------------------------------------


def evaluate(
    expressions: Mapping[str, BaseFactor | str] | Sequence[BaseFactor | str] | BaseFactor | str,
    panel: Any = None,
    *,
    dialect: str = "factorium",
    strict_cross_sections: bool | None = None,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
    executor: str | Executor | None = None,
    work: str | Path | None = None,
    n_shards: int = 0,
) -> AggBar:
    """Evaluates any number of expressions at once: one plan that shares what they have in common, one pass.

    ``expressions`` are factors or texts: by name in a mapping, or in a sequence, then their own names count. A single text may
    hold several statements ``name = expression``. ``panel`` (an AggBar, or any frame) is what the columns of texts mean. The
    result is an AggBar with one column for each. ``memory_limit`` (bytes) is refused before the work starts
    where it does not suffice.

    With ``executor`` ("ray://auto", "dask://HOST:8786", "spark://...", "local://4", or an object: docs/scale.md) up to
    ``n_shards`` shards of each stage run there and give the same bits; ``work`` is a folder that every node sees, ``threads``
    and ``memory_limit`` are those of a shard. ``panel`` may then be the path of a file that every node sees: only the
    result is ever in the memory of this process.
    """
    if executor is not None:
        from ..distributed.plans import Settings

        settings = Settings(executor, work, n_shards, threads, memory_limit, progress)
        return _evaluate_on_executor(expressions, panel, dialect, strict_cross_sections, settings)
    bars = panel if panel is None or isinstance(panel, AggBar) else AggBar(panel)
    if strict_cross_sections is None and bars is not None:
        strict_cross_sections = bars._strict
    with run(threads, memory_limit, progress) as options:
        if isinstance(expressions, str):
            plan = _core.compile(expressions, dialect, bool(strict_cross_sections))
            return AggBar(plan.run(_needed(bars)._panel, options))
        named = _by_names(expressions)
        if dialect != "factorium":
            return _evaluate_texts(named, _needed(bars), dialect, bool(strict_cross_sections), options)
        factors = {
            name: e if isinstance(e, BaseFactor) else _from_text(name, e, _needed(bars)) for name, e in named.items()
        }
        if strict_cross_sections is None:
            strict_cross_sections = any(factor._strict for factor in factors.values())
        made = _expression.evaluate(
            {name: factor._node for name, factor in factors.items()}, strict_cross_sections, options
        )
    for name, factor in factors.items():
        if factor._result is None and factor._strict == strict_cross_sections:
            factor._result = (made, name)
    return AggBar(made, strict_cross_sections=strict_cross_sections)


def _needed(bars: AggBar | None) -> AggBar:
    if bars is None:
        raise ArgumentTypeError("a text needs a panel: evaluate(expressions, panel)")
    return bars


def _by_names(
    expressions: Mapping[str, BaseFactor | str] | Sequence[BaseFactor | str] | BaseFactor,
) -> Mapping[str, BaseFactor | str]:
    if isinstance(expressions, BaseFactor):
        expressions = [expressions]
    if not isinstance(expressions, Mapping):
        named = [(e if isinstance(e, str) else e.name, e) for e in expressions]
        expressions = dict(named)
        if len(expressions) < len(named):
            raise ArgumentError("two of the expressions have one name: give a mapping from names")
    if not expressions:
        raise ArgumentError("there is nothing to evaluate")
    return expressions


def _evaluate_texts(expressions: Mapping[str, Any], bars: AggBar, dialect: str, strict: bool, options: Run) -> AggBar:
    """Texts of another dialect, whose words the graph of factors does not know."""
    text = _expression.text_of_texts(expressions)
    return AggBar(_core.compile(text, dialect, strict).run(bars._panel, options), strict_cross_sections=strict)


def _evaluate_on_executor(
    expressions: Any, panel: Any, dialect: str, strict: bool | None, settings: Settings
) -> AggBar:
    from ..distributed.plans import factors_on_executor

    is_file = isinstance(panel, str | Path)
    bars = panel if is_file or panel is None or isinstance(panel, AggBar) else AggBar(panel)
    if strict is None and isinstance(bars, AggBar):
        strict = bars._strict
    if isinstance(expressions, str):
        text = expressions
    else:
        named = _by_names(expressions)
        factors = [e for e in named.values() if isinstance(e, BaseFactor)]
        if factors:
            if is_file or dialect != "factorium":
                raise ArgumentError("factors have their panel: with the path of a file, or another dialect, give texts")
            nodes = {
                name: (e if isinstance(e, BaseFactor) else _from_text(name, e, _needed(bars)))._node
                for name, e in named.items()
            }
            if strict is None:
                strict = any(factor._strict for factor in factors)
            with run() as options:
                text, joined = _expression.text_of(nodes, options)
            bars = AggBar(joined)
        else:
            text = _expression.text_of_texts(named)
    source = str(panel) if is_file else _needed(bars)
    made = factors_on_executor(settings, text, source, dialect, bool(strict))
    return AggBar(made, strict_cross_sections=bool(strict))


def _side_by_side(context: Mapping[str, Factor]) -> AggBar:
    """Factors as the columns of one panel."""
    return evaluate(dict(context))


def _from_text(name: str, text: str, bars: AggBar) -> Factor:
    try:
        return Factor.from_expression(text, bars)
    except (ArgumentError, NoSuchColumnError) as error:
        where = type(error)(f"{name}: {error}")
        where.position = error.position
        raise where from None
