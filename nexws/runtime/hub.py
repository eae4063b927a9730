"""Who is connected to one consumer of one application: by id, by user, by group."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable
from typing import TypeAlias, TypeVar

from nexws.errors import GroupLimitError
from nexws.protocol import check_group_name
from nexws.runtime.connection import Connection
from nexws.runtime.history import GroupHistories
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame

__all__ = ["Frames", "Hub"]

KeyT = TypeVar("KeyT", bound=Hashable)

Frames: TypeAlias = "Frame | Callable[[str], Frame]"
"""A frame for any connection, or what gives the one for an encoding."""


class Hub:
    """The connections of one consumer class in one application.

    Nothing here waits: a frame goes into the outbox of each connection that is to have it. The cost of an
    operation follows the connections that it names, not those that exist.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.history: GroupHistories = GroupHistories(limits)
        self._connections: dict[uuid.UUID, Connection] = {}
        self._users: dict[str, dict[Connection, None]] = {}
        self._groups: dict[str, dict[Connection, None]] = {}

    def add(self, connection: Connection) -> None:
        """Make *connection* reachable by its id."""
        self._connections[connection.id] = connection

    def identify(self, connection: Connection, user_id: str | None) -> None:
        """Make *connection* reachable by its user's id, in place of the one before."""
        if user_id != connection.user_id:
            _drop(self._users, connection.user_id, connection)
            connection.user_id = user_id
            if user_id is not None:
                self._users.setdefault(user_id, {})[connection] = None

    def remove(self, connection: Connection) -> None:
        """Forget *connection*: its id, its user and its groups."""
        self._connections.pop(connection.id, None)
        self.identify(connection, None)
        for group in tuple(connection.groups):
            self.leave(connection, group)

    def join(self, connection: Connection, group: str) -> None:
        """Make *connection* a member of *group*; being one already is no error.

        Raises:
            GroupNameError: no group can have that name.
            GroupLimitError: the connection is in as many groups as it may be.
        """
        check_group_name(group)
        if group in connection.groups:
            return
        if len(connection.groups) >= self.limits.groups_per_connection:
            raise GroupLimitError(group, self.limits.groups_per_connection)
        connection.groups.add(group)
        self._groups.setdefault(group, {})[connection] = None

    def leave(self, connection: Connection, group: str) -> None:
        """End the membership of *connection* in *group*; being none is no error."""
        connection.groups.discard(group)
        _drop(self._groups, group, connection)

    def members(self, group: str) -> tuple[Connection, ...]:
        """List the members of *group*, in the order in which they joined."""
        return tuple(self._groups.get(group, ()))

    def publish(self, group: str, frame: Frames, *, exclude: Connection | None = None) -> int:
        """Put *frame* into the outbox of each member of *group*; tells how many took it."""
        check_group_name(group)
        return _put(frame, (each for each in self.members(group) if each is not exclude))

    def send_to(self, target: object, frame: Frames) -> int:
        """Put *frame* into the outbox of the connection, or of all those of the user, that *target* names."""
        connection = (
            self._connections.get(target) if isinstance(target, uuid.UUID) else self._by_text(str(target))
        )
        if connection is not None:
            return _put(frame, (connection,))
        return _put(frame, tuple(self._users.get(str(target), ())))

    def _by_text(self, target: str) -> Connection | None:
        try:
            return self._connections.get(uuid.UUID(target))
        except ValueError:
            return None


def _put(frame: Frames, connections: Iterable[Connection]) -> int:
    if isinstance(frame, Frame):
        return sum(connection.outbox.put(frame) for connection in connections)
    return sum(connection.outbox.put(frame(connection.encoding)) for connection in connections)


def _drop(index: dict[KeyT, dict[Connection, None]], key: KeyT | None, connection: Connection) -> None:
    """Take *connection* from the set under *key*, and the set away with its last one."""
    if key is None:
        return
    found = index.get(key)
    if found is not None:
        found.pop(connection, None)
        if not found:
            del index[key]
