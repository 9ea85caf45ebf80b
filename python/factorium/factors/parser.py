"""The published parser's name for :meth:`Factor.from_expression`."""

from __future__ import annotations

from collections.abc import Mapping

from ..aggbar import AggBar
from .core import Factor


class FactorExpressionParser:
    """Turns texts into factors."""

    def parse(self, expr: str, context: Mapping[str, Factor] | AggBar) -> Factor:
        """The factor of a text whose names mean the factors of ``context``."""
        return Factor.from_expression(expr, context)
