"""Bars of Parquet files of trades."""

from __future__ import annotations

import functools
import glob
import inspect
import re
from collections.abc import Callable
from typing import Any

from .. import _core, _frames
from .._errors import ArgumentError, NotFoundError
from .._run import Progress, Run, run
from .._time import to_interval_ms
from .adapters import ColumnMapping

_STORE = re.compile(
    r"(?P<root>.*?)/?market=(?P<market>[^/*]+)/data_type=(?P<type>[^/*]+)/symbol=(?P<symbol>[^/]+)/\*\*/\*\.parquet"
)
_KINDS = {"time": 0, "tick": 1, "volume": 2, "dollar": 3}


def _threshold_bars(kind: str, threshold: str, words: str) -> Callable[..., Any]:
    """The method for a kind of bar; ``threshold`` is what its argument is called."""

    def method(
        self: BarAggregator,
        parquet_pattern: str,
        symbol: str,
        size: float,
        column_mapping: ColumnMapping,
        include_buyer_seller: bool = True,
        start_ts: int | None = None,
        end_ts: int | None = None,
        progress: Progress = False,
    ) -> Any:
        bar = {"kind": _KINDS[kind], "threshold": size}
        return self._bars(
            parquet_pattern, [symbol], bar, start_ts, end_ts, column_mapping, include_buyer_seller, progress
        )

    @functools.wraps(method)
    def renamed(*arguments: Any, **keywords: Any) -> Any:
        if threshold in keywords:
            keywords["size"] = keywords.pop(threshold)
        return method(*arguments, **keywords)

    shown = inspect.signature(method)
    parameters = [p.replace(name=threshold) if p.name == "size" else p for p in shown.parameters.values()]
    renamed.__signature__ = shown.replace(parameters=parameters)  # type: ignore[attr-defined]
    renamed.__name__, renamed.__qualname__ = f"aggregate_{kind}_bars", f"BarAggregator.aggregate_{kind}_bars"
    renamed.__doc__ = f"{words}, of one symbol; see :meth:`aggregate_time_bars`."
    return renamed


class BarAggregator:
    """Builds bars of the Parquet files that a glob names.

    Files in a store's layout are read page by page. Any other files are read through DuckDB: they need the columns of the
    mapping, and either a column ``symbol`` or a folder ``symbol=...``, unless a single symbol is asked for.
    """

    def __init__(self, duckdb_configurator: Any = None, *, threads: int = 0, memory_limit: int = 0) -> None:
        if duckdb_configurator is not None:
            raise ArgumentError(
                "the C library has its own DuckDB, which takes no configurator: give memory_limit or threads"
            )
        self._threads = threads
        self._memory_limit = memory_limit

    def aggregate_time_bars(
        self,
        parquet_pattern: str,
        symbols: list[str],
        interval_ms: int,
        start_ts: int,
        end_ts: int,
        column_mapping: ColumnMapping,
        include_buyer_seller: bool = True,
        progress: Progress = False,
    ) -> Any:
        """Time bars of the trades with ``start_ts <= time < end_ts`` (ms) as a pandas DataFrame.

        Columns: symbol, start_time, end_time, open, high, low, close, volume, vwap and, unless left out, num_buyer,
        num_seller, num_buyer_volume, num_seller_volume. Rows are in (start_time, symbol) order.
        """
        bar = {"kind": 0, "interval_ms": to_interval_ms(interval_ms)}
        return self._bars(
            parquet_pattern, symbols, bar, start_ts, end_ts, column_mapping, include_buyer_seller, progress
        )

    aggregate_tick_bars = _threshold_bars("tick", "interval_ticks", "Bars of ``interval_ticks`` trades each")
    aggregate_volume_bars = _threshold_bars(
        "volume", "interval_volume", "Bars that close with the trade that takes the quantity to ``interval_volume``"
    )
    aggregate_dollar_bars = _threshold_bars(
        "dollar", "interval_dollar", "Bars that close with the trade that takes price × quantity to ``interval_dollar``"
    )

    def _bars(
        self,
        pattern: str,
        symbols: list[str],
        bar: dict[str, Any],
        start_ts: int | None,
        end_ts: int | None,
        mapping: ColumnMapping,
        with_sides: bool,
        progress: Progress,
    ) -> Any:
        with run(self._threads, self._memory_limit, progress) as options:
            stream = bars_of_pattern(pattern, symbols, bar, (start_ts or 0, end_ts or 0), mapping, with_sides, options)
            frame = _frames.to_pandas(stream)
        if with_sides and "num_buyer" not in frame:
            raise ArgumentError("the trades name no side: ask with include_buyer_seller=False")
        return frame


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _ids(columns: list[str]) -> str | None:
    return next((name for name in ("agg_trade_id", "id", "trade_id") if name in columns), None)


def bars_of_pattern(
    pattern: str,
    symbols: list[str],
    bar: dict[str, Any],
    range_ms: tuple[int, int],
    mapping: ColumnMapping,
    with_sides: bool,
    options: Run,
) -> Any:
    """A stream of the bars of the files that a glob names."""
    if isinstance(symbols, str):
        symbols = [symbols]
    if not symbols:
        raise ArgumentError("the list of symbols is empty")
    request: dict[str, Any] = {
        "symbols": [*symbols],
        "from_ms": range_ms[0],
        "to_ms": range_ms[1],
        "without_sides": not with_sides,
        **bar,
    }
    pattern = str(pattern)
    in_store = _STORE.fullmatch(pattern)
    if in_store:
        map_ = mapping._as_map({"aggTrades": "agg_trade_id"}.get(in_store["type"], "id"))
        dataset = (None, in_store["market"], in_store["type"], None)
        return _core.bars(
            {**request, "store": in_store["root"] or ".", "dataset": dataset, "map": map_, "no_cache": True}, options
        )
    trades, id_ = _trades_of_files(pattern, request, mapping, with_sides)
    return _core.bars_from_stream(trades, {**request, "map": mapping._as_map(id_)}, options)


def _trades_of_files(
    pattern: str, request: dict[str, Any], mapping: ColumnMapping, with_sides: bool
) -> tuple[Any, str | None]:
    """The trades of any Parquet files as a stream, by (symbol, time, id), and the column of ids."""
    # What is hidden, as a cache, is no part of `**`.
    paths = [pattern] if "://" in pattern else sorted(glob.glob(pattern, recursive=True))
    if not paths:
        raise NotFoundError(f"there are no files like {pattern}")
    files = f"read_parquet([{', '.join(map(_text, paths))}], hive_partitioning = true, union_by_name = true)"
    described = _core.query(f"SELECT column_name FROM (DESCRIBE SELECT * FROM {files})", None, None, True, None)
    columns = _core.collect(described, 0)[1][0][4]
    wanted = [mapping.timestamp, mapping.price, mapping.volume]
    if with_sides and mapping.is_buyer_maker:
        wanted.append(mapping.is_buyer_maker)
    for name in wanted:
        if name not in columns:
            raise NotFoundError(f"{pattern}: there is no column {name}; there are: {', '.join(columns)}")
    id_ = _ids(columns)
    order = [_identifier(mapping.timestamp)] + ([_identifier(id_)] if id_ else [])
    selected = [_identifier(name) for name in dict.fromkeys(wanted + ([id_] if id_ else []))]
    where = ""
    if "symbol" in columns:
        selected.append("CAST(symbol AS VARCHAR) AS symbol")
        order.insert(0, "symbol")
        where = f" WHERE CAST(symbol AS VARCHAR) IN ({', '.join(map(_text, request['symbols']))})"
    elif len(request["symbols"]) > 1:
        raise ArgumentError(f"{pattern}: there is no column symbol, so that all trades are of one: ask for one symbol")
    sql = f"SELECT {', '.join(selected)} FROM {files}{where} ORDER BY {', '.join(order)}"
    return _core.query(sql, None, None, True, None), id_
