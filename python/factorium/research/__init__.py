"""Research in one place: sessions and reports."""

from .report import FactorReport
from .session import ResearchSession

__all__ = ["FactorReport", "ResearchSession"]
