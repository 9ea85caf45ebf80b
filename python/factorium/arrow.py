"""Arrow batches in, Arrow batches out: the brick for data-frame engines and clusters.

Inside a worker of an engine that hands out Arrow record batches (Spark's ``mapInArrow``, Ray, Dask, Flight)::

    def bars_of(batches):
        yield from factorium.arrow.bars(batches, "1m")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

from . import _core, _frames
from ._errors import ArgumentError, DataError, Error
from ._run import Progress, run
from ._table import Table
from ._time import Time, to_interval_ms, to_ms
from .data.adapters import ColumnMapping
from .data.aggregator import _KINDS
from .factors import _expression
from .factors.core import _by_names, evaluate

__all__ = ["bars", "factors"]


class _Watched:
    """An iterator that remembers what it raised: through Arrow goes no more than a text."""

    def __init__(self, batches: Iterable[Any]) -> None:
        self._iterator = iter(batches)
        self.raised: BaseException | None = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return _frames.stream_of(next(self._iterator))
        except StopIteration:
            raise
        except BaseException as error:
            self.raised = error
            raise


@contextmanager
def _stream(batches: Any, columns: Callable[[], Sequence[_frames.Column]]) -> Iterator[Any]:
    """A stream of a frame, or of an iterator of batches; of no batches at all one with ``columns``, which have no rows."""
    is_frame = hasattr(batches, "__arrow_c_stream__") or _frames.is_pandas(batches) or isinstance(batches, Mapping)
    if is_frame or not isinstance(batches, Iterable):
        yield _frames.stream_of(batches)
        return
    watched = _Watched(batches)
    try:
        first = next(watched, None)
        if first is None:
            yield _core.stream_of_columns(0, [*columns()])
        else:
            yield _core.stream_of_batches(chain((first,), watched))
    except Exception:
        if watched.raised is None or isinstance(watched.raised, Error):
            raise
        what = f"{type(watched.raised).__name__}: {watched.raised}"
        raise DataError(f"the iterator of batches failed: {what}") from watched.raised


def _bar(interval: int | str) -> dict[str, Any]:
    if isinstance(interval, str) and ":" in interval:
        kind, _, size = interval.partition(":")
        if kind not in _KINDS:
            raise ArgumentError(f"{interval!r}: there is no kind of bar {kind!r}; there are {', '.join(_KINDS)}")
        if kind != "time":
            try:
                return {"kind": _KINDS[kind], "threshold": float(size)}
            except ValueError:
                raise ArgumentError(f"{interval!r}: {size!r} is no number") from None
        interval = size
    return {"kind": 0, "interval_ms": to_interval_ms(interval)}


_ROLES = ("time", "price", "quantity", "is_buyer_maker", "side", "id")


def _no_trades(mapping: Mapping[str, str], with_sides: bool) -> list[_frames.Column]:
    """The columns of trades of which there are none."""
    formats = {"time": "l", "price": "g", "quantity": "g"}
    if with_sides:
        formats["is_buyer_maker" if mapping.get("is_buyer_maker", not mapping) else "side"] = "b"
    names = {mapping.get(role) or role: form for role, form in formats.items()}
    return [_frames._texts("symbol", [], []), *((name, form, b"", None, None) for name, form in names.items())]


def bars(
    batches: Any,
    interval: int | str = "1m",
    *,
    mapping: ColumnMapping | Mapping[str, str] | None = None,
    symbols: str | Sequence[str] | None = None,
    start: Time | None = None,
    end: Time | None = None,
    include_buyer_seller: bool = True,
    notional: bool = False,
    num_trades: bool = False,
    fill: bool = False,
    drop_last: bool = False,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> Table:
    """Bars of trades at hand: a frame of any library, or an iterator of Arrow record batches.

    ``interval`` is ms, a text ("5m"), or another kind of bar ("tick:1000", "volume:500", "dollar:1e6"). ``mapping`` says which
    columns mean what: a :class:`ColumnMapping`, or a mapping with the keys time, price, quantity, is_buyer_maker or side, id,
    which by default are the columns' names themselves. A column ``symbol`` tells series apart; without one, ``symbols`` names
    the one there is; with one, it says which are wanted. Rows of a batch come in any order; the batches of a symbol
    ascend in time, except for time bars. The result has ``__arrow_c_stream__``, ``to_pandas()`` and the like, and iterates
    over record batches. Memory: the bars, and one batch.
    """
    request: dict[str, Any] = {
        **_bar(interval),
        "from_ms": 0 if start is None else to_ms(start),
        "to_ms": 0 if end is None else to_ms(end),
        "without_sides": not include_buyer_seller,
        "with_notional": notional,
        "with_num_trades": num_trades,
        "fill_previous": fill,
        "drop_last": drop_last,
    }
    if symbols is not None:
        request["symbols"] = [symbols] if isinstance(symbols, str) else [*symbols]
    if isinstance(mapping, ColumnMapping):
        request["map"] = mapping._as_map()
    elif mapping is not None:
        unknown = {*mapping} - {*_ROLES}
        if unknown:
            raise ArgumentError(f"a mapping has no key {sorted(unknown)[0]!r}; it has {', '.join(_ROLES)}")
        # A side that is named counts, whatever else there is.
        request["map"] = {
            **{role: role for role in _ROLES if role != "is_buyer_maker" or "side" not in mapping},
            **mapping,
        }
    nothing = partial(_no_trades, request.get("map", {}), include_buyer_seller)
    with run(threads, memory_limit, progress) as options, _stream(batches, nothing) as trades:
        return Table(_core.bars_from_stream(trades, request, options))


def _no_bars(expressions: Any, dialect: str) -> list[_frames.Column]:
    """The columns that the expressions read, of bars of which there are none."""
    if not isinstance(expressions, str):
        texts = {name: text for name, text in _by_names(expressions).items() if isinstance(text, str)}
        expressions = _expression.text_of_texts(texts) if texts else ""
    names = _core.compile(expressions, dialect, False).columns if expressions else []
    times: list[_frames.Column] = [(name, "l", b"", None, None) for name in ("start_time", "end_time")]
    return [*times, _frames._texts("symbol", [], []), *((name, "g", b"", None, None) for name in names)]


def factors(
    batches: Any,
    expressions: Mapping[str, Any] | Sequence[Any] | str,
    *,
    dialect: str = "factorium",
    strict_cross_sections: bool = False,
    threads: int = 0,
    memory_limit: int = 0,
    progress: Progress = False,
) -> Table:
    """Factors of bars at hand: a frame of any library, or an iterator of Arrow record batches.

    The rows have start_time, end_time, symbol and the columns that the expressions read; what comes back has the key and a
    column for each expression. A cross-section is of the rows at hand: give a worker whole times for those, whole symbols
    for operators along time.
    """
    from .aggbar import AggBar

    nothing = partial(_no_bars, expressions, dialect)
    with run(threads, memory_limit, progress) as options, _stream(batches, nothing) as rows:
        panel = AggBar(_core.panel_from_stream(rows, options))
    made = evaluate(
        expressions,
        panel,
        dialect=dialect,
        strict_cross_sections=strict_cross_sections,
        threads=threads,
        memory_limit=memory_limit,
        progress=progress,
    )
    return Table(made._stream())
