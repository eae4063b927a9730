"""What one client may cost, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]


_PARSER_DEPTH = 200  # pydantic-core's own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds that every connection lives within; times are seconds.

    Raises:
        ValueError: a bound is not greater than zero, or ``json_depth`` greater than 200.
    """

    frame_bytes: int = 64 * 1024
    """The largest frame that a client may send, in bytes (of UTF-8, where it is text)."""
    json_depth: int = 64
    """How deep the JSON of a frame may nest; 200 at most, where the parser ends."""
    inbox_frames: int = 32
    """Frames that wait while a handler runs; behind them the connection is not read."""
    inbox_timeout: float = 5.0
    """How long the connection is not read then; past it, what does not fit is ``rate_limited``, or the connection
    closed with 4013 where no events are served. Less than the server's ping timeout, or it cuts the client."""
    handler_timeout: float = 30.0
    """How long a handler may take, or each item of a stream, unless ``@on(..., timeout=)`` says otherwise."""
    streams_per_connection: int = 16
    """Streams that may run for one connection at a time."""
    outbox_bytes: int = 1024 * 1024
    """Bytes that wait for a client whose socket takes no more; past them the overflow policy of the push acts, which
    cuts the connection with 4008 unless it says otherwise."""
    send_timeout: float = 10.0
    """How long one frame may wait for a client's socket; past it the connection is cut with 4008."""
    disconnect_timeout: float = 5.0
    """How long ``on_disconnect`` may take."""
    drain_timeout: float = 20.0
    """How long the connections of a server that stops are closed, one after the other."""
    heartbeat_interval: float = 25.0
    """How often a client that speaks the heartbeat says so, or anything else; one that never did is not held to it."""
    heartbeat_timeout: float = 10.0
    """How much longer it may be silent; past it the connection is closed with 4012."""
    resume_events: int = 300
    """Pushes that a client may have missed in one group and still get when it comes back."""
    groups_per_connection: int = 128
    """Groups that one connection may be in."""
    history_events: int = 100
    """Events kept for each group."""
    history_seconds: float = 300.0
    """How long an event is kept."""
    history_bytes: int = 1024 * 1024
    """Bytes kept for each group."""
    history_groups: int = 10_000
    """Groups whose history is kept, where the application has no layer of its own; the longest silent goes first."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"Limits.{field.name} must be greater than zero")
        if self.json_depth > _PARSER_DEPTH:
            raise ValueError(f"Limits.json_depth must be at most {_PARSER_DEPTH}: no parser here goes deeper")
