"""Members of a shared room, on different processes of one server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from operator import ne
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.servers.clients import connect, receive_json, send_json
from tests.servers.harness import Server

__all__ = ["Member", "member", "spread"]

_MOST_TRIES: Final = 200


class Member:
    """A client that keeps what it is sent while it waits for answers."""

    def __init__(self, connection: ClientConnection, name: str) -> None:
        self.connection, self.name = connection, name
        self.process: int = 0
        """The id of the process that serves it."""
        self.pushes: list[dict[str, Any]] = []
        """What has come, presence aside."""
        self.joined: list[str] = []
        """Who has come, by the pushes of presence."""
        self.left: list[str] = []
        """Who has gone."""
        self._ref = 0

    @property
    def heard(self) -> list[str]:
        """The texts of what has come."""
        return [each["data"]["text"] for each in self.pushes if "text" in each["data"]]

    async def ask(self, event: str, data: Any = None) -> Any:
        """Send an event, and give the data of its reply."""
        self._ref += 1
        frame = {"event": event, "ref": self._ref}
        await send_json(self.connection, frame if data is None else {**frame, "data": data})
        while "status" not in (frame := await self._receive()):
            pass
        assert (frame["ref"], frame["status"]) == (self._ref, "ok"), frame
        return frame.get("data")

    async def say(self, *texts: str) -> None:
        """Say something to the room, one after the other."""
        for text in texts:
            await self.ask("shared.say", {"text": text})

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Read on until it is so."""
        while not is_so():
            await self._receive()

    async def hears_of(self, name: str) -> None:
        """Read on until somebody has joined."""
        await self.until(lambda: name in self.joined)

    async def hears_of_leaving(self, name: str) -> None:
        """Read on until somebody has left."""
        await self.until(lambda: name in self.left)

    async def resume(self, room: str, position: str) -> bool:
        """Ask for what was missed, which comes as pushes; tells whether that is all."""
        answer = await self.ask("nexws.resume", {"groups": {room: position}})
        is_recovered: bool = answer["groups"][room]["recovered"]
        return is_recovered

    async def hears(self, *texts: str) -> None:
        """Read on until this has been said, and nothing else has since the last time."""
        await self.until(lambda: len(self.heard) >= len(texts))
        assert self.heard == list(texts)
        self.pushes.clear()

    async def hears_last(self, text: str) -> None:
        """Read on until this has been said, whatever was before; it stays in ``pushes``."""
        await self.until(lambda: self.heard[-1:] == [text])

    async def closed(self) -> int | None:
        """Read on until the server has closed; gives the code."""
        try:
            while True:
                await self._receive()
        except ConnectionClosed:
            return self.connection.close_code

    async def _receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = await receive_json(self.connection)
        if frame["event"] == "nexws.presence":
            self.joined += [each["name"] for each in frame["data"]["joined"]]
            self.left += [each["name"] for each in frame["data"]["left"]]
        elif "status" not in frame:
            self.pushes.append(frame)
        return frame


@asynccontextmanager
async def member(
    server: Server, room: str, name: str, is_wanted: Callable[[int], bool]
) -> AsyncIterator[Member]:
    """Connect until the process is one that is wanted."""
    for _ in range(_MOST_TRIES):
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(connect(server, f"/shared?room={room}", name))
                found = Member(connection, name)
                found.process = await found.ask("shared.process")
            except (OSError, InvalidHandshake, ConnectionClosed):  # a process that ends, or begins
                await asyncio.sleep(0.05)
                continue
            if is_wanted(found.process):
                await found.ask("shared.enter")
                yield found
                return
    raise AssertionError(f"none of {_MOST_TRIES} connections has come to such a process")


@asynccontextmanager
async def spread(server: Server, room: str, *names: str) -> AsyncIterator[list[Member]]:
    """Connect two members or more, on two processes or more; all know of all."""
    async with AsyncExitStack() as stack:
        members = list[Member]()
        for name in names:
            taken = members[0].process if len(members) == 1 else 0
            connecting = member(server, room, name, partial(ne, taken))
            members.append(await stack.enter_async_context(connecting))
        for each in members:
            await each.hears_of(names[-1])
        yield members
