"""Stores: archives in, listings and queries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import _core
from ._errors import ArgumentError
from ._run import Progress, run
from ._table import Table
from ._time import DAY_MS, Time, to_ms, to_text


def ingest(
    paths: str | Path | Sequence[str | Path],
    store: str | Path,
    *,
    exchange: str | None = None,
    market: str | None = None,
    data_type: str | None = None,
    symbol: str | None = None,
    interval: str | None = None,
    mapping: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    again: bool = False,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> dict[str, int]:
    """Archive files (.zip, .csv, .csv.gz, or folders of them) become the store, which is made when absent.

    Market, data type, symbol and the ``interval`` of klines are found in the archive's layout or named here; ``mapping``
    is for files of yours: the columns that are time, price, quantity, is_buyer_maker or side, id. Checksums and every row
    are checked; what was ingested before is not read again. Returns the counts of files, days and rows.
    """
    named = [paths] if isinstance(paths, str | Path) else paths
    if mapping is not None and exchange is None:
        exchange = "generic"
    with run(threads, memory_limit, progress) as options:
        dataset = (exchange, market, data_type, interval)
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
    interval: str = "1m",
    seed: int = 1,
) -> None:
    """Writes an archive of simulated trades, or klines of an ``interval``, in Binance's layout; the same arguments give the same rows."""
    with run() as options:
        dataset = ("binance", market, data_type, interval if data_type == "klines" else None)
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


def failures(outcomes: Table) -> list[str]:
    """The runs of days that were not fetched, and why, of the outcomes of :func:`sync`."""
    import numpy as np

    n, columns = _core.collect(outcomes, 0)
    texts: dict[str, list[str | None]] = {}
    for name, kind, values, _, different in columns:
        if kind == "u":
            texts[name] = [None if code < 0 else different[code] for code in np.frombuffer(values, np.int32, n)]
        elif kind == "tdD":
            texts[name] = [to_text(int(day) * DAY_MS).split()[0] for day in np.frombuffer(values, np.int64, n)]
    made = []
    for i in range(n):
        if texts["outcome"][i] in ("failed", "missing"):
            first, last = texts["first_day"][i], texts["last_day"][i]
            days = first if first == last else f"{first} to {last}"
            made.append(f"{texts['symbol'][i]} on {days}: {texts['reason'][i] or 'the exchange has no such file'}")
    return made


_PERIODS = {"auto": 0, "daily": 1, "monthly": 2}


def _split(data_type: str, interval: str | None) -> tuple[str, str | None]:
    """A store's "klines_1m" is the type "klines" and the interval "1m" of an archive."""
    kind, _, own = data_type.partition("lines_")
    if not own:
        return data_type, interval
    if interval not in (None, own):
        raise ArgumentError(f"data_type is {data_type!r}, but interval is {interval!r}")
    return f"{kind}lines", own


def sync(
    store: str | Path,
    symbols: str | Sequence[str],
    *,
    start: Time,
    end: Time,
    exchange: str | None = None,
    market: str = "futures_um",
    data_type: str = "aggTrades",
    interval: str | None = None,
    listed_before: Time | None = None,
    period: str = "auto",
    base_url: str | None = None,
    list_url: str | None = None,
    keep_archives: str | Path | None = None,
    refresh: bool = False,
    again: bool = False,
    dry_run: bool = False,
    unchecked: bool = False,
    skip_bad_rows: bool = False,
    jobs: int = 0,
    requests_per_second: float = 0,
    bytes_per_second: int = 0,
    retries: int = 5,
    retry_wait_ms: int = 0,
    stall_ms: int = 0,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> tuple[Table, dict[str, int]]:
    """Fetches from the exchange's archive the days from ``start`` until before ``end`` (UTC) that the store lacks.

    ``symbols`` are names or patterns with ``*`` and ``?``, of which ``listed_before`` leaves those that have a file of an earlier
    day; klines need their ``interval`` ("1m"). ``base_url`` is a mirror's (https://, http://, file:///), ``list_url`` the
    bucket that lists its files. ``period`` says which files are taken: "daily", "monthly", or "auto", a month's where that
    saves requests. Files are ingested once they have the published checksum, ``unchecked`` also without one; what was
    begun is gone on with. ``jobs`` transfers run at once (8), with no more than ``requests_per_second`` and
    ``bytes_per_second`` (0: no limit); one that brings nothing for ``stall_ms`` (30,000) is tried again. Returns a row a symbol and run
    of days with the same outcome, and the counts. What is missing or failed gives a :class:`factorium.PartialWarning`.
    """
    if period not in _PERIODS:
        raise ArgumentError(f"period is {period!r} and must be one of {', '.join(_PERIODS)}")
    request: dict[str, object] = {
        "store": str(store),
        "dataset": (exchange, market, *_split(data_type, interval)),
        "symbols": [symbols] if isinstance(symbols, str) else [*symbols],
        "from_day": to_ms(start) // DAY_MS,
        "to_day": -(-to_ms(end) // DAY_MS),
        "listed_before_day": 0 if listed_before is None else to_ms(listed_before) // DAY_MS,
        "period": _PERIODS[period],
        "base_url": base_url,
        "list_url": list_url,
        "keep_archives": None if keep_archives is None else str(keep_archives),
        "refresh": refresh,
        "again": again,
        "dry_run": dry_run,
        "n_jobs": jobs,
        "n_retries": retries,
        "retry_wait_ms": retry_wait_ms,
        "stall_ms": stall_ms,
        "requests_per_second": requests_per_second,
        "bytes_per_second": bytes_per_second,
        "unchecked": unchecked,
        "skip_bad_rows": skip_bad_rows,
    }
    with run(threads, memory_limit, progress) as options:
        outcomes, report = _core.sync(request, options)
    return Table(outcomes), report
