"""What crosses the wire: names, codes, envelopes, frames and the rules for JSON. No I/O."""

from __future__ import annotations

from nexws.protocol.addresses import connection_of, group_of_node, group_of_user, new_connection_id
from nexws.protocol.codes import CloseCode, FailureCode, close_reason, is_close_code
from nexws.protocol.envelopes import Envelope
from nexws.protocol.frames import (
    CANCEL_EVENT,
    CLOSING_EVENT,
    DROPPED_EVENT,
    ERROR_EVENT,
    NO_DATA,
    PING_EVENT,
    PONG_EVENT,
    PRESENCE_EVENT,
    RESUME_EVENT,
    Failure,
    JsonFrames,
    Ref,
    Status,
)
from nexws.protocol.json_text import has_duplicate_key, has_no_number, is_too_deep, plain_test
from nexws.protocol.names import (
    GROUP_PATTERN,
    RESERVED_PREFIX,
    UNKNOWN,
    check_event_name,
    check_group_name,
    check_served_name,
    is_event_name,
)
from nexws.protocol.overflow import KEEP, Overflow, OverflowRule
from nexws.protocol.publications import (
    POSITION_PATTERN,
    Command,
    Position,
    Publication,
    Published,
    Retention,
)

__all__ = [
    "CANCEL_EVENT",
    "CLOSING_EVENT",
    "DROPPED_EVENT",
    "ERROR_EVENT",
    "GROUP_PATTERN",
    "KEEP",
    "NO_DATA",
    "PING_EVENT",
    "PONG_EVENT",
    "POSITION_PATTERN",
    "PRESENCE_EVENT",
    "RESERVED_PREFIX",
    "RESUME_EVENT",
    "UNKNOWN",
    "CloseCode",
    "Command",
    "Envelope",
    "Failure",
    "FailureCode",
    "JsonFrames",
    "Overflow",
    "OverflowRule",
    "Position",
    "Publication",
    "Published",
    "Ref",
    "Retention",
    "Status",
    "check_event_name",
    "check_group_name",
    "check_served_name",
    "close_reason",
    "connection_of",
    "group_of_node",
    "group_of_user",
    "has_duplicate_key",
    "has_no_number",
    "is_close_code",
    "is_event_name",
    "is_too_deep",
    "new_connection_id",
    "plain_test",
]
