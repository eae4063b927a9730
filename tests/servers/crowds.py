"""Many clients of a server that stops, and how evenly they were told."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import msgpack  # type: ignore[import-untyped] # it brings no types
from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.servers.clients import connect
from tests.servers.harness import Server

__all__ = ["Guest", "busiest", "crowd"]

_BUCKET = 0.1


@dataclass
class Guest:
    """A client that reads on until the end: what it was told, and when."""

    is_plain: bool
    warned_at: float | None = None
    delay: float | None = None
    closed_at: float = 0.0
    code: int | None = None
    others: list[str | bytes] = field(default_factory=list)

    async def read(self, client: ClientConnection) -> None:
        """Read until the server has closed."""
        try:
            while True:
                self._take(await client.recv())
        except ConnectionClosed:
            self.closed_at, self.code = time.monotonic(), client.close_code

    def _take(self, frame: str | bytes) -> None:
        parts = msgpack.unpackb(frame) if isinstance(frame, bytes) else from_json(frame)
        if parts["event"] != "nexws.closing":
            self.others.append(frame)
            return
        assert parts["data"].keys() == {"code", "reconnect", "delay"}, parts
        assert (parts["data"]["code"], parts["data"]["reconnect"]) == (4001, True), parts
        self.warned_at, self.delay = time.monotonic(), parts["data"]["delay"]


@asynccontextmanager
async def crowd(server: Server, size: int) -> AsyncIterator[list[Guest]]:
    """Connect so many clients, one in four of them to a consumer without events; the block ends with them all."""
    async with AsyncExitStack() as stack:
        guests, reading = list[Guest](), list[asyncio.Task[None]]()
        for number in range(size):
            is_plain, subprotocol = number % 4 == 0, ("nexws.msgpack", "nexws.json")[number % 2]
            path = "/obedient" if is_plain else "/typed"
            opened = connect(server, path, subprotocol=None if is_plain else subprotocol)
            client = await stack.enter_async_context(opened)
            guests.append(Guest(is_plain))
            reading.append(asyncio.create_task(guests[-1].read(client)))
        yield guests
        await asyncio.gather(*reading)


def busiest(guests: list[Guest], begun: float) -> int:
    """Tell how many were closed in the tenth of a second in which most were."""
    return max(Counter(int((each.closed_at - begun) / _BUCKET) for each in guests).values())
