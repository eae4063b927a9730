"""Numbers and words with a fixed meaning: close codes and failure codes."""

from __future__ import annotations

import enum

__all__ = ["CloseCode", "FailureCode", "close_reason", "is_close_code"]


class CloseCode(enum.IntEnum):
    """Why a connection ended: RFC 6455 section 7.4.1, and nexws' own.

    Of the private codes, a client comes back after 4000 to 4499, with back-off, and not after 4500 to 4999.
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    DRAIN = 4001
    """The server stops; come back, after a delay."""
    SLOW = 4008
    """The client did not read what it was sent in time, or too much waited for it."""
    CONTINUITY_LOST = 4010
    """What was sent to a group meanwhile is not known any more; the client may come back and resume."""
    NO_HEARTBEAT = 4012
    """Nothing was heard of a client that speaks the heartbeat."""
    RATE_LIMITED = 4013
    """The client sends more than is served for it, and cannot be told to wait."""
    FORBIDDEN = 4507
    """The application has put the client out."""


class FailureCode(str, enum.Enum):
    """What went wrong with an event; the ``code`` of a failure."""

    BAD_FRAME = "bad_frame"
    """The frame is none of the consumer's encoding: no object, too deeply nested, binary where text is spoken."""
    BAD_ENVELOPE = "bad_envelope"
    """The frame is an object, but not laid out as the consumer's envelope."""
    UNKNOWN_EVENT = "unknown_event"
    INVALID_PAYLOAD = "invalid_payload"
    UNAUTHENTICATED = "unauthenticated"
    """The event is for clients that are known."""
    FORBIDDEN = "forbidden"
    """A guard does not let this client send the event."""
    RATE_LIMITED = "rate_limited"
    """The client asks for more than it may have at a time; it may try again later."""
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    """The handler took longer than it may."""
    CANCELLED = "cancelled"
    """A newer event of the same name took the place of this one (``concurrency="latest"``)."""
    UNAVAILABLE = "unavailable"
    """The channel layer cannot do now what the event needs; it may later."""
    INTERNAL = "internal"


def close_reason(text: str) -> str:
    """Cut *text* to the 123 bytes of UTF-8 that a close frame has room for (RFC 6455 section 5.5.1)."""
    return text.encode("utf-8", "replace")[:123].decode("utf-8", "ignore")


def is_close_code(code: int) -> bool:
    """Whether a close frame may have *code* (RFC 6455 section 7.4.2): not what only tells that there was none."""
    return (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
