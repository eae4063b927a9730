"""The readers of a node: one, or in a cluster one for each server that has channels which are followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from redis.exceptions import ClusterDownError, MovedError, RedisError

from nexws.layers.redis.reader import Reader, Told
from nexws.layers.redis.store import Store, named_by
from nexws.layers.redis.urls import Address

__all__ = ["Readers", "open_reader"]

_PAUSE: Final = 0.1
_SWEEP: Final = 1.0
"""How often it is looked for servers of which nothing is followed."""

_Begin = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]


def open_reader(store: Store, begin: _Begin, told: Told, *, prefix: bytes) -> Reader | Readers:
    """Make what follows channels in *store*; it has to be served."""
    if store.is_sharded:
        return Readers(store, told, begin, prefix=prefix)
    return Reader(store.link, told, prefix=prefix)


class Readers:
    """Follows each channel at the server of a cluster that has it, and goes after it where it moves."""

    def __init__(self, store: Store, told: Told, begin: _Begin, *, prefix: bytes) -> None:
        self._store, self._told, self._begin, self._prefix = store, told, begin, prefix
        self._readers: dict[Address, tuple[Reader, asyncio.Task[None]]] = {}
        self._places: dict[bytes, Address | None] = {}
        self._left: dict[bytes, Address] = {}
        self._displaced: dict[bytes, None] = {}
        self._something = asyncio.Event()
        self._known = asyncio.Event()
        self._trouble = "it has not connected yet"

    @property
    def up(self) -> asyncio.Event:
        """Set while all are connected; otherwise that of one which is not."""
        return next((reader.up for reader in self._down()), self._known)

    @property
    def trouble(self) -> str:
        """Why one is not connected."""
        return next((reader.trouble for reader in self._down()), self._trouble)

    # -- what is followed

    async def follow(self, channel: bytes) -> None:
        """Follow *channel*: returns once a server that has it has said that it does, whenever that is."""
        self._places.setdefault(channel, None)
        while channel in self._places:
            try:
                place = self._places[channel] or await self._store.find(channel)
                if channel not in self._places:
                    return
                place = self._places[channel] = self._places[channel] or place
                await self._reader(place).follow(channel)
            except (RedisError, OSError) as error:
                self._fail(error)
                await asyncio.sleep(_PAUSE)
                continue
            if self._places.get(channel) == place:  # it has not moved meanwhile
                return

    def want(self, channel: bytes) -> None:
        """Follow *channel* as soon as it is found; ``resubscribed`` is told."""
        self._places.setdefault(channel, None)
        self._displaced[channel] = None
        self._something.set()

    async def unfollow(self, channels: Iterable[bytes]) -> None:
        """Follow *channels* no longer; a server of which nothing is followed is let alone."""
        gone: dict[Address, list[bytes]] = {}
        for channel in channels:
            place = self._left.pop(channel, None)
            if place is not None:
                gone.setdefault(place, []).append(channel)
        for place, some in gone.items():
            if place in self._readers:
                await self._reader(place).unfollow(some)

    def forget(self, channel: bytes) -> None:
        """Say that nobody wants *channel* any more; ``unfollow`` tells the store."""
        place = self._places.pop(channel, None)
        if place is not None and place in self._readers:
            self._left[channel] = place
            self._reader(place).forget(channel)

    # -- its life

    async def serve(self) -> None:
        """Move what is displaced, until cancelled; what is followed is read by tasks of their own."""
        while not self._known.is_set():
            try:
                await self._store.find(self._prefix)
                self._known.set()
            except (RedisError, OSError) as error:  # noqa: PERF203 - it may tell later
                self._fail(error)
                await asyncio.sleep(_PAUSE)
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._something.wait(), _SWEEP)
            self._something.clear()
            await self._move()
            self._sweep()
            await asyncio.sleep(_PAUSE)  # servers may disagree for a moment

    async def _move(self) -> None:
        moves: dict[Address, list[bytes]] = {}
        for channel in tuple(self._displaced):
            try:
                new = await self._store.find(channel)
            except ClusterDownError as error:  # nobody has this one; others may be well
                self._fail(error)
                continue
            except (RedisError, OSError) as error:
                self._fail(error)
                break
            self._displaced.pop(channel, None)
            if channel in self._places:
                place, self._places[channel] = self._places[channel], new
                if place is not None and new != place:
                    self._reader(place).let_go(channel)
                moves.setdefault(new, []).append(channel)
        for place, channels in moves.items():
            wanted = [channel for channel in channels if self._places.get(channel) == place]
            if wanted:
                with suppress(
                    RedisError, OSError, asyncio.TimeoutError
                ):  # it says all when it connects again
                    await self._reader(place).adopt(wanted)

    def _displace(self, place: Address, channels: Iterable[bytes], error: MovedError | None) -> None:
        if error is not None:
            self._store.move(error.slot_id, named_by(error, place))
        else:
            self._store.doubt(place)
        self._displaced.update(dict.fromkeys(channels))
        self._something.set()

    def _reader(self, place: Address) -> Reader:
        if place not in self._readers:

            async def connect() -> Any:
                return self._store.connection(place)

            told = replace(self._told, displaced=partial(self._displace, place))
            reader = Reader(connect, told, is_sharded=True)
            self._readers[place] = (reader, self._begin(reader.serve(), "nexws.layer.reader"))
        return self._readers[place][0]

    def _sweep(self) -> None:
        """Let servers alone of which nothing is followed any more."""
        for place, (reader, task) in tuple(self._readers.items()):
            if reader.is_idle:
                del self._readers[place]
                reader.release()
                task.cancel()

    def _fail(self, error: Exception) -> None:
        self._trouble = str(error).partition("\n")[0][:200] or type(error).__name__
        self._something.set()

    def _down(self) -> Iterator[Reader]:
        return (reader for reader, _ in self._readers.values() if reader.is_down)
