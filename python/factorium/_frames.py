"""Frames of other libraries in and out: Arrow streams where they speak Arrow, NumPy's memory where they do not."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from . import _core
from ._errors import ArgumentError, ArgumentTypeError, DataError, MissingLibraryError
from ._time import to_ms

if TYPE_CHECKING:
    import numpy as np

#: One column for _core.stream_of_columns: name, Arrow format, values, validity bits, dictionary.
Column = tuple[str, str, Any, Any, tuple[Any, Any] | None]

#: Anything that rows can be read from.
Frame: TypeAlias = Any

_INTEGERS = {"i": {1: "c", 2: "s", 4: "i", 8: "l"}, "u": {1: "C", 2: "S", 4: "I", 8: "L"}}
_UNITS = {"s": "tss:", "ms": "tsm:", "us": "tsu:", "ns": "tsn:"}


# ---- In ----------------------------------------------------------------------------------------------------


def is_pandas(frame: object) -> bool:
    """Whether it is a pandas DataFrame; pandas is not imported for that."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def collected(frame: Frame) -> Frame:
    """The frame itself, of a lazy one what it comes to."""
    is_lazy = type(frame).__name__ == "LazyFrame" and type(frame).__module__.startswith("polars")
    return frame.collect() if is_lazy else frame


def stream_of(frame: Frame) -> Any:
    """An object with ``__arrow_c_stream__`` that gives the frame's rows.

    Taken are pandas and Polars frames, pyarrow tables, batches and readers, DuckDB relations, anything else with
    ``__arrow_c_stream__``, and a mapping of column names to arrays.
    """
    frame = collected(frame)
    if is_pandas(frame):
        return _stream_of_pandas(frame)
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    if isinstance(frame, Mapping):
        return _stream_of_mapping(frame)
    raise ArgumentTypeError(
        f"expected a frame (pandas, Polars, pyarrow, DuckDB, or anything with __arrow_c_stream__), not {type(frame).__name__}"
    )


def _stream_of_pandas(frame: Any) -> Any:
    import pandas as pd

    if len(frame.index.names) > 1 or frame.index.name is not None:
        keys = [name for name in frame.index.names if name is not None and name not in frame.columns]
        frame = frame.reset_index(level=keys) if keys else frame
    names = [str(name) for name in frame.columns]
    columns = []
    for i, name in enumerate(names):
        series = frame.iloc[:, i]
        if isinstance(series.dtype, pd.ArrowDtype) and not pd.api.types.is_string_dtype(series.dtype):
            # These lie as Arrow's already, and pyarrow is there.
            return _with_names(frame, names)
        columns.append(_column_of_series(name, series))
    return _core.stream_of_columns(len(frame), columns)


def _with_names(frame: Any, names: list[str]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pandas(frame.set_axis(names, axis=1), preserve_index=False)


def _column_of_series(name: str, series: Any) -> Column:
    import numpy as np
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _texts(name, series.cat.codes.to_numpy(), [*series.cat.categories])
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return _column_of_array(name, series.to_numpy())
    if not isinstance(dtype, np.dtype) and dtype.kind in "iufb":  # pandas' own types with missing values
        missing = series.isna().to_numpy()
        if not missing.any():
            return _column_of_array(name, series.to_numpy(dtype=dtype.numpy_dtype))
        if dtype.kind in "iu":
            values = series.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
            return _valid_where(_column_of_array(name, values), ~missing)
        if dtype.kind == "b":
            values = series.to_numpy(dtype=bool, na_value=False)
            return _valid_where(_column_of_array(name, values), ~missing)
        return _column_of_array(name, series.to_numpy(dtype=np.float64, na_value=np.nan))
    try:
        codes, different = pd.factorize(series)
    except TypeError:  # something that has no hash is no text, either
        different = [None]
    if all(isinstance(text, str) for text in different):
        return _texts(name, codes, [*different])
    return _column_of_objects(name, series)


def _valid_where(column: Column, valid: np.ndarray[Any, Any]) -> Column:
    import numpy as np

    name, form, values, _, dictionary = column
    return (name, form, values, np.packbits(valid, bitorder="little"), dictionary)


def _column_of(name: str, values: Any) -> Column:
    """A column of anything like a one-dimensional array; what a mask covers is missing."""
    import numpy as np

    missing = np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None
    values = np.asarray(values)
    if missing is None or not missing.any():
        return _column_of_array(name, values)
    if values.dtype.kind not in "OUSTM":
        return _valid_where(_column_of_array(name, values), ~missing)
    # Texts, times and objects have a value of their own that says so.
    return _column_of_array(name, np.where(missing, np.datetime64("NaT") if values.dtype.kind == "M" else None, values))


def _column_of_array(name: str, values: np.ndarray[Any, Any]) -> Column:
    """A one-dimensional array as a column; its memory is used as it lies where that can be."""
    import numpy as np

    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "b":
        return (name, "b", np.packbits(values, bitorder="little"), None, None)
    if kind == "f" and size == 2:
        values = values.astype(np.float32)
    elif kind == "f" and size > 8:
        values = values.astype(np.float64)
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    if kind == "f":
        return (name, "g" if values.dtype.itemsize == 8 else "f", values, None, None)
    if kind in _INTEGERS:
        return (name, _INTEGERS[kind][size], values, None, None)
    if kind == "M":
        unit = np.datetime_data(values.dtype)[0]
        if unit not in _UNITS:
            values, unit = values.astype("datetime64[s]"), "s"
        column: Column = (name, _UNITS[unit], values.view(np.int64), None, None)
        missing = np.isnat(values)
        return _valid_where(column, ~missing) if missing.any() else column
    if kind in "OUST":
        return _column_of_objects(name, values)
    raise ArgumentTypeError(
        f"column {name}: values of the type {values.dtype} are not read; make them numbers, texts or times first"
    )


def _column_of_objects(name: str, values: Iterable[Any]) -> Column:
    values = [*values]
    present = [value for value in values if not _is_missing(value)]
    if present and all(type(value).__name__ in ("bool", "bool_") for value in present):
        return _column_of_truths(name, values)
    if present and all(isinstance(value, Integral) for value in present):
        return _column_of_wholes(name, values)
    if present and all(isinstance(value, Real) for value in present):
        return (
            name,
            "g",
            array("d", (math.nan if _is_missing(value) else float(value) for value in values)),
            None,
            None,
        )
    other = next((value for value in present if not isinstance(value, str)), None)
    if other is not None:
        raise ArgumentTypeError(
            f"column {name}: {other!r} is a {type(other).__name__}: a column holds texts, or numbers, or truth values"
        )
    numbers: dict[str, int] = {}
    codes = array("i", (-1 if _is_missing(v) else numbers.setdefault(v, len(numbers)) for v in values))
    return _texts(name, codes, [*numbers])


def _column_of_wholes(name: str, values: Sequence[Any]) -> Column:
    import numpy as np

    try:
        wholes = array("q", (0 if _is_missing(value) else int(value) for value in values))
    except OverflowError:
        raise DataError(f"column {name}: it holds a whole number of more than 64 bits") from None
    valid = np.array([not _is_missing(value) for value in values])
    column: Column = (name, "l", wholes, None, None)
    return column if valid.all() else _valid_where(column, valid)


def _column_of_truths(name: str, values: Sequence[Any]) -> Column:
    import numpy as np

    valid = np.array([not _is_missing(value) for value in values])
    return _valid_where(
        _column_of_array(name, np.array([not _is_missing(value) and bool(value) for value in values])), valid
    )


def _is_missing(value: Any) -> bool:
    # Of pandas' missing value even the comparison is missing.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _texts(name: str, codes: Any, texts: Sequence[Any]) -> Column:
    """A column of texts: each row's number in the list of them, -1 where it is missing."""
    for text in texts:
        if not isinstance(text, str):
            raise ArgumentTypeError(
                f"column {name}: {text!r} is a {type(text).__name__}: a column holds texts, or numbers of one type"
            )
    encoded = [text.encode() for text in texts]
    if not encoded:
        encoded = [b""]
    offsets = array("i", accumulate((len(text) for text in encoded), initial=0))
    if isinstance(codes, array):
        codes = memoryview(codes)
    import numpy as np

    numbers = np.asarray(codes)
    missing = numbers < 0
    validity = None
    if missing.any():
        validity = np.packbits(~missing, bitorder="little")
        numbers = np.where(missing, 0, numbers)
    numbers = np.ascontiguousarray(numbers)
    return (name, _INTEGERS["i"][numbers.dtype.itemsize], numbers, validity, (offsets, b"".join(encoded)))


def _stream_of_mapping(columns: Mapping[str, Any]) -> Any:
    import numpy as np

    made = [_column_of(str(name), values) for name, values in columns.items()]
    lengths = {len(np.asarray(values)) for values in columns.values()}
    if len(lengths) > 1:
        raise ArgumentError(f"the columns have different lengths: {sorted(lengths)}")
    return _core.stream_of_columns(lengths.pop() if lengths else 0, made)


def _times(times: Any) -> np.ndarray[Any, Any]:
    """Times as ms: whole ms, datetime64, datetimes and dates (naive ones are UTC), or texts."""
    import numpy as np

    if getattr(times, "tz", None) is not None and hasattr(times, "tz_convert"):  # of pandas
        times = times.tz_convert("UTC").tz_localize(None)
    made = np.asarray(times)
    if made.dtype.kind == "M":
        if np.isnat(made).any():
            raise DataError("times: one of them is missing")
        return made.astype("datetime64[ms]").view(np.int64)
    if made.dtype.kind in "iu":
        return made.astype(np.int64)
    return np.array([to_ms(time) for time in made.tolist()], np.int64)


def stream_of_wide(
    columns: Mapping[str, Any], times: Any, symbols: Sequence[str], interval_ms: int | None = None
) -> Any:
    """2-D arrays (times × symbols) as rows. ``times`` are end times; start times lie one interval before."""
    import numpy as np

    ends = _times(times)
    if interval_ms is None:
        if len(ends) < 2:
            raise ArgumentError("one time alone has no interval: name interval_ms")
        interval_ms = int(np.diff(ends).min())
    shape = (len(ends), len(symbols))
    rows: list[Column] = [
        ("start_time", "l", np.repeat(ends - interval_ms, shape[1]), None, None),
        ("end_time", "l", np.repeat(ends, shape[1]), None, None),
        _texts("symbol", np.tile(np.arange(shape[1], dtype=np.int32), shape[0]), list(symbols)),
    ]
    for name, values in columns.items():
        cells = values if np.ma.isMaskedArray(values) else np.asarray(values)
        if cells.shape != shape:
            raise ArgumentError(f"{name} has the shape {cells.shape}; times and symbols make it {shape}")
        rows.append(_column_of(name, cells.reshape(-1)))
    return _core.stream_of_columns(shape[0] * shape[1], rows)


def columns_of(collected_columns: Sequence[Any]) -> list[Column]:
    """Columns as _core.collect gives them, for _core.stream_of_columns."""
    import numpy as np

    made: list[Column] = []
    for name, kind, values, nulls, texts in collected_columns:
        if kind == "u":
            made.append(_texts(name, np.frombuffer(values, np.int32), texts))
        elif kind == "b":
            truths = np.frombuffer(values, np.int8)
            bits = _column_of_array(name, truths == 1)
            made.append(_valid_where(bits, truths >= 0) if (truths < 0).any() else bits)
        else:
            column: Column = (name, "g" if kind == "g" else "l", values, None, None)
            missing = None if nulls is None else np.frombuffer(nulls, np.bool_)
            made.append(column if missing is None else _valid_where(column, ~missing))
    return made


def alike(panels: Sequence[Any]) -> list[Any]:
    """The rows of panels as streams of the same columns: what is whole in one and real in another is real."""
    import numpy as np

    tables = [_core.collect(panel.stream(), panel.n_rows) for panel in panels]
    kinds: dict[str, set[str]] = {}
    for _, columns in tables:
        for name, kind, *_ in columns:
            kinds.setdefault(name, set()).add(kind)
    made = []
    for n_rows, columns in tables:
        missing = sorted({*kinds} - {column[0] for column in columns})
        if missing:
            raise DataError(f"a batch has other columns than the others: it has no {', '.join(missing)}")
        rows: list[Column] = []
        for column in columns_of(columns):
            name, form, values, valid, _ = column
            if form == "l" and kinds[name] == {"l", "g"}:
                reals = np.frombuffer(values, np.int64).astype(np.float64)
                column = (name, "g", reals, valid, None)
            elif len(kinds[name]) > 1 and kinds[name] != {"l", "g"}:
                raise DataError(f"column {name}: the batches hold other types of it")
            rows.append(column)
        made.append(_core.stream_of_columns(n_rows, sorted(rows, key=lambda column: column[0])))
    return made


def with_truths(source: Any, name: str) -> Any:
    """The rows of a panel with one column of numbers, as truth values: false is 0 or missing."""
    import numpy as np

    n, columns = _core.collect(source, 0)
    made: list[Column] = []
    for own, kind, values, _, texts in columns:
        if own == name:
            numbers = np.frombuffer(values, np.float64 if kind == "g" else np.int64, n)
            made.append(_column_of_array(name, (numbers != 0) & (numbers == numbers)))
        elif kind == "u":
            made.append(_texts(own, np.frombuffer(values, np.int32, n), texts))
        else:
            made.append((own, "l", values, None, None))
    return _core.stream_of_columns(n, made)


# ---- Out ---------------------------------------------------------------------------------------------------


def _needs(library: str, what: str) -> Any:
    try:
        return __import__(library)
    except ImportError:
        raise MissingLibraryError(f"{what} needs {library}, which is not installed: pip install {library}") from None


def to_pandas(source: Any, n_rows: int = 0, order: Sequence[str] | None = None) -> Any:
    """All rows as a pandas DataFrame, columns in an order: numbers without a copy, missing values as NaN."""
    pd = _needs("pandas", "a pandas frame")
    import numpy as np

    try:
        n, columns = _core.collect(source, n_rows)
    except ValueError as error:
        if "needs pyarrow or Polars" not in str(error):
            raise
        raise DataError(str(error)) from None
    made = {}
    for name, kind, values, nulls, texts in columns:
        made[name] = _pandas_column(pd, np, n, kind, values, nulls, texts)
    # To choose columns of a frame copies them, in pandas 2.
    return pd.DataFrame(made if order is None else {name: made[name] for name in order}, copy=False)


def _pandas_column(pd: Any, np: Any, n: int, kind: str, values: Any, nulls: Any, texts: list[str]) -> Any:
    if kind == "u":
        codes = np.frombuffer(values, np.int32, n)
        if int(pd.__version__.split(".")[0]) >= 3:
            return pd.array(texts, dtype="str").take(codes, allow_fill=True)
        # A series says that it is one of objects; of a bare array pandas would look for what it may be.
        return pd.Series(np.array([*texts, None], dtype=object)[codes], dtype=object, copy=False)
    if kind == "g":
        return np.frombuffer(values, np.float64, n)
    if kind == "b":
        truths = np.frombuffer(values, np.int8, n)
        if (truths >= 0).all():
            return truths.view(np.bool_)
        return pd.Series(np.array([False, True, None], dtype=object)[truths], dtype=object, copy=False)
    wholes = np.frombuffer(values, np.int64, n)
    missing = None if nulls is None else np.frombuffer(nulls, np.bool_, n)
    if kind[0] == "t":  # "tdD", "tsu:", "tsu:UTC"
        unit = {"D": "D", "s": "s", "m": "ms", "u": "us", "n": "ns"}[kind[2]]
        times = wholes.view(f"datetime64[{unit}]")
        if missing is not None:
            times[missing] = np.datetime64("NaT")
        series = pd.Series(times)
        return series.dt.tz_localize("UTC").dt.tz_convert(kind[4:]) if kind[4:] else series
    return wholes if missing is None else np.where(missing, np.nan, wholes)


def to_polars(source: Any) -> Any:
    """All rows as a Polars DataFrame, missing values as null."""
    return _needs("polars", "a Polars frame").DataFrame(source)


def to_arrow(source: Any) -> Any:
    """All rows as a pyarrow Table, missing values as null."""
    return _needs("pyarrow", "an Arrow table").table(source)
