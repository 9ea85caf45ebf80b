"""Stores: archives in, listings and queries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import _core
from ._run import Progress, run
from ._table import Table
from ._time import DAY_MS, Time, to_ms


def ingest(
    paths: str | Path | Sequence[str | Path],
    store: str | Path,
    *,
    exchange: str | None = None,
    market: str | None = None,
    data_type: str | None = None,
    symbol: str | None = None,
    mapping: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    again: bool = False,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> dict[str, int]:
    """Archive files (.zip, .csv, .csv.gz, or folders of them) become the store, which is made when absent.

    Market, data type and symbol are found in the archive's layout or named here; ``mapping`` is for files of yours: the columns
    that are time, price, quantity, is_buyer_maker or side, id. Checksums and every row are checked; what was ingested
    before is not read again. Returns the counts of files, days and rows.
    """
    named = [paths] if isinstance(paths, str | Path) else paths
    if mapping is not None and exchange is None:
        exchange = "generic"
    with run(threads, memory_limit, progress) as options:
        dataset = (exchange, market, data_type, None)
        return _core.ingest(
            [str(path) for path in named],
            str(store),
            dataset,
            symbol,
            None if mapping is None else dict(mapping),
            skip_bad_rows,
            again,
            options,
        )


def simulate(
    folder: str | Path,
    *,
    symbols: int = 6,
    days: int = 2,
    start_date: Time = "2024-08-08",
    trades: int = 20_000,
    market: str = "futures_um",
    data_type: str = "aggTrades",
    seed: int = 1,
) -> None:
    """Writes an archive of simulated trades in Binance's layout; the same arguments give the same rows."""
    with run() as options:
        dataset = ("binance", market, data_type, "1m" if data_type == "klines" else None)
        _core.simulate(str(folder), dataset, symbols, days, to_ms(start_date) // DAY_MS, trades, seed, options)


def ls(store: str | Path, *, market: str | None = None, data_type: str | None = None) -> Table:
    """What a store holds: a row a symbol, with its days, gaps, rows and bytes."""
    with run() as options:
        return Table(_core.store_list(str(store), (None, market, data_type, None), options))


def sql(
    query: str, *, store: str | Path | None = None, panel: str | Path | None = None, allow_external: bool = False
) -> Table:
    """The rows of a query by DuckDB over the views ``trades``, ``bars`` and the data types of a store, and ``panel``, a file."""
    with run() as options:
        return Table(
            _core.query(
                query,
                None if store is None else str(store),
                None if panel is None else str(panel),
                allow_external,
                options,
            )
        )


def sync(
    store: str | Path,
    symbols: str | Sequence[str],
    *,
    start: Time,
    end: Time,
    exchange: str | None = None,
    market: str = "futures_um",
    data_type: str = "aggTrades",
    base_url: str | None = None,
    keep_archives: str | Path | None = None,
    refresh: bool = False,
    again: bool = False,
    dry_run: bool = False,
    jobs: int = 0,
    retries: int = 5,
    retry_wait_ms: int = 0,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> tuple[Table, dict[str, int]]:
    """Fetches from the exchange's archive the days from ``start`` until before ``end`` (UTC) that the store lacks.

    ``symbols`` are names or patterns with ``*`` and ``?``; ``base_url`` is a mirror's (https://, http://, file:///). Files
    are ingested once they have the published checksum; what was begun is gone on with. Returns a row a symbol and run
    of days with the same outcome, and the counts. What is missing or failed gives a :class:`factorium.PartialWarning`.
    """
    request: dict[str, object] = {
        "store": str(store),
        "dataset": (exchange, market, data_type, None),
        "symbols": [symbols] if isinstance(symbols, str) else [*symbols],
        "from_day": to_ms(start) // DAY_MS,
        "to_day": -(-to_ms(end) // DAY_MS),
        "base_url": base_url,
        "keep_archives": None if keep_archives is None else str(keep_archives),
        "refresh": refresh,
        "again": again,
        "dry_run": dry_run,
        "n_jobs": jobs,
        "n_retries": retries,
        "retry_wait_ms": retry_wait_ms,
    }
    with run(threads, memory_limit, progress) as options:
        outcomes, report = _core.sync(request, options)
    return Table(outcomes), report
