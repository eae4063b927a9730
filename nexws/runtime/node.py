"""One process among those that serve an application: what its channel layer delivers to."""

from __future__ import annotations

import asyncio
import secrets
import uuid

import anyio

from nexws.events import send_to
from nexws.layers import ChannelLayer, Present
from nexws.protocol import (
    CloseCode,
    Position,
    Publication,
    Published,
    Retention,
    group_of_node,
    group_of_user,
    new_connection_id,
)
from nexws.runtime.backlog import OverflowCounts
from nexws.runtime.connection import Connection
from nexws.runtime.groups import Frames, Group
from nexws.runtime.hub import Hub
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame
from nexws.runtime.turns import Turns

__all__ = ["Node"]


class Node:
    """The groups of this process, and what the layer delivers to them.

    A group here is one of a consumer class, a user's connections, or a single connection's address; the layer
    is told to follow those that have somebody in them, and no others.
    """

    def __init__(self, layer: ChannelLayer, limits: Limits) -> None:
        self.layer: ChannelLayer = layer
        self.limits: Limits = limits
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop that its connections run on, once there is one."""
        self._gate: tuple[asyncio.AbstractEventLoop, anyio.Lock] | None = None  # one begins, others wait
        self.hubs: dict[str, Hub] = {}
        self.overflows: OverflowCounts = OverflowCounts()
        self._groups: dict[str, Group] = {}
        self._slices = Turns()
        self._prefix = secrets.token_bytes(6)
        self._connections: dict[uuid.UUID, Connection] = {}

    # -- its life

    async def start(self, *, is_serving: bool = True) -> None:
        """Begin, unless it has begun on this event loop, or on another one that still runs.

        Where it *is_serving* it begins here all the same, unless the other loop has its connections.

        Raises:
            LayerError: the layer cannot begin.
        """
        loop = asyncio.get_running_loop()
        if self._has_begun(loop, is_serving=is_serving):
            return
        if self._gate is None or self._gate[0] is not loop:
            self._gate = loop, anyio.Lock()
        async with self._gate[1]:
            if self._has_begun(loop, is_serving=is_serving):
                return
            await self.layer.start(self)
            for name in (group_of_node(self.new_id()), *self._groups):
                await self.layer.follow(name)
            self.loop = loop

    def _has_begun(self, here: asyncio.AbstractEventLoop, *, is_serving: bool) -> bool:
        if self.loop is None or self.loop is here:
            return self.loop is here
        return self.loop.is_running() and not (is_serving and not self._connections)

    async def stop(self) -> None:
        """End the layer."""
        if self.loop is not None:
            self.loop = None
            await self.layer.stop()

    # -- connections

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All that are open."""
        return tuple(self._connections.values())

    def new_id(self) -> uuid.UUID:
        """Make the id of a connection of this node."""
        return new_connection_id(self._prefix)

    def add(self, connection: Connection) -> None:
        """Make *connection* reachable by its id."""
        self._connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget *connection*: its id and its user."""
        self._connections.pop(connection.id, None)
        if connection.user_id is not None:
            self.exit(group_of_user(connection.user_id), connection)
            connection.user_id = None

    async def identify(self, connection: Connection, user_id: str | None) -> None:
        """Make *connection* reachable by its user's id, in place of the one before."""
        if user_id == connection.user_id:
            return
        if connection.user_id is not None:
            self.exit(group_of_user(connection.user_id), connection)
        connection.user_id = user_id
        if user_id is not None:
            await self.enter(group_of_user(user_id), connection)

    # -- groups

    async def enter(self, name: str, connection: Connection) -> None:
        """Put *connection* into a group; the layer follows it when this returns.

        Raises:
            LayerError: it cannot be followed now; *connection* is not in it.
        """
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(self._slices)
        group.members[connection.outbox] = connection
        if not group.is_followed:
            try:
                await self.layer.follow(name)
            except BaseException:
                self.exit(name, connection)
                raise
            group.is_followed = True
            if name not in self._groups:  # its last member has left meanwhile
                self.layer.unfollow(name)

    def exit(self, name: str, connection: Connection) -> None:
        """Take *connection* out of a group, and the group away with its last one."""
        group = self._groups.get(name)
        if group is None:
            return
        group.members.pop(connection.outbox, None)
        group.holds.pop(connection, None)
        if not group.members:
            del self._groups[name]
            self.layer.unfollow(name)

    def group(self, name: str) -> Group | None:
        """Find a group that somebody is in."""
        return self._groups.get(name)

    def sizes(self) -> dict[str, int]:
        """Tell how many are in each group, by its name in the layer."""
        return {name: len(group.members) for name, group in self._groups.items() if not name.startswith("@")}

    # -- publications

    async def publish(
        self,
        name: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        """Publish to a group, on every node.

        Raises:
            LayerError: it is not known to be published.
        """
        await self.start(is_serving=False)
        return await self.layer.publish(name, publication, retention=retention, key=key)

    async def send_to(self, target: object, publication: Publication) -> int:
        """Publish to a connection (its id, as object or text), wherever it is, or to a user; tells how many took it.

        Raises:
            LayerError: it is not known to be published.
        """
        return await send_to(self, target, publication)

    async def disconnect(self, user_id: str, code: int, reason: str) -> int:
        """Close all connections of a user, on every node; tells how many were told to.

        Raises:
            LayerError: it is not known to be told.
        """
        command = Publication(consumer="", command="disconnect", code=code, reason=reason)
        return (await self.publish(group_of_user(user_id), command)).receivers

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        """Hand a publication to those whom it is for; tells how many took it."""
        found = self._groups.get(group)
        if publication.command is not None:
            return 0 if found is None else self._disconnect(publication, tuple(found.members.values()))
        hub = self.hubs.get(publication.consumer)
        if hub is None or not hub.can_write(publication):
            return 0
        frames = hub.frames(publication, position)
        if publication.to is not None:
            addressed = self._connections.get(publication.to)
            return 0 if addressed is None else _hand(frames, (addressed,), publication)
        if found is None:
            return 0
        if group.startswith("@"):
            return _hand(frames, tuple(found.members.values()), publication)
        excluded = None if publication.exclude is None else self._connections.get(publication.exclude)
        return await found.deliver(frames, position, exclude=None if excluded is None else excluded.outbox)

    async def gone(self, group: str, present: Present) -> None:
        """Tell a group that a member has gone with another node."""
        namespace, _, name = group.rpartition("/")
        hub = self.hubs.get(namespace)
        if hub is not None and hub.on_gone is not None:
            await hub.on_gone(name, present)

    async def lost(self, group: str) -> None:
        """Close the members of *group* with 4010: what they missed is not known, and they may come back and ask."""
        found = self._groups.get(group)
        for connection in () if found is None else tuple(found.members.values()):
            if connection.end_soon(CloseCode.CONTINUITY_LOST):
                connection.outbox.seal()  # now: by the position of one more, the client would have missed nothing

    @staticmethod
    def _disconnect(command: Publication, connections: tuple[Connection, ...]) -> int:
        return sum(each.end_soon(command.code, command.reason) for each in connections)


def _hand(frames: Frames, connections: tuple[Connection, ...], publication: Publication) -> int:
    """Put a frame into the outbox of those of *connections* that are of the publication's consumer."""
    return sum(
        each.outbox.put(frames if isinstance(frames, Frame) else frames(each.encoding))
        for each in connections
        if each.consumer == publication.consumer
    )
