"""Broadcasts under uvicorn, over loopback, to clients in another process.

The floor is a bare loop that awaits the server's ``send`` of each member with one frame that was written before, in a
plain ASGI application of the same server. Rounds are interleaved and figures are medians: the ratios are what to
compare. Ends with 1 where a broadcast is slower than the loop, costs more than half as much again per delivery to
many, or holds the event loop for more than 10 ms at a time.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import pairwise
from typing import Any

import uvloop
from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, Nexws, emits
from tests.soak.raw import HANDSHAKE
from tests.soak.serving import Server, Verdict, serve_counts

ROUNDS, DELIVERIES, CROWD = 31, 12_000, 10_000
SIZES = (100, 1000, 3000)


class Posted(BaseModel):
    group: str
    user: str
    text: str


PAYLOAD = Posted(group="lobby", user="ann", text="hello world")


class Chat(EventConsumer):
    posted = emits("chat.posted", Posted)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group(websocket.path_params["group"])


CODEC = Chat.codec_of(None)
FRAME = {
    "type": "websocket.send",
    "text": CODEC.push(Chat.posted.event, CODEC.body(Chat.posted.writer, PAYLOAD)),
}


class Bare:
    """An ASGI application that keeps the ``send`` of each client."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[Any, None]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        group = self.groups.setdefault(scope["path"], {})
        await receive()
        await send({"type": "websocket.accept"})
        group[send] = None
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            del group[send]

    async def broadcast(self, group: str) -> None:
        for send in tuple(self.groups[group]):
            await send(FRAME)


nexios = NexiosApp(title="Broadcast", version="1.0.0")
ws = Nexws(nexios)
nexios.add_ws_route(Chat.as_route("/nexws/{group}"))
serve_counts(nexios, ws)
bare = Bare()
BROADCASTS: dict[str, Callable[[str], Awaitable[object]]] = {
    "bare": lambda group: bare.broadcast(f"/bare/{group}"),
    "nexws": lambda group: Chat.posted.broadcast(PAYLOAD, group=group, via=ws),
}


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Serve both."""
    is_bare = scope.get("path", "").startswith("/bare/")
    await (bare if is_bare else nexios)(scope, receive, send)


@nexios.get("/run/{subject}/{group}/{count}")
async def run(request: Request, response: Response, subject: str, group: str, count: str) -> Any:
    """Broadcast, and answer with the processor time that it cost until the sockets had it."""
    broadcast = BROADCASTS[subject]
    began = time.process_time()
    for _ in range(int(count)):
        await broadcast(group)
        await asyncio.sleep(0)  # what has been written goes out between turns of the loop
    for _ in range(3):
        await asyncio.sleep(0)
    return response.json({"used": time.process_time() - began})


@nexios.get("/stalls/{subject}/{group}/{count}")
async def stalls(request: Request, response: Response, subject: str, group: str, count: str) -> Any:
    """Broadcast, and answer with the longest turn of the loop: seconds that passed, and of processor time."""
    turns: list[tuple[float, float]] = []
    is_over = False

    async def watch() -> None:
        while not is_over:
            turns.append((time.perf_counter(), time.thread_time()))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    for _ in range(int(count)):
        await BROADCASTS[subject](group)
        await asyncio.sleep(0)
    is_over = True
    await watching
    lengths = [(now[0] - last[0], now[1] - last[1]) for last, now in pairwise(turns)]
    return response.json([max(each[0] for each in lengths), max(each[1] for each in lengths)])


class Reader(asyncio.BufferedProtocol):
    """A client that counts bytes; one buffer serves all."""

    buffer = bytearray(256 * 1024)
    received = 0
    opened = 0

    def __init__(self, path: str) -> None:
        self._path, self._is_open = path, False

    def connection_made(self, transport: Any) -> None:
        transport.write(HANDSHAKE.format(path=self._path).encode())

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_open:
            Reader.received += nbytes
        elif b"\r\n\r\n" in self.buffer[:nbytes]:
            self._is_open = True
            Reader.opened += 1


async def wait_for(ask: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 60
    while not ask():
        if time.monotonic() > deadline:
            raise TimeoutError("not everything has arrived")
        await asyncio.sleep(0.0005)


async def gather_members(server: Server, path: str, count: int) -> None:
    """Connect *count* clients."""
    loop, wanted = asyncio.get_running_loop(), Reader.opened + count
    for _ in range(0, count, 100):
        connecting = (
            loop.create_connection(lambda: Reader(path), "127.0.0.1", server.port) for _ in range(100)
        )
        await asyncio.gather(*connecting)
    await wait_for(lambda: Reader.opened >= wanted)


async def one_round(server: Server, subject: str, size: int) -> tuple[float, float]:
    """Give the deliveries per second, and the microseconds of processor time that each cost the server."""
    count = max(1, DELIVERIES // size)
    text = len(FRAME["text"])
    expected = count * size * (text + (2 if text < 126 else 4))
    Reader.received = 0
    began = time.perf_counter()
    asking = asyncio.create_task(asyncio.to_thread(server.ask, f"/run/{subject}/{size}/{count}"))
    await wait_for(lambda: Reader.received >= expected)
    took = time.perf_counter() - began
    return count * size / took, (await asking)["used"] / (count * size) * 1e6


async def compare(server: Server, verdict: Verdict) -> None:
    """Compare the two, and each size with the smallest."""
    for size in SIZES:
        for subject in BROADCASTS:
            await gather_members(server, f"/{subject}/{size}", size)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for number in range(ROUNDS):
        for size in SIZES:
            for subject in tuple(BROADCASTS)[:: 1 if number % 2 else -1]:
                found.setdefault((subject, size), []).append(await one_round(server, subject, size))
    print(f"{'':18} {'deliveries/s':>12} {'processor':>10}")
    for (subject, size), rounds in sorted(found.items(), key=lambda each: each[0][::-1]):
        speed, cost = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(f"{subject:8} to {size:5}  {speed:12,.0f} {cost:7.1f} us")
    speeds = zip(found["nexws", 1000], found["bare", 1000], strict=True)
    ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in speeds)
    costs = zip(found["nexws", 1000], found["bare", 1000], strict=True)
    of_cost = statistics.median(ours[1] / theirs[1] for ours, theirs in costs)
    verdict.check(
        "deliveries to 1000, of the bare loop's",
        f"x {ratio:.2f} (processor time x {of_cost:.2f})",
        wanted="x 1 at least, less what the machine's noise makes of it (0.05)",
        is_well=ratio >= 0.95,
    )
    for size in SIZES[1:]:
        pairs = zip(found["nexws", size], found["nexws", SIZES[0]], strict=True)
        grown = statistics.median(many[1] / few[1] for many, few in pairs)
        verdict.check(
            f"cost of a delivery to {size}, of one to {SIZES[0]}",
            f"x {grown:.2f}",
            wanted="x 1.5 at most",
            is_well=grown <= 1.5,
        )


async def crowd(server: Server, verdict: Verdict) -> None:
    """Look for how long a broadcast to very many holds the loop."""
    await gather_members(server, f"/nexws/{CROWD}", CROWD)
    found: list[tuple[float, float]] = [
        await asyncio.to_thread(server.ask, f"/stalls/nexws/{CROWD}/1") for _ in range(11)
    ]
    passed, used = (statistics.median(each) * 1000 for each in zip(*found, strict=True))
    verdict.check(
        f"longest turn of the loop in a broadcast to {CROWD}",
        f"{passed:.1f} ms (processor time {used:.1f} ms), worst {max(found)[0] * 1000:.1f} ms",
        wanted="10 ms at most",
        is_well=used <= 10,
    )


def main() -> None:
    """Print a table."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    verdict = Verdict()
    for part in (compare, crowd):
        with Server("benchmarks.bench_broadcast:app") as server:
            uvloop.run(part(server, verdict))
    verdict.exit()


if __name__ == "__main__":
    main()
