"""Times and intervals as Python users write them, as ms since 1970 in UTC. A local time zone never matters."""

from __future__ import annotations

import datetime as dt
from typing import Any

from . import _core
from ._errors import ArgumentError, ArgumentTypeError

DAY_MS = 86_400_000
_EPOCH = dt.datetime(1970, 1, 1)

Time = dt.datetime | dt.date | int | str


def to_ms(time: Time | Any) -> int:
    """A time as ms: whole ms, a text ("2024-08-08", "2024-08-08 00:00:00"), a date, a datetime (naive is UTC)."""
    if isinstance(time, str):
        return _core.time_parse(time)
    if isinstance(time, dt.datetime):
        if time.tzinfo is not None:
            time = time.astimezone(dt.UTC).replace(tzinfo=None)
        return (time - _EPOCH) // dt.timedelta(milliseconds=1)
    if isinstance(time, dt.date):
        return (time - _EPOCH.date()).days * DAY_MS
    if isinstance(time, int):
        return time
    if hasattr(time, "item"):  # NumPy's
        value: Any = time
        return int((value.astype("datetime64[ms]").astype("int64") if value.dtype.kind == "M" else value).item())
    raise ArgumentTypeError(f"a time is a text, a datetime or whole ms since 1970, not {type(time).__name__}")


def to_interval_ms(interval: float | str) -> int:
    """An interval: a whole number of ms of at least 1, or a text like "1m"."""
    if isinstance(interval, str):
        return _core.interval_parse(interval)
    # To the C library 0 would mean its default, and a truth value is no length of time.
    is_number = hasattr(interval, "__float__") and type(interval).__name__ not in ("bool", "bool_")
    if not is_number or not float(interval) >= 1 or float(interval) % 1 != 0:
        raise ArgumentError(f'an interval is a whole number of ms of at least 1, or a text like "1m", not {interval!r}')
    return int(interval)


def to_text(time_ms: int) -> str:
    """ "2024-08-08 00:00:00"."""
    return _core.time_format(time_ms)


def today_ms() -> int:
    """The UTC day that is not over."""
    return int(dt.datetime.now(dt.UTC).timestamp()) * 1000 // DAY_MS * DAY_MS
