"""Factors: expressions over panels."""

from . import operators
from .composite import CompositeFactor
from .core import BaseFactor, Factor, evaluate
from .engine import PolarsEngine
from .parser import FactorExpressionParser

__all__ = ["BaseFactor", "CompositeFactor", "Factor", "FactorExpressionParser", "PolarsEngine", "evaluate", "operators"]
