"""What a broadcast adds to the sends that it makes, in process: no server, no network.

The floor is a bare loop that awaits the server's ``send`` of each member with one frame that was written before.
It has no bounds and waits for the slowest; a broadcast validates and writes the payload, and waits for nobody.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, emits

ROUNDS, BROADCASTS, DELIVERIES = 9, 10, 20_000


class Posted(BaseModel):
    group: str
    user: str
    text: str


class Chat(EventConsumer):
    posted = emits("chat.posted", Posted)
    newest: Chat

    async def on_connect(self, websocket: Any) -> None:
        await websocket.accept()
        await self.join_group("lobby")
        Chat.newest = self


class Member:
    """A client whose socket takes whatever it is given."""

    def __init__(self) -> None:
        self.connected = True
        self.accepted = asyncio.Event()
        self._end = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.connected:
            self.connected = False
            return {"type": "websocket.connect"}
        await self._end.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(self, message: Any) -> None:
        self.accepted.set()

    def leave(self) -> None:
        self._end.set()


async def time_of(broadcast: Callable[[], Awaitable[object]], members: int) -> float:
    """Give the nanoseconds of processor time of one delivery."""
    began = time.process_time()
    broadcasts = max(BROADCASTS, DELIVERIES // members)
    for _ in range(broadcasts):
        await broadcast()
    return (time.process_time() - began) / broadcasts / members * 1e9


async def measure(count: int) -> None:
    """Print the figures for *count* members."""
    app = NexiosApp()
    app.add_ws_route(Chat.as_route("/"))
    members = [Member() for _ in range(count)]
    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
    tasks = [asyncio.ensure_future(app(dict(scope), member.receive, member.send)) for member in members]
    await asyncio.gather(*(member.accepted.wait() for member in members))
    consumer, payload = Chat.newest, Posted(group="lobby", user="ann", text="hello world")
    codec = Chat.codec_of(None)
    text = codec.push(Chat.posted.event, codec.body(Chat.posted.writer, payload))
    frame = {"type": "websocket.send", "text": text}

    async def bare_loop() -> None:
        for member in members:
            await member.send(frame)

    subjects: dict[str, Callable[[], Awaitable[object]]] = {
        "bare loop over send (floor)": bare_loop,
        "broadcast": lambda: consumer.posted.broadcast(payload, group="lobby"),
    }
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, broadcast in subjects.items():
            times[name].append(await time_of(broadcast, count))
    floor = statistics.median(times["bare loop over send (floor)"])
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{count:5} members  {name:28} {median:6.0f} ns a delivery   x {median / floor:.2f}")
    for member in members:
        member.leave()
    await asyncio.gather(*tasks)


def main() -> None:
    """Print a table."""
    for count in (2, 10, 100, 1000, 3000):
        asyncio.run(measure(count))


if __name__ == "__main__":
    main()
