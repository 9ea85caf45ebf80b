"""Frames of every library go in; what comes out is the same rows, missing values in each library's way."""

import datetime as dt

import duckdb
import factorium as ft
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from factorium import _core, _frames

START = 1_723_075_200_000
ROWS = {
    "symbol": ["B", "A", "B", "A"],
    "start_time": [START, START, START + 60_000, START + 60_000],
    "end_time": [START + 60_000, START + 60_000, START + 120_000, START + 120_000],
    "close": [1.5, 2.5, None, 4.5],
    "count": [1, 2, 3, 4],
    "flag": [True, False, None, True],
    "tag": ["x", None, "y", "x"],
}
EXPECTED = pl.DataFrame(ROWS).sort("end_time", "symbol")


def check(frame: object) -> ft.AggBar:
    made = ft.AggBar(frame)
    assert made.to_polars().select(EXPECTED.columns).equals(EXPECTED)
    return made


def test_polars_in():
    frame = pl.DataFrame(ROWS)
    check(frame)
    check(frame.lazy())
    check(frame.lazy().select(pl.all()))
    check(frame.with_columns(pl.col("symbol", "tag").cast(pl.Categorical)))
    check(frame.with_columns(pl.col("symbol").cast(pl.Enum(["A", "B"]))))
    check(pl.concat([frame[:1], frame[1:]], rechunk=False))
    check(pl.concat([frame, frame])[4:8])
    # Texts of more than 12 bytes lie elsewhere in a string view.
    long = {"A": "A" * 40, "B": "B" * 13}
    made = ft.AggBar(frame.with_columns(pl.col("symbol").replace(long)))
    assert made.symbols == [long["A"], long["B"]]


def test_pyarrow_in():
    table = pa.table(ROWS)
    check(table)
    check(table.to_reader(max_chunksize=1))
    check(pa.concat_tables([table.slice(0, 1), table.slice(1)]))
    check(pa.table({**ROWS, "symbol": pa.array(ROWS["symbol"]).dictionary_encode()}))
    check(pa.table({**ROWS, "symbol": pa.array(ROWS["symbol"], pa.string_view())}))
    check(pa.table({**ROWS, "symbol": pa.array(ROWS["symbol"], pa.large_string())}))
    check(table.to_batches()[0])
    check([table.slice(0, 3), table.slice(3)])


def test_duckdb_in():
    rows = pa.table(ROWS)  # noqa: F841  DuckDB finds it by its name
    check(duckdb.sql("SELECT * FROM rows"))


@pytest.mark.parametrize("symbols", ["object", "category", "str"])
def test_pandas_in(symbols):
    frame = pd.DataFrame(ROWS)
    frame["symbol"] = frame["symbol"].astype(symbols)
    frame["flag"] = frame["flag"].astype("boolean")
    check(frame)
    check(frame.astype({"count": "Int64", "close": "Float64"}))
    check(frame.set_index("symbol"))
    check(frame.set_index(["symbol", "end_time"]))
    check(frame.iloc[::-1])
    assert check(frame).cols == list(frame.columns)


def test_pandas_arrow_types_in():
    check(pa.table(ROWS).to_pandas(types_mapper=pd.ArrowDtype))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_times_in(unit, zone):
    frame = pd.DataFrame(ROWS)
    frame["flag"] = frame["flag"].astype("boolean")
    for name in ("start_time", "end_time"):
        times = pd.to_datetime(frame[name], unit="ms").astype(f"datetime64[{unit}]")
        frame[name] = times if zone is None else times.dt.tz_localize("UTC").dt.tz_convert(zone)
    check(frame)
    check(pl.from_pandas(frame))
    for divisor in (1000,):
        check(pl.DataFrame(ROWS).with_columns(pl.col("start_time", "end_time") // divisor))


def test_number_types_in():
    for dtype in ("float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"):
        frame = pd.DataFrame(ROWS).drop(columns=["flag", "tag"])
        frame["close"] = np.array([1, 2, 3, 4], dtype)
        values = ft.AggBar(frame).to_df().close
        assert values.tolist() == [2, 1, 4, 3]


@pytest.mark.parametrize("value", [2**64 - 1, 2**64 - 2**53, 2**63 + 5, 2**53 + 1])
def test_whole_numbers_that_no_panel_holds(value):
    """Read as a signed number, the first two were small ones below 0."""
    rows = {name: ROWS[name] for name in ("symbol", "start_time", "end_time")}
    large = np.array([1, value, 2, 3], np.uint64)
    with pytest.raises(ValueError, match="row 2, column x: the number has more than 53 bits"):
        ft.AggBar({**rows, "x": large})
    with pytest.raises(ValueError, match="row 2, column (start|end)_time"):
        ft.AggBar({**rows, "start_time": large, "x": [1.0] * 4})
    assert ft.AggBar({**rows, "x": np.array([1, 2**53, 2, 3], np.uint64)}).to_df().x.max() == 2**53


def test_mapping_and_numpy_in():
    check(ROWS)
    made = ft.AggBar(
        {"symbol": ["A", "A"], "start_time": [0, 60_000], "end_time": [60_000, 120_000], "x": np.array([1.0, np.nan])}
    )
    assert made.to_polars()["x"].to_list() == [1.0, None]
    wide = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]])
    times = np.array(["2024-08-08T00:01", "2024-08-08T00:02", "2024-08-08T00:03"], "datetime64[m]")
    made = ft.AggBar.from_numpy({"x": wide}, times, ["B", "A"])
    assert made["x"].to_wide().columns.tolist() == ["A", "B"]
    np.testing.assert_array_equal(made["x"].to_numpy(), wide[:, ::-1])
    assert made.metadata.min_time == START and made.metadata.max_time == START + 180_000
    with pytest.raises(ValueError, match="shape"):
        ft.AggBar.from_numpy({"x": wide}, times, ["A"])


def test_masks_are_missing_values():
    mask = [False, True, False, True]
    for values in ([1.0, 2.0, 3.0, 4.0], [1, 2, 3, 4], [True, False, True, False], ["a", "b", "c", "d"]):
        plain = ft.AggBar({**ROWS, "x": values}).to_polars()["x"].to_list()
        masked = ft.AggBar({**ROWS, "x": np.ma.array(values, mask=mask)}).to_polars()["x"].to_list()
        # Rows go by end_time and symbol: those of A came second.
        assert masked == [None, plain[1], None, plain[3]]
        assert ft.AggBar({**ROWS, "x": np.ma.array(values)}).to_polars()["x"].to_list() == plain
    times = np.ma.array(np.array(ROWS["end_time"]).astype("datetime64[ms]"), mask=mask)
    assert ft.AggBar({**ROWS, "x": times}).to_polars()["x"].null_count() == 2
    wide = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[True, False], [False, True]])
    made = ft.AggBar.from_numpy({"x": wide}, [60_000, 120_000], ["A", "B"])
    assert made["x"].to_polars()["factor"].to_list() == [None, 2.0, 3.0, None]


def test_objects_of_pandas_are_taken_as_those_of_a_mapping():
    columns = {
        "flag": [True, False, None, True],
        "whole": [1, None, 3, 4],
        "real": [1, 2.5, None, 4],
        "numpy": [np.int32(1), np.int64(2), None, np.int8(4)],
        "truth": [np.bool_(True), None, False, True],
        "missing": [None, pd.NA, np.nan, None],
        "tag": ["x", None, "y", pd.NA],
    }
    frame = pd.DataFrame({**{name: ROWS[name] for name in ("symbol", "start_time", "end_time")}, **columns})
    for name, values in columns.items():
        frame[name] = pd.Series(values, dtype=object)
    made = ft.AggBar(frame).to_polars()
    mapped = ft.AggBar({name: frame[name].to_numpy() for name in frame}).to_polars()
    assert made.equals(mapped.select(made.columns)) and made.schema == mapped.select(made.columns).schema
    assert made["flag"].to_list() == [False, True, True, None] and made["whole"].to_list() == [None, 1, 4, 3]
    assert made["real"].to_list() == [2.5, 1.0, 4.0, None] and made["numpy"].dtype == pl.Int64
    assert made["truth"].dtype == pl.Boolean and made["missing"].null_count() == 4 and made["tag"].null_count() == 2
    for wrong in ([1, "x", 2, 3], [{}, "x", None, "y"], [True, "x", None, "y"]):
        for data in (frame.assign(tag=pd.Series(wrong, dtype=object)), {**ROWS, "tag": np.array(wrong, object)}):
            with pytest.raises(TypeError, match="column tag: .* is a (int|dict|bool): a column holds texts"):
                ft.AggBar(data)
    with pytest.raises(ValueError, match="64 bits"):
        ft.AggBar({**ROWS, "x": [2**70, None, 1, 2]})
    with pytest.raises(ValueError, match="53 bits"):
        ft.AggBar({**ROWS, "x": [2**60 + 1, None, 1, 2]})


def test_frames_of_different_types_below_each_other():
    rows = {name: ROWS[name] for name in ("symbol", "start_time", "end_time", "count")}
    first, second = (pd.DataFrame({name: values[i : i + 2] for name, values in rows.items()}) for i in (0, 2))
    real = second.assign(count=[3.5, np.nan])
    for frames in ([first, real], [first, pl.from_pandas(real)], [pl.from_pandas(first), real.iloc[:, ::-1]]):
        made = ft.AggBar.from_bars(frames).to_polars()
        assert made["count"].to_list() == [2.0, 1.0, None, 3.5] and made["count"].dtype == pl.Float64
    assert ft.AggBar.from_bars([real, first]).to_polars().equals(made)
    assert ft.AggBar([pl.from_pandas(first), second]).to_polars()["count"].dtype == pl.Int64
    assert ft.evaluate("x = count + 1", [first, real]).to_polars()["x"].to_list() == [3.0, 2.0, None, 4.5]
    with pytest.raises(ValueError, match="no count"):
        ft.AggBar([first.assign(x=1.0), real.drop(columns="count").assign(x=1.0)])
    with pytest.raises(ValueError, match="column count"):
        ft.AggBar([first, second.assign(count="x")])


def test_times_of_every_kind_in_numpy():
    wide = {"x": np.array([[1.0, 2.0], [3.0, 4.0]])}
    expected = ft.AggBar.from_numpy(wide, [START, START + 60_000], ["A", "B"]).to_polars()
    moments = [dt.datetime(2024, 8, 8), dt.datetime(2024, 8, 8, 0, 1)]
    aware = [moment.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=9))) for moment in moments]
    index = pd.date_range("2024-08-08", periods=2, freq="min")
    for times in (
        moments,
        aware,
        index,
        index.tz_localize("UTC"),
        index.tz_localize("UTC").tz_convert("Asia/Tokyo"),
        pd.Series(index.tz_localize("UTC")),
        pl.Series(moments),
        ["2024-08-08", "2024-08-08 00:01:00"],
    ):
        assert ft.AggBar.from_numpy(wide, times, ["A", "B"]).to_polars().equals(expected)
    with pytest.raises(ValueError, match="missing"):
        ft.AggBar.from_numpy(wide, np.array(["2024-08-08", "NaT"], "datetime64[s]"), ["A", "B"])
    with pytest.raises(TypeError, match="a time is"):
        ft.AggBar.from_numpy(wide, [START + 0.5, START + 60_000.0], ["A", "B"])


def test_empty_in():
    frame = pl.DataFrame(ROWS).clear()
    made = ft.AggBar(frame)
    assert len(made) == 0 and made.to_df().shape == (0, 7) and made.to_polars().shape == (0, 7)
    assert repr(made).startswith("AggBar: 0 rows")
    assert len(made["close"].ts_mean(3).to_pandas()) == 0
    assert len(ft.AggBar(frame.to_pandas())) == 0
    untyped = ft.AggBar(pl.DataFrame({name: [] for name in ROWS}))
    assert len(untyped) == 0 and untyped.to_polars().columns == list(ROWS)
    made = ft.AggBar(pl.DataFrame({**ROWS, "close": [None] * 4}))
    assert made["close"].to_polars()["factor"].to_list() == [None] * 4
    chunks = pa.chunked_array([pa.nulls(1), pa.nulls(3)])
    assert ft.AggBar(pa.table({**ROWS, "close": chunks})).to_polars()["close"].null_count() == 4
    with pytest.raises(ValueError, match="symbol"):
        ft.AggBar(pl.DataFrame({**ROWS, "symbol": [None] * 4}))
    with pytest.raises(ValueError, match="end_time"):
        ft.AggBar(pl.DataFrame({**ROWS, "end_time": [None] * 4}))


def test_what_is_refused():
    with pytest.raises(ValueError, match="symbol"):
        ft.AggBar(pd.DataFrame({"start_time": [1], "end_time": [2]}))
    with pytest.raises(TypeError, match="expected a frame"):
        ft.AggBar(3)
    with pytest.raises(ValueError, match="twice|two rows"):
        ft.AggBar(pl.concat([EXPECTED, EXPECTED]))
    frame = pd.DataFrame(ROWS).assign(tag=[{}, 1, None, "x"])
    with pytest.raises(TypeError):
        ft.AggBar(frame)


def test_missing_out(grid):
    factor = grid["close"]
    n = factor.to_polars()["factor"].null_count()
    assert n > 0
    assert factor.to_pandas().factor.isna().sum() == n
    assert factor.to_arrow()["factor"].null_count == n
    assert factor.to_polars()["factor"].is_nan().sum() == 0


def test_types_out():
    made = check(pl.DataFrame(ROWS))
    frame = made.to_df()
    assert frame.dtypes["count"] == np.int64 and frame.dtypes["close"] == np.float64
    assert frame.flag.tolist() == [False, True, True, None] and frame.tag.isna().sum() == 1
    table = made.to_arrow()
    assert table.schema.field("flag").type == pa.bool_() and table.schema.field("symbol").type == pa.string()
    assert duckdb.sql("SELECT sum(count) FROM made").fetchall() == [(10,)]


def test_numpy_memory_is_not_copied():
    """What goes in is read where it lies, and what comes out of the collector lies in NumPy's array."""
    values = np.arange(1000, dtype=np.float64)
    column = _frames._column_of_array("x", values)
    table = pa.table(_core.stream_of_columns(1000, [column]))
    assert table["x"].chunk(0).buffers()[1].address == values.ctypes.data
    frame = pd.DataFrame({"x": values}, copy=False)
    table = pa.table(_frames.stream_of(frame))
    assert table["x"].chunk(0).buffers()[1].address == frame["x"].to_numpy().ctypes.data
    _, ((_, _, buffer, _, _),) = _core.collect(table, 1000)
    address = memoryview(buffer)
    assert np.shares_memory(np.frombuffer(buffer), np.asarray(address).view(np.float64))
    out = _frames.to_pandas(table)
    assert out["x"].to_numpy().base is not None


def test_the_memory_outlives_its_owner():
    stream = _frames.stream_of(pd.DataFrame({"x": np.arange(100_000.0), "s": ["a", "b"] * 50_000}))
    table = pa.table(stream)
    del stream
    assert table["x"].to_numpy().sum() == 99_999 * 50_000
    with pytest.raises(ValueError, match="already read"):
        stream = _core.stream_of_columns(0, [])
        pa.table(stream)
        pa.table(stream)


def test_write_and_read(tmp_path, grid):
    for suffix in ("parquet", "csv"):
        path = tmp_path / f"bars.{suffix}"
        assert grid.write(path) == len(grid)
        assert ft.AggBar(path).to_df().equals(grid.to_df())
    assert ft.AggBar.from_csv(grid.to_csv(tmp_path / "a.csv")).to_df().equals(grid.to_df())
    assert ft.AggBar.from_parquet(grid.to_parquet(tmp_path / "a.parquet")).to_df().equals(grid.to_df())
    assert len(pl.read_ipc(tmp_path / "x.arrow")) == len(grid) if grid.write(tmp_path / "x.arrow") else False
    with pytest.raises(ft.Error):
        grid.write(tmp_path / "none" / "x.csv")


def test_dates_and_times_of_queries():
    frame = ft.sql(
        "SELECT DATE '2024-08-08' AS d, TIMESTAMP '2024-08-08 01:02:03' AS t, 1::TINYINT AS i, 2.5::FLOAT AS f",
        allow_external=False,
    )
    row = _frames.to_pandas(frame._stream()).iloc[0]
    assert row.d == pd.Timestamp("2024-08-08") and row.t == pd.Timestamp(dt.datetime(2024, 8, 8, 1, 2, 3))
    assert row.i == 1 and row.f == 2.5
    assert len(frame) == 1 and frame.to_polars()["i"].to_list() == [1]
