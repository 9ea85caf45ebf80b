"""Frequencies as the published backtester writes them."""

from __future__ import annotations

import re

from .._errors import ArgumentError

SECONDS_PER_YEAR = 365.25 * 86_400
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_frequency_to_seconds(freq: str) -> float:
    """The seconds of "30s", "15m", "1h", "1d" or "1w"."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", freq.strip().lower())
    if not found or float(found[1]) <= 0:
        raise ArgumentError(f"Invalid frequency format: {freq!r}. Use format like '1h', '30m', '1d'")
    return float(found[1]) * _SECONDS[found[2]]


def frequency_to_periods_per_year(freq: str) -> float:
    """How many of them a year of 365.25 days has."""
    return SECONDS_PER_YEAR / parse_frequency_to_seconds(freq)
