"""Writes the type stubs of what is made from the table of operators:  python scripts/python_stubs.py [--check]

Needs the package on the path (PYTHONPATH=build/python). --check writes nothing and fails where a stub is not up to date.
"""

import inspect
import sys
from pathlib import Path

from factorium.factors import _methods, operators

FOLDER = Path(__file__).parent.parent / "python" / "factorium" / "factors"
HEAD = '''"""Made by scripts/python_stubs.py from the table of operators."""

from typing import Any

from .core import Factor

'''
TYPES = {0: "int", 1: "int", 2: "float", 3: "bool", 4: "str"}
OWN = {
    "where": "(factor: Factor, cond: Factor, other: Factor | float | None = None) -> Factor",
    "log": "(factor: Factor, base: float | None = None) -> Factor",
    "cs_winsorize": "(factor: Factor, limits: Any = 0.025) -> Factor",
    "pow": "(factor: Factor, exponent: Factor | float) -> Factor",
    "signed_pow": "(factor: Factor, exponent: Factor | float) -> Factor",
    "min": "(factor: Factor | float, *others: Factor | float, other: Factor | float | None = None) -> Factor",
    "max": "(factor: Factor | float, *others: Factor | float, other: Factor | float | None = None) -> Factor",
    "table": "() -> list[dict[str, Any]]",
    **dict.fromkeys(("add", "sub", "mul", "div"), "(factor1: Factor | float, factor2: Factor | float) -> Factor"),
    **dict.fromkeys(("ln", "reverse", "mean", "median"), "(factor: Factor) -> Factor"),
}


def stub(name: str, op: _methods.Operator, first: str) -> str:
    shown = []
    kinds = {p.name: TYPES[p.kind] for p in op.parameters}
    for p in op.signature(first).parameters.values():
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            shown.append(f"*{p.name}: Factor | float")
            continue
        kind = kinds.get(p.name, "Factor" if p.name == first else "Factor | float")
        if p.default is None:
            kind += " | None"
        default = "" if p.default is inspect.Parameter.empty else f" = {p.default!r}"
        shown.append(p.name if p.name == "self" else f"{p.name}: {kind}{default}")
    return f"def {name}({', '.join(shown)}) -> Factor: ..."


def made() -> dict[str, str]:
    names = [(name, op) for op in _methods.OPERATORS.values() for name in _methods.names_of(op)]
    own_methods = vars(_methods.OperatorMethods)
    methods = [f"    {stub(name, op, 'self')}" for name, op in names if name not in own_methods]
    functions = {name: stub(name, op, "factor") for name, op in names}
    functions |= {name: f"def {name}{signature}: ..." for name, signature in OWN.items()}
    assert sorted(functions) == operators.__all__
    return {
        "_generated.pyi": f"{HEAD}class GeneratedMethods:\n" + "\n".join(methods) + "\n",
        "operators.pyi": HEAD + "\n".join(functions[name] for name in sorted(functions)) + "\n",
    }


def main() -> int:
    stale = 0
    for name, text in made().items():
        path = FOLDER / name
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path} is not what the table of operators says: run scripts/python_stubs.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
