"""Universes: which rows count, by rules."""

from .rules import (
    ExcludeLeveragedTokens,
    ExcludeStablecoins,
    FilterRule,
    MinLiquidity,
    MinListingAge,
    MinVolume,
    SymbolMetadata,
    TagFilter,
)
from .universe import Checklist, Universe

__all__ = [
    "Checklist",
    "ExcludeLeveragedTokens",
    "ExcludeStablecoins",
    "FilterRule",
    "MinLiquidity",
    "MinListingAge",
    "MinVolume",
    "SymbolMetadata",
    "TagFilter",
    "Universe",
]
