"""Waiting for one's turn, and seeing things through although somebody cancels meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

import anyio

__all__ = ["Patience", "Turns"]


class Patience:
    """Waits in spite of being cancelled, and raises that afterwards: others must not miss what is half done."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled: asyncio.CancelledError | None = None

    async def wait(self, event: anyio.Event) -> None:
        """Wait for *event*."""
        while not event.is_set():
            await self._bear(event.wait)

    async def let_others_run(self) -> None:
        """Give the loop to others once."""
        await self._bear(partial(asyncio.sleep, 0))

    async def _bear(self, wait: Callable[[], Awaitable[object]]) -> None:
        try:
            await wait()
        except asyncio.CancelledError as error:
            self._cancelled = error

    def end(self) -> None:
        """Raise what came meanwhile."""
        if self._cancelled is not None:
            raise self._cancelled


class Turns:
    """Lets in one at a time, in the order of their coming."""

    __slots__ = ("_waiting", "is_taken")

    def __init__(self) -> None:
        self.is_taken: bool = False
        self._waiting: deque[anyio.Event] = deque()

    async def take(self, patience: Patience) -> None:
        """Wait for one's turn; ``give`` ends it."""
        if not self.is_taken:
            self.is_taken = True
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        await patience.wait(turn)

    def give(self) -> None:
        """Let the next one in."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self.is_taken = False
