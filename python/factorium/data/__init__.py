"""Data: loaders, bars of files, the exchange's names."""

from .adapters import BaseExchangeAdapter, BinanceAdapter, ColumnMapping
from .aggregator import BarAggregator
from .cache import BarCache
from .downloader import BinanceDataDownloader
from .loader import BinanceDataLoader
from .loader_v2 import DataLoader
from .metadata import AggBarMetadata
from .parquet import BINANCE_COLUMNS, build_hive_path, csv_to_parquet, get_market_string, read_hive_parquet
from .utils import calculate_date_range

__all__ = [
    "BINANCE_COLUMNS",
    "AggBarMetadata",
    "BarAggregator",
    "BarCache",
    "BaseExchangeAdapter",
    "BinanceAdapter",
    "BinanceDataDownloader",
    "BinanceDataLoader",
    "ColumnMapping",
    "DataLoader",
    "build_hive_path",
    "calculate_date_range",
    "csv_to_parquet",
    "get_market_string",
    "read_hive_parquet",
]
