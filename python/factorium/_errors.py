"""What can go wrong: each error is an :class:`Error` and the built-in exception that Python users expect."""

from __future__ import annotations

import re


class Error(Exception):
    """The base of all errors that factorium raises.

    ``position`` is the byte offset in a text that was being parsed, or -1.
    """

    position: int = -1

    def __str__(self) -> str:
        # A KeyError would show its message in quotes, an OSError without an errno nothing else.
        return str(self.args[0]) if self.args else ""


class ArgumentError(Error, ValueError):
    """An argument is out of its range or contradicts another."""


class ArgumentTypeError(Error, TypeError):
    """An argument is of a kind that is not taken."""


class NotFoundError(Error, FileNotFoundError):
    """There is no such file, symbol or day."""


class NoSuchColumnError(Error, KeyError):
    """There is no such column, symbol or name in what is at hand."""


class ReadError(Error, OSError):
    """The operating system refused."""


class DataError(Error, ValueError):
    """The input is malformed; the message names file, row and column."""


class IntegrityError(DataError):
    """A checksum or a recorded count does not hold."""


class LimitError(Error, MemoryError):
    """A memory limit would be exceeded."""


class OutOfMemoryError(Error, MemoryError):
    """There is no memory left."""


class UnsupportedError(Error, ValueError):
    """Valid input of a kind that is not read."""


class NotProvidedError(UnsupportedError, NotImplementedError):
    """Something of the published package that is not here."""


class MissingLibraryError(Error, ImportError):
    """A library that is not installed would be needed."""


class InterruptedCallError(Error, InterruptedError):
    """The call was told to stop."""


class ForkedError(Error, RuntimeError):
    """The process was forked while another thread was in a call."""


class InternalError(Error, RuntimeError):
    """A defect in factorium; please report it with the message."""


class PartialWarning(UserWarning):
    """Done, but part of what was asked for is missing."""


# By the numbers of fct_status.
_BY_STATUS: dict[int, type[Error]] = {
    1: ArgumentError,
    2: NotFoundError,
    3: ReadError,
    4: DataError,
    5: IntegrityError,
    6: LimitError,
    7: OutOfMemoryError,
    8: UnsupportedError,
    9: InterruptedCallError,
}


# The C library names the options of its commands: what they are called here.
_NAMES = {
    "--allow-external": "allow_external=True",
    "--again": "again=True",
    "--cache": "cache_dir",
    "--exchange": "exchange",
    "--interval": "interval",
    "--list-url": "list_url",
    "--map": "mapping",
    "--market": "market",
    "--memory-limit": "memory_limit",
    "--missing skip": 'missing="skip"',
    "--no-cache": "use_cache=False",
    "--on-bad-row skip": "skip_bad_rows=True",
    "--panel FILE": "panel=FILE",
    "--store DIR": "store=DIR",
    "--symbol": "symbol",
    "--symbols": "symbols",
    "--threads": "threads",
    "--type": "data_type",
    "--unchecked": "unchecked=True",
}
_MAP = re.compile(r"--map (\w+=\w+(?:,\w+=\w+)*)")
_OPTION = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _NAMES), reverse=True))})(?![\w-])")


def in_python(message: str) -> str:
    """A message of the C library, with options as they are called here."""
    if "--" not in message:
        return message
    message = _MAP.sub(lambda found: f"mapping={dict(pair.split('=') for pair in found[1].split(','))}", message)
    message = message.replace("--exchange generic", 'exchange="generic"')
    return _OPTION.sub(lambda found: _NAMES[found[0]], message)


def make(status: int, message: str, position: int, wants_key: int) -> Error:
    """The exception for a status of the C library."""
    kind = _BY_STATUS.get(status, InternalError)
    if wants_key and kind is NotFoundError:
        kind = NoSuchColumnError
    error = kind(in_python(message))
    error.position = position
    return error
