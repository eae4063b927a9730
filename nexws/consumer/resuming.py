"""``nexws.resume``: a client that comes back gets what it missed, or is told that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from nexws.consumer.registry import Service
from nexws.errors import PositionError
from nexws.protocol import GROUP_PATTERN, POSITION_PATTERN, Position
from nexws.runtime import Connection, Frame, Hold, Room

__all__ = ["ResumeGroups", "Resumed", "ResumedGroups", "resume"]

_Group = Annotated[str, Field(pattern=f"^{GROUP_PATTERN}$")]
_Position = Annotated[str, Field(pattern=f"^{POSITION_PATTERN}$")]


class ResumeGroups(BaseModel):
    """Where a client stands in its groups: the position of the last push that it has of each."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    groups: dict[_Group, _Position | None] = Field(
        max_length=1024, description="The last position of each group; null asks where the group stands."
    )


class Resumed(BaseModel):
    """What became of one group."""

    recovered: bool = Field(description="Whether all that was missed has been sent, before this.")
    pos: str | None = Field(
        description="Where the client stands now; null where nothing is kept, or it is no member."
    )


class ResumedGroups(BaseModel):
    """What became of each group that was asked for."""

    groups: dict[str, Resumed]


@dataclass(slots=True)
class _Resuming:
    """One group of a client that resumes."""

    group: str
    since: Position | None
    hold: Hold
    top: Position | None = None
    """Where the group stands, as far as the client has been sent what it needs for that."""
    sent: Position | None = None
    """Up to which it has been sent all that it missed."""
    is_recovered: bool = False


async def resume(
    connection: Connection, service: Service, wanted: Mapping[str, str | None]
) -> dict[str, Resumed]:
    """Send what *connection* missed in its groups since these positions.

    What is live waits meanwhile. A group is recovered whole or not at all: with more than ``Limits.resume_events``, or
    a gap, or in a group that the client is no member of, it is not.

    Raises:
        ConnectionClosedError: the client has left.
        LayerError: the layer cannot be read now; nothing was missed that was not before.
    """
    room = Room(connection.limits.outbox_bytes)
    begun: dict[str, _Resuming] = {}
    try:
        for group, text in wanted.items():
            hold = service.hub.hold(connection, group, room) if group in connection.groups else None
            if hold is not None:
                begun[group] = _Resuming(group, _read(text), hold)
        for resuming in begun.values():
            await _replay(connection, service, resuming)
    finally:
        for resuming in begun.values():
            _release(connection, service, resuming)
    return {group: _answer(begun.get(group)) for group in wanted}


async def _replay(connection: Connection, service: Service, resuming: _Resuming) -> None:
    """Send what came after the client's position, if that is known whole."""
    since = resuming.since
    limit = 1 if since is None else connection.limits.resume_events
    page = await service.hub.page(resuming.group, since=since, limit=limit)
    resuming.top = page.top
    if since is None or not page.is_complete:
        return
    if not all(service.hub.can_write(entry.publication) for entry in page.entries):
        return  # another version of the class has published what this one does not speak
    for entry in page.entries:
        if entry.publication.exclude != connection.id:
            frames = service.hub.frames(entry.publication, entry.position)
            await connection.write(frames if isinstance(frames, Frame) else frames(connection.encoding))
        resuming.sent = entry.position
    resuming.sent, resuming.is_recovered = page.top, True


def _release(connection: Connection, service: Service, resuming: _Resuming) -> None:
    """Let through what waited: but for what has been sent, all of it, also where the rest is lost."""
    if not service.hub.holds(connection, resuming.group, resuming.hold):
        resuming.is_recovered = False
    for frame, position in resuming.hold.release(resuming.sent):
        connection.outbox.put(frame)
        resuming.top = _newer(position, resuming.top)


def _answer(resuming: _Resuming | None) -> Resumed:
    if resuming is None:
        return Resumed(recovered=False, pos=None)
    return Resumed(recovered=resuming.is_recovered, pos=None if resuming.top is None else str(resuming.top))


def _newer(position: Position | None, top: Position | None) -> Position | None:
    """Give the newer of two positions; one of another epoch is newer than what was read before it came."""
    if position is None:
        return top
    if top is not None and position.epoch == top.epoch and position.offset < top.offset:
        return top
    return position


def _read(text: str | None) -> Position | None:
    """Read where the client stands; what is no position (an offset out of range) is nowhere."""
    try:
        return None if text is None else Position.parse(text)
    except PositionError:
        return None
