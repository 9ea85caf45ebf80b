"""What an exchange adapter is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from ..._errors import NoSuchColumnError


@dataclass(frozen=True)
class ColumnMapping:
    """Which columns of a table of trades mean what; ``is_buyer_maker`` is "" where there is none."""

    timestamp: str
    price: str
    volume: str
    is_buyer_maker: str

    def _as_map(self, id: str | None = None) -> dict[str, str | None]:
        """As the C library takes it."""
        return {
            "time": self.timestamp,
            "price": self.price,
            "quantity": self.volume,
            "is_buyer_maker": self.is_buyer_maker or None,
            "id": id,
        }


class BaseExchangeAdapter(ABC):
    """Where an exchange's data lies and what its columns are called.

    A subclass of yours works in ``DataLoader``: give it to the loader's ``adapters``.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The exchange's name."""

    @property
    @abstractmethod
    def column_mappings(self) -> dict[str, ColumnMapping]:
        """The columns of each data type."""

    @abstractmethod
    def build_parquet_glob(
        self, base_path: str, symbols: list[str], data_type: str, market_type: str, **kwargs: Any
    ) -> str:
        """The glob of the Parquet files of these symbols."""

    @abstractmethod
    def get_download_url(self, symbol: str, data_type: str, market_type: str, date: str, **kwargs: Any) -> str:
        """The URL of one day's published file."""

    def get_column_mapping(self, data_type: str) -> ColumnMapping:
        """The columns of a data type; ``KeyError`` with the known ones for another."""
        mappings = self.column_mappings
        if data_type not in mappings:
            raise NoSuchColumnError(f"Unsupported data type: {data_type}. Available: {list(mappings)}")
        return mappings[data_type]
