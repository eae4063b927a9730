"""The groups that a node follows on a ``Reader``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from redis.exceptions import RedisError

from nexws.errors import LayerError
from nexws.layers.port import Page, Sink
from nexws.layers.redis.followed import Followed
from nexws.layers.redis.reader import Reader, Told
from nexws.layers.redis.readers import Readers
from nexws.layers.wire import unpack_publication
from nexws.protocol import Position

__all__ = ["Following"]


class ReadPage(Protocol):
    """How what is kept of a group is read."""

    async def __call__(self, group: str, *, since: Position | None, limit: int | None) -> Page: ...


class Following:
    """Hands what is published to the groups that a node follows to its sink.

    Where the store is not *required*, a group that cannot be followed now is followed as soon as it can.
    """

    def __init__(
        self,
        sink: Sink,
        make_reader: Callable[[Told], Reader | Readers],
        publish: Callable[[bytes, bytes], Coroutine[Any, Any, object]],
        read: ReadPage,
        begin: Callable[[Coroutine[Any, Any, None], str], object],
        *,
        deadline: float,
        required: bool,
    ) -> None:
        self._sink, self._read, self._begin = sink, read, begin
        self._deadline, self._required = deadline, required
        self._followed: dict[bytes, Followed] = {}
        self._gone: set[bytes] = set()
        self._unfollowed = asyncio.Event()
        self.reader: Reader | Readers = make_reader(Told(publish, self._received, self._resubscribed))

    async def follow(self, channel: bytes, group: str) -> None:
        """Follow *group* on *channel*: what is published from now on is handed over.

        Raises:
            LayerError: it cannot be followed now, and the store is required.
        """
        followed = self._followed.get(channel) or self._add(channel, group)
        if not self._required and not self.reader.up.is_set():
            self.reader.want(channel)
            return
        followed.trying += 1
        try:
            await asyncio.wait_for(self.reader.follow(channel), self._deadline)
            page = await self._read(group, since=None, limit=0)
        except (LayerError, RedisError, OSError, asyncio.TimeoutError) as error:
            if self._required:
                if followed.trying == 1 and not followed.is_sure:
                    self.unfollow(channel)
                trouble = self.reader.trouble or "it does not confirm in time"
                raise error if isinstance(error, LayerError) else LayerError(trouble) from error
            if not followed.is_sure and self.reader.up.is_set():  # or it is seen to with the next connection
                self._resubscribed(channel)
        else:
            followed.start_at(page.top)
        finally:
            followed.trying -= 1

    def unfollow(self, channel: bytes) -> None:
        """Hand over no more of what is published on *channel*."""
        followed = self._followed.pop(channel, None)
        if followed is not None:
            followed.end()
            self.reader.forget(channel)
            self._gone.add(channel)
            self._unfollowed.set()

    async def unfollow_soon(self) -> None:
        """Tell the store what is not followed any more, until cancelled."""
        while True:
            await self._unfollowed.wait()
            self._unfollowed.clear()
            gone, self._gone = self._gone, set()
            with suppress(Exception):  # the connection is made anew without them
                await self.reader.unfollow(gone)

    def _add(self, channel: bytes, group: str) -> Followed:
        async def read(since: Position | None) -> Page:
            return await self._read(group, since=since, limit=None)

        followed = self._followed[channel] = Followed(group, self._sink, read)
        return followed

    async def _received(self, channel: bytes, data: bytes) -> None:
        followed = self._followed.get(channel)
        if followed is None:
            return
        position, _, packed = data.partition(b"\n")
        try:
            publication = unpack_publication(packed)
            place = Position.parse(position.decode()) if position else None
        except ValueError:
            return  # of somebody else, who has our prefix
        if followed.put(publication, place):
            self._begin(followed.empty(), "nexws.layer.group")

    def _resubscribed(self, channel: bytes) -> None:
        followed = self._followed.get(channel)
        if followed is not None and followed.check():
            self._begin(followed.empty(), "nexws.layer.group")
