"""The layer of one process: no server, no tasks, nothing to install."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timezone
from itertools import islice
from typing import Final

import anyio
from typing_extensions import Self, override

from nexws.layers.port import ChannelLayer, Entry, Page, Present, Sink
from nexws.protocol import Position, Publication, Published, Retention

__all__ = ["MemoryLayer"]

_KEY_SECONDS: Final = 300.0
_MOST_KEYS: Final = 10_000
_LOOKS: Final = 16
"""Silent groups that each publication looks at: whether what is kept of them is too old."""

Clock = Callable[[], float]


class MemoryLayer(ChannelLayer):
    """The layer that an application has unless it is given another: its groups end with the process.

    ``publish`` returns once every follower has the publication. Of *groups* groups at most is anything kept; the one
    that has been silent longest is forgotten first, and has another epoch afterwards. ``twin`` makes another node on
    the same memory, for tests of what happens between nodes.
    """

    def __init__(self, *, groups: int = 10_000, clock: Clock = time.monotonic) -> None:
        self._memory = _Memory(groups, clock)
        self._sink: Sink | None = None
        self._entered: dict[tuple[str, str, str], None] = {}

    def twin(self) -> Self:
        """Make another node on the same memory."""
        other = type(self)()
        other._memory = self._memory  # noqa: SLF001 - of this class
        return other

    @override
    async def start(self, sink: Sink | None = None) -> None:
        self._sink = sink

    @override
    async def stop(self) -> None:
        for group, followers in tuple(self._memory.followers.items()):
            if self in followers:
                self.unfollow(group)
        for group, member, connection in tuple(self._entered):
            await self.leave(group, member, connection)
        self._sink = None

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        memory = self._memory
        known = None if key is None else memory.known(group, key)
        if known is not None:
            return Published(position=known.position, receivers=known.receivers, is_duplicate=True)
        position = None if retention is None else memory.keep(group, publication, retention)
        if key is not None:
            memory.remember(group, key, Published(position=position, receivers=0))
        receivers = await self._deliver(group, publication, position) if group in memory.followers else 0
        published = Published(position=position, receivers=receivers)
        if key is not None:
            memory.remember(group, key, published)
        return published

    async def _deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        """Hand a publication to each follower; cancelling it keeps it from nobody."""
        memory = self._memory
        turns = memory.turns.get(group)
        if turns is None:
            followers = memory.followers[group]
            if len(followers) == 1:
                return await next(iter(followers)).take(group, publication, position)
            turns = memory.turns[group] = anyio.Lock(fast_acquire=True)
        # With several nodes, one that is slow with this must not let the next overtake it at another.
        receivers = 0
        with anyio.CancelScope(shield=True):
            async with turns:
                for node in tuple(memory.followers.get(group, ())):
                    receivers += await node.take(group, publication, position)
        if not turns.locked():
            memory.turns.pop(group, None)
        return receivers

    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        """Hand to this node what somebody has published."""
        return 0 if self._sink is None else await self._sink.deliver(group, publication, position)

    @override
    async def follow(self, group: str) -> None:
        self._memory.followers.setdefault(group, {})[self] = None

    @override
    def unfollow(self, group: str) -> None:
        followers = self._memory.followers.get(group)
        if followers is not None:
            followers.pop(self, None)
            if not followers:
                del self._memory.followers[group]

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        log = self._memory.logs.get(group)
        if log is None:
            return Page((), None, is_complete=since is None)
        return log.read(since, limit, self._memory.clock())

    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        members = self._memory.presence.setdefault(group, {})
        connections = members.setdefault(member, {})
        is_first = not connections
        connections[connection] = info
        self._entered[group, member, connection] = None
        return is_first

    @override
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        self._entered.pop((group, member, connection), None)
        members = self._memory.presence.get(group, {})
        connections = members.get(member, {})
        info = connections.pop(connection, None)
        if info is None or connections:
            return None
        del members[member]
        if not members:
            del self._memory.presence[group]
        return Present(member, info)

    @override
    async def present(self, group: str) -> list[Present]:
        members = self._memory.presence.get(group, {})
        return [Present(member, next(iter(infos.values()))) for member, infos in members.items()]


class _Memory:
    """What the nodes of one process share."""

    def __init__(self, groups: int, clock: Clock) -> None:
        self.clock = clock
        self.followers: dict[str, dict[MemoryLayer, None]] = {}
        self.turns: dict[str, anyio.Lock] = {}  # while something is delivered to several nodes
        self.logs: OrderedDict[str, _Log] = OrderedDict()
        self._full: OrderedDict[str, _Log] = OrderedDict()  # that hold something, next to be looked at first
        self.presence: dict[str, dict[str, dict[str, str]]] = {}
        self._groups = groups
        self._epoch, self._epochs = secrets.token_hex(6), 0
        self._keys: OrderedDict[tuple[str, str], tuple[float, Published]] = OrderedDict()

    def keep(self, group: str, publication: Publication, retention: Retention) -> Position:
        """Keep *publication* in the log of *group*, which is now the last to be forgotten."""
        log, now = self.logs.get(group), self.clock()
        if log is None:
            self._epochs += 1
            log = self.logs[group] = _Log(f"{self._epoch}.{self._epochs:x}")
            if len(self.logs) > self._groups:
                forgotten, _ = self.logs.popitem(last=False)
                self._full.pop(forgotten, None)
        else:
            self.logs.move_to_end(group)
        position = log.keep(publication, retention, now)
        self._full[group] = log
        self._drop_old(now)
        return position

    def _drop_old(self, now: float) -> None:
        """Let go of what is too old in groups that are silent: nobody else would."""
        for group in tuple(islice(self._full, _LOOKS)):
            if not self._full[group].trim(now):
                del self._full[group]
            else:
                self._full.move_to_end(group)
                return

    def known(self, group: str, key: str) -> Published | None:
        """Find what was published under *key* of late."""
        now = self.clock()
        while self._keys and next(iter(self._keys.values()))[0] < now - _KEY_SECONDS:
            self._keys.popitem(last=False)
        found = self._keys.get((group, key))
        return None if found is None else found[1]

    def remember(self, group: str, key: str, published: Published) -> None:
        """Keep *key* for a while after it comes first, with what was published under it."""
        first = self._keys.get((group, key))
        self._keys[group, key] = self.clock() if first is None else first[0], published
        if len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)


class _Log:
    """What is kept of one group, oldest first."""

    __slots__ = ("_ages", "_entries", "_epoch", "_retention", "_size", "_top")

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._top = 0
        self._entries: deque[Entry] = deque()
        self._ages: deque[float] = deque()  # on a clock that only goes on; what is created is for people
        self._size = 0
        self._retention: Retention | None = None

    def keep(self, publication: Publication, retention: Retention, now: float) -> Position:
        self._top += 1
        position = Position(self._epoch, self._top)
        self._entries.append(Entry(position, publication, datetime.now(tz=timezone.utc)))
        self._ages.append(now)
        self._size += publication.size_bytes
        self._retention = retention
        self.trim(now)
        return position

    def read(self, since: Position | None, limit: int | None, now: float) -> Page:
        self.trim(now)
        top = Position(self._epoch, self._top)
        is_ours = since is None or (since.epoch == self._epoch and since.offset <= self._top)
        wanted = self._top if since is None or not is_ours else self._top - since.offset
        count = min(wanted, len(self._entries))
        # From the newest end: what is asked for is short, what is kept may be long.
        entries = list(islice(reversed(self._entries), count))[::-1]
        is_complete = is_ours and (since is None or count == wanted)
        if limit is not None and len(entries) > limit:
            entries = entries[:limit] if since is not None else entries[len(entries) - limit :]
            is_complete = False
        return Page(entries, top, is_complete=is_complete)

    def trim(self, now: float) -> int:
        """Drop what is too much or too old; tells how much is left."""
        retention = self._retention
        assert retention is not None  # a log is made to keep something
        while self._entries and (
            len(self._entries) > retention.events
            or self._size > retention.size_bytes
            or now - self._ages[0] > retention.seconds
        ):
            self._size -= self._entries.popleft().publication.size_bytes
            self._ages.popleft()
        return len(self._entries)
