"""DataLoader: bars of a store, through its daily cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _core
from .._errors import ArgumentError, ArgumentTypeError, NotFoundError
from .._run import Progress, Run, run
from .._time import Time, to_interval_ms, to_text
from ..aggbar import AggBar
from .adapters import BaseExchangeAdapter, BinanceAdapter
from .aggregator import _KINDS, _STORE, BarAggregator, bars_of_pattern
from .cache import BarCache
from .utils import exclusive_range

if TYPE_CHECKING:
    from ..distributed import Executor

_Load = Callable[[dict[str, Any]], Any]
_MISSING = {"error": 0, "skip": 1}


def _load_here(options: Run, request: dict[str, Any]) -> Any:
    return _core.load_bars(request, options)


class DataLoader:
    """Loads bars of the store at ``base_path``.

    Time bars of a second or more are kept by symbol and day in the store's cache (``cache_dir``, by default
    ``base_path/.cache``): a second load reads them instead of the trades. ``adapters`` adds exchanges of yours.
    """

    def __init__(
        self,
        base_path: str | Path = "./Data",
        cache_enabled: bool = True,
        cache_dir: str | Path | None = None,
        *,
        adapters: Iterable[BaseExchangeAdapter] = (),
    ) -> None:
        self.base_path = Path(base_path)
        self.aggregator = BarAggregator()
        self._cache_dir = None if cache_dir is None else Path(cache_dir)
        self.cache = BarCache(self._cache_dir or self.base_path / ".cache") if cache_enabled else None
        self.adapters: dict[str, BaseExchangeAdapter] = {"binance": BinanceAdapter()}
        for adapter in adapters:
            self.register_adapter(adapter)

    def register_adapter(self, adapter: BaseExchangeAdapter) -> None:
        """Adds an exchange, which ``exchange=adapter.name`` then means."""
        if not isinstance(adapter, BaseExchangeAdapter):
            raise ArgumentTypeError(f"expected a BaseExchangeAdapter, not {type(adapter).__name__}")
        self.adapters[adapter.name] = adapter

    def load_aggbar(
        self,
        symbols: str | Sequence[str],
        interval_ms: int | str = 60_000,
        start_date: Time | None = None,
        end_date: Time | None = None,
        days: int | None = None,
        exchange: str | BaseExchangeAdapter = "binance",
        data_type: str = "aggTrades",
        market_type: str = "futures",
        futures_type: str = "um",
        use_cache: bool = True,
        include_buyer_seller: bool = True,
        *,
        bar_type: str = "time",
        threshold: float | None = None,
        missing: str = "skip",
        threads: int = 0,
        memory_limit: int = 0,
        progress: Progress = False,
        executor: str | Executor | None = None,
        work: str | Path | None = None,
        n_shards: int = 0,
    ) -> AggBar:
        """Bars of these symbols from ``start_date`` until before ``end_date`` (UTC).

        ``days`` with one of the two is that many days; alone, the complete UTC days before today; without all three, all
        there is. ``interval_ms`` may be a text ("5m"). For ``bar_type`` "tick", "volume" and "dollar", ``threshold`` (or
        ``interval_ms``) is what closes a bar. ``data_type="klines"`` makes the bars of the longest of the store's klines that
        fit into them, "klines_1m" of those of a minute. A day that the store lacks is left out with a
        :class:`factorium.PartialWarning`, or, with ``missing="error"``, an error. ``FileNotFoundError`` says what was looked for
        where there is nothing at all.

        With ``executor`` ("ray://auto", "dask://HOST:8786", "spark://...", "local://4", or an object: docs/scale.md) up to
        ``n_shards`` shards run there and give the same bits; ``work`` is a folder that every node sees, by default
        ``.shards`` in the store, ``threads`` and ``memory_limit`` are those of a shard.
        """
        adapter = self._adapter(exchange)
        names = [symbols] if isinstance(symbols, str) else [*symbols]
        if not names:
            raise ArgumentError("the list of symbols is empty")
        if bar_type not in _KINDS:
            raise ArgumentError(f"Unsupported bar type: {bar_type}. Available: {', '.join(_KINDS)}")
        if missing not in _MISSING:
            raise ArgumentError(f"missing is {missing!r} and must be one of {', '.join(_MISSING)}")
        bar: dict[str, Any] = {"kind": _KINDS[bar_type]}
        if bar_type == "time":
            bar["interval_ms"] = to_interval_ms(interval_ms)
        else:
            bar["threshold"] = float(interval_ms) if threshold is None else threshold
        range_ms = exclusive_range(start_date, end_date, days)
        with run(threads, memory_limit, progress) as options:
            load: _Load = partial(_load_here, options)
            if executor is not None:
                from ..distributed.plans import Settings, bars_on_executor

                load = partial(bars_on_executor, Settings(executor, work, n_shards, threads, memory_limit, progress))
            request = {
                "symbols": names,
                "from_ms": range_ms[0],
                "to_ms": range_ms[1],
                "missing": _MISSING[missing],
                "without_sides": not include_buyer_seller,
                "no_cache": not use_cache or self.cache is None,
                "cache_folder": None if self._cache_dir is None else str(self._cache_dir),
                **bar,
            }
            if type(adapter) is BinanceAdapter:
                market = _core.market("binance", market_type, futures_type)
                request |= {"store": str(self.base_path), "dataset": ("binance", market, data_type, None)}
                return AggBar(self._load(request, load))
            glob = adapter.build_parquet_glob(
                str(self.base_path),
                names,
                data_type,
                market_type,
                start_date=start_date,
                end_date=end_date,
                futures_type=futures_type,
            )
            in_store = _STORE.fullmatch(str(glob))
            if in_store:
                request |= {
                    "store": in_store["root"] or ".",
                    "dataset": (None, in_store["market"], in_store["type"], None),
                    "map": adapter.get_column_mapping(data_type)._as_map("id"),
                }
                return AggBar(self._load(request, load))
            if executor is not None:
                raise ArgumentError(f"an executor needs files in a store's layout, which {glob} is not")
            mapping = adapter.get_column_mapping(data_type)
            stream = bars_of_pattern(glob, names, bar, range_ms, mapping, include_buyer_seller, options)
            return AggBar(_core.panel_from_stream(stream, options))

    @staticmethod
    def _load(request: dict[str, Any], load: _Load) -> Any:
        try:
            return load(request)
        except NotFoundError as error:
            _, market, data_type, _ = request["dataset"]
            days = "of any day"
            if request["to_ms"]:
                days = f"from {to_text(request['from_ms'])} until before {to_text(request['to_ms'])}"
            names = ", ".join(request["symbols"])
            raise NotFoundError(
                f"no {data_type} of {names} ({market}) {days} below {request['store']}: {error}"
            ) from None

    def _adapter(self, exchange: str | BaseExchangeAdapter) -> BaseExchangeAdapter:
        if isinstance(exchange, BaseExchangeAdapter):
            return exchange
        if exchange not in self.adapters:
            raise ArgumentError(f"Unsupported exchange: {exchange}. Available: {', '.join(self.adapters)}")
        return self.adapters[exchange]

    def __repr__(self) -> str:
        return f"DataLoader(base_path={str(self.base_path)!r}, cache_enabled={self.cache is not None})"
