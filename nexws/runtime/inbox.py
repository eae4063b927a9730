"""Messages of one client on their way in."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from nexws.errors import ConnectionClosedError
from nexws.protocol import CloseCode
from nexws.runtime.outbox import Message

__all__ = ["Inbox", "Receive"]

Receive: TypeAlias = Callable[[], Awaitable[Message]]


class Inbox:
    """The messages of one client, in order, whoever reads the socket.

    As long as nobody needs more, the one who takes a message reads the socket. Once it is read ahead, by a task of
    its own, up to ``limit`` messages wait; behind them the socket is not read for ``patience`` seconds, and then what
    does not fit is handed to ``refuse`` until something has been taken: a server whose socket is never read cannot see
    that its client lives.
    """

    __slots__ = ("_limit", "_moved", "_patience", "_receive", "_refuse", "_waiting", "listens")

    def __init__(
        self, receive: Receive, limit: int, patience: float, refuse: Callable[[Message], Awaitable[None]]
    ) -> None:
        self._receive: Receive | None = receive
        self._limit, self._patience, self._refuse = limit, patience, refuse
        self._waiting: deque[Message] | None = None  # made when the socket is first read ahead
        self._moved: anyio.Event | None = None  # something came in, or was taken
        self.listens: bool = True
        """Whether the socket is read, as far as it is to be read ahead."""

    async def take(self) -> Message:
        """Give the next message.

        Raises:
            ConnectionClosedError: the connection is over.
        """
        while self._waiting is not None and not self._waiting:
            await self._wait()
        if self._waiting is not None:
            message = self._waiting.popleft()
            self._move()
            return message
        if self._receive is None:
            raise ConnectionClosedError(CloseCode.ABNORMAL)
        return await self._receive()

    @property
    def reads_ahead(self) -> bool:
        """Whether the socket is read by a task of its own."""
        return self._waiting is not None

    def begin_reading_ahead(self) -> bool:
        """Whether ``read_ahead`` is to be started, which nobody has done before."""
        if self._waiting is not None:
            return False
        self._waiting = deque()
        return True

    async def read_ahead(
        self, left: Callable[[Message], None], overtaking: Callable[[Message], Awaitable[bool]]
    ) -> None:
        """Read the socket on until the client leaves, which *left* is told; what is *overtaking* does not wait."""
        is_patient = True
        while self._receive is not None:
            if is_patient:
                self.listens = not self._is_full()
                with anyio.move_on_after(self._patience) as limit:
                    while self._is_full():
                        await self._wait()
                is_patient, self.listens = not limit.cancelled_caught, True
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                left(message)
                return
            if self._waiting is None:
                return
            if await overtaking(message):
                continue
            if self._is_full():
                await self._refuse(message)
            else:
                is_patient = True
                self._waiting.append(message)
                self._move()

    def close(self) -> None:
        """Let go of the server's ``receive``, and of what was not taken: the connection is over."""
        self._receive = self._waiting = None

    def _is_full(self) -> bool:
        return self._waiting is not None and len(self._waiting) >= self._limit

    async def _wait(self) -> None:
        if self._moved is None:
            self._moved = anyio.Event()
        await self._moved.wait()

    def _move(self) -> None:
        if self._moved is not None:
            self._moved.set()
            self._moved = None
