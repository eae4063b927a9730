"""The connection by which a node gets what is published: watched, and made anew where it fails."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

import anyio
from redis.crc import key_slot
from redis.exceptions import MovedError, RedisError

__all__ = ["Reader", "Told"]

_SILENCE: Final = 1.0
"""Seconds without a word from the store, after which it is asked for one."""
_PATIENCE: Final = 2.0
"""How long that may take: a connection that is half open says nothing of itself."""
_PROBE: Final = 20.0
"""How often something is published to the reader itself: a store may answer, and deliver nothing."""
_LONGEST_PAUSE: Final = 2.0
_NEW: Final = "it has not connected yet"
_MANY: Final = 64
"""Messages after which others may run, where there is no end of them."""
_AT_ONCE: Final = 500
"""Channels in one command."""

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a reader tells what."""

    publish: Callable[[bytes, bytes], Coroutine[Any, Any, object]]
    """Gets what is to be published to the reader itself."""
    received: Callable[[bytes, bytes], Coroutine[Any, Any, None]]
    """Gets each message, in order, and may wait."""
    resubscribed: Callable[[bytes], None]
    """Hears of each channel that is followed again after a failure: what was published meanwhile is missed."""
    displaced: Callable[[Iterable[bytes], MovedError | None], None] = lambda _channels, _error: None
    """Hears of channels that may be at another server by now, and what the server has said of it."""


class Reader:
    """Follows channels on one connection, which is made anew whenever it fails.

    In a cluster the server has some channels only, and says so of each that it has no more.

    Without limits of redis-py's own: its time limit for reading takes ETIMEDOUT for "nothing yet", and spins
    (Python 3.11 and newer), and it notices no connection that is half open.
    """

    def __init__(
        self,
        connect: Callable[[], Coroutine[Any, Any, Any]],
        told: Told,
        *,
        prefix: bytes = b"",
        is_sharded: bool = False,
    ) -> None:
        self._make, self._told = connect, told
        self._prefix, self._is_sharded = prefix, is_sharded
        self._channels: dict[bytes, None] = {}
        self._returning: set[bytes] = set()
        self._leaving: Counter[bytes] = Counter()
        self._confirmations: dict[bytes, deque[list[asyncio.Event]]] = {}
        self._is_listening = self._is_ended = False
        self._probe_channel = b""
        self._connection: Any = None  # redis-py's, which has few types
        self._heard_at = self._probed_at = 0.0
        self._probe_is_out = False
        self.up: asyncio.Event = asyncio.Event()
        """Set while it is connected."""
        self.trouble: str = _NEW
        """Why it is not."""

    # -- what is followed

    async def follow(self, channel: bytes) -> None:
        """Follow *channel*: returns once the store has said that it does.

        Raises:
            RedisError: the connection failed meanwhile.
        """
        self._channels[channel] = None
        confirmed = asyncio.Event()
        waiting = [confirmed]
        self._confirmations.setdefault(channel, deque()).append(waiting)
        try:
            if self._is_listening:  # or it is said with all others
                await self._say_of("SUBSCRIBE", [channel])
            await confirmed.wait()
        finally:
            if not confirmed.is_set():
                waiting.clear()  # its place stays: the confirmation may still come

    def want(self, channel: bytes) -> None:
        """Follow *channel* from the next connection on; ``resubscribed`` is told."""
        self._channels[channel] = None

    async def unfollow(self, channels: Iterable[bytes]) -> None:
        """Follow *channels* no longer."""
        left = iter(channels)
        while some := tuple(islice(left, _AT_ONCE)):
            gone = [channel for channel in some if channel not in self._channels]  # nor meanwhile
            if self._is_listening:
                self._leaving.update(gone)
            await self._say_of("UNSUBSCRIBE", gone)

    def forget(self, channel: bytes) -> None:
        """Say that nobody wants *channel* any more; ``unfollow`` tells the store."""
        self._channels.pop(channel, None)

    async def adopt(self, channels: Sequence[bytes]) -> None:
        """Follow *channels*, which have been followed elsewhere, or here: what was published meanwhile is missed.

        Raises:
            RedisError: the connection failed meanwhile.
        """
        self._channels.update(dict.fromkeys(channels))
        self._returning.update(channels)
        self._wait_at_once(channels)
        if self._is_listening:
            await self._say_of("SUBSCRIBE", channels)

    def let_go(self, channel: bytes) -> None:
        """Follow *channel* no longer, which another reader does; who waits for it has to ask that one."""
        self.forget(channel)
        self._returning.discard(channel)
        for waiting in self._confirmations.pop(channel, ()):
            for each in waiting:
                each.set()

    def release(self) -> None:
        """Let nobody wait, before it ends."""
        self._is_ended = True
        for channel in (*self._channels, *self._confirmations):
            self.let_go(channel)

    @property
    def is_down(self) -> bool:
        """Whether it is not connected, though it has tried."""
        return not self.up.is_set() and self.trouble != _NEW

    @property
    def is_idle(self) -> bool:
        """Whether it follows nothing, and the server has nothing more to say of what it has followed."""
        return not (self._channels or self._leaving)

    # -- its life

    async def serve(self) -> None:
        """Read until cancelled, or released."""
        pause = 0.0
        while not self._is_ended:
            try:
                await self._connect_and_read()
            except (RedisError, OSError, asyncio.TimeoutError) as error:
                if self.up.is_set() or not self.trouble:
                    _logger.warning("the channel layer has lost its connection to the store: %s", error)
                    pause = 0.0
                self.trouble = str(error).partition("\n")[0][:200] or type(error).__name__
                self._told.displaced(tuple(self._channels), None)
            finally:
                self.up.clear()
                self._is_listening = False
                self._leaving.clear()
                await self._disconnect()
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(max(pause * 2, 0.1), _LONGEST_PAUSE)

    async def _connect_and_read(self) -> None:
        loop = asyncio.get_running_loop()
        connection: Any = await asyncio.wait_for(self._connect(), _PATIENCE)
        self._heard_at = self._probed_at = loop.time()
        self._probe_is_out = False
        self._probe_channel = self._name_probe()
        channels = [self._probe_channel, *self._channels]
        self._confirmations = {  # each is said once, whoever waits for it
            channel: deque([everybody])
            for channel, waiting in self._confirmations.items()
            if (everybody := [each for several in waiting for each in several])
        }
        self._returning &= self._channels.keys()
        self._returning |= self._channels.keys() - self._confirmations.keys()
        self._is_listening = True
        await self._say_of("SUBSCRIBE", channels)
        await self._say("PING")  # answered behind all of them, and by none that still loads
        reading = asyncio.ensure_future(self._read(connection))
        watching = asyncio.ensure_future(self._watch())
        try:
            done, _ = await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            reading.cancel()
            watching.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)  # and be cancelled meanwhile

    async def _connect(self) -> Any:
        self._connection = await self._make()
        await self._connection.connect()
        return self._connection

    async def _read(self, connection: Any) -> None:
        loop = asyncio.get_running_loop()
        count = 0
        while True:
            try:
                answer = await connection.read_response(disconnect_on_error=False)
            except MovedError as error:
                known = (self._probe_channel, *self._channels)
                self._lose([channel for channel in known if key_slot(channel) == error.slot_id], error)
                continue
            self._heard_at = loop.time()
            message = cast("list[bytes]", answer) if isinstance(answer, list) else [b"pong"]
            kind = message[0]
            if kind in (b"message", b"smessage"):
                channel, data = message[1], message[2]
                if channel == self._probe_channel:
                    self._probe_is_out = False
                else:
                    await self._told.received(channel, data)
            elif kind in (b"subscribe", b"ssubscribe"):
                self._confirm(message[1])
            elif kind in (b"unsubscribe", b"sunsubscribe"):
                self._left(message[1])
            elif kind == b"pong" and not self.up.is_set():
                self.trouble = ""
                self.up.set()
            count += 1
            if count % _MANY == 0:
                await asyncio.sleep(0)

    def _confirm(self, channel: bytes) -> None:
        if channel in self._returning:
            self._returning.discard(channel)
            self._told.resubscribed(channel)
        waiting = self._confirmations.get(channel)
        if waiting:
            for each in waiting.popleft():
                each.set()
            if not waiting:
                del self._confirmations[channel]

    def _wait_at_once(self, channels: Iterable[bytes]) -> None:
        """Have one confirmation do for all that wait: each channel is said once, whoever waits for it."""
        for channel in channels:
            waiting = self._confirmations.get(channel, deque())
            everybody = [each for several in waiting for each in several]
            waiting.clear()
            waiting.append(everybody)

    def _left(self, channel: bytes) -> None:
        if self._leaving[channel]:  # as we have asked for
            self._leaving[channel] -= 1
        else:
            self._lose([channel], None)
        if not self._leaving[channel]:
            del self._leaving[channel]

    def _lose(self, channels: Sequence[bytes], error: MovedError | None) -> None:
        """Tell that the server has *channels* no more, but for those that nobody wants."""
        if self._probe_channel in channels:
            self._probe_channel, self._probe_is_out = b"", False
        self._told.displaced([channel for channel in channels if channel in self._channels], error)

    async def _watch(self) -> None:
        """Ask for a sign of life where there is none."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SILENCE / 4)
            now = loop.time()
            silent = now - self._heard_at
            if silent > _SILENCE + _PATIENCE or (
                self._probe_is_out and now - self._probed_at > _PATIENCE * 2
            ):
                raise asyncio.TimeoutError("the store does not answer")
            if silent > _SILENCE:
                await self._say("PING")
            if now - self._probed_at > _PROBE and not self._probe_is_out:
                if not self._probe_channel:
                    self._probe_channel = self._name_probe()
                    await self._say_of("SUBSCRIBE", [self._probe_channel])
                self._probed_at, self._probe_is_out = now, True
                with suppress(Exception):  # the other connection has trouble of its own, and tells of it
                    await self._told.publish(self._probe_channel, b"")

    def _name_probe(self) -> bytes:
        """Name a channel for itself alone; in a cluster it goes by the braces of another one, to be where that is."""
        beginning = next(iter(self._channels), b"") if self._is_sharded else self._prefix
        return b"%b@probe/%b" % (beginning, secrets.token_hex(8).encode())

    async def _say_of(self, word: str, channels: Sequence[bytes]) -> None:
        """Say one word of many channels; those of a cluster's command have to be in one slot, so each has its own."""
        for at in range(0, len(channels), _AT_ONCE):
            some = channels[at : at + _AT_ONCE]
            if not self._is_sharded:
                await self._say(word, *some)
            elif self._connection is not None:
                packed = self._connection.pack_commands([(f"S{word}", each) for each in some])
                with anyio.fail_after(_PATIENCE):
                    await self._connection.send_packed_command(packed, check_health=False)

    async def _say(self, *command: str | bytes) -> None:
        connection = self._connection
        if connection is not None:
            with anyio.fail_after(_PATIENCE):  # in this task: what is cancelled has been said all the same
                await connection.send_command(*command, check_health=False)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(RedisError, OSError, asyncio.TimeoutError):
                await connection.disconnect(nowait=True)
