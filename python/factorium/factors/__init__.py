"""Factors: expressions over panels."""

from . import operators
from .composite import CompositeFactor
from .core import BaseFactor, Factor, evaluate
from .engine import PolarsEngine
from .parser import FactorExpressionParser

__all__ = [
    "BaseFactor",
    "CompositeFactor",
    "Factor",
    "FactorAnalysisResult",
    "FactorAnalyzer",
    "FactorExpressionParser",
    "PolarsEngine",
    "evaluate",
    "operators",
]


def __getattr__(name: str) -> object:
    """Analyzers stand on evaluation, which stands on factors: they are found when they are asked for."""
    if name in ("FactorAnalysisResult", "FactorAnalyzer"):
        from . import analyzer

        return getattr(analyzer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
