"""Constraints of the published backtester, as the settings of the library's that they mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .._errors import ArgumentError


class WeightConstraint(ABC):
    """What weights must hold to. The library knows those below; one of your own is made a factor, and ``weights="given"``."""

    @abstractmethod
    def settings(self, made: dict[str, Any]) -> dict[str, Any]:
        """The settings of a backtest, held to it."""


class MaxPositionConstraint(WeightConstraint):
    """No weight above ``max_weight``, either way; of a side that this makes lighter, the other is scaled down to it."""

    def __init__(self, max_weight: float) -> None:
        if not max_weight > 0:
            raise ArgumentError(f"max_weight is {max_weight} and must be above 0")
        self.max_weight = max_weight

    def settings(self, made: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        return made | {"max_position": min(self.max_weight, made.get("max_position", self.max_weight))}


class LongOnlyConstraint(WeightConstraint):
    """Nothing is sold short: of weights around their mean the upper half, with its gross exposure, stays."""

    def settings(self, made: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        if made["weights"] == "neutral":
            return made | {"weights": "long", "gross": made["gross"] / 2}
        return made  # without neutralization nothing is sold short


class MaxGrossExposureConstraint(WeightConstraint):
    """The sizes of all weights sum to ``max_exposure`` at most."""

    def __init__(self, max_exposure: float) -> None:
        if not max_exposure > 0:
            raise ArgumentError(f"max_exposure is {max_exposure} and must be above 0")
        self.max_exposure = max_exposure

    def settings(self, made: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        return made | {"gross": min(made["gross"], self.max_exposure)}


class MarketNeutralConstraint(WeightConstraint):
    """As much long as short."""

    def settings(self, made: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        if made["weights"] == "long":
            raise ArgumentError("MarketNeutralConstraint contradicts LongOnlyConstraint")
        return made | {"weights": "neutral"}
