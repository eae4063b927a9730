"""What crosses the wire: names, codes, envelopes, frames and the rules for JSON. No I/O."""

from __future__ import annotations

from nexws.protocol.codes import CloseCode, FailureCode, close_reason
from nexws.protocol.envelopes import Envelope
from nexws.protocol.frames import CANCEL_EVENT, ERROR_EVENT, NO_DATA, Failure, JsonFrames, Ref, Status
from nexws.protocol.json_text import has_duplicate_key, has_no_number, is_too_deep, plain_test
from nexws.protocol.names import (
    RESERVED_PREFIX,
    UNKNOWN,
    check_event_name,
    check_group_name,
    check_served_name,
    is_event_name,
)

__all__ = [
    "CANCEL_EVENT",
    "ERROR_EVENT",
    "NO_DATA",
    "RESERVED_PREFIX",
    "UNKNOWN",
    "CloseCode",
    "Envelope",
    "Failure",
    "FailureCode",
    "JsonFrames",
    "Ref",
    "Status",
    "check_event_name",
    "check_group_name",
    "check_served_name",
    "close_reason",
    "has_duplicate_key",
    "has_no_number",
    "is_event_name",
    "is_too_deep",
    "plain_test",
]
