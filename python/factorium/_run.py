"""How long calls run: threads, memory, progress, messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import _core
from ._errors import in_python

Progress = bool | Callable[[str, str | None, str, int, int], Any]

#: What the C library takes: threads, memory limit in bytes, folder for spill files, progress, messages.
Run = tuple[int, int, str | None, Callable[..., Any] | None, Callable[[int, str], Any] | None]

_logger = logging.getLogger("factorium")
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)


def _log(level: int, text: str) -> None:
    _logger.log(_LEVELS[level], "%s", in_python(text))


def release_memory() -> int:
    """Gives memory that is kept for the next panels back to the system; how many bytes that were.

    Large columns that were freed are kept, at most 512 MiB, as new pages cost as much time as most factors.
    """
    return _core.memory_release()


class _Bar:
    """A tqdm bar that follows the stages of a call."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None
        self._stage = ""

    def __call__(self, stage: str, item: str | None, unit: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            scale = unit == "bytes"
            self._bar = self._tqdm(desc=stage, total=total or None, unit="B" if scale else unit, unit_scale=scale)
            self._stage = stage
        self._bar.total = total or None
        self._bar.n = done
        if item:
            self._bar.set_postfix_str(item, refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def run(threads: int = 0, memory_limit: int = 0, progress: Progress = False) -> Iterator[Run]:
    """The run of one call. ``progress`` is True (a tqdm bar, where tqdm is installed) or a function."""
    bar: _Bar | None = None
    callback: Callable[..., Any] | None = None
    if callable(progress):
        callback = progress
    elif progress:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            callback = bar = _Bar(tqdm)
    # Details are made only for those who listen.
    message = _log if _logger.isEnabledFor(logging.WARNING) else None
    try:
        yield (threads, memory_limit, None, callback, message)
    finally:
        if bar is not None:
            bar.close()
