"""What calls without a tradition give back: rows that become any library's frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import _core, _frames
from ._run import run


class Rows:
    """Rows that become a pandas, Polars or Arrow frame, or a file.

    Subclasses say where the rows come from; they can be asked for any number of times.
    """

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow stream (the Arrow PyCapsule interface)."""
        return self._stream().__arrow_c_stream__(requested_schema)

    def _stream(self) -> Any:
        raise NotImplementedError

    def _n_rows(self) -> int:
        return 0

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame; missing values are NaN."""
        return _frames.to_pandas(self._stream(), self._n_rows())

    def to_polars(self) -> Any:
        """All rows as a Polars DataFrame; missing values are null."""
        return _frames.to_polars(self._stream())

    def to_arrow(self) -> Any:
        """All rows as a pyarrow Table; missing values are null."""
        return _frames.to_arrow(self._stream())

    def write(self, path: object, format: str | None = None) -> int:
        """Writes the rows to a file (csv, json, parquet, arrow; by its suffix) and returns how many there are."""
        with run() as options:
            return _core.write_file(self._stream(), str(path), format, options)


class Table(Rows):
    """The rows of one answer. They are kept in the form in which they were asked for first."""

    def __init__(self, stream: Any) -> None:
        self._source: Any = stream
        self._is_kept = False

    def _stream(self) -> Any:
        if not self._is_kept:
            # What lies in the stream comes once: it is kept by a library that is there.
            for keep in (_frames.to_arrow, _frames.to_polars, _frames.to_pandas):
                try:
                    self._source = keep(self._source)
                except ImportError:
                    continue
                self._is_kept = True
                break
        return _frames.stream_of(self._source) if self._is_kept else self._source

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame; missing values are NaN."""
        source = self._stream()
        return source.to_pandas() if hasattr(source, "to_pandas") else super().to_pandas()

    def __iter__(self) -> Iterator[Any]:
        """Record batches of pyarrow, one after another, as they come."""
        if self._is_kept:
            yield from _frames.to_arrow(self._stream()).to_batches()
            return
        pa = _frames._needs("pyarrow", "iterating over batches")
        source, self._source = self._source, None
        yield from pa.RecordBatchReader.from_stream(source)

    def __len__(self) -> int:
        return len(_frames.to_arrow(self._stream()))

    def __repr__(self) -> str:
        return repr(self.to_arrow() if self._is_kept else self.to_pandas())

    def _repr_html_(self) -> str:
        return str(self.to_pandas()._repr_html_())
