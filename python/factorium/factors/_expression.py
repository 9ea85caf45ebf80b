"""Expressions as graphs over panels, and their evaluation: everything asked for together is one plan, one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import _core
from .._errors import ArgumentError, ArgumentTypeError
from .._run import Run


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a panel."""

    panel: Any
    name: str


@dataclass(frozen=True, eq=False)
class Operation:
    """A text of the expression language with ``{0}``, ``{1}``, ... where its operands go."""

    template: str
    operands: tuple[Node, ...] = field(default=())


Node = Column | Operation


def _in_order(roots: Sequence[Node]) -> list[Node]:
    """Every node once, operands before what uses them; without recursion, as chains may be long."""
    done: dict[int, None] = {}
    order: list[Node] = []
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, is_ready = stack.pop()
        if id(node) in done:
            continue
        if is_ready or isinstance(node, Column):
            done[id(node)] = None
            order.append(node)
            continue
        stack.append((node, True))
        stack.extend((operand, False) for operand in reversed(node.operands))
    return order


def _quoted(name: str) -> str:
    if "`" in name or "\n" in name:
        raise ArgumentError(
            f"the column {name!r} cannot be part of an expression: its name holds a backquote or a line end"
        )
    return f"`{name}`"


def _joined(columns: Sequence[Column], run: Run) -> tuple[Any, dict[int, str]]:
    """One panel that holds all columns, and the name of each in it."""
    panels: dict[int, Any] = {id(column.panel): column.panel for column in columns}
    if len(panels) == 1:
        return columns[0].panel, {id(column): column.name for column in columns}
    joined = None
    names: dict[int, str] = {}
    for number, (key, panel) in enumerate(panels.items()):
        here = [column for column in columns if id(column.panel) == key]
        wanted = [*dict.fromkeys(column.name for column in here)]
        renamed = {name: f"p{number}_{i}" for i, name in enumerate(wanted)}
        part = panel.slice(0, 0, None, wanted, run)
        part = _core.panel_from_stream(_core.stream_renamed(part.stream(), renamed), run)
        joined = part if joined is None else joined.merge(part, run)
        names.update({id(column): renamed[column.name] for column in here})
    return joined, names


def text_of(roots: Mapping[str, Node], run: Run) -> tuple[str, Any]:
    """The statements of several roots, by their names, and the panel they are for."""
    nodes = _in_order([*roots.values()])
    columns = [node for node in nodes if isinstance(node, Column)]
    if not columns:
        raise ArgumentError("nothing that is evaluated refers to a column of a panel")
    panel, names = _joined(columns, run)
    prefix = "_e"
    while any(name.lower().startswith(prefix) for name in panel.columns):
        prefix += "_"
    defined: dict[int, str] = {}
    lines = []
    for number, node in enumerate(nodes):
        defined[id(node)] = f"{prefix}{number}"
        if isinstance(node, Column):
            text = _quoted(names[id(node)])
        else:
            text = node.template.format(*(defined[id(operand)] for operand in node.operands))
        lines.append(f"{prefix}{number} = {text}")
    lines += [f"{_quoted(name)} = {defined[id(root)]}" for name, root in roots.items()]
    return "\n".join(lines), panel


def plan_of(roots: Mapping[str, Node], strict: bool, run: Run) -> tuple[Any, Any]:
    """The plan of several roots, by their names, and the panel it is for."""
    text, panel = text_of(roots, run)
    return _core.compile(text, "factorium", strict), panel


def text_of_texts(texts: Mapping[str, Any]) -> str:
    """The statements of several texts, by their names."""
    for name, text in texts.items():
        if not isinstance(text, str):
            raise ArgumentTypeError(
                f"{name}: where one expression is a text of another dialect, or of a file's bars, all are texts"
            )
    return "\n".join(f"{_quoted(name)} = ({text})" for name, text in texts.items())


def evaluate(roots: Mapping[str, Node], strict: bool, run: Run) -> Any:
    """A panel with one column for each root, by their names."""
    plan, panel = plan_of(roots, strict, run)
    return plan.run(panel, run)
