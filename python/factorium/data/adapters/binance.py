"""Binance: spot, USDⓈ-M and coin-margined futures."""

from __future__ import annotations

from typing import Any

from ... import _core
from ..._time import DAY_MS, to_ms
from .base import BaseExchangeAdapter, ColumnMapping

#: The data set whose columns stand for a data type's; they are the same in every market.
_COLUMNS_OF = {
    "aggTrades": ("binance", "futures_um", "aggTrades", None),
    "trades": ("binance", "futures_um", "trades", None),
}


class BinanceAdapter(BaseExchangeAdapter):
    """Binance's archive and the store made of it."""

    BINANCE_VISION_BASE = _core.download_url(("binance", "spot", "trades", None), "X", 0).split("/spot/")[0]

    @property
    def name(self) -> str:
        """ "binance"."""
        return "binance"

    @property
    def column_mappings(self) -> dict[str, ColumnMapping]:
        """The columns of aggTrades, trades and klines."""
        mappings = {}
        for data_type, dataset in _COLUMNS_OF.items():
            columns = _core.column_map(dataset)
            mappings[data_type] = ColumnMapping(
                columns["time"], columns["price"], columns["quantity"], columns["is_buyer_maker"]
            )
        mappings["klines"] = ColumnMapping("open_time", "close", "volume", "")
        return mappings

    def build_parquet_glob(
        self, base_path: str, symbols: list[str], data_type: str, market_type: str, **kwargs: Any
    ) -> str:
        """The glob of the store's files of these symbols; of several, that of every symbol.

        ``futures_type`` ("um" or "cm") counts for futures; dates are in the files' paths, and do not narrow the glob.
        """
        market = _core.market("binance", market_type, kwargs.get("futures_type") or "um")
        symbol = symbols[0] if len(symbols) == 1 else None
        return _core.store_glob(str(base_path), ("binance", market, data_type, None), symbol)

    def get_download_url(
        self, symbol: str, data_type: str, market_type: str, date: str, futures_type: str = "um", **kwargs: Any
    ) -> str:
        """The URL of one day's published file; ``date`` is "YYYY-MM-DD"; klines are those of ``interval`` ("1m")."""
        market = _core.market("binance", market_type, futures_type)
        interval = kwargs.get("interval", "1m") if data_type == "klines" else None
        return _core.download_url(("binance", market, data_type, interval), symbol, to_ms(date) // DAY_MS)
