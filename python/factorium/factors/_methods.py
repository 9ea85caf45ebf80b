"""Operators as methods: made from the C library's table, with the argument names that Python users know."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import _core
from .._errors import ArgumentError, ArgumentTypeError
from ._expression import Operation
from ._generated import GeneratedMethods

_LONGEST_NAME = 1000
_WINDOW, _INTEGER, _NUMBER, _FLAG, _WORD = range(5)

# What Python users call a parameter of the table; the table's own names are taken as well.
_PYTHON_NAMES = {"d": "window", "c": "constant"}
_PERIODS = {"ts_shift", "ts_delta", "ts_returns", "ts_log_returns"}


@dataclass(frozen=True)
class Parameter:
    """One number or word that an operator takes after its series."""

    name: str  # in Python
    own_name: str  # in the table
    kind: int
    is_optional: bool
    preset: Any
    minimum: float
    maximum: float
    words: tuple[str, ...]

    def checked(self, op: str, value: Any) -> Any:
        """The value, or an error that says what it may be."""
        if self.kind == _WORD:
            if value not in self.words:
                raise ArgumentError(f"{op}: {self.name} is {value!r} and must be one of {', '.join(self.words)}")
            return value
        if self.kind == _FLAG:
            return bool(value)
        if self.kind != _NUMBER and not isinstance(value, float):
            value = operator.index(value)
        number = float(value)
        if self.kind == _WINDOW:
            number = math.floor(number) if math.isfinite(number) else number
            if number < 1:
                raise ArgumentError(f"Window must be positive: {op} cannot take {self.name}={value}")
        if not self.minimum <= number <= self.maximum or (self.kind == _INTEGER and number != math.floor(number)):
            what = "a whole number " if self.kind == _INTEGER else ""
            raise ArgumentError(
                f"{op}: {self.name} is {value} and must be {what}from {self.minimum:g} to {self.maximum:g}"
            )
        return int(number) if number == math.floor(number) and self.kind != _NUMBER else value

    def text(self, value: Any) -> str:
        """The value in the expression language."""
        if self.kind == _WORD:
            return str(value)
        return str(value).lower() if self.kind == _FLAG else number_text(value)


def number_text(value: Any) -> str:
    """A number in the expression language; it reads back as the same bits."""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    number = float(value)
    return repr(number) if math.isfinite(number) else "nan"


def is_number(value: Any) -> bool:
    """Whether it can stand for a series that is the same everywhere."""
    return isinstance(value, int | float) or (hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0)


@dataclass(frozen=True)
class Operator:
    """A row of the table."""

    name: str
    aliases: tuple[str, ...]
    section: str
    min_series: int
    max_series: int
    series: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    doc: str

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """The factor of this operator on series, then parameters."""
        return self.apply(self.name, arguments, keywords)

    def signature(self, first: str) -> inspect.Signature:
        """As Python shows it; the first series is called `first`."""
        kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
        names = [first, *self.series_names()[1:]] if self.max_series else [first]
        shown = [inspect.Parameter(name, kind) for name in names[: max(self.min_series, 1)]]
        if self.max_series > max(self.min_series, 1):
            shown.append(inspect.Parameter("more", inspect.Parameter.VAR_POSITIONAL))
            kind = inspect.Parameter.KEYWORD_ONLY
        for p in self.parameters:
            default = inspect.Parameter.empty if not p.is_optional else p.preset
            shown.append(inspect.Parameter(p.name, kind, default=default))
        return inspect.Signature(shown)

    def series_names(self) -> tuple[str, ...]:
        """What the series are called in Python: of two, the second is the `other`, or the `group`."""
        if self.section == "group":
            return tuple({"w": "weights", "g": "group"}.get(name, name) for name in self.series)
        return (self.series[0], "other") if len(self.series) == 2 else self.series

    def apply(self, shown: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Like a call; `shown` is the name that the caller used."""
        series, parameters = self._bind(shown, arguments, dict(keywords))
        values = {p: p.checked(shown, parameters[p.name]) for p in self.parameters if p.name in parameters}
        texts = [p.text(value) for p, value in values.items() if not p.is_optional]
        texts += [f"{p.own_name}={p.text(value)}" for p, value in values.items() if p.is_optional]
        names = [str(value) for value in values.values()]
        for p in self.parameters:  # the published names show what was left out, too
            if p not in values and p.own_name in ("lag", "driver", "k", "c"):
                names.append(str(p.preset))
        return combine(self.name, shown, series, texts, names, to_series=self.max_series)

    def _bind(
        self, shown: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        names = self.series_names()
        n_series = max(self.min_series, 1)
        if self.max_series > n_series:
            n_series = max(n_series, sum(1 for _ in takewhile_series(arguments)))
        series = list(arguments[:n_series])
        for i in range(len(series), n_series):
            for name in (
                names[min(i, len(names) - 1)],
                self.series[min(i, len(self.series) - 1)] if self.series else "",
            ):
                if name in keywords:
                    series.append(keywords.pop(name))
                    break
            else:
                raise ArgumentTypeError(f"{shown}() needs the argument {names[min(i, len(names) - 1)]!r}")
        rest = arguments[n_series:]
        if len(rest) > len(self.parameters):
            raise ArgumentTypeError(f"{shown}() takes at most {n_series + len(self.parameters)} arguments")
        values = {p.name: value for p, value in zip(self.parameters, rest, strict=False)}
        for p in self.parameters:
            for name in (p.name, p.own_name):
                if name in keywords:
                    if p.name in values:
                        raise ArgumentTypeError(f"{shown}() got {name!r} twice")
                    values[p.name] = keywords.pop(name)
            if values.get(p.name, 0) is None and p.is_optional:
                del values[p.name]
            if p.name not in values and not p.is_optional:
                raise ArgumentTypeError(f"{shown}() needs the argument {p.name!r}")
        if keywords:
            raise ArgumentTypeError(
                f"{shown}() has no argument {next(iter(keywords))!r}; it has {self.signature(names[0] if names else 'x')}"
            )
        return series, values


def takewhile_series(arguments: tuple[Any, ...]) -> Any:
    """The arguments, as far as they are series."""
    for argument in arguments:
        if not isinstance(argument, OperatorMethods) and not is_number(argument):
            return
        yield argument


def _shown_of(value: Any) -> str:
    return value.name if isinstance(value, OperatorMethods) else str(value)


def _operand(value: Any, what: str) -> Any:
    if isinstance(value, OperatorMethods):
        return value._node
    if is_number(value):
        return Operation(number_text(value))
    raise ArgumentTypeError(f"{what}: expected a factor or a number, not {type(value).__name__}")


def build(template: str, series: list[Any], name: str) -> Any:
    """A factor of a text with the series in its places."""
    first = next((value for value in series if isinstance(value, OperatorMethods)), None)
    if first is None:
        raise ArgumentTypeError(f"{name}: at least one of the series must be a factor")
    operands = tuple(_operand(value, name) for value in series)
    if len(name) > _LONGEST_NAME:  # it doubles where a factor is used twice
        name = f"{name[: _LONGEST_NAME // 2]}...{name[-_LONGEST_NAME // 2 :]}"
    strict = any(value._strict for value in series if isinstance(value, OperatorMethods))
    return first._of_node(Operation(template, operands), name, strict)


def combine(op: str, shown: str, series: list[Any], texts: list[str], names: list[str], to_series: int = 1) -> Any:
    """The factor ``op(series..., texts...)``, named by what was written."""
    places = [f"{{{i}}}" for i in range(len(series))]
    name = f"{shown}({','.join([*map(_shown_of, series), *names])})"
    if not to_series:  # ts_step counts a symbol's rows: the series only says which rows there are
        return build(f"({op}({', '.join(texts)}) + 0 * is_nan({{0}}))", series, name)
    return build(f"{op}({', '.join([*places, *texts])})", series, name)


def _binary(sign: str, left: Any, right: Any) -> Any:
    return build(f"({{0}} {sign} {{1}})", [left, right], f"({_shown_of(left)}{sign}{_shown_of(right)})")


class OperatorMethods(GeneratedMethods):
    """Operators as Python's signs and as methods."""

    _node: Any
    _strict: bool
    name: Any

    @classmethod
    def _of_node(cls, node: Any, name: str, strict: bool) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return _sign("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return _sign("+", self, other)

    def __sub__(self, other: Any) -> Any:
        return _sign("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _sign("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return _sign("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _sign("*", self, other)

    def __truediv__(self, other: Any) -> Any:
        return _sign("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _sign("/", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.pow(other)

    def __rpow__(self, other: Any) -> Any:
        return combine("power", "pow", [other, self], [], [])

    def __neg__(self) -> Any:
        return build("(-{0})", [self], f"({self.name}*-1)")

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return combine("abs", "abs", [self], [], [])

    def __lt__(self, other: Any) -> Any:
        return _sign("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _sign("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _sign(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _sign(">=", self, other)

    def __eq__(self, other: Any) -> Any:
        return _sign("==", self, other)

    def __ne__(self, other: Any) -> Any:
        return _sign("!=", self, other)

    def __and__(self, other: Any) -> Any:
        return combine("logical_and", "and", [self, other], [], [])

    def __or__(self, other: Any) -> Any:
        return combine("logical_or", "or", [self, other], [], [])

    def __invert__(self) -> Any:
        return combine("logical_not", "not", [self], [], [])

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise ArgumentTypeError("a factor has many values: combine conditions with & and |, not with `and` and `or`")

    # ---- What the published methods say in another way than the table ----------------------------------

    def add(self, other: Any) -> Any:
        """self + other"""
        return _binary("+", self, other)

    def sub(self, other: Any) -> Any:
        """self - other"""
        return _binary("-", self, other)

    def mul(self, other: Any) -> Any:
        """self * other"""
        return _binary("*", self, other)

    def div(self, other: Any) -> Any:
        """self / other; missing where other is 0"""
        return _binary("/", self, other)

    def pow(self, exponent: Any) -> Any:
        """self to the power of exponent, a factor or a number"""
        return combine("power", "pow", [self, exponent], [], [])

    def signed_pow(self, exponent: Any) -> Any:
        """sign(self) * |self| ^ exponent"""
        return combine("signed_power", "signed_pow", [self, exponent], [], [])

    def reverse(self) -> Any:
        """-self"""
        return -self

    def log(self, base: float | None = None) -> Any:
        """The logarithm, natural or to a base; missing where self <= 0"""
        if base is None:
            return combine("log", "log", [self], [], [])
        if not base > 0 or base == 1:
            raise ArgumentError(f"log: base is {base} and must be above 0 and not 1")
        name = f"log({self.name},{base})"
        known: dict[float, str] = {2: "log2({0})", 10: "log10({0})"}
        own = known.get(base, f"(log({{0}}) / log({number_text(base)}))")
        return build(own, [self], name)

    def ln(self) -> Any:
        """The natural logarithm; missing where self <= 0"""
        return self.log()

    def where(self, cond: Any, other: Any = math.nan) -> Any:
        """self where cond is not 0, other where it is; missing where cond is missing"""
        return build("({1} ? {0} : {2})", [self, cond, other], f"where({self.name})")

    def mean(self) -> Any:
        """The mean of each cross-section"""
        return combine("cs_mean", "mean", [self], [], [])

    def median(self) -> Any:
        """The median of each cross-section"""
        return combine("cs_median", "median", [self], [], [])

    def cs_winsorize(self, limits: Any = 0.025) -> Any:
        """self held within the linear quantiles limits and 1 - limits of its cross-section"""
        if isinstance(limits, list | tuple):
            if len(limits) != 2 or limits[0] != limits[1]:
                raise ArgumentError(f"cs_winsorize: limits is {limits!r}; both sides have one share: give a number")
            limits = limits[0]
        return OPERATORS["cs_winsorize"].apply("cs_winsorize", (self, limits), {})


def _sign(sign: str, left: Any, right: Any) -> Any:
    """A sign between two values; what is neither factor nor number is left to the other side, as Python has it."""
    for value in (left, right):
        if not isinstance(value, OperatorMethods) and not is_number(value):
            return NotImplemented
    return _binary(sign, left, right)


# ---- The table ----------------------------------------------------------------------------------------------

_SECTIONS = ("element", "time_series", "cross_section", "group")


def _read_parameter(op: str, row: tuple[Any, ...]) -> Parameter:
    own, kind, is_optional, preset, minimum, maximum, words = row
    name = "period" if own == "d" and op in _PERIODS else _PYTHON_NAMES.get(own, own)
    spelled = tuple((words or "").split())
    if kind == _WORD:
        preset = spelled[int(preset)]
    elif kind == _FLAG:
        preset = bool(preset)
    elif math.isnan(preset):
        preset = None
    elif preset == math.floor(preset):
        preset = int(preset)
    return Parameter(name, own, kind, is_optional, preset, minimum, maximum, spelled)


def _read_table() -> dict[str, Operator]:
    table = {}
    for name, aliases, section, low, high, series, parameters, doc in _core.operators():
        table[name] = Operator(
            name=name,
            aliases=tuple(alias for alias in aliases.split() if ":" not in alias),
            section=_SECTIONS[section],
            min_series=low,
            max_series=high,
            series=tuple(series.split()),
            parameters=tuple(_read_parameter(name, row) for row in parameters),
            doc=doc,
        )
    return table


#: Every operator by its name.
OPERATORS: dict[str, Operator] = _read_table()


def documented(function: Any, op: Operator, name: str, first: str) -> Any:
    """Gives a generated function the operator's name, signature and words."""
    signature = op.signature(first)
    function.__name__ = name
    function.__qualname__ = f"Factor.{name}" if first == "self" else name
    function.__signature__ = signature
    function.__doc__ = f"{op.doc[:1].upper()}{op.doc[1:]}.\n\n{op.section.replace('_', ' ').capitalize()} operator {op.name}{signature}."
    return function


def _method(op: Operator, name: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return op.apply(name, (self, *arguments), keywords)

    return documented(method, op, name, "self")  # type: ignore[no-any-return]


def names_of(op: Operator) -> list[str]:
    """Its name and the aliases that can be Python names."""
    return [name for name in (op.name, *op.aliases) if name.isidentifier()]


def _add_methods() -> None:
    for op in OPERATORS.values():
        for name in names_of(op):
            if name not in OperatorMethods.__dict__:
                setattr(GeneratedMethods, name, _method(op, name))


_add_methods()
