"""Exchange trade archives in, bars and factors out.

>>> import factorium as ft
>>> bars = ft.DataLoader("./Data").load_aggbar(["BTCUSDT", "ETHUSDT"], 60_000, "2024-08-08", "2024-08-10")
>>> close, volume = bars["close"], bars["volume"]
>>> signal = (close.ts_delta(20) / close.ts_shift(20)).cs_rank() + volume.ts_zscore(60)
>>> signal.to_polars()

Everything is computed by a C library. Frames of pandas, Polars, pyarrow and DuckDB come and go through Arrow; none of them is
needed to import the package.
"""

from . import arrow, backtest
from ._core import version as __version__
from ._errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    Error,
    ForkedError,
    IntegrityError,
    InternalError,
    InterruptedCallError,
    LimitError,
    MissingLibraryError,
    NoSuchColumnError,
    NotFoundError,
    NotProvidedError,
    OutOfMemoryError,
    PartialWarning,
    ReadError,
    UnsupportedError,
)
from ._run import release_memory
from .aggbar import AggBar
from .data import BinanceDataLoader, DataLoader
from .evaluation import Evaluation, analyze, check, combine
from .factors import BaseFactor, CompositeFactor, Factor, evaluate
from .research import ResearchSession
from .store import ingest, ls, simulate, sql, sync
from .universe import (
    Checklist,
    ExcludeLeveragedTokens,
    ExcludeStablecoins,
    FilterRule,
    MinLiquidity,
    MinListingAge,
    MinVolume,
    SymbolMetadata,
    TagFilter,
    Universe,
)

__all__ = [
    "AggBar",
    "ArgumentError",
    "ArgumentTypeError",
    "BaseFactor",
    "BinanceDataLoader",
    "Checklist",
    "CompositeFactor",
    "DataError",
    "DataLoader",
    "Error",
    "Evaluation",
    "ExcludeLeveragedTokens",
    "ExcludeStablecoins",
    "Factor",
    "FilterRule",
    "ForkedError",
    "IntegrityError",
    "InternalError",
    "InterruptedCallError",
    "LimitError",
    "MinLiquidity",
    "MinListingAge",
    "MinVolume",
    "MissingLibraryError",
    "NoSuchColumnError",
    "NotFoundError",
    "NotProvidedError",
    "OutOfMemoryError",
    "PartialWarning",
    "ReadError",
    "ResearchSession",
    "SymbolMetadata",
    "TagFilter",
    "Universe",
    "UnsupportedError",
    "__version__",
    "analyze",
    "arrow",
    "backtest",
    "check",
    "combine",
    "evaluate",
    "ingest",
    "ls",
    "release_memory",
    "simulate",
    "sql",
    "sync",
]
