"""What a handler may know about the event that it serves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nexws.protocol import Ref

__all__ = ["EventContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContext:
    """One event while it is handled: what guards and middleware get, and handlers that ask for it.

    A handler, or a dependency of one, asks with a parameter that is annotated ``EventContext``.
    """

    name: str
    """The event's name as the client sent it; of a family, the whole name."""
    ref: Ref | None
    """What the client knows the answer by."""
    data: Any
    """The validated payload; ``None`` without one."""
    consumer: Any
    """The consumer of this connection."""
    connection: uuid.UUID
    """The id of the connection; its channel's ``uuid``."""
    websocket: Any
    """The framework's socket."""
    user: Any
    """Who is connected: ``scope["user"]``."""
    path_params: Mapping[str, Any]
    """The parameters of the connection's path."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the client said about the event: ``traceparent`` and ``key``."""
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    """A dictionary of this one event, for whoever takes part in serving it."""
