"""Exchange adapters: columns, paths, URLs."""

from .base import BaseExchangeAdapter, ColumnMapping
from .binance import BinanceAdapter

__all__ = ["BaseExchangeAdapter", "BinanceAdapter", "ColumnMapping"]
