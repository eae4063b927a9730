"""Typed WebSocket events for Nexios."""

from __future__ import annotations

from nexws.app import Nexws
from nexws.consumer import Channel, ConsumerRoute, EventConsumer, WebSocketConsumer
from nexws.errors import (
    ConnectionClosedError,
    DependencyError,
    DuplicateEventError,
    EncodingError,
    EventError,
    EventFailed,
    EventNameError,
    ExpectationError,
    GroupLimitError,
    GroupNameError,
    HandlerSignatureError,
    HandshakeRefusedError,
    NexwsError,
    NotAcceptedError,
    NotServingError,
    PayloadError,
    SchemaError,
    SetupError,
    UndeclaredEventError,
)
from nexws.events import BoundEmit, Emit, EventContext, Handler, emits, on
from nexws.protocol import CloseCode, FailureCode
from nexws.runtime import HistoryEntry, Limits

__all__ = [
    "BoundEmit",
    "Channel",
    "CloseCode",
    "ConnectionClosedError",
    "ConsumerRoute",
    "DependencyError",
    "DuplicateEventError",
    "Emit",
    "EncodingError",
    "EventConsumer",
    "EventContext",
    "EventError",
    "EventFailed",
    "EventNameError",
    "ExpectationError",
    "FailureCode",
    "GroupLimitError",
    "GroupNameError",
    "Handler",
    "HandlerSignatureError",
    "HandshakeRefusedError",
    "HistoryEntry",
    "Limits",
    "Nexws",
    "NexwsError",
    "NotAcceptedError",
    "NotServingError",
    "PayloadError",
    "SchemaError",
    "SetupError",
    "UndeclaredEventError",
    "WebSocketConsumer",
    "emits",
    "on",
]
