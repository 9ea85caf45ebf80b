"""Writes docs/python-reference.md from the docstrings:  python scripts/python_reference.py [--check]

Needs the package on the path (PYTHONPATH=build/python). --check writes nothing and fails where the page is not up to date.
"""

import inspect
import sys
import typing
from pathlib import Path

import factorium
import factorium.arrow
import factorium.backtest
import factorium.data
import factorium.distributed
import factorium.factors
import factorium.research
from factorium.factors import _methods, operators

PAGE = Path(__file__).parent.parent / "docs" / "python-reference.md"
MODULES = [
    ("factorium", factorium, [name for name in factorium.__all__ if name not in ("arrow", "backtest", "__version__")]),
    ("factorium.arrow", factorium.arrow, factorium.arrow.__all__),
    ("factorium.data", factorium.data, [name for name in factorium.data.__all__ if name not in factorium.__all__]),
    (
        "factorium.factors",
        factorium.factors,
        ["FactorAnalyzer", "FactorAnalysisResult", "FactorExpressionParser", "PolarsEngine"],
    ),
    ("factorium.backtest", factorium.backtest, [*factorium.backtest.__all__]),
    ("factorium.research", factorium.research, ["FactorReport"]),
    ("factorium.distributed", factorium.distributed, factorium.distributed.__all__),
]


def words(thing: object) -> str:
    return (
        inspect.cleandoc(thing.__doc__ or "")
        .replace(":class:", "")
        .replace(":meth:", "")
        .replace(":func:", "")
        .replace("``", "`")
    )


def signature(name: str, function: object) -> str:
    if typing.is_typeddict(function):
        return f"{name}({', '.join(function.__annotations__)})"  # type: ignore[attr-defined]
    shown = inspect.signature(function)  # type: ignore[arg-type]
    parameters = [p for p in shown.parameters.values() if p.name not in ("self", "cls")]
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return f"{name}{inspect.Signature(plain)}"


def members(kind: type) -> list[str]:
    lines = []
    own = {
        name: member
        for base in reversed(kind.__mro__)
        if base.__module__.startswith("factorium")
        for name, member in vars(base).items()
    }
    made = {name for op in _methods.OPERATORS.values() for name in _methods.names_of(op)}
    for name, member in own.items():
        if name.startswith("_") or name in made or not (callable(getattr(kind, name)) or isinstance(member, property)):
            continue
        if words(getattr(kind, name)) == "See the class.":
            continue
        if isinstance(member, property):
            lines += [f"**`{name}`**  ", words(member), ""]
        else:
            lines += [f"**`{signature(name, getattr(kind, name))}`**  ", words(getattr(kind, name)), ""]
    return lines


def text() -> str:
    lines = [
        "# Python: reference",
        "",
        "Made from the docstrings by `scripts/python_reference.py`. [Python](python.md) says how it hangs together.",
        "",
    ]
    for title, module, names in MODULES:
        lines += [f"## {title}", ""]
        for name in names:
            thing = getattr(module, name)
            if isinstance(thing, type) and issubclass(thing, BaseException):
                bases = " ".join(f"`{base.__name__}`" for base in thing.__mro__[1:-2] if base is not factorium.Error)
                lines += [f"**`{name}`** ({bases})  ", words(thing), ""]
            elif isinstance(thing, type):
                lines += [f"### {signature(name, thing)}", "", words(thing), "", *members(thing)]
            elif callable(thing):
                lines += [f"### {signature(name, thing)}", "", words(thing), ""]
            else:
                lines += [f"**`{name}`**", ""]
    lines += [
        "## Operators",
        "",
        "Methods of `Factor` and functions of `factorium.factors.operators`; [operators](operators.md) has the formulas.",
        "",
    ]
    lines += ["| operator | also | value |", "|---|---|---|"]
    for row in operators.table():
        also = ", ".join(f"`{name}`" for name in row["aliases"] if name.isidentifier())
        lines.append(f"| `{row['signature']}` | {also} | {row['doc'].replace('|', chr(92) + '|')} |")
    return "\n".join(line.rstrip() if not line.endswith("  ") else line for line in lines) + "\n"


def main() -> int:
    made = text()
    if "--check" not in sys.argv:
        PAGE.write_text(made)
        return 0
    if PAGE.exists() and PAGE.read_text() == made:
        return 0
    print(f"{PAGE} is not what the docstrings say: run scripts/python_reference.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
