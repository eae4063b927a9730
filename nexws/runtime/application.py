"""What is served on a connection, as the connection knows it."""

from __future__ import annotations

import enum
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from nexws.runtime.outbox import Message

__all__ = ["Application", "State"]


class State(enum.Enum):
    """Where a connection is in its life."""

    CONNECTING = enum.auto()
    OPEN = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()
    REFUSED = enum.auto()


class Application(Protocol):
    """What is served on a connection."""

    def accepting(self, message: Message) -> Message:
        """The client is about to be accepted with *message*; gives what the server is told instead."""
        ...

    async def accepted(self) -> None:
        """The client has been accepted."""

    def connected(self) -> Coroutine[Any, Any, None]:
        """Decide about the client."""
        ...

    def received(self, message: Message) -> Coroutine[Any, Any, None]:
        """Serve one frame."""
        ...

    async def overtaking(self, message: Message) -> bool:
        """A frame came while a handler runs; true where it has been served at once, before those that wait."""
        ...

    async def overflowed(self, message: Message) -> None:
        """A frame came that has no place among those that wait."""

    def dropped(self, counts: Mapping[str, int]) -> None:
        """The client reads too slowly, and has lost so many pushes of each event."""

    async def left(self) -> None:
        """Nothing more reaches the client; handlers may still run."""

    def disconnected(self, code: int) -> Coroutine[Any, Any, None]:
        """The client has gone, and nothing of its handlers runs any more."""
        ...

    def report(self, where: str, error: Exception) -> None:
        """Log what a hook raised."""
