"""A cache of day frames as they are given."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import _core, _frames
from .._errors import ArgumentError
from .._run import run
from .._time import DAY_MS, to_interval_ms, to_ms, to_text


class BarCache:
    """Keeps the bars of one day and a set of symbols as a Parquet file each; the order of symbols does not matter.

    ``DataLoader`` itself keeps bars in the store's own cache, by symbol.
    """

    def __init__(self, cache_dir: str | Path = Path("./Data/.cache")) -> None:
        self.cache_dir = Path(cache_dir)

    def _path(
        self, exchange: str, symbols: Sequence[str], interval_ms: int, data_type: str, market_type: str, date: Any
    ) -> Path:
        names = "\n".join(sorted({symbols} if isinstance(symbols, str) else {*symbols}))
        import hashlib  # with its library it takes more memory than all of the package

        key = hashlib.sha256(names.encode()).hexdigest()[:16]
        parts = (exchange, market_type, data_type)
        for part in parts:
            if not part or not all(c.isalnum() or c in "._-" for c in part) or part in (".", ".."):
                raise ArgumentError(f"{part!r} cannot be part of a path: letters, digits, '.', '_' and '-' can")
        folder = self.cache_dir.joinpath(*parts, f"{to_interval_ms(interval_ms)}ms", key)
        return folder / f"{to_text(to_ms(date) // DAY_MS * DAY_MS)[:10]}.parquet"

    def put(
        self,
        df: Any,
        exchange: str,
        symbols: Sequence[str],
        interval_ms: int,
        data_type: str,
        market_type: str,
        date: dt.datetime | dt.date | str,
    ) -> Path:
        """Writes exactly one file, whole or not at all, and returns its path."""
        path = self._path(exchange, symbols, interval_ms, data_type, market_type, date)
        path.parent.mkdir(parents=True, exist_ok=True)
        with run() as options:
            _core.write_file(_frames.stream_of(df), str(path), "parquet", options)
        return path

    def get(
        self,
        exchange: str,
        symbols: Sequence[str],
        interval_ms: int,
        data_type: str,
        market_type: str,
        date: dt.datetime | dt.date | str,
    ) -> Any:
        """The frame that was put, as a pandas DataFrame, or None."""
        path = self._path(exchange, symbols, interval_ms, data_type, market_type, date)
        return _read([path]) if path.is_file() else None

    def get_range(
        self,
        exchange: str,
        symbols: Sequence[str],
        interval_ms: int,
        data_type: str,
        market_type: str,
        start_date: dt.datetime | dt.date | str,
        end_date: dt.datetime | dt.date | str,
    ) -> Any:
        """The days from start_date until before end_date, one below the other, or None where one lacks."""
        first, end = to_ms(start_date) // DAY_MS, -(-to_ms(end_date) // DAY_MS)
        days = [to_text(day * DAY_MS) for day in range(first, end)]
        paths = [self._path(exchange, symbols, interval_ms, data_type, market_type, day) for day in days]
        return _read(paths) if paths and all(path.is_file() for path in paths) else None

    def clear(self) -> int:
        """Removes what is kept; how many files that were."""
        files = [*self.cache_dir.rglob("*.parquet")] if self.cache_dir.is_dir() else []
        for path in files:
            path.unlink(missing_ok=True)
        for folder, _, _ in os.walk(self.cache_dir, topdown=False):
            if folder != str(self.cache_dir) and not os.listdir(folder):
                os.rmdir(folder)
        return len(files)


def _read(paths: list[Path]) -> Any:
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    sql = f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"
    return _frames.to_pandas(_core.query(sql, None, None, True, None))
