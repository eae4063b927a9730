"""The events that every event consumer serves and sends: the protocol's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nexws.consumer.dependencies import recognise
from nexws.consumer.resuming import ResumedGroups, ResumeGroups
from nexws.consumer.session import Session
from nexws.events import Emit, EventContext, EventMark, Handler, read_reserved
from nexws.protocol import PING_EVENT, PONG_EVENT, RESUME_EVENT
from nexws.runtime import CLOSING, DROPPED

__all__ = ["RESERVED", "RESERVED_PUSHES"]


async def _resume(consumer: Any, data: ResumeGroups) -> ResumedGroups:
    """Get what was missed in groups, or learn that it cannot be had.

    What was missed comes first, in order, then this reply.
    """
    session: Session = consumer.__nexws_sender__
    return await session.resume(data)


async def _ping(consumer: Any, event: EventContext) -> None:
    """Say that the client lives, and ask whether the server does.

    Once a client has sent this, it has to be heard of: it is closed with 4012 otherwise. Without a ref, the answer is
    nexws.pong.
    """
    session: Session = consumer.__nexws_sender__
    session.heartbeat(event.ref)


RESERVED: Final[Mapping[str, Handler]] = {
    event: read_reserved(EventMark(event=event), function, recognise)
    for event, function in ((RESUME_EVENT, _resume), (PING_EVENT, _ping))
}
"""What serves the events of the protocol."""

PONG: Final[Emit[None]] = Emit(PONG_EVENT, None, summary="The server lives: the answer to nexws.ping.")

RESERVED_PUSHES: Final[Mapping[str, Emit[Any]]] = {each.event: each for each in (PONG, CLOSING, DROPPED)}
"""What every event consumer may send on its own account."""
