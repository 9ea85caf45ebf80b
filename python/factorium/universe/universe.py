"""Universe and Checklist: several rules, all of which must hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _frames
from .._errors import ArgumentError, ArgumentTypeError
from ..aggbar import AggBar
from ..factors.core import Factor
from .rules import FilterRule, Metadata, Rule, Tags


class _All(Rule):
    """Rows are in where each rule has them in."""

    _rules: list[FilterRule]

    def __init__(self, rules: Sequence[FilterRule]) -> None:
        self._rules = [*rules]
        if not self._rules:
            raise ArgumentError(f"{type(self).__name__} must have at least one rule")
        for rule in self._rules:
            if not hasattr(rule, "apply"):
                raise ArgumentTypeError(f"a rule has apply(df, metadata, tags), which {type(rule).__name__} lacks")

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """1 where a row is in, 0 where it is out; rules of your own are asked through Polars."""
        made = [mask_by(rule, bars, metadata, tags) for rule in self._rules]
        inside = made[0]
        for mask in made[1:]:
            inside = inside & mask
        return inside

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(type(rule).__name__ for rule in self._rules)})"


class Universe(_All):
    """What may be traded: rules that exclude."""

    def __init__(self, rules: Sequence[FilterRule]) -> None:
        super().__init__(rules)

    @property
    def rules(self) -> list[FilterRule]:
        """The rules."""
        return [*self._rules]


class Checklist(_All):
    """What is looked at: filters that include."""

    def __init__(self, filters: Sequence[FilterRule]) -> None:
        super().__init__(filters)

    @property
    def filters(self) -> list[FilterRule]:
        """The filters."""
        return [*self._rules]


def mask_by(rule: Any, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
    """The mask of any rule: one of the library's, or a Polars expression of your own."""
    if isinstance(rule, Rule):
        return rule.mask(bars, metadata, tags)
    pl = _frames._needs("polars", "a rule of your own")
    frame = bars.to_polars().lazy()
    inside = rule.apply(frame, metadata, tags).cast(pl.Boolean).fill_null(False).cast(pl.Float64).alias("factor")
    made = frame.select("start_time", "end_time", "symbol", inside).collect()
    return Factor(made, "universe")
