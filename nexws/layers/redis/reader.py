"""The connection by which a node gets what is published: watched, and made anew where it fails."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any, Final, cast

import anyio
from redis.exceptions import RedisError

__all__ = ["Reader"]

_SILENCE: Final = 1.0
"""Seconds without a word from the store, after which it is asked for one."""
_PATIENCE: Final = 2.0
"""How long that may take: a connection that is half open says nothing of itself."""
_PROBE: Final = 20.0
"""How often something is published to the reader itself: a store may answer, and deliver nothing."""
_LONGEST_PAUSE: Final = 2.0
_MANY: Final = 64
"""Messages after which others may run, where there is no end of them."""
_AT_ONCE: Final = 500
"""Channels in one command."""

_logger = logging.getLogger("nexws")


class Reader:
    """Follows channels on one connection, which is made anew whenever it fails.

    ``received`` gets each message, in order, and may wait; ``resubscribed`` is told of each channel that is followed
    again after a failure: what was published meanwhile is missed.

    Without limits of redis-py's own: its time limit for reading takes ETIMEDOUT for "nothing yet", and spins
    (Python 3.11 and newer), and it notices no connection that is half open.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        probe: Callable[[bytes, bytes], Coroutine[Any, Any, object]],
        received: Callable[[bytes, bytes], Coroutine[Any, Any, None]],
        resubscribed: Callable[[bytes], None],
        *,
        prefix: bytes,
    ) -> None:
        self._make, self._publish, self._received, self._resubscribed = connect, probe, received, resubscribed
        self._channels: dict[bytes, None] = {}
        self._confirmations: dict[bytes, deque[list[asyncio.Event]]] = {}
        self._is_listening = False
        self._probe_channel = prefix + b"@probe/" + secrets.token_hex(8).encode()
        self._connection: Any = None  # redis-py's, which has few types
        self._heard_at = self._probed_at = 0.0
        self._probe_is_out = False
        self.up: asyncio.Event = asyncio.Event()
        """Set while it is connected."""
        self.trouble: str = "it has not connected yet"
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
                await self._say("SUBSCRIBE", channel)
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
            if gone:
                await self._say("UNSUBSCRIBE", *gone)

    def forget(self, channel: bytes) -> None:
        """Say that nobody wants *channel* any more; ``unfollow`` tells the store."""
        self._channels.pop(channel, None)

    # -- its life

    async def serve(self) -> None:
        """Read until cancelled."""
        pause = 0.0
        while True:
            try:
                await self._connect_and_read()
            except (RedisError, OSError, asyncio.TimeoutError) as error:
                if self.up.is_set() or not self.trouble:
                    _logger.warning("the channel layer has lost its connection to the store: %s", error)
                    pause = 0.0
                self.trouble = str(error).partition("\n")[0][:200] or type(error).__name__
            finally:
                self.up.clear()
                self._is_listening = False
                await self._disconnect()
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(max(pause * 2, 0.1), _LONGEST_PAUSE)

    async def _connect_and_read(self) -> None:
        connection: Any = self._make()
        loop = asyncio.get_running_loop()
        self._connection = connection
        await asyncio.wait_for(connection.connect(), _PATIENCE)
        self._heard_at = self._probed_at = loop.time()
        self._probe_is_out = False
        channels = [self._probe_channel, *self._channels]
        self._confirmations = {  # each is said once, whoever waits for it
            channel: deque([everybody])
            for channel, waiting in self._confirmations.items()
            if (everybody := [each for several in waiting for each in several])
        }
        returning = set(self._channels) - self._confirmations.keys()
        self._is_listening = True
        for at in range(0, len(channels), _AT_ONCE):
            await self._say("SUBSCRIBE", *channels[at : at + _AT_ONCE])
        await self._say("PING")  # answered behind all of them, and by none that still loads
        reading = asyncio.ensure_future(self._read(connection, returning))
        watching = asyncio.ensure_future(self._watch())
        try:
            done, _ = await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in (reading, watching):
                each.cancel()
                with suppress(asyncio.CancelledError, RedisError, OSError, asyncio.TimeoutError):
                    await each

    async def _read(self, connection: Any, returning: set[bytes]) -> None:
        loop = asyncio.get_running_loop()
        count = 0
        while True:
            answer = await connection.read_response(disconnect_on_error=False)
            self._heard_at = loop.time()
            message = cast("list[bytes]", answer) if isinstance(answer, list) else [b"pong"]
            kind = message[0]
            if kind in (b"message", b"smessage"):
                channel, data = message[1], message[2]
                if channel == self._probe_channel:
                    self._probe_is_out = False
                else:
                    await self._received(channel, data)
            elif kind in (b"subscribe", b"ssubscribe"):
                self._confirm(message[1], returning)
            elif kind == b"pong" and not self.up.is_set():
                self.trouble = ""
                self.up.set()
            count += 1
            if count % _MANY == 0:
                await asyncio.sleep(0)

    def _confirm(self, channel: bytes, returning: set[bytes]) -> None:
        if channel in returning:
            returning.discard(channel)
            self._resubscribed(channel)
        waiting = self._confirmations.get(channel)
        if waiting:
            for each in waiting.popleft():
                each.set()
            if not waiting:
                del self._confirmations[channel]

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
                self._probed_at, self._probe_is_out = now, True
                with suppress(Exception):  # the other connection has trouble of its own, and tells of it
                    await self._publish(self._probe_channel, b"")

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
