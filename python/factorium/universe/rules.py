"""Rules of a universe: which rows are in. The library makes the masks; metadata and tags come from you."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypedDict, runtime_checkable

from .. import _core, _frames
from .._errors import ArgumentError
from .._run import run
from .._time import DAY_MS
from ..aggbar import AggBar
from ..evaluation import mask_of
from ..factors.core import Factor, evaluate

Metadata = Mapping[str, "SymbolMetadata"]
Tags = Mapping[str, Sequence[str]] | None


class SymbolMetadata(TypedDict, total=False):
    """What is known of a symbol; ``listing_date`` is in ms since 1970."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: str
    listing_date: int
    is_leveraged: bool
    is_stablecoin_pair: bool


@runtime_checkable
class FilterRule(Protocol):
    """A rule: of rows, a Polars expression that is true where a row is in. One of your own works wherever those here do."""

    def apply(self, df: Any, metadata: Metadata, tags: Tags = None) -> Any:
        """The expression for a lazy frame of bars."""


class Rule:
    """A rule that the library makes a mask of."""

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """1 where a row is in, 0 where it is out."""
        raise NotImplementedError

    def apply(self, df: Any, metadata: Metadata, tags: Tags = None) -> Any:
        """The mask as a Polars literal, in the order of the frame's rows."""
        pl = _frames._needs("polars", "a rule's expression")
        frame = _frames.collected(df)
        keys = ["start_time", "end_time", "symbol"]
        made = self.mask(AggBar(frame), metadata, tags).to_polars().with_columns(pl.col("factor") != 0)
        wanted = frame.select(*keys).with_columns(pl.col("symbol").cast(pl.String), pl.col(*keys[:2]).cast(pl.Int64))
        found = wanted.join(made, on=keys, how="left", maintain_order="left")
        return pl.lit(found["factor"].fill_null(False))


def universe_mask(bars: AggBar, **rules: Any) -> Factor:
    """A mask of the library's rules, as a factor."""
    with run() as options:
        made = _core.universe(bars._panel, rules, options)
    factor: Factor = Factor._of_column(made, made.columns[0], "universe", bars._strict)
    return factor


def _mask_of_parts(bars: AggBar, parts: Sequence[AggBar]) -> Factor:
    """1 for the rows of the bars that are in one of the parts."""
    column = bars._panel.columns[0]
    inside: Factor = bars[column].is_nan() * 0
    for part in parts:
        # Its rows have a value, the others have none.
        there = evaluate({"there": part[column].is_nan() * 0})["there"]
        inside = inside | (1 - there.is_nan())
    return inside


def _mask_of_symbols(bars: AggBar, symbols: set[str]) -> Factor:
    """1 for the rows of these symbols."""
    chosen = [name for name in bars.symbols if name in symbols]
    return _mask_of_parts(bars, [bars.slice(symbols=chosen)] if chosen else [])


class ExcludeStablecoins(Rule):
    """Out are pairs of which both sides are money (USDCUSDT), by their names, by ``is_stablecoin_pair`` of the metadata, and by
    its ``base_asset`` where that is one of ``extra_stablecoins``."""

    def __init__(self, extra_stablecoins: set[str] | None = None) -> None:
        self.extra_stablecoins = {*(extra_stablecoins or ())}

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        out = {
            name
            for name, known in metadata.items()
            if known.get("is_stablecoin_pair") or known.get("base_asset") in self.extra_stablecoins
        }
        by_name = universe_mask(bars, without_stablecoins=True)
        return by_name & _mask_of_symbols(bars, {*bars.symbols} - out) if out else by_name


class ExcludeLeveragedTokens(Rule):
    """Out are leveraged tokens, by their names beside those that are there, and by ``is_leveraged`` of the metadata."""

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        out = {name for name, known in metadata.items() if known.get("is_leveraged")}
        by_name = universe_mask(bars, without_leveraged=True)
        return by_name & _mask_of_symbols(bars, {*bars.symbols} - out) if out else by_name


class MinListingAge(Rule):
    """Out are rows that start less than ``days`` days after the ``listing_date`` of the metadata, and symbols without one."""

    def __init__(self, days: int = 90) -> None:
        if days < 0:
            raise ArgumentError(f"days is {days} and must be at least 0")
        self.days = days

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        since: dict[int, list[str]] = {}
        earliest = bars.metadata.min_time
        for name in bars.symbols:
            listed = metadata[name].get("listing_date") if name in metadata else None
            if listed is not None:  # all that are old enough from the start are one part
                since.setdefault(max(listed + self.days * DAY_MS, earliest), []).append(name)
        return _mask_of_parts(bars, [bars.slice(start=start, symbols=names) for start, names in since.items()])


class MinVolume(Rule):
    """Out are rows whose mean ``volume`` over the last ``window`` rows is below ``threshold``, or where not all are there."""

    def __init__(self, window: int = 20, threshold: float = 1_000_000) -> None:
        self.window, self.threshold = window, threshold

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        mean = bars["volume"].ts_mean(self.window)
        return universe_mask(bars, mask=mask_of(mean >= self.threshold, bars))


class MinLiquidity(Rule):
    """Out are rows whose mean notional (else close × volume) over the last ``window`` rows is below ``threshold``, or where not
    all are there."""

    def __init__(self, window: int = 20, threshold: float = 100_000) -> None:
        self.window, self.threshold = window, threshold

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        return universe_mask(bars, min_notional=float(self.threshold), notional_window=self.window)


class TagFilter(Rule):
    """In are symbols with one of the tags ``include``, where those are given, and none of ``exclude``."""

    def __init__(self, include: Sequence[str] | None = None, exclude: Sequence[str] | None = None) -> None:
        self.include, self.exclude = [*(include or ())], [*(exclude or ())]

    def mask(self, bars: AggBar, metadata: Metadata, tags: Tags = None) -> Factor:
        """See the class."""
        if tags is None:
            raise ArgumentError("a TagFilter needs tags: a mapping from symbols, or base assets, to lists of them")
        chosen = set()
        for name in bars.symbols:
            base = metadata[name].get("base_asset", "") if name in metadata else ""
            own = {*tags.get(name, ()), *tags.get(base, ())}
            if (not self.include or own & {*self.include}) and not own & {*self.exclude}:
                chosen.add(name)
        return _mask_of_symbols(bars, chosen)
