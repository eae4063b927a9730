"""``nexws.resume``: a client that comes back gets what it missed, or is told that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from nexws.consumer.registry import Service
from nexws.errors import PositionError
from nexws.protocol import GROUP_PATTERN, POSITION_PATTERN, Position
from nexws.runtime import Connection, Frame, Hold

__all__ = ["ResumeGroups", "Resumed", "ResumedGroups", "resume"]

_Group = Annotated[str, Field(pattern=f"^{GROUP_PATTERN}$")]
_Position = Annotated[str, Field(pattern=f"^{POSITION_PATTERN}$")]


class ResumeGroups(BaseModel):
    """Where a client stands in its groups: the position of the last push that it has of each."""

    model_config = ConfigDict(extra="forbid")

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


async def resume(
    connection: Connection, service: Service, wanted: Mapping[str, str | None]
) -> dict[str, Resumed]:
    """Send what *connection* missed in its groups since these positions.

    What is live waits meanwhile. A group is recovered whole or not at all: with more than ``Limits.resume_events``, or
    a gap, or in a group that the client is no member of, it is not.

    Raises:
        LayerError: the layer cannot be read now; nothing was missed that was not before.
    """
    holds: dict[str, Hold] = {}
    tops: dict[str, tuple[Position | None, bool]] = {}
    try:
        for group, text in wanted.items():
            if group in connection.groups:
                holds[group] = service.hub.hold(connection, group)
                tops[group] = await _replay(connection, service, group, _read(text))
    finally:
        reached = {group: _release(connection, hold, tops.get(group)) for group, hold in holds.items()}
    answers: dict[str, Resumed] = {}
    for group in wanted:
        position = reached.get(group)
        is_recovered = group in tops and tops[group][1]
        answers[group] = Resumed(recovered=is_recovered, pos=None if position is None else str(position))
    return answers


async def _replay(
    connection: Connection, service: Service, group: str, since: Position | None
) -> tuple[Position | None, bool]:
    """Send what came after *since*, if that is known whole; gives the position up to which nothing is left to send."""
    page = await service.hub.page(group, since=since, limit=connection.limits.resume_events)
    if since is None or not page.is_complete:
        return page.top, False
    for entry in page.entries:
        if entry.publication.exclude != connection.id:
            frames = service.hub.frames(entry.publication, entry.position)
            await connection.write(frames if isinstance(frames, Frame) else frames(connection.encoding))
    return page.top, True


def _release(
    connection: Connection, hold: Hold, found: tuple[Position | None, bool] | None
) -> Position | None:
    """Let through what waited; gives the position of the last that was sent."""
    top = None if found is None else found[0]
    for frame, position in hold.release(top):
        connection.outbox.put(frame)
        top = position or top
    return top


def _read(text: str | None) -> Position | None:
    """Read where the client stands; what is no position (an offset out of range) is nowhere."""
    try:
        return None if text is None else Position.parse(text)
    except PositionError:
        return None
