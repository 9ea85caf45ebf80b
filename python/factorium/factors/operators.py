"""Every operator as a function: ``ts_mean(close, 20)`` is ``close.ts_mean(20)``.

The functions are made from the C library's table; ``table()`` lists it.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

from . import _methods
from ._methods import OPERATORS, Operator, combine, documented, names_of

__all__ = ["table"]

# What the published functions say in another way than the table; the others are made from it.
_BY_METHOD = ("log", "ln", "reverse", "mean", "median", "cs_winsorize", "pow", "signed_pow")


def _function(op: Operator, name: str) -> Callable[..., Any]:
    def function(*arguments: Any, **keywords: Any) -> Any:
        # What the published functions call the two series.
        if op.max_series == 2 and "factor2" in keywords:
            keywords["other"] = keywords.pop("factor2")
        for first in ("factor", "factor1"):
            if op.max_series and first in keywords:
                arguments = (keywords.pop(first), *arguments)
        return op.apply(name, arguments, keywords)

    return documented(function, op, name, "factor")  # type: ignore[no-any-return]


def _by_method(name: str) -> Callable[..., Any]:
    method = getattr(_methods.OperatorMethods, name)

    def function(factor: Any, *arguments: Any, **keywords: Any) -> Any:
        return method(factor, *arguments, **keywords)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = method.__doc__
    return function


def _add_functions() -> None:
    for op in OPERATORS.values():
        for name in names_of(op):
            globals().setdefault(name, _function(op, name))
            __all__.append(name)
    for name in _BY_METHOD:
        globals()[name] = _by_method(name)
        __all__.append(name)


def _sign(sign: str, name: str) -> Callable[..., Any]:
    def function(factor1: Any, factor2: Any) -> Any:
        return _methods._binary(sign, factor1, factor2)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"factor1 {sign} factor2; one of them may be a number"
    return function


add, sub, mul, div = _sign("+", "add"), _sign("-", "sub"), _sign("*", "mul"), _sign("/", "div")


def where(factor: Any, cond: Any, other: Any = None) -> Any:
    """factor where cond is not 0, other (None: missing) where it is; missing where cond is missing"""
    return _methods.build(
        "({1} ? {0} : {2})",
        [factor, cond, math.nan if other is None else other],
        f"where({_methods._shown_of(factor)})",
    )


def _among(name: str) -> Callable[..., Any]:
    def function(factor: Any, *others: Any, other: Any = None) -> Any:
        series = [factor, *others] if other is None else [factor, *others, other]
        return combine(name, name, series, [], [])

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{OPERATORS[name].doc}; numbers may be among them"
    return function


min, max = _among("min"), _among("max")


def table() -> list[dict[str, Any]]:
    """The operators in the order of the documentation: name, aliases, section, arguments, what the value is."""
    return [
        {
            "name": op.name,
            "aliases": builtins.list(op.aliases),
            "section": op.section,
            "signature": f"{op.name}{op.signature(op.series[0] if op.series else 'x')}",
            "doc": op.doc,
        }
        for op in OPERATORS.values()
    ]


_add_functions()
__all__ = sorted({*__all__, "add", "sub", "mul", "div", "where", "min", "max"})
