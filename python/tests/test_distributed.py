"""Requests by shards on every engine: the same bits as on one machine, whoever dies meanwhile."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clusters
import factorium as ft
import polars as pl
import pyarrow.parquet as pq
import pytest
import shard_tasks
from factorium.distributed import LocalExecutor, ShardsFailedError, plans, run_plan
from polars.testing import assert_frame_equal

pytestmark = pytest.mark.filterwarnings("default")

FORMULAS = {
    "rolling": "mean = ts_mean(close, 20)\nsd = ts_std(close, 50) / close\ncorr = ts_corr(close, volume, 30)",
    "cross": "rank = cs_rank(ts_delta(close, 5))\nz = cs_zscore(volume)",
    "both": "mixed = ts_mean(cs_rank(close / ts_shift(close, 3)), 10)\nagain = cs_demean(ts_rank(cs_rank(volume), 8))",
}


@pytest.fixture(scope="module", params=clusters.ENGINES)
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    with clusters.started(request.param) as made:
        yield made


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of eight symbols and four days."""
    root = tmp_path_factory.mktemp("many")
    ft.simulate(root / "archive", symbols=8, days=4, trades=3000)
    ft.ingest(root / "archive", root / "store")
    return root / "store"


@pytest.fixture(scope="session")
def panel(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its bars of one minute in a file, with the columns that some of the 101 alphas want."""
    path = tmp_path_factory.mktemp("panel") / "bars.parquet"
    groups = {
        name: pl.col("symbol").str.slice(0, 1 + k) for k, name in enumerate(("sector", "industry", "subindustry"))
    }
    bars = ft.DataLoader(many).load_aggbar(symbols(many)).to_polars()
    bars.with_columns(cap=pl.col("close") * 1e6, **groups).write_parquet(path)
    return path


def symbols(store: Path) -> list[str]:
    return ft.ls(store).to_polars()["symbol"].to_list()


def assert_same(got: ft.AggBar, expected: ft.AggBar) -> None:
    """Bit for bit, and in the same order."""
    a, b = got.to_polars(), expected.to_polars()
    assert a.columns == b.columns and len(a) > 0
    assert_frame_equal(a, b, check_exact=True)
    for name in a.columns:
        if a[name].dtype == pl.Float64:  # -0.0 is not 0.0
            assert a[name].to_numpy().tobytes() == b[name].to_numpy().tobytes()


def load(store: Path, **options: Any) -> ft.AggBar:
    return ft.DataLoader(store, cache_enabled=False).load_aggbar(symbols(store), **options)


@pytest.mark.parametrize("n_shards", [40, 400])
@pytest.mark.parametrize(
    "bars",
    [
        {"interval_ms": "1m"},
        {"interval_ms": "7m", "start_date": "2024-08-08 10:00:00", "end_date": "2024-08-11"},
        {"bar_type": "tick", "threshold": 100},
        {"bar_type": "volume", "threshold": 20000.5},
        {"bar_type": "dollar", "threshold": 2e5, "include_buyer_seller": False},
    ],
    ids=["1m", "7m", "tick", "volume", "dollar"],
)
def test_bars(executor: Any, many: Path, tmp_path: Path, bars: dict[str, Any], n_shards: int) -> None:
    got = load(many, **bars, executor=executor, n_shards=n_shards, work=tmp_path / "work")
    assert_same(got, load(many, **bars))
    assert [*(tmp_path / "work").iterdir()] == []  # nothing is left


@pytest.mark.parametrize("n_shards", [40, 400])
@pytest.mark.parametrize("text", FORMULAS.values(), ids=[*FORMULAS])
def test_formulas(executor: Any, panel: Path, tmp_path: Path, text: str, n_shards: int) -> None:
    got = ft.evaluate(text, panel, executor=executor, n_shards=n_shards, work=tmp_path / "work")
    assert_same(got, ft.evaluate(text, ft.AggBar(panel)))
    assert [*(tmp_path / "work").iterdir()] == []


@pytest.mark.parametrize("n_shards", [40, 400])
def test_alpha101(executor: Any, panel: Path, tmp_path: Path, n_shards: int) -> None:
    text = (Path(__file__).parents[2] / "share/factorium/alpha101.txt").read_text()
    got = ft.evaluate(text, panel, dialect="alpha101", executor=executor, n_shards=n_shards, work=tmp_path / "work")
    assert len(got.cols) == 3 + 101
    assert_same(got, ft.evaluate(text, ft.AggBar(panel), dialect="alpha101"))


def test_factors_and_frames(executor: Any, grid: ft.AggBar, tmp_path: Path) -> None:
    close, volume = grid["close"], grid["volume"]
    wanted = {"a": close.ts_mean(5).cs_rank(), "b": volume.ts_zscore(9), "c": "close - open"}
    got = ft.evaluate(wanted, grid, executor=executor, n_shards=3, work=tmp_path)
    assert_same(got, ft.evaluate(wanted, grid))
    assert [*tmp_path.iterdir()] == []


def test_a_worker_killed_at_work(executor: Any, many: Path, tmp_path: Path) -> None:
    """From outside, while it runs shards."""
    victim = tmp_path / "victim"
    killed = threading.Event()

    def kill() -> None:
        while not victim.exists():
            time.sleep(0.002)
        os.kill(int(victim.read_text()), signal.SIGKILL)
        killed.set()

    thread = threading.Thread(target=kill)
    thread.start()
    named = shard_tasks.Named(executor, str(victim))
    got = load(many, executor=named, n_shards=40, work=tmp_path / "work")
    thread.join()
    assert killed.is_set()
    assert_same(got, load(many))
    assert [*(tmp_path / "work").iterdir()] == []


def test_what_fails_is_said(executor: Any, many: Path, tmp_path: Path) -> None:
    bad = next((many / "market=futures_um/data_type=aggTrades/symbol=ETHUSDT").rglob("*.parquet"))
    plan = tmp_path / "plan.json"
    request = {"bars": bars_request(many), "n_shards": 8, "work": str(tmp_path / "work")}
    ft._core.shard_plan(request, str(plan), None)
    whole = bad.read_bytes()
    try:
        bad.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ShardsFailedError, match="ETHUSDT") as caught:
            run_plan(plan, executor)
        assert 1 <= len(caught.value.failures) < caught.value.n_shards
    finally:
        bad.write_bytes(whole)


def bars_request(store: Path) -> dict[str, Any]:
    dataset = ("binance", "futures_um", "aggTrades", None)
    return {"store": str(store), "dataset": dataset, "kind": 0, "interval_ms": 60_000, "no_cache": True}


# ---- On one machine ---------------------------------------------------------------------------------------


def test_a_plan_goes_on_where_it_stood(many: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    ft._core.shard_plan({"bars": bars_request(many), "n_shards": 10, "work": str(tmp_path / "work")}, str(plan), None)
    ft._core.shard_run(str(plan), 0, 3, None)
    told: list[tuple[str, int, int]] = []
    with LocalExecutor(2) as executor:
        first = run_plan(plan, executor, progress=lambda stage, item, unit, done, n: told.append((stage, done, n)))
        second = run_plan(str(plan), executor)
    assert (first["shards"], first["ran"]) == (first["shards"], first["shards"] - 1)
    assert second["ran"] == 0 and second["shards"] == first["shards"]
    assert told[-1] == ("1/1 bars", first["ran"], first["ran"])


def test_a_worker_reads_a_plan_once(many: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    ft._core.shard_plan({"bars": bars_request(many), "n_shards": 4, "work": str(tmp_path / "work")}, str(path), None)
    key = ft._core.shard_list(str(path))["key"]
    task = plans._RunShard(threads=1, memory_limit=0)
    task(plans.Shard(str(path), key, 0, 0))
    path.rename(tmp_path / "away.json")
    assert task(plans.Shard(str(path), key, 0, 1))["was_done"] == 0
    # Another plan there is not taken for it.
    ft._core.shard_plan({"bars": bars_request(many), "n_shards": 3, "work": str(tmp_path / "work")}, str(path), None)
    assert task(plans.Shard(str(path), key, 0, 2))["was_done"] == 0
    with pytest.raises(ft.IntegrityError, match="another was written there"):
        task(plans.Shard(str(path), key[::-1], 0, 3))


def test_a_shard_reads_the_row_groups_of_its_symbols(many: Path, tmp_path: Path) -> None:
    """Of a file ordered by symbol: where those of another are damaged, its shard alone fails."""
    path = tmp_path / "by-symbol.parquet"
    bars = load(many, interval_ms="1m").to_polars().sort("symbol", "end_time")
    bars.write_parquet(path, row_group_size=1000, compression="uncompressed")
    metadata = pq.ParquetFile(path).metadata
    last = metadata.row_group(metadata.num_row_groups - 1)
    close = next(c for c in map(last.column, range(last.num_columns)) if c.path_in_schema == "close")
    with path.open("r+b") as file:
        file.seek(min(filter(None, (close.dictionary_page_offset, close.data_page_offset))))
        file.write(b"\xff" * close.total_compressed_size)
    plan = tmp_path / "plan.json"
    request = {"panel": str(path), "expressions": "ts_mean(close, 5)", "n_shards": 8, "work": str(tmp_path / "work")}
    ft._core.shard_plan(request, str(plan), None)
    with pytest.raises(ShardsFailedError) as caught:
        run_plan(plan, "local://1")
    assert [failure.index for failure in caught.value.failures] == [7]
    assert caught.value.n_done == 7


def test_where_all_nodes_write(many: Path, panel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with LocalExecutor(1) as local:
        other = shard_tasks.Other(local)
        got = load(many, interval_ms="1h", executor=other)  # in the store
        assert_same(got, load(many, interval_ms="1h"))
        assert [*(many / ".shards").iterdir()] == []
        with pytest.raises(ft.ArgumentError, match="FACTORIUM_WORK"):
            ft.evaluate("close", panel, executor=other)
        monkeypatch.setenv("FACTORIUM_WORK", str(tmp_path / "work"))
        ft.evaluate("x = close", panel, executor=other)
        assert (tmp_path / "work").exists()


def test_missing_days_warn_once(many: Path, tmp_path: Path) -> None:
    options = {"start_date": "2024-08-10", "end_date": "2024-08-14", "interval_ms": "1h"}
    with pytest.warns(ft.PartialWarning) as warned:
        got = load(many, **options, executor="local://1", work=tmp_path)
    assert len([w for w in warned if issubclass(w.category, ft.PartialWarning)]) == 1
    with pytest.warns(ft.PartialWarning):
        assert_same(got, load(many, **options))


def test_no_such_symbol(many: Path, tmp_path: Path) -> None:
    with pytest.raises(ft.NotFoundError, match="no aggTrades of NONEUSDT"):
        ft.DataLoader(many).load_aggbar("NONEUSDT", executor="local://1", work=tmp_path)


def test_factors_of_a_file_are_texts(grid: ft.AggBar, panel: Path) -> None:
    with pytest.raises(ft.ArgumentError, match="give texts"):
        ft.evaluate([grid["close"].ts_mean(3)], panel, executor="local://1")


# ---- S3 ---------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder as s3://bucket, on a server that checks the signature of every request."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tests/support"))
    from web_server import Server

    (tmp_path / "bucket").mkdir()
    (tmp_path / "local").mkdir()
    with Server(tmp_path / "bucket") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        monkeypatch.setenv("TMPDIR", str(tmp_path / "local"))
        yield tmp_path / "bucket"
        server.shutdown()


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("bars", [{"interval_ms": "5m"}, {"bar_type": "tick", "threshold": 100}], ids=["5m", "tick"])
def test_bars_by_way_of_s3(many: Path, bucket: Path, tmp_path: Path, bars: dict[str, Any]) -> None:
    with LocalExecutor(2) as executor:
        got = load(many, **bars, executor=executor, n_shards=6, work="s3://bucket/jobs")
    assert_same(got, load(many, **bars))
    assert files_below(bucket) == []
    assert files_below(tmp_path / "local") == []


def test_formulas_by_way_of_s3(panel: Path, bucket: Path, tmp_path: Path) -> None:
    text = "\n".join(FORMULAS.values())
    with LocalExecutor(2) as executor:
        got = ft.evaluate(text, panel, executor=executor, n_shards=3, work="s3://bucket/jobs")
    assert_same(got, ft.evaluate(text, ft.AggBar(panel)))
    assert files_below(bucket) == []
    assert files_below(tmp_path / "local") == []


def test_wrong_keys_are_said_and_not_shown(many: Path, bucket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wr0ng")
    with pytest.raises(ft.ReadError, match="s3://bucket/jobs.*refuses: HTTP 403") as caught:
        load(many, executor="local://1", work="s3://bucket/jobs")
    assert "wr0ng" not in str(caught.value)
    assert files_below(bucket) == []


def test_what_is_on_s3_is_gone_on_with(many: Path, bucket: Path, tmp_path: Path) -> None:
    """By another node, which has no files of its own."""
    request = {"bars": bars_request(many), "n_shards": 6, "work": "s3://bucket/jobs"}
    claim, plan = ft._core.shard_begin(request, None)
    ft._core.shard_run(plan, 0, 2, None)
    key = ft._core.shard_list(plan)["key"]
    assert files_below(bucket) == [
        f"jobs/{key}/plan.json",
        f"jobs/{key}/stage-0/00002.json",
        f"jobs/{key}/stage-0/00002.parquet",
    ]
    ft._core.shard_release(claim, False)
    os.environ["TMPDIR"] = str(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    assert 2 not in ft._core.shard_missing(plan, 0)
    assert ft._core.shard_run(plan, 0, 2, None)["was_done"] == 1
    report = run_plan(plan, "local://1")
    assert report["ran"] == report["shards"] - 1
    # A row that is gone there is not believed here.
    (bucket / f"jobs/{key}/stage-0/00001.json").unlink()
    assert ft._core.shard_missing(plan, 0) == [1]
    with pytest.raises(ft.Error, match="shards of stage 0 were not run: 1"):
        ft._core.shard_merge(plan, None)
