"""Hive-partitioned Parquet: paths, reading, and CSV files of the exchange's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import _core, _frames
from .._errors import ArgumentError, NotFoundError
from .._run import run

#: The columns of Binance's published files.
BINANCE_COLUMNS: dict[str, list[str]] = {
    "aggTrades": _core.archive_columns(("binance", "futures_um", "aggTrades", None)),
    "trades": _core.archive_columns(("binance", "futures_um", "trades", None)),
    "klines": _core.archive_columns(("binance", "futures_um", "klines", "1m")),
}

_KNOWN_COLUMNS = {"base_qty", *(name for names in BINANCE_COLUMNS.values() for name in names)}


def _sql_type(name: str) -> str:
    """The type of one of Binance's columns."""
    if name.startswith("is_"):
        return "BOOLEAN"
    return "BIGINT" if name in ("id", "count") or name.endswith(("_id", "time")) else "DOUBLE"


def get_market_string(market_type: str, futures_type: str = "") -> str:
    """A store's name of a market: "spot", "futures_um", "futures_cm"."""
    return _core.market("binance", market_type, futures_type or None)


def build_hive_path(
    base_path: str | Path, market: str, data_type: str, symbol: str, year: int, month: int, day: int
) -> Path:
    """The folder of one symbol's day in a store."""
    return Path(
        base_path,
        f"market={market}",
        f"data_type={data_type}",
        f"symbol={symbol}",
        f"year={year:04d}",
        f"month={month:02d}",
        f"day={day:02d}",
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _data_type_of(path: Path) -> str:
    for data_type in BINANCE_COLUMNS:
        if f"-{data_type}-" in path.name:
            return data_type
    if "-klines-" in path.name or any(f"-{interval}-" in path.name for interval in ("1m", "5m", "15m", "1h", "1d")):
        return "klines"
    raise ArgumentError(f"{path.name} does not say what it holds: name data_type, one of {', '.join(BINANCE_COLUMNS)}")


def csv_to_parquet(
    csv_path: str | Path,
    output_dir: str | Path,
    compression: str = "zstd",
    filename: str = "data.parquet",
    data_type: str | None = None,
) -> Path:
    """Writes one published CSV file, with a header or without, as ``output_dir/filename``.

    Whole archives become a store through :func:`factorium.ingest`, which checks every row.
    """
    path = Path(csv_path)
    if compression != "zstd":
        raise ArgumentError(f"compression is {compression!r}; files are written with zstd")
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}")
    with path.open("rb") as file:
        first = file.readline()
    has_header = not first[:1].isdigit()
    sql = f"SELECT * FROM read_csv({_quoted(str(path))}, header = {str(has_header).lower()}"
    if has_header:
        names = first.decode().strip().split(",")
    else:
        names = BINANCE_COLUMNS[data_type or _data_type_of(path)]
        count = first.count(b",") + 1
        names = [*names, *(f"column{i}" for i in range(len(names), count))][:count]
        sql += f", names = [{', '.join(map(_quoted, names))}]"
    # A file of one day may hold whole numbers alone, that of the next day others: both get the types that the exchange says.
    types = [f"{_quoted(name)}: '{_sql_type(name)}'" for name in dict.fromkeys(names) if name in _KNOWN_COLUMNS]
    if types:
        sql += f", types = {{{', '.join(types)}}}"
    output = Path(output_dir)
    output.mkdir(parents=True, exist_ok=True)
    with run() as options:
        rows = _core.query(sql + ")", None, None, True, options)
        _core.write_file(rows, str(output / filename), "parquet", options)
    return output / filename


def read_hive_parquet(base_path: str | Path, columns: Sequence[str] | None = None, where: str | None = None) -> Any:
    """All rows of the Parquet files below a folder as a pandas DataFrame, with their folders' keys as columns.

    ``where`` is a condition of SQL: ``"symbol = 'BTCUSDT' AND price > 100"``.
    """
    root = Path(base_path)
    files = [
        path
        for path in sorted(root.rglob("*.parquet"))
        if not any(part[0] == "." for part in path.relative_to(root).parts)
    ]
    if not files:
        raise NotFoundError(f"there are no Parquet files below {base_path}")
    chosen = "*" if columns is None else ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    named = ", ".join(_quoted(str(path)) for path in files)
    sql = f"SELECT {chosen} FROM read_parquet([{named}], hive_partitioning = true, union_by_name = true)"
    if where:
        sql += f" WHERE {where}"
    with run() as options:
        return _frames.to_pandas(_core.query(sql, None, None, True, options))
