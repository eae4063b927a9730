"""What stands before a handler: guards, which let an event through or not, and middleware, which goes around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from nexws.errors import EventError
from nexws.events.context import EventContext
from nexws.protocol import FailureCode

__all__ = ["CallNext", "EventMiddleware", "Guard", "authenticated"]

Guard: TypeAlias = Callable[[EventContext], "bool | Awaitable[bool | None] | None"]
"""Lets an event through, unless it gives ``False`` (the client is told ``forbidden``) or raises ``EventError``."""

CallNext: TypeAlias = Callable[[EventContext], Coroutine[Any, Any, Any]]
"""Goes on with an event; gives what the handler returns, or the iterator of what it yields."""

EventMiddleware: TypeAlias = Callable[[EventContext, CallNext], Coroutine[Any, Any, Any]]
"""Goes around a handler: what it returns is the reply, and it may call the next one or not."""


def authenticated(event: EventContext) -> None:
    """Let only known users through: a guard.

    A user is known who is there and, where it has ``is_authenticated``, for whom that is true.

    Raises:
        EventError: ``unauthenticated``, for others.
    """
    if event.user is None or not getattr(event.user, "is_authenticated", True):
        raise EventError(FailureCode.UNAUTHENTICATED.value, "log in first")
