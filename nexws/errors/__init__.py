"""Everything nexws raises: one base class, facts as attributes, text built on demand."""

from __future__ import annotations

from nexws.errors.base import NexwsError
from nexws.errors.failures import EventError
from nexws.errors.serving import (
    ConnectionClosedError,
    EventFailed,
    ExpectationError,
    GroupLimitError,
    GroupNameError,
    HandshakeRefusedError,
    LayerError,
    NotAcceptedError,
    NotServingError,
    PayloadError,
    PositionError,
    UndeclaredEventError,
)
from nexws.errors.setup import (
    DependencyError,
    DocumentError,
    DuplicateEventError,
    EncodingError,
    EnvelopeError,
    ErrorDeclarationError,
    EventNameError,
    ExampleError,
    HandlerSignatureError,
    ParameterError,
    PushDeclarationError,
    RouterError,
    SchemaConversionError,
    SchemaError,
    SetupError,
)

__all__ = [
    "ConnectionClosedError",
    "DependencyError",
    "DocumentError",
    "DuplicateEventError",
    "EncodingError",
    "EnvelopeError",
    "ErrorDeclarationError",
    "EventError",
    "EventFailed",
    "EventNameError",
    "ExampleError",
    "ExpectationError",
    "GroupLimitError",
    "GroupNameError",
    "HandlerSignatureError",
    "HandshakeRefusedError",
    "LayerError",
    "NexwsError",
    "NotAcceptedError",
    "NotServingError",
    "ParameterError",
    "PayloadError",
    "PositionError",
    "PushDeclarationError",
    "RouterError",
    "SchemaConversionError",
    "SchemaError",
    "SetupError",
    "UndeclaredEventError",
]
