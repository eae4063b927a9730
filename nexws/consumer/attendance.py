"""Where one connection is present, and as whom."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import anyio
from pydantic import ValidationError

from nexws.consumer.presence import Presence, PresenceChange
from nexws.errors import LayerError
from nexws.layers import ChannelLayer, Present
from nexws.protocol import check_group_name
from nexws.runtime import Connection, Hub

__all__ = ["Attendance", "tell_gone"]


@dataclass(frozen=True, slots=True, eq=False)
class _Seat:
    """What was said of a connection in one group."""

    member: str
    info: str


class Attendance:
    """Where one connection is present, and as whom; the groups are told of what changes."""

    __slots__ = ("_connection", "_declared", "_hub", "_layer", "_seats")

    def __init__(
        self, declared: Presence[Any], hub: Hub, layer: ChannelLayer, connection: Connection
    ) -> None:
        self._declared, self._hub, self._layer, self._connection = declared, hub, layer, connection
        self._seats: dict[str, _Seat] = {}

    async def enter(self, group: str, member: str, info: Any) -> None:
        """Join a group, and be present in it as *member*; whoever the connection was there before has left.

        Raises:
            PayloadError: *info* cannot be told; nothing has been joined.
            GroupNameError: no group can have that name.
            GroupLimitError: the connection is in as many groups as it may be.
            LayerError: it cannot be said now; nothing has been joined.
        """
        declared, hub = self._declared, self._hub
        seat = _Seat(member, declared.write(info))
        known = declared.read(seat.info)
        hub.publication(declared.emit, declared.change(group, joined=[known]))  # or nobody could be told
        was_member = group in self._connection.groups
        await hub.join(self._connection, group)
        if group not in self._connection.groups:
            return  # it has left meanwhile
        before = self._seats.get(group)
        self._seats[group] = seat
        try:
            change = await self._changed(group, before, seat, known)
            if self._seats.get(group) is None:  # it has left meanwhile
                await self._take_back(group, seat)
            elif change is not None:
                await hub.publish(group, hub.publication(declared.emit, change))
        except LayerError:
            if self._seats.get(group) is seat:
                await self._undo(group, seat, before)
                if not was_member:
                    hub.leave(self._connection, group)
            raise

    async def leave(self, group: str) -> None:
        """Be present in a group no more; being it not is no error.

        Raises:
            LayerError: it cannot be said now; the end of the connection says it again.
        """
        seat = self._seats.pop(group, None)
        if seat is None:
            return
        try:
            gone = await self._take_back(group, seat)
        except LayerError:
            self._seats.setdefault(group, seat)
            raise
        if gone:
            change = self._declared.change(group, left=gone)
            await self._hub.publish(group, self._hub.publication(self._declared.emit, change))

    async def end(self) -> Exception | None:
        """Be present nowhere any more; gives what went wrong first, which keeps nothing else from being done."""
        failures: list[Exception] = []
        async with (
            anyio.create_task_group() as tasks
        ):  # a layer that is down takes as long for all as for one
            for group in tuple(self._seats):
                tasks.start_soon(self._leave_at_last, group, failures)
        return failures[0] if failures else None

    async def present(self, group: str) -> list[Any]:
        """List who is present in a group."""
        check_group_name(group)
        found: list[Any] = []
        for each in await self._layer.present(self._hub.name_of(group)):
            with contextlib.suppress(ValidationError):  # another version of the class let it in
                found.append(self._declared.read(each.info))
        return found

    # -- inside

    async def _changed(
        self, group: str, before: _Seat | None, seat: _Seat, known: Any
    ) -> PresenceChange[Any] | None:
        """Tell the layer, and find what that changes for the group."""
        name, connection = self._hub.name_of(group), str(self._connection.id)
        is_first = await self._layer.enter(name, seat.member, connection, seat.info)
        joined = [known] if is_first else []
        if before is not None and before.member != seat.member:
            left = await self._take_back(group, before)
            return self._declared.change(group, joined=joined, left=left) if joined or left else None
        if joined:
            return self._declared.change(group, joined=joined)
        if before is None or before.info == seat.info:
            return None
        # What others know of a member is what its first connection says.
        present = await self._layer.present(name)
        is_known = any(each.member == seat.member and each.info == seat.info for each in present)
        return self._declared.change(group, updated=[known]) if is_known else None

    async def _take_back(self, group: str, seat: _Seat) -> list[Any]:
        """Tell the layer; gives the member, if it is present no more."""
        gone = await self._layer.leave(self._hub.name_of(group), seat.member, str(self._connection.id))
        return [] if gone is None else [self._declared.read(gone.info)]

    async def _undo(self, group: str, seat: _Seat, before: _Seat | None) -> None:
        del self._seats[group]
        if before is not None:
            self._seats[group] = before
            if before.member == seat.member:
                return
        with contextlib.suppress(LayerError):
            await self._take_back(group, seat)

    async def _leave_at_last(self, group: str, failures: list[Exception]) -> None:
        try:
            await self.leave(group)
        except Exception as error:  # noqa: BLE001 - the edge: nothing keeps a connection from its end
            failures.append(error)


async def tell_gone(declared: Presence[Any], hub: Hub, group: str, present: Present) -> None:
    """Tell *group* that a member has gone with a node that was killed."""
    with contextlib.suppress(
        ValidationError, LayerError
    ):  # another version let it in; or nobody can be told now
        change = declared.change(group, left=[declared.read(present.info)])
        await hub.publish(group, hub.publication(declared.emit, change))
