"""Changes, and for whom they break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Literal

__all__ = ["ALWAYS", "NARROWED", "NEVER", "WIDENED", "Change", "Direction", "Verdict", "has_breaking"]

Verdict = Literal["breaking", "compatible", "documentation"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, as a client of the old document sees it.

    ``breaking``: a client that does all that the old document says, and only that, may fail. ``compatible``: it works
    on. ``documentation``: nothing but words has changed. ``channel``, ``event`` and ``field`` say where, as far as
    they apply, and ``message`` says what, without them.
    """

    channel: str
    event: str
    field: str
    message: str
    verdict: Verdict

    @property
    def where(self) -> str:
        """The place in one line."""
        return " / ".join(part for part in (self.channel, self.event, self.field) if part)

    def __str__(self) -> str:
        return f"{self.verdict}: {self.where}: {self.message}"


def has_breaking(changes: Iterable[Change]) -> bool:
    """Tell whether a client of the old document may fail."""
    return any(change.verdict == "breaking" for change in changes)


class Direction(Flag):
    """Where messages go; both, where a document does not say."""

    TO_SERVER = auto()
    TO_CLIENT = auto()

    @property
    def back(self) -> Direction:
        """The direction of the replies."""
        swapped = {Direction.TO_SERVER: Direction.TO_CLIENT, Direction.TO_CLIENT: Direction.TO_SERVER}
        return swapped.get(self, self)


NEVER = Direction(0)
NARROWED = Direction.TO_SERVER
"""Fewer values are allowed: that breaks whoever wrote them, if the client did."""
WIDENED = Direction.TO_CLIENT
"""More values are allowed: that breaks whoever reads them, if the client does."""
ALWAYS = NARROWED | WIDENED
