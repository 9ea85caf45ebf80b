"""The Python blocks of the pages run, in order, as cells of one notebook, and print what the pages show.

A block marked `py` is a cell; a block marked `text` right behind it is what it prints. UPDATE_EXPECTED=1 rewrites those.
"""

import ast
import contextlib
import io
import os
import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```py\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.S | re.M)


def run_cell(code: str, names: dict) -> str:
    """What a notebook shows of a cell: what it prints, then its last expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        if value is not None:
            print(repr(value))
    return "".join(line.rstrip() + "\n" for line in printed.getvalue().rstrip("\n").split("\n"))


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/python-tutorial.md"])
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = ROOT / page
    text = path.read_text()
    names: dict = {"__name__": "__main__"}
    shown = []

    def run(match: re.Match) -> str:
        printed = run_cell(match[1], names)
        expected = "" if match[2] is None else match[2]
        shown.append((match[1], expected, printed))
        if match[2] is None:
            return match[0]
        return f"```py\n{match[1]}```\n\n```text\n{printed}```\n"

    if page == "README.md":
        import factorium as ft

        ft.simulate("archive", symbols=3)
        ft.ingest("archive", "store")
    with pd.option_context("display.width", 120, "display.max_columns", 20):
        rewritten = BLOCK.sub(run, text)
    assert shown, "the page has cells"
    if os.environ.get("UPDATE_EXPECTED"):
        path.write_text(rewritten)
        return
    for code, expected, printed in shown:
        assert printed == expected or not (expected or printed.strip()), code
