"""Which of a consumer's handlers serves a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from nexws.protocol import RESERVED_PREFIX, UNKNOWN

__all__ = ["Served"]

T = TypeVar("T")


class Served(Generic[T]):
    """What serves each event: an exact name before any family, the longest family before others, then the rest."""

    __slots__ = ("_families", "_unknown", "exact")

    def __init__(self, by_name: Mapping[str, T]) -> None:
        self.exact: dict[str, T] = {name: each for name, each in by_name.items() if not name.endswith("*")}
        families = [
            (name[:-1], each) for name, each in by_name.items() if name.endswith("*") and name != UNKNOWN
        ]
        self._families = sorted(families, key=lambda family: len(family[0]), reverse=True)
        self._unknown = by_name.get(UNKNOWN)

    def find(self, event: str) -> T | None:
        """Find what serves *event*; reserved names are nobody's."""
        found = self.exact.get(event)
        if found is not None or event.startswith(RESERVED_PREFIX):
            return found
        for prefix, each in self._families:
            if event.startswith(prefix) and event != prefix:
                return each
        return self._unknown
