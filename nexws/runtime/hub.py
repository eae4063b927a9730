"""One consumer class of one application, as others reach it: by group, by user, by connection."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from nexws.errors import GroupLimitError
from nexws.events import Codec, Emit
from nexws.layers import ChannelLayer, Entry, Page, Present
from nexws.protocol import (
    KEEP,
    OverflowRule,
    Position,
    Publication,
    Published,
    Retention,
    check_group_name,
)
from nexws.runtime.connection import Connection
from nexws.runtime.groups import Frames, Group, Hold, Room
from nexws.runtime.history import HistoryEntry
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame

__all__ = ["Hub"]


class Node(Protocol):
    """What a hub needs of its node."""

    layer: ChannelLayer
    limits: Limits

    async def enter(self, name: str, connection: Connection) -> None:
        """Put a connection into a group."""

    def exit(self, name: str, connection: Connection) -> None:
        """Take it out."""

    def group(self, name: str) -> Group | None:
        """Find a group that somebody is in."""

    async def publish(
        self, name: str, publication: Publication, *, retention: Retention | None, key: str | None
    ) -> Published:
        """Publish to a group."""
        ...


class Hub:
    """The groups of one consumer class in one application, which no other class meets.

    ``namespace`` is what the class is called on every node; ``codecs`` are those that its connections may speak, the
    usual one first, none where it has no events.
    """

    def __init__(
        self,
        node: Node,
        namespace: str,
        codecs: Mapping[str, Codec],
        read: Callable[[str | bytes], Any],
    ) -> None:
        self.namespace = namespace
        self.on_gone: Callable[[str, Present], Coroutine[Any, Any, None]] | None = None
        """Tells a group of a member that has gone with another node."""
        self._node, self._codecs, self._read = node, codecs, read

    async def join(self, connection: Connection, group: str) -> None:
        """Make *connection* a member of *group*; being one already is no error.

        Raises:
            GroupNameError: no group can have that name.
            GroupLimitError: the connection is in as many groups as it may be.
            LayerError: it cannot be followed now.
        """
        check_group_name(group)
        if group in connection.groups:
            return
        most = self._node.limits.groups_per_connection
        if len(connection.groups) >= most:
            raise GroupLimitError(group, most)
        connection.groups.add(group)
        try:
            await self._node.enter(self.name_of(group), connection)
        except BaseException:
            connection.groups.discard(group)
            raise

    def leave(self, connection: Connection, group: str) -> None:
        """End the membership of *connection* in *group*; being none is no error."""
        if group in connection.groups:
            connection.groups.remove(group)
            self._node.exit(self.name_of(group), connection)

    def members(self, group: str) -> tuple[Connection, ...]:
        """List the members of *group* on this node, in the order in which they joined."""
        found = self._node.group(self.name_of(group))
        return () if found is None else tuple(found.members.values())

    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> int:
        """Publish to *group* on every node; tells how many took it.

        Raises:
            GroupNameError: no group can have that name.
            LayerError: it is not known to be published.
        """
        check_group_name(group)
        published = await self._node.publish(self.name_of(group), publication, retention=retention, key=key)
        return published.receivers

    async def history(
        self, group: str, *, since: Position | None = None, limit: int | None = None
    ) -> list[HistoryEntry]:
        """List what is kept of *group*, oldest first.

        Raises:
            GroupNameError: no group can have that name.
            LayerError: it cannot be read now.
        """
        page = await self.page(group, since=since, limit=limit)
        readable = (entry for entry in page.entries if self.can_write(entry.publication))
        return [HistoryEntry(entry, self._read_entry) for entry in readable]

    async def page(self, group: str, *, since: Position | None, limit: int | None) -> Page:
        """Read what is kept of *group*.

        Raises:
            GroupNameError: no group can have that name.
            LayerError: it cannot be read now.
        """
        check_group_name(group)
        return await self._node.layer.read(self.name_of(group), since=since, limit=limit)

    def hold(self, connection: Connection, group: str, room: Room) -> Hold | None:
        """Keep what is sent to *group* from *connection* until the hold is released; ``None`` where it is no member."""
        found = self._node.group(self.name_of(group))
        if found is None or connection.outbox not in found.members:
            return None
        hold = found.holds[connection] = Hold(connection.outbox, room, found.holds.get(connection))
        return hold

    def holds(self, connection: Connection, group: str, hold: Hold) -> bool:
        """Tell whether *hold* has kept all that was sent to *group*: the member has not left, or come again."""
        found = self._node.group(self.name_of(group))
        return found is not None and found.holds.get(connection) is hold

    def name_of(self, group: str) -> str:
        """Give the name of a group in the layer: no group of another class has it."""
        return f"{self.namespace}/{group}"

    # -- what is sent

    def codec(self, encoding: str) -> Codec | None:
        """Give what writes the events of connections that speak *encoding*; ``None`` where there are none."""
        return self._codecs.get(encoding)

    def publication(self, emit: Emit[Any], payload: Any, **more: Any) -> Publication:
        """Write a push once for each encoding that somebody may speak.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
        """
        return emit.publication(self.namespace, self._codecs, payload, **more)

    def can_write(self, publication: Publication) -> bool:
        """Whether *publication* has come in all encodings that are spoken here: a class of another version may not."""
        return all(encoding in publication.bodies for encoding in self._codecs or ("",))

    def frames(self, publication: Publication, position: Position | None) -> Frames:
        """Make the frames of a publication, each once."""
        if not self._codecs:
            return Frame.of(publication.bodies[""])
        if len(self._codecs) == 1:
            (encoding,) = self._codecs
            return self._frame(publication, encoding, position)
        written: dict[str, Frame] = {}

        def frame_for(encoding: str) -> Frame:
            if encoding not in written:
                written[encoding] = self._frame(publication, encoding, position)
            return written[encoding]

        return frame_for

    def _frame(self, publication: Publication, encoding: str, position: Position | None) -> Frame:
        body = publication.bodies[encoding]
        return Frame.of(self._codecs[encoding].push(publication.event, body, position), rule_of(publication))

    def _read_entry(self, entry: Entry) -> Any:
        publication = entry.publication
        if not self._codecs:
            return self._read(publication.bodies[""])
        encoding, codec = next(iter(self._codecs.items()))
        return codec.parts(codec.push(publication.event, publication.bodies[encoding]))


def rule_of(publication: Publication) -> OverflowRule:
    """Say what may become of the frames of a publication."""
    if publication.overflow == "close":
        return KEEP
    return OverflowRule(publication.overflow, publication.key, publication.event)
