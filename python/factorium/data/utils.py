"""Which days a request means. Days are UTC's."""

from __future__ import annotations

import datetime as dt

from .._errors import ArgumentError
from .._time import DAY_MS, Time, to_ms, today_ms

_EPOCH = dt.datetime(1970, 1, 1)
_MOST_DAYS = 366 * 1000


def _date(ms: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=ms)


def _check_days(days: int | None) -> None:
    if days is not None and not 1 <= days <= _MOST_DAYS:
        raise ArgumentError(f"days is {days} and must be from 1 to {_MOST_DAYS}")


def calculate_date_range(
    start_date: str | None = None, end_date: str | None = None, days: int | None = None, default_days: int = 7
) -> tuple[dt.datetime, dt.datetime]:
    """The half-open range of days of the published loader, as naive UTC datetimes.

    ``start_date`` and ``end_date`` are both included: the range ends with the day after ``end_date``. ``start_date`` with
    ``days`` are that many days from it on, ``end_date`` with ``days`` that many up to and with it. ``days`` alone, or by default
    ``default_days``, are the complete UTC days before today. A start or an end alone is an error.
    """
    _check_days(days)
    if start_date is not None and end_date is not None:
        start, end = _date(to_ms(start_date)), _date(to_ms(end_date))
        if start > end:
            raise ArgumentError("Start date must be earlier than or equal to end date")
        return start, end + dt.timedelta(days=1)
    if start_date is not None:
        if days is None:
            raise ArgumentError(f"start_date is {start_date}, but neither end_date nor days says where the range ends")
        start = _date(to_ms(start_date))
        return start, start + dt.timedelta(days=days)
    if end_date is not None:
        if days is None:
            raise ArgumentError(f"end_date is {end_date}, but neither start_date nor days says where the range begins")
        end = _date(to_ms(end_date)) + dt.timedelta(days=1)
        return end - dt.timedelta(days=days), end
    end = _date(today_ms())
    return end - dt.timedelta(days=default_days if days is None else days), end


def exclusive_range(start_date: Time | None, end_date: Time | None, days: int | None) -> tuple[int, int]:
    """The range of ``DataLoader`` in ms, its end exclusive; 0, 0: all there is."""
    _check_days(days)
    length = (days or 0) * DAY_MS
    start = None if start_date is None else to_ms(start_date)
    end = None if end_date is None else to_ms(end_date)
    if start is not None and end is not None:
        if start >= end:
            raise ArgumentError(
                f"the range from {start_date} to {end_date} is empty: end_date is the first day that does not count"
            )
        return start, end
    if days is None:
        if start is None and end is None:
            return 0, 0
        raise ArgumentError("one of start_date and end_date is missing; the other, or days, must come with it")
    if start is not None:
        return start, start + length
    end = today_ms() if end is None else end
    return end - length, end
