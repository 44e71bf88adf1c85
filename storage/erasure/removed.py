"""What an erasure took away, row by row, so that each counts once however often it is met."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Removed:
    """Primary keys by table: of rows that are gone, and of rows that lost what named somebody."""

    gone: dict[str, set[Any]] = field(default_factory=dict)
    changed: dict[str, set[Any]] = field(default_factory=dict)

    def add(self, table: str, keys: Iterable[Any]) -> None:
        self.gone.setdefault(table, set()).update(keys)

    def change(self, table: str, keys: Iterable[Any]) -> None:
        self.changed.setdefault(table, set()).update(keys)

    def take(self, other: "Removed") -> None:
        for table, keys in other.gone.items():
            self.add(table, keys)
        for table, keys in other.changed.items():
            self.change(table, keys)

    def has(self, table: str, key: Any) -> bool:
        """Whether the row is gone, or would be."""
        return key in self.gone.get(table, ())

    def counts(self) -> dict[str, dict[str, int]]:
        """{table: {"removed", "redacted"}} of those tables where anything happened."""
        found = {}
        for table in sorted({*self.gone, *self.changed}):
            gone = self.gone.get(table, set())
            counted = {"removed": len(gone), "redacted": len(self.changed.get(table, set()) - gone)}
            if any(counted.values()):
                found[table] = counted
        return found
