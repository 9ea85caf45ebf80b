"""BinanceDataLoader: the published loader's names, over the store."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._errors import NotFoundError, NotProvidedError
from .._run import Progress
from .._time import to_interval_ms
from ..aggbar import AggBar
from ..store import failures
from .downloader import BinanceDataDownloader
from .loader_v2 import DataLoader
from .utils import calculate_date_range

_MOST_REASONS = 5


class BinanceDataLoader:
    """Bars of Binance's data in the store at ``path``; days that it lacks are fetched (``base_url`` is a mirror's)."""

    def __init__(
        self,
        backend: str = "local",
        path: str | Path = "./Data",
        *,
        base_path: str | Path | None = None,
        max_concurrent_downloads: int = 5,
        retry_attempts: int = 3,
        retry_delay: int = 1,
        base_url: str | None = None,
    ) -> None:
        if backend != "local":
            raise NotProvidedError(f"backend {backend!r}: give DataLoader the store's address (s3://..., https://...)")
        self.base_path = Path(path if base_path is None else base_path)
        self.max_concurrent_downloads = max_concurrent_downloads
        self.retry_attempts = retry_attempts
        self.retry_delay = retry_delay
        self._loader = DataLoader(self.base_path)
        self._downloader = BinanceDataDownloader(
            self.base_path, max_concurrent_downloads, retry_attempts, retry_delay, base_url=base_url
        )

    def load_aggbar(
        self,
        symbols: str | Sequence[str],
        data_type: str,
        market_type: str,
        futures_type: str = "um",
        start_date: str | None = None,
        end_date: str | None = None,
        days: int | None = None,
        bar_type: str = "time",
        interval: float = 60_000,
        force_download: bool = False,
        use_cache: bool = True,
        *,
        progress: Progress = False,
    ) -> AggBar:
        """Bars from ``start_date`` to ``end_date``, both included (UTC); see :func:`calculate_date_range`.

        Days that the store lacks are fetched first; with ``force_download`` all of them are, again.
        ``interval`` is ms for time bars, trades for "tick", quantity for "volume", price × quantity for "dollar".
        With ``data_type="klines"`` bars are made of the store's klines; those of a minute are fetched where it has none.
        """
        start, end = calculate_date_range(start_date, end_date, days)
        names = [symbols] if isinstance(symbols, str) else [*symbols]
        chosen: dict[str, Any] = (
            {"interval_ms": to_interval_ms(interval)} if bar_type == "time" else {"threshold": interval}
        )

        def load(missing: str) -> AggBar:
            return self._loader.load_aggbar(
                names,
                start_date=start,
                end_date=end,
                data_type=data_type,
                market_type=market_type,
                futures_type=futures_type,
                use_cache=use_cache,
                bar_type=bar_type,
                missing=missing,
                progress=progress,
                **chosen,
            )

        if not force_download:
            with contextlib.suppress(NotFoundError):
                return load("error")
        # The end of a range is the first day that does not count; the downloader's is included.
        last = end - dt.timedelta(days=1)
        outcomes, _ = self._downloader._fetch(
            names,
            data_type,
            market_type,
            futures_type,
            start.strftime("%Y-%m-%d"),
            last.strftime("%Y-%m-%d"),
            None,
            again=force_download,
            progress=progress,
        )
        try:
            return load("skip")
        except NotFoundError as error:
            reasons = failures(outcomes)
            if not reasons:
                raise
            shown = "; ".join(reasons[:_MOST_REASONS]) + ("; ..." if len(reasons) > _MOST_REASONS else "")
            raise NotFoundError(f"nothing was fetched: {shown}; and {error}") from None

    def load_aggbar_fast(
        self,
        symbols: Sequence[str],
        data_type: str,
        market_type: str,
        futures_type: str = "um",
        start_date: str | None = None,
        end_date: str | None = None,
        days: int | None = None,
        interval_ms: int = 60_000,
        force_download: bool = False,
        use_cache: bool = True,
    ) -> AggBar:
        """Time bars; :meth:`load_aggbar` is as fast."""
        return self.load_aggbar(
            symbols,
            data_type,
            market_type,
            futures_type,
            start_date,
            end_date,
            days,
            interval=interval_ms,
            force_download=force_download,
            use_cache=use_cache,
        )
