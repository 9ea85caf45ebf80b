"""Results that are several tables, each of which becomes any library's frame."""

from __future__ import annotations

from typing import Any, ClassVar

from ._table import Rows


class _One(Rows):
    """One of the tables; it can be asked for any number of times."""

    def __init__(self, handle: Any, name: str) -> None:
        self._handle, self._name = handle, name

    def _stream(self) -> Any:
        return self._handle.table(self._name)

    def __repr__(self) -> str:
        return repr(self.to_pandas())

    def _repr_html_(self) -> str:
        return str(self.to_pandas()._repr_html_())


class Tables:
    """Several tables by their names. It never changes; any number of threads may read one."""

    #: The names, the most asked for first.
    tables: ClassVar[tuple[str, ...]] = ()

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def table(self, name: str) -> Rows:
        """A table by its name; a ``KeyError`` lists the names. One that was not asked for has no rows."""
        self._handle.table(name)
        return _One(self._handle, name)

    def __getitem__(self, name: str) -> Rows:
        return self.table(name)

    def _ipython_key_completions_(self) -> list[str]:
        return [*self.tables]

    def __repr__(self) -> str:
        name = self.tables[0]
        return f"{type(self).__name__}, {name}:\n{self.table(name).to_pandas().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return str(self.table(self.tables[0]).to_pandas()._repr_html_())
