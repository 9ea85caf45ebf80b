"""What a table of bars holds, in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import ArgumentError


@dataclass
class AggBarMetadata:
    """Symbols, first and last time (ms since 1970), number of rows."""

    symbols: list[str]
    min_time: int
    max_time: int
    num_rows: int

    @classmethod
    def merge(cls, metadata_list: Sequence[AggBarMetadata]) -> AggBarMetadata:
        """Of several tables together."""
        if not metadata_list:
            raise ArgumentError("there is nothing to merge")
        return cls(
            symbols=sorted({symbol for metadata in metadata_list for symbol in metadata.symbols}),
            min_time=min(metadata.min_time for metadata in metadata_list),
            max_time=max(metadata.max_time for metadata in metadata_list),
            num_rows=sum(metadata.num_rows for metadata in metadata_list),
        )
