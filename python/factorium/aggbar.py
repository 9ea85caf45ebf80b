"""AggBar: bars of many symbols, lined up in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from . import _core, _frames
from ._errors import ArgumentError, ArgumentTypeError, NoSuchColumnError
from ._run import Progress, run
from ._table import Rows
from ._time import Time, to_ms, to_text
from .data.metadata import AggBarMetadata

if TYPE_CHECKING:
    from .factors.core import Factor

_KEY = ("start_time", "end_time", "symbol")
_LAST_MS = 9_214_646_400_000 - 1  # the end of 2261


class AggBar(Rows):
    """Bars of many symbols, or any table with the key (start_time, end_time, symbol).

    It never changes, and any number of threads may read one. ``data`` is a frame (pandas, Polars, pyarrow, DuckDB, anything with
    ``__arrow_c_stream__``, a mapping of arrays), the path of a Parquet or CSV file, or a list of frames. Rows may
    come in any order; they are kept by (end_time, symbol).

    With ``strict_cross_sections`` a time at which a row is missing is missing whole in every cross-section made of these bars;
    without, the rows that are there count.
    """

    def __init__(
        self, data: Any, metadata: AggBarMetadata | None = None, *, strict_cross_sections: bool = False
    ) -> None:
        self._strict = strict_cross_sections
        self._metadata = metadata
        if isinstance(data, _core.Panel):
            self._panel = data
            self._order = ["symbol", "start_time", "end_time", *data.columns]
        elif isinstance(data, AggBar):
            self._panel, self._order = data._panel, data._order
        else:
            self._panel, self._order = _panel_of(data)

    # ---- Making one -------------------------------------------------------------------------------------

    @classmethod
    def from_df(cls, df: Any) -> AggBar:
        """Of a frame, as ``AggBar(df)``."""
        return cls(df)

    @classmethod
    def from_csv(cls, path: str | Path) -> AggBar:
        """Of a CSV file with a header."""
        return cls(Path(path))

    @classmethod
    def from_parquet(cls, path: str | Path) -> AggBar:
        """Of a Parquet file."""
        return cls(Path(path))

    @classmethod
    def from_bars(cls, bars: Iterable[Any]) -> AggBar:
        """Of several frames, or objects that hold one in ``to_df()`` or ``bars``, one below the other."""
        return cls([*bars])

    @classmethod
    def from_numpy(
        cls, columns: dict[str, Any], times: Any, symbols: Sequence[str], *, interval_ms: int | None = None
    ) -> AggBar:
        """Of 2-D arrays, times down and symbols across.

        ``times`` are end times (ms since 1970, or datetime64); start times lie ``interval_ms`` before, by default the
        least distance of two times. NaN is what is missing.
        """
        return cls(_frames.stream_of_wide(columns, times, symbols, interval_ms))

    # ---- What it holds ----------------------------------------------------------------------------------

    def _stream(self) -> Any:
        return self._panel.stream()

    def _n_rows(self) -> int:
        return self._panel.n_rows

    @property
    def symbols(self) -> list[str]:
        """The symbols, in order."""
        return self._panel.symbols

    @property
    def cols(self) -> list[str]:
        """All columns, the key included."""
        return [*self._order]

    @property
    def metadata(self) -> AggBarMetadata:
        """Symbols, first and last time (ms), number of rows."""
        if self._metadata is None:
            info = [item for item in self._panel.info() if item[1]]
            self._metadata = AggBarMetadata(
                symbols=self.symbols,
                min_time=min((item[2] for item in info), default=0),
                max_time=max((item[3] for item in info), default=0),
                num_rows=len(self),
            )
        return self._metadata

    @property
    def timestamps(self) -> Any:
        """Every start and end time, ascending, as a pandas DatetimeIndex."""
        import numpy as np

        pd = _frames._needs("pandas", "a DatetimeIndex")
        first = self._panel.columns[:1] or None
        keys = self._panel.slice(0, 0, None, first, None).stream()
        _, columns = _core.collect(keys, len(self))
        times = [np.frombuffer(values, np.int64) for name, _, values, _, _ in columns if name in _KEY[:2]]
        return pd.to_datetime(np.unique(np.concatenate(times)), unit="ms")

    def info(self) -> Any:
        """Of each symbol: bars, first start, last end, missing cells; a pandas DataFrame."""
        pd = _frames._needs("pandas", "a pandas frame")
        rows = self._panel.info()
        return pd.DataFrame(
            {
                "num_kbar": [row[1] for row in rows],
                "start_time": pd.to_datetime([row[2] for row in rows], unit="ms"),
                "end_time": pd.to_datetime([row[3] for row in rows], unit="ms"),
                "num_nan": [row[4] for row in rows],
            },
            index=pd.Index([row[0] for row in rows], name="symbol"),
        )

    def __len__(self) -> int:
        return self._panel.n_rows

    # ---- Parts ------------------------------------------------------------------------------------------

    @overload
    def __getitem__(self, key: str) -> Factor: ...
    @overload
    def __getitem__(self, key: list[str]) -> AggBar: ...
    def __getitem__(self, key: str | list[str]) -> Factor | AggBar:
        """``bars["close"]`` is a factor, ``bars[["open", "close"]]`` an AggBar of these columns."""
        from .factors.core import Factor

        if isinstance(key, str):
            if key not in self._panel.columns:
                raise NoSuchColumnError(
                    f"Column {key} not found in the dataframe; there are: {', '.join(self._panel.columns)}"
                )
            factor: Factor = Factor._of_column(self._panel, key, key, self._strict)
            return factor
        if not isinstance(key, list):
            raise ArgumentTypeError(f"Invalid key type: {type(key)}")
        columns = [name for name in key if name not in _KEY]
        if not columns:
            raise ArgumentError("an AggBar has at least one column beside its key")
        return self._like(self._panel.slice(0, 0, None, columns, None))

    def slice(
        self, start: Time | None = None, end: Time | None = None, symbols: str | Sequence[str] | None = None
    ) -> AggBar:
        """The bars with ``start <= start_time`` and ``end_time <= end`` of these symbols."""
        if start is None and end is None:
            from_ms = to_ms_ = 0
        else:
            from_ms = 0 if start is None else to_ms(start)
            to_ms_ = _LAST_MS if end is None else to_ms(end)
        names = [symbols] if isinstance(symbols, str) else None if symbols is None else [*symbols]
        return self._like(self._panel.slice(from_ms, to_ms_, names, None, None))

    def merge(self, other: Any) -> AggBar:
        """The rows and columns of both; what one lacks of the other's rows is missing there."""
        other = other if isinstance(other, AggBar) else AggBar(other)
        return self._like(self._panel.merge(other._panel, None))

    def copy(self) -> AggBar:
        """Another AggBar of the same bars, which never change."""
        return self._like(self._panel)

    def with_mask(self, name: str, mask_source: Any, metadata: Any, tags: Any = None) -> AggBar:
        """These bars with one more column of truth values, of a universe, a checklist or a rule.

        A rule of your own has ``apply(lazy_frame, metadata, tags)``, which gives a Polars expression.
        """
        from .factors.core import evaluate
        from .universe.universe import mask_by

        if name in self._panel.columns:
            raise ArgumentError(f"there is a column {name} already")
        made = evaluate({name: mask_by(mask_source, self, metadata, tags)})
        frame = _frames.with_truths(made._panel.stream(), name)
        with run() as options:
            return self._like(self._panel.merge(_core.panel_from_stream(frame, options), None))

    def _like(self, panel: Any) -> AggBar:
        made = AggBar(panel, strict_cross_sections=self._strict)
        known = {*made._order}
        kept = [name for name in self._order if name in known]
        made._order = kept + [name for name in made._order if name not in kept]
        return made

    # ---- Out --------------------------------------------------------------------------------------------

    def to_pandas(self) -> Any:
        """All bars as a pandas DataFrame by (end_time, symbol), columns as they came."""
        return _frames.to_pandas(self._stream(), len(self), self._order)

    def to_df(self) -> Any:
        """Like :meth:`to_pandas`."""
        return self.to_pandas()

    @property
    def data(self) -> Any:
        """Like :meth:`to_pandas`."""
        return self.to_pandas()

    def to_polars(self) -> Any:
        """All bars as a Polars DataFrame by (end_time, symbol), columns as they came."""
        return super().to_polars().select(self._order)

    def to_csv(self, path: str | Path) -> Path:
        """Writes a CSV file, from which :meth:`from_csv` reads the same bars."""
        self.write(path, "csv")
        return Path(path)

    def to_parquet(self, path: str | Path) -> Path:
        """Writes a Parquet file."""
        self.write(path, "parquet")
        return Path(path)

    # ---- In a notebook ----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        head = f"AggBar: {len(self)} rows, {len(self._order)} columns, symbols={len(self.symbols)}"
        if not len(self):
            return head
        return f"{head}, time_range={to_text(self.metadata.min_time)} - {to_text(self.metadata.max_time)}"

    def _head(self) -> Any:
        """Some of the first bars."""
        return _head(self._panel, self._order)

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>" + (self._head()._repr_html_() if len(self) else "")

    def _ipython_key_completions_(self) -> list[str]:
        return self._panel.columns

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickle, (_pickled(self._panel), self._order, self._strict))


# ---- Panels -----------------------------------------------------------------------------------------------


def _names_of(frame: Any) -> list[str] | None:
    for attribute in ("column_names", "columns"):
        names = getattr(frame, attribute, None)
        if names is not None and not callable(names) and all(isinstance(name, str) for name in names):
            return [*names]
    return None


def _panel_of(data: Any, progress: Progress = False) -> tuple[Any, list[str]]:
    """A panel, and its columns in the order of their source."""
    names = None
    with run(progress=progress) as options:
        if isinstance(data, str | Path):
            panel = _core.panel_read(str(data), options)
        elif isinstance(data, list | tuple):
            if not data:
                raise ArgumentError("the list of frames is empty: not even the columns are known")
            opened = [_core.stream_open(_stream_of_bars(bars)) for bars in data]
            streams = [stream for stream, _ in opened]
            if any(columns != opened[0][1] for _, columns in opened):
                streams = _frames.alike([_core.panel_from_stream(stream, options) for stream in streams])
            panel = _core.panel_from_stream(_core.stream_of_batches(streams), options)
        else:
            data = _frames.collected(data)
            names = [*data] if isinstance(data, dict) else _names_of(data)
            panel = _core.panel_from_stream(_frames.stream_of(data), options)
    order = ["symbol", "start_time", "end_time", *panel.columns]
    return panel, names if names and sorted(names) == sorted(order) else order


def _stream_of_bars(bars: Any) -> Any:
    if hasattr(bars, "to_df") and not hasattr(bars, "__arrow_c_stream__"):
        bars = bars.to_df()
    elif hasattr(bars, "bars"):
        bars = bars.bars
    return _frames.stream_of(bars)


def _head(panel: Any, order: Sequence[str], n_rows: int = 10) -> Any:
    """The first rows of a panel as a pandas frame, without exporting all of it."""
    first = memoryview(panel.times).cast("q")
    n_times = min(len(first), n_rows // max(len(panel.symbols), 1) + 1)
    start = min((item[2] for item in panel.info() if item[1]), default=0)
    part = panel.slice(start, first[n_times - 1], None, None, None) if n_times else panel
    return _frames.to_pandas(part.stream())[[*order]].head(n_rows)


def _pickled(panel: Any) -> tuple[int, list[Any]]:
    n_rows, columns = _core.collect(panel.stream(), panel.n_rows)
    return n_rows, [
        (name, kind, bytes(values), None if nulls is None else bytes(nulls), texts)
        for name, kind, values, nulls, texts in columns
    ]


def _unpickled(pickled: tuple[int, list[Any]]) -> Any:
    n_rows, columns = pickled
    with run() as options:
        return _core.panel_from_stream(_core.stream_of_columns(n_rows, _frames.columns_of(columns)), options)


def _unpickle(pickled: tuple[int, list[Any]], order: list[str], strict: bool) -> AggBar:
    made = AggBar(_unpickled(pickled), strict_cross_sections=strict)
    made._order = order
    return made
