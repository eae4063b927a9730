"""``RedisLayer``."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from typing_extensions import override

from nexws.errors import LayerError
from nexws.layers.port import ChannelLayer, Entry, Health, Page, Present, Sink
from nexws.layers.redis.commands import Commands, Script
from nexws.layers.redis.following import Following
from nexws.layers.redis.readers import open_reader
from nexws.layers.redis.scripts import ENTER, LEAVE, PRESENT, PUBLISH, READ, REFRESH
from nexws.layers.redis.store import Store, open_store
from nexws.layers.redis.urls import StoreUrl
from nexws.layers.wire import pack_publication, unpack_publication
from nexws.protocol import Position, Publication, Published, Retention

__all__ = ["RedisLayer"]

_KEY_MS: Final = 300_000
"""How long a publisher's own key is known."""
_TRY_MS: Final = 15_000
"""How long one is known that is only for trying again."""
_LOG_MS: Final = 24 * 3600 * 1000
"""How long a silent group keeps its epoch; what is kept of it goes sooner."""
_START: Final = 5.0
_CANCEL_AGAIN: Final = 0.1
_TURNS: Final = 32
"""In how many parts a node says that it lives, so that neither the store nor the node has all of it at once."""


def _script(source: str, *, writes: bool = True) -> Script:
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), writes)


_PUBLISH, _READ = _script(PUBLISH), _script(READ, writes=False)
_ENTER, _LEAVE, _PRESENT, _REFRESH = map(_script, (ENTER, LEAVE, PRESENT, REFRESH))


class RedisLayer(ChannelLayer):
    """Groups, users, presence and histories across processes and machines, on Redis 6.2 or newer, or Valkey.

    Args:
        url: of the store, as redis-py reads it: ``redis://``, ``rediss://`` (TLS), ``unix://``. Behind sentinels it is
            ``redis+sentinel://host,host/master/0``, of a cluster ``redis+cluster://host,host``; with TLS ``rediss+``.
        prefix: before all keys and channels; applications with the same share their groups.
        required: whether ``start`` raises where the store cannot be reached within 5 seconds. Otherwise the layer comes
            alive by itself: until then, and whenever it is away, clients connect and join groups all the same, and are
            closed with 4010 once it is there if those have a history, for they may have missed some of it.
        deadline: seconds within which whatever is asked of the store is answered, or raises.
        presence_seconds: how long members of a process that was killed are still present.
        trust_store: keep positions valid when the store has been started anew: only for one that loses nothing
            (append-only file, always synchronised) and is never replaced by a replica.

    Raises:
        StoreUrlError: the URL cannot be used.
        LayerError: (from ``start``) the store cannot be reached, and is ``required``.
    """

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379/0",
        *,
        prefix: str = "nexws",
        required: bool = True,
        deadline: float = 2.0,
        presence_seconds: float = 60.0,
        trust_store: bool = False,
    ) -> None:
        self._url, self._prefix = StoreUrl(url), prefix
        self._required, self._deadline = required, deadline
        self._ttl_ms, self._trusts = int(presence_seconds * 1000), b"1" if trust_store else b"0"
        self._is_sharded = b"1" if self._url.kind == "cluster" else b"0"
        self._node = secrets.token_hex(8)
        self._sink: Sink | None = None
        self._entered: dict[str, dict[str, str]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._store: Store | None = None
        self._commands: Commands
        self._following: Following | None = None

    # -- its life

    @override
    async def start(self, sink: Sink | None = None) -> None:
        await self._forget_loop()
        self._sink = sink
        store = self._store = open_store(self._url, self._deadline)
        self._commands = Commands(store, self._deadline, self._begin)
        if sink is not None:
            following = self._following = Following(
                sink,
                partial(open_reader, store, self._begin, prefix=f"{self._prefix}:".encode()),
                self._commands.publish,
                self.read,
                self._begin,
                deadline=self._deadline,
                required=self._required,
            )
            self._begin(following.reader.serve(), "nexws.layer.reader")
            self._begin(following.unfollow_soon(), "nexws.layer.unfollow")
            self._begin(self._refresh(), "nexws.layer.refresh")
        if self._required:
            await self._await_store()

    @override
    async def stop(self) -> None:
        if self._store is None:
            return
        self._store = None
        with suppress(LayerError):
            for group, connections in tuple(self._entered.items()):
                for connection, member in tuple(connections.items()):
                    await self._leave(group, member, connection)
        self._commands.end()
        await self._end_tasks()
        self._entered.clear()
        self._following = None
        await self._commands.aclose()

    async def _await_store(self) -> None:
        try:
            await asyncio.wait_for(self._until_up(), _START)
        except (asyncio.TimeoutError, LayerError) as error:
            said = error.problem if isinstance(error, LayerError) else "it does not answer in time"
            following = self._following
            trouble = self._commands.trouble or (following.reader.trouble if following else "") or said
            await self.stop()
            raise LayerError(f"the store at {self._url.shown} cannot be reached: {trouble}") from error

    async def _until_up(self) -> None:
        if self._following is not None:
            await self._following.reader.up.wait()
        await self.read("")

    async def _forget_loop(self) -> None:
        """Let go of what another event loop has left behind."""
        if self._store is not None:
            self._store = self._following = None
            self._tasks.clear()
            self._entered.clear()

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        # Its owner is the layer, whose start and stop run in tasks of others: no task group spans both.
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end_tasks(self) -> None:
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        pending = set(tasks)
        # Again and again: before Python 3.12 wait_for, with which redis-py writes, may swallow a cancellation.
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN)
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- publications

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        channel = self._channel(group)
        its_key = f"k:{key}" if key is not None else f"t:{secrets.token_hex(12)}"
        bounds: tuple[Any, ...] = (0, 0, 0)
        if retention is not None:
            bounds = (retention.events, int(retention.seconds * 1000), retention.size_bytes)
        known, epoch, offset, receivers = await self._run(
            _PUBLISH,
            self._keys(channel, "m", "s", its_key),
            self._trusts,
            channel,
            pack_publication(publication),
            _TRY_MS if key is None else _KEY_MS,
            secrets.token_hex(6),
            max(_LOG_MS, bounds[1] * 2),
            *bounds,
            publication.size_bytes,
            self._is_sharded,
        )
        return Published(
            position=Position(epoch.decode(), int(offset)) if epoch else None,
            receivers=int(receivers),
            is_duplicate=bool(known) and key is not None,
        )

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        epoch, top, is_complete, entries = await self._run(
            _READ,
            self._keys(self._channel(group), "m", "s"),
            self._trusts,
            "" if since is None else since.offset,
            "" if since is None else since.epoch,
            "" if limit is None else max(limit, 0),
        )
        if not epoch:
            return Page((), None, is_complete=since is None)
        name = epoch.decode()
        read = [
            Entry(
                Position(name, int(entry_id.partition(b"-")[0])),
                unpack_publication(packed),
                datetime.fromtimestamp(int(created) / 1000, tz=timezone.utc),
            )
            for entry_id, packed, created in entries
        ]
        return Page(read, Position(name, int(top)), is_complete=bool(is_complete))

    @override
    async def follow(self, group: str) -> None:
        if self._following is None:
            raise LayerError("this node only publishes")
        await self._following.follow(self._channel(group), group)

    @override
    def unfollow(self, group: str) -> None:
        if self._following is not None:
            self._following.unfollow(self._channel(group))

    # -- presence

    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        is_first, gone = await self._run(
            _ENTER, self._presence_keys(group), self._node, self._ttl_ms, member, connection, info
        )
        await self._tell_gone(group, gone)
        self._entered.setdefault(group, {})[connection] = member
        return bool(is_first)

    @override
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        connections = self._entered.get(group, {})
        connections.pop(connection, None)
        if not connections:
            self._entered.pop(group, None)
        return await self._leave(group, member, connection)

    async def _leave(self, group: str, member: str, connection: str) -> Present | None:
        info = await self._run(_LEAVE, self._presence_keys(group), connection, member)
        return None if info is None else Present(member, info.decode())

    @override
    async def present(self, group: str) -> list[Present]:
        found, gone = await self._run(_PRESENT, self._presence_keys(group), int(self._sink is not None))
        await self._tell_gone(group, gone)
        return [Present(member.decode(), info.decode()) for member, info in found]

    async def _refresh(self) -> None:
        """Say that this node lives, for each group in which somebody is present through it: spread over the time."""
        owed = 0.0
        while True:
            await asyncio.sleep(self._ttl_ms / 3000 / _TURNS)
            owed += len(self._entered) / _TURNS
            due = tuple(islice(self._entered, int(owed)))
            owed %= 1
            for group in due:
                self._entered[group] = self._entered.pop(group)  # its turn is last now
                self._begin(self._say_alive(group), "nexws.layer.alive")

    async def _say_alive(self, group: str) -> None:
        with suppress(LayerError):
            gone = await self._run(_REFRESH, self._presence_keys(group), self._node, self._ttl_ms)
            await self._tell_gone(group, gone)

    async def _tell_gone(self, group: str, gone: list[tuple[bytes, bytes]]) -> None:
        if self._sink is not None:
            for member, info in gone:
                await self._sink.gone(group, Present(member.decode(), info.decode()))

    # -- how it is

    @override
    async def health(self) -> Health:
        if self._store is None:
            return Health(is_up=False, reason="it has not been started")
        if self._following is not None and not self._following.reader.up.is_set():
            return Health(is_up=False, reason=self._following.reader.trouble)
        try:  # to read; and to write, where that did not go well
            keys = self._keys(self._channel(""), "m", "s")
            await self._commands.run(_READ, keys, self._trusts, "", "", 0, tries=False)
            if self._commands.trouble:
                await self.publish("", Publication(consumer=""))
        except LayerError as error:
            return Health(is_up=False, reason=error.problem)
        return Health(is_up=True)

    # -- inside

    async def _run(self, script: Script, keys: tuple[bytes, ...], *arguments: Any) -> Any:
        if self._store is None and not self._tasks:
            raise LayerError("it has not been started (async with layer: ...)")
        return await self._commands.run(script, keys, *arguments)

    def _channel(self, group: str) -> bytes:
        """Name the channel of a group, and what its keys begin with: a cluster goes by what is in the braces."""
        return f"{self._prefix}:{{{quote(group, safe='@:/._-')}!}}".encode()

    def _keys(self, channel: bytes, *names: str) -> tuple[bytes, ...]:
        return tuple(b"%b:%b" % (channel, name.encode()) for name in names)

    def _presence_keys(self, group: str) -> tuple[bytes, ...]:
        return self._keys(self._channel(group), "e", "c", "i", "o", "n")
