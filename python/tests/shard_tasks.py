"""Tasks that tests hand to executors: files in, files out, and the ways a worker may fail."""

import os
import signal
import time
from pathlib import Path
from typing import Any


def _once(marker: Path) -> bool:
    """True for the first one who asks, on whatever process."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _put(path: Path, text: str) -> str:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.rename(path)
    return str(path)


def square(shard: tuple[str, int]) -> str:
    folder, number = shard
    return _put(Path(folder) / f"{number}.txt", str(number * number))


def refuse_sevens(shard: tuple[str, int]) -> str:
    if shard[1] % 7 == 0:
        raise ValueError(f"{shard[1]} is a multiple of 7")
    return square(shard)


def fail_once(shard: tuple[str, int]) -> str:
    """As a file server that has hiccups."""
    folder, number = shard
    if _once(Path(folder) / f".failed-{number}"):
        raise OSError("the file server is away")
    return square(shard)


def die_once(shard: tuple[str, int]) -> str:
    """As one whom the system kills in the middle of writing: shards 3 and 11, once each."""
    folder, number = shard
    if number in (3, 11) and _once(Path(folder) / f".died-{number}"):
        (Path(folder) / f".{number}.txt.{os.getpid()}").write_text("hal")
        os.kill(os.getpid(), signal.SIGKILL)
    return square(shard)


def die_always(shard: tuple[str, int]) -> str:
    if shard[1] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(shard)


def wait_long(shard: tuple[str, int]) -> str:
    folder, number = shard
    (Path(folder) / f"began-{number}").touch()
    time.sleep(60)
    return square(shard)


def give_much(shard: tuple[str, int]) -> bytes:
    return bytes(2 << 20)


def split_rows(group: tuple[str, int, int]) -> list[str]:
    """Series k of the group, cut in two: lines "series time value"."""
    folder, number, n = group
    lines = [f"{number} {t} {(number * 7 + t * 3) % 11}" for t in range(10)]
    size = -(-len(lines) // n)
    return [_put(Path(folder) / f"{number}-{k}.part", "\n".join(lines[k * size : (k + 1) * size])) for k in range(n)]


def rank_rows(slice_: tuple[int, list[str]]) -> str:
    """At each time of the slice, the series by their values."""
    number, parts = slice_
    rows = [tuple(map(int, line.split())) for part in parts for line in Path(part).read_text().split("\n")]
    lines = []
    for t in sorted({row[1] for row in rows}):
        at = sorted((row[2], row[0]) for row in rows if row[1] == t)
        lines.append(f"{t}: " + " ".join(str(series) for _, series in at))
    return _put(Path(parts[0]).parent / f"{number}.ranked", "\n".join(lines))


def square_slowly(shard: tuple[str, int]) -> str:
    time.sleep(0.2)
    return square(shard)


class _Naming:
    """A task that writes the number of its process to a file first, once."""

    def __init__(self, task: Any, path: str) -> None:
        self.task, self.path = task, path

    def __call__(self, shard: Any) -> Any:
        if not os.path.exists(self.path) and _once(Path(self.path + ".mark")):
            _put(Path(self.path), str(os.getpid()))
            time.sleep(0.2)  # the killer looks
        return self.task(shard)


class Named:
    """An executor whose first worker makes itself known."""

    def __init__(self, executor: Any, path: str) -> None:
        self.executor, self.path = executor, path

    def map(self, task: Any, shards: Any, *, progress: Any = False) -> Any:
        return self.executor.map(_Naming(task, self.path), shards, progress=progress)


class Other:
    """An executor of somebody else's: two methods."""

    def __init__(self, executor: Any) -> None:
        self.map = executor.map
        self.shuffle = executor.shuffle
