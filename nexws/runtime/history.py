"""What was sent to a group before, as programs read it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from nexws.layers import Entry
from nexws.protocol import Position

__all__ = ["HistoryEntry"]


class HistoryEntry:
    """One broadcast that was kept."""

    __slots__ = ("_entry", "_read")

    def __init__(self, entry: Entry, read: Callable[[Entry], Any]) -> None:
        self._entry, self._read = entry, read

    @property
    def event(self) -> str:
        """The event's name; empty where the consumer has none."""
        return self._entry.publication.event

    @property
    def payload(self) -> Any:
        """What was sent, read anew each time: nobody can change what others will read.

        Of an event consumer these are the parts of the frame, ``event`` and ``data``.
        """
        return self._read(self._entry)

    @property
    def position(self) -> Position:
        """Where it stands in the group."""
        return self._entry.position

    @property
    def created(self) -> datetime:
        """When it was sent."""
        return self._entry.created

    @property
    def uuid(self) -> uuid.UUID:
        """A name for it, the same for all who read it."""
        return uuid.uuid5(uuid.NAMESPACE_OID, str(self._entry.position))

    def __repr__(self) -> str:
        return f"<HistoryEntry {self.event!r} at {self.position}>"
