"""What crosses the wire: names, codes, frames and the rules for JSON. No I/O."""

from __future__ import annotations

from nexws.protocol.codes import CloseCode, FailureCode, close_reason
from nexws.protocol.frames import CANCEL_EVENT, ERROR_EVENT, NO_DATA, Failure, Ref, answer_frame, push_frame
from nexws.protocol.json_text import has_duplicate_key, has_no_number, is_plain, is_too_deep
from nexws.protocol.names import RESERVED_PREFIX, check_event_name, check_group_name, is_event_name

__all__ = [
    "CANCEL_EVENT",
    "ERROR_EVENT",
    "NO_DATA",
    "RESERVED_PREFIX",
    "CloseCode",
    "Failure",
    "FailureCode",
    "Ref",
    "answer_frame",
    "check_event_name",
    "check_group_name",
    "close_reason",
    "has_duplicate_key",
    "has_no_number",
    "is_event_name",
    "is_plain",
    "is_too_deep",
    "push_frame",
]
