"""Declarations: which events a consumer serves and sends. No I/O."""

from __future__ import annotations

from nexws.events.arguments import Argument, Source
from nexws.events.context import EventContext
from nexws.events.contract import Contract
from nexws.events.marks import marks_of, on
from nexws.events.pushes import BoundEmit, Emit, Sender, emits
from nexws.events.reading import NO_PAYLOAD, Envelope, FrameReader
from nexws.events.signatures import Handler

__all__ = [
    "NO_PAYLOAD",
    "Argument",
    "BoundEmit",
    "Contract",
    "Emit",
    "Envelope",
    "EventContext",
    "FrameReader",
    "Handler",
    "Sender",
    "Source",
    "emits",
    "marks_of",
    "on",
]
