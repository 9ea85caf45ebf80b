"""``python3 -m factorium.distributed run-plan PLAN --executor URL``: what ``factorium`` calls, and clusters' job queues may."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .._errors import ArgumentError, Error, IntegrityError
from . import run_plan

_FAILED, _USAGE, _INTEGRITY, _INTERRUPTED = 1, 2, 4, 130


def _tell(stage: str, item: str | None, unit: str, done: int, total: int) -> None:
    """A line that the program reads: the stage has no tab in it."""
    print(stage, done, total, sep="\t", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m factorium.distributed")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run-plan", help="run the shards of a plan's file that were not run yet")
    verb.add_argument("plan", help="what factorium plan wrote, where every node reads it")
    verb.add_argument("--executor", required=True, help="local://N, ray://..., dask://... or spark://...")
    verb.add_argument("--threads", type=int, default=1, help="of one shard [1]")
    verb.add_argument("--memory-limit", type=int, default=0, help="of one shard, in bytes [none]")
    verb.add_argument("--progress", action="store_true", help="a line on stdout with each shard: stage, done, total")
    return parser.parse_args()


def main() -> int:
    """Runs the verb; the exit code is that of the program in such a case."""
    options = _arguments()
    progress: Any = _tell if options.progress else False
    try:
        run_plan(
            options.plan,
            options.executor,
            threads=options.threads,
            memory_limit=options.memory_limit,
            progress=progress,
        )
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Error, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return (
            _USAGE if isinstance(error, ArgumentError) else _INTEGRITY if isinstance(error, IntegrityError) else _FAILED
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
