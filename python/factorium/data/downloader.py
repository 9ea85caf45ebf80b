"""BinanceDataDownloader: the published downloader's names, over the library's sync."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import _core
from .._run import Progress
from .._table import Table
from ..store import sync
from .utils import calculate_date_range


class BinanceDataDownloader:
    """Fetches Binance's archive files into the store at ``base_path``: checked against their checksums, resumed after a kill."""

    def __init__(
        self,
        base_path: str | Path = "./Data",
        max_concurrent_downloads: int = 5,
        retry_attempts: int = 3,
        retry_delay: int = 1,
        *,
        base_url: str | None = None,
    ) -> None:
        self.base_path = Path(base_path)
        self.max_concurrent_downloads = max_concurrent_downloads
        self.retry_attempts = retry_attempts
        self.retry_delay = retry_delay
        self.base_url = base_url

    def download(
        self,
        symbols: str | list[str],
        data_type: str,
        market_type: str,
        futures_type: str = "cm",
        start_date: str | None = None,
        end_date: str | None = None,
        days: int | None = None,
        *,
        again: bool = False,
        progress: Progress = False,
    ) -> dict[str, int]:
        """Fetches the days from ``start_date`` to ``end_date``, both included (UTC), that the store lacks.

        "klines" are those of 1 minute; "klines_1h" and the like are others.
        """
        arguments = (symbols, data_type, market_type, futures_type, start_date, end_date, days)
        return self._fetch(*arguments, again=again, progress=progress)[1]

    def _fetch(
        self,
        symbols: str | list[str],
        data_type: str,
        market_type: str,
        futures_type: str,
        start_date: str | None,
        end_date: str | None,
        days: int | None,
        *,
        again: bool,
        progress: Progress,
    ) -> tuple[Table, dict[str, int]]:
        start, end = calculate_date_range(start_date, end_date, days)
        return sync(
            self.base_path,
            symbols,
            start=start,
            end=end,
            market=_core.market("binance", market_type, futures_type),
            data_type=data_type,
            interval="1m" if data_type == "klines" else None,
            jobs=self.max_concurrent_downloads,
            retries=self.retry_attempts,
            retry_wait_ms=self.retry_delay * 1000,
            base_url=self.base_url,
            again=again,
            progress=progress,
        )

    async def download_data(
        self,
        symbol: str,
        data_type: str,
        market_type: str,
        futures_type: str = "cm",
        start_date: str | None = None,
        end_date: str | None = None,
        days: int | None = None,
    ) -> None:
        """Like :meth:`download`, for ``await``; other tasks go on meanwhile."""
        import asyncio  # it takes longer to import than all of the package

        arguments: tuple[Any, ...] = (symbol, data_type, market_type, futures_type, start_date, end_date, days)
        await asyncio.to_thread(self.download, *arguments)
