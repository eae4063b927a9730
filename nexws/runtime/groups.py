"""The members of one group on this node, and how a frame reaches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from time import perf_counter
from typing import Any, Final, TypeAlias

from nexws.protocol import Position
from nexws.runtime.connection import Connection
from nexws.runtime.outbox import Frame, Message, Outbox
from nexws.runtime.stepping import resume
from nexws.runtime.turns import Patience, Turns

__all__ = ["Frames", "Group", "Hold", "Room"]

Frames: TypeAlias = "Frame | Callable[[str], Frame]"
"""A frame for any connection, or what gives the one for an encoding."""

_SLICE: Final = 0.003
"""Seconds for which a broadcast may hold the loop at a time."""
_STEP: Final = 64
"""Members between two looks at the clock."""


class Room:
    """How many bytes may wait for one member that resumes, whatever its groups."""

    __slots__ = ("left_bytes",)

    def __init__(self, size_bytes: int) -> None:
        self.left_bytes: int = size_bytes


class Hold:
    """Stands between a group and one member that resumes: what is live waits until what was missed has been sent.

    Where more waits than there is *room* for, the member is cut, as one is whose outbox is full. One hold takes the
    place of another: what that had seen sent stays known.
    """

    __slots__ = ("_outbox", "_room", "_waiting", "top")

    def __init__(self, outbox: Outbox, room: Room, before: Hold | None = None) -> None:
        self._outbox, self._room = outbox, room
        self._waiting: list[tuple[Frame, Position | None]] | None = []
        self.top: Position | None = None if before is None else before.top
        """Up to which the member is known to have been sent all."""

    def take(self, frame: Frame, position: Position | None) -> bool:
        """Keep *frame* for later, or drop it, for the member has had it; false where it may pass."""
        if self._waiting is None:
            return self._is_had(position)
        self._room.left_bytes -= frame.size_bytes
        if self._room.left_bytes >= 0:
            self._waiting.append((frame, position))
        elif not self._outbox.is_closed:
            self._waiting.clear()
            self._outbox.cut()
        return True

    def release(self, top: Position | None = None) -> list[tuple[Frame, Position | None]]:
        """Give what waits and is newer than *top*, up to which the member has been sent all; without it, all."""
        self.top = top or self.top
        waiting, self._waiting = self._waiting or [], None
        return [each for each in waiting if not self._is_had(each[1])]

    def _is_had(self, position: Position | None) -> bool:
        top = self.top
        return (
            position is not None
            and top is not None
            and position.epoch == top.epoch
            and position.offset <= top.offset
        )


class Group:
    """The members of one group on this node.

    A frame goes into the outbox of each member: nothing waits for a client. A broadcast to many is cut into slices,
    and others run between them, other broadcasts too; those to one group keep their order.
    """

    __slots__ = ("_slices", "_turns", "holds", "is_followed", "members")

    def __init__(self, slices: Turns) -> None:
        self.members: dict[Outbox, Connection] = {}
        """Who is in it, by all that a broadcast has to look at: in a large group, each further object is far away."""
        self.holds: dict[Connection, Hold] = {}
        """Members that resume."""
        self.is_followed: bool = False
        """Whether the layer tells what is published to it."""
        # Of all groups: one runs in each turn of the loop, however many broadcasts there are.
        self._slices = slices
        self._turns: Turns | None = None  # while a broadcast has been cut

    async def deliver(
        self, frames: Frames, position: Position | None = None, *, exclude: Outbox | None = None
    ) -> int:
        """Put a frame into the outbox of each member but *exclude*; tells how many took it.

        Cancelling it does not keep the frame from anybody.
        """
        delivery = _Delivery(self, frames, position, exclude)
        if self._turns is None and delivery.go_on():
            return delivery.taken
        patience = Patience()
        if self._turns is None:
            self._turns = Turns()
        turns = self._turns
        await turns.take(patience)
        try:
            await self._finish(delivery, patience)
        finally:
            turns.give()
            if not turns.is_taken:
                self._turns = None
        patience.end()
        return delivery.taken

    async def _finish(self, delivery: _Delivery, patience: Patience) -> None:
        is_done = False
        while not is_done:
            await self._slices.take(patience)
            try:
                await patience.let_others_run()  # in its turn, so that no two run in one of the loop's
                is_done = delivery.go_on()
            finally:
                self._slices.give()


class _Delivery:
    """One frame on its way to those who were members when it was sent."""

    __slots__ = ("_frames", "_group", "_left", "_position", "taken")

    def __init__(
        self, group: Group, frames: Frames, position: Position | None, exclude: Outbox | None
    ) -> None:
        self._group, self._frames, self._position = group, frames, position
        members = list(group.members)
        if exclude is not None and exclude in group.members:
            members.remove(exclude)
        self._left = iter(members)
        self.taken: int = len(members)  # less those that do not take it

    def go_on(self) -> bool:
        """Serve members for a slice of time; true where that was all of them."""
        until = perf_counter() + _SLICE
        frames = self._frames
        # What goes to everybody alike may go straight to the server; a hold, and an encoding, has a look at it first.
        message = frames.message if isinstance(frames, Frame) and not self._group.holds else None
        while some := tuple(islice(self._left, _STEP)):
            self._serve(some, message)
            if perf_counter() > until:
                return False
        return True

    def _serve(self, some: tuple[Outbox, ...], message: Message | None) -> None:
        """Serve *some* members.

        One coroutine awaits the server's ``send`` of each, which costs less than to step through every one. Where a
        socket takes no more, that coroutine becomes the one that waits for it, and another serves the others.
        """
        while some:
            left = iter(some)
            sweep: Any = self._sweep(left, message)
            try:
                wanted = sweep.send(None)
            except StopIteration:
                return
            rest = tuple(left)  # and none is left for the one that waits
            some[-len(rest) - 1].congest(resume(sweep, wanted))
            some = rest

    async def _sweep(self, some: Iterator[Outbox], message: Message | None) -> None:
        members = self._group.members
        for outbox in some:
            if (send := outbox.free) is None or message is None or outbox not in members:
                self.taken -= not self._put(outbox)
                continue
            try:
                await send(message)
            except Exception:  # noqa: BLE001 - a client that has left: each server has its own words for it
                outbox.close()
                self.taken -= 1

    def _put(self, outbox: Outbox) -> bool:
        """Put the frame into an outbox that is congested, or not everybody's like; false where it is not taken."""
        connection = self._group.members.get(outbox)
        if connection is None:
            return False  # it has left meanwhile
        frame = self._frames if isinstance(self._frames, Frame) else self._frames(connection.encoding)
        return self._is_held(connection, frame) or outbox.put(frame)

    def _is_held(self, connection: Connection, frame: Frame) -> bool:
        hold = self._group.holds.get(connection)
        if hold is None:
            return False
        if hold.take(frame, self._position):
            return True
        if self._position is not None:
            del self._group.holds[connection]  # a newer one has come: no older one is on its way any more
        return False
