"""Clients that come back, to any node, with the positions that they have; and one publisher that tries again."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

import anyio
from pydantic_core import from_json, to_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.chaos.app import GROUPS
from tests.chaos.checking import GAP, Seen

__all__ = ["Client", "Publisher"]

_PATIENCE = 3.0


@dataclass
class Client:
    """One client of all groups."""

    ports: Sequence[int]
    chance: random.Random
    is_resuming: bool = True
    seen: dict[str, list[Seen]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    outages: list[float] = field(default_factory=list[float])
    delays: list[float] = field(default_factory=list[float])
    is_ready: bool = False
    _at: dict[str, tuple[str, int] | None] = field(default_factory=lambda: dict.fromkeys(GROUPS))
    _pending: bool = True  # what was missed
    _connection: ClientConnection | None = None

    async def run(self) -> None:
        """Connect, read, and come back, until it is cancelled."""
        gone, backoff = time.monotonic(), 0.05
        while True:
            port = self.chance.choice(self.ports)
            try:
                async with connect(
                    f"ws://127.0.0.1:{port}/feed",
                    open_timeout=_PATIENCE,
                    ping_interval=None,
                    close_timeout=0.1,
                ) as connection:
                    self._connection = connection
                    with anyio.fail_after(_PATIENCE):
                        await self._resume(connection)
                    if self.is_ready:
                        self.outages.append(time.monotonic() - gone)
                    self.is_ready, backoff = True, 0.05
                    await self._read(connection, lambda _: False)
            except (OSError, WebSocketException, TimeoutError):
                if not self._pending:
                    gone = time.monotonic()
            self._connection, self._pending = None, True
            await asyncio.sleep(self.chance.uniform(0, backoff))
            backoff = min(1.0, 2 * backoff)

    def cut(self) -> None:
        """Lose the connection, without a word."""
        if self._connection is not None:
            self._connection.transport.abort()

    def has(self, group: str, number: int) -> bool:
        """Tell whether *number* is the last that it has seen of a group."""
        return self.seen[group][-1:] == [number]

    async def _resume(self, connection: ClientConnection) -> None:
        """Ask for what was missed; what is live before the answer and no next one comes with it."""
        if not self.is_resuming and self.is_ready:
            self._at = dict.fromkeys(GROUPS)
        wanted = {group: None if at is None else f"{at[0]}:{at[1]}" for group, at in self._at.items()}
        await connection.send(
            to_json({"event": "nexws.resume", "ref": 1, "data": {"groups": wanted}}).decode()
        )
        await self._read(connection, self._answer)
        self._pending = False

    async def _read(self, connection: ClientConnection, is_last: Callable[[dict[str, Any]], bool]) -> None:
        while True:
            frame = from_json(await connection.recv())
            if frame["event"] == "posted":
                self._take(frame["data"], frame["pos"])
            elif is_last(frame):
                return

    def _answer(self, frame: dict[str, Any]) -> bool:
        if frame["event"] != "nexws.resume":
            return False
        if frame["status"] != "ok":
            raise ConnectionError(f"it cannot resume: {frame}")
        for group, answer in frame["data"]["groups"].items():
            if self.is_ready and self.is_resuming and not answer["recovered"]:
                self.seen[group].append(GAP)
            self._at[group] = None if answer["pos"] is None else _position(answer["pos"])
        return True

    def _take(self, post: dict[str, Any], text: str) -> None:
        group, (epoch, offset) = post["group"], _position(text)
        at = self._at[group]
        if self._pending and (at is None or (epoch, offset) != (at[0], at[1] + 1)):
            return
        self.delays.append(time.monotonic() - post["at"])
        self.seen[group].append(post["number"])
        self._at[group] = (epoch, offset)


class Publisher:
    """Publishes 1, 2, 3, ... to each group, each until it is acknowledged, by whichever node."""

    def __init__(self, ports: Sequence[int], chance: random.Random, rate: float) -> None:
        self.published: dict[str, int] = dict.fromkeys(GROUPS, 0)
        self.tries = 0
        self._ports, self._chance, self._pause = ports, chance, len(GROUPS) / rate

    async def run(self, is_over: asyncio.Event) -> None:
        """Publish until it is over; what has been begun is seen through."""
        await asyncio.gather(*(self._run(place, group, is_over) for place, group in enumerate(GROUPS)))

    async def _run(self, place: int, group: str, is_over: asyncio.Event) -> None:
        next_at = time.monotonic()
        while not is_over.is_set():
            number = self.published[group] + 1
            await self._publish(group, number, f"{number * len(GROUPS) + place}")
            self.published[group] = number
            next_at = max(next_at + self._pause, time.monotonic() - 1.0)
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))

    async def _publish(self, group: str, number: int, key: str) -> None:
        body = to_json({"group": group, "number": number, "key": key, "at": time.monotonic()})
        while True:
            self.tries += 1
            port = self._chance.choice(self._ports)
            if await asyncio.to_thread(_post, port, body):
                return
            await asyncio.sleep(self._chance.uniform(0, 0.1))


def _post(port: int, body: bytes) -> bool:
    """Do one request; false where it is not known to have been done."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("POST", "/publish", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _position(text: str) -> tuple[str, int]:
    epoch, _, offset = text.rpartition(":")
    return epoch, int(offset)
