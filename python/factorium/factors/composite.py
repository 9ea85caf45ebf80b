"""CompositeFactor: a weighted sum of factors."""

from __future__ import annotations

from collections.abc import Sequence

from .._errors import ArgumentError
from ._methods import build, number_text
from .core import Factor


class CompositeFactor:
    """Factors and their weights; :meth:`to_factor` is their sum, one expression."""

    def __init__(
        self, factors: Sequence[Factor], weights: Sequence[float] | None = None, name: str = "composite"
    ) -> None:
        if not factors:
            raise ArgumentError("a composite needs at least one factor")
        if weights is not None and len(weights) != len(factors):
            raise ArgumentError("Number of weights must match number of factors")
        self.factors = [*factors]
        self.weights = [1 / len(factors)] * len(factors) if weights is None else [*weights]
        self.name = name

    @classmethod
    def from_equal_weights(cls, factors: Sequence[Factor], name: str = "composite") -> CompositeFactor:
        """All with the same weight; the weights add up to 1."""
        return cls(factors, None, name)

    @classmethod
    def from_weights(
        cls, factors: Sequence[Factor], weights: Sequence[float], name: str = "composite"
    ) -> CompositeFactor:
        """Each with its weight, as it stands."""
        return cls(factors, weights, name)

    @classmethod
    def from_zscore(cls, factors: Sequence[Factor], name: str = "composite_zscore") -> CompositeFactor:
        """The cs_zscore of each, all with the same weight."""
        return cls([factor.cs_zscore() for factor in factors], None, name)

    def to_factor(self) -> Factor:
        """The weighted sum; missing where one of the factors is."""
        terms = [f"{{{i}}} * {number_text(weight)}" for i, weight in enumerate(self.weights)]
        made: Factor = build(f"({' + '.join(terms)})", [*self.factors], self.name)
        return made

    def __repr__(self) -> str:
        terms = ", ".join(
            f"{factor.name}: {weight:g}" for factor, weight in zip(self.factors, self.weights, strict=True)
        )
        return f"CompositeFactor({self.name}, {{{terms}}})"
