"""Hooks for whoever watches: logs and metrics."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

__all__ = ["ConnectionClosed", "ConnectionOpened", "EventHandled", "FrameSent", "Hooks", "Observer"]

DetailT = TypeVar("DetailT")

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOpened:
    """A client has been accepted."""

    connection: uuid.UUID
    consumer: str
    """The name of the consumer's class."""
    path: str
    user: Any
    """Who it is, as known when it was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHandled:
    """An event has been served, or not."""

    connection: uuid.UUID
    consumer: str
    handler: str | None
    """The name under which it is served (``chat.*`` for a family), so that names that clients make up do not count;
    ``None`` where nobody serves it, or it could not be read."""
    event: str | None
    """Its name on the wire."""
    outcome: str
    """``ok``, ``cancelled``, or the code of the failure."""
    seconds: float
    """From the frame to the answer; of a stream, to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSent:
    """A frame has been handed over for a client: an answer or a push."""

    connection: uuid.UUID
    consumer: str
    size_bytes: int
    is_taken: bool
    """Whether the connection took it; it does not when it is over, or when its overflow policy drops the frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionClosed:
    """An accepted client has gone."""

    connection: uuid.UUID
    consumer: str
    code: int
    """The close code (RFC 6455 section 7.4)."""
    seconds: float
    """How long it was connected."""


class Observer:
    """Watches connections: override what you want to know, and pass an instance to ``Nexws(app, observers=[...])``.

    A hook is called in the event loop, between other work, so it must not block. What it raises is logged and
    goes nowhere. A hook that nobody overrides costs nothing.
    """

    def opened(self, detail: ConnectionOpened, /) -> None:
        """A client has been accepted."""

    def handled(self, detail: EventHandled, /) -> None:
        """An event has been served, or not."""

    def sent(self, detail: FrameSent, /) -> None:
        """A frame has been handed over for a client."""

    def closed(self, detail: ConnectionClosed, /) -> None:
        """An accepted client has gone."""


class Hooks:
    """The hooks of all observers that have one; an attribute is ``None`` where nobody listens."""

    __slots__ = ("closed", "handled", "opened", "sent")

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self.opened: Final = _all(observers, Observer.opened)
        self.handled: Final = _all(observers, Observer.handled)
        self.sent: Final = _all(observers, Observer.sent)
        self.closed: Final = _all(observers, Observer.closed)


def _all(
    observers: Sequence[Observer], hook: Callable[[Observer, DetailT], None]
) -> Callable[[DetailT], None] | None:
    """Join the overriding hooks into one that never raises."""
    name = hook.__name__
    hooks = [getattr(each, name) for each in observers if getattr(type(each), name) is not hook]
    if not hooks:
        return None

    def tell(detail: DetailT) -> None:
        for each in hooks:
            try:
                each(detail)
            except Exception:  # noqa: PERF203 - the edge to code that only watches
                _logger.exception("an observer failed in %s()", name)

    return tell
