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
    """One event while it is handled: ask for it with a parameter that is annotated ``EventContext``.

    ``state`` is a dictionary of this one event, for whoever takes part in serving it.
    """

    name: str
    ref: Ref | None
    connection: uuid.UUID
    """The id of the connection; its channel's ``uuid``."""
    websocket: Any
    user: Any
    path_params: Mapping[str, Any]
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    state: dict[str, Any] = field(default_factory=dict[str, Any])
