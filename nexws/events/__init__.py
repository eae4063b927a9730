"""Declarations: which events a consumer serves and sends, and how they are read and written. No I/O."""

from __future__ import annotations

from nexws.events.arguments import Argument, Source
from nexws.events.codecs import Codec
from nexws.events.context import EventContext
from nexws.events.contract import Contract, read_reserved
from nexws.events.guards import CallNext, EventMiddleware, Guard, authenticated
from nexws.events.marks import EventMark, EventOptions, On, marks_of, on
from nexws.events.parameters import (
    NAME_IS_TAKEN,
    Parameter,
    Parameters,
    Place,
    UnfitError,
    cookies,
    headers,
    parameters_of,
    query,
)
from nexws.events.payloads import PayloadWriter, adapt, summary_of
from nexws.events.pushes import BoundEmit, Emit, EmitOptions, Sender, Via, emits, send_to
from nexws.events.rates import Bucket, Rate
from nexws.events.received import ANY_PAYLOAD, NO_PAYLOAD, Received
from nexws.events.routers import EventRouter
from nexws.events.signatures import Handler

__all__ = [
    "ANY_PAYLOAD",
    "NAME_IS_TAKEN",
    "NO_PAYLOAD",
    "Argument",
    "BoundEmit",
    "Bucket",
    "CallNext",
    "Codec",
    "Contract",
    "Emit",
    "EmitOptions",
    "EventContext",
    "EventMark",
    "EventMiddleware",
    "EventOptions",
    "EventRouter",
    "Guard",
    "Handler",
    "On",
    "Parameter",
    "Parameters",
    "PayloadWriter",
    "Place",
    "Rate",
    "Received",
    "Sender",
    "Source",
    "UnfitError",
    "Via",
    "adapt",
    "authenticated",
    "cookies",
    "emits",
    "headers",
    "marks_of",
    "on",
    "parameters_of",
    "query",
    "read_reserved",
    "send_to",
    "summary_of",
]
