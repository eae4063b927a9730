"""20,000 connections end in all the ways there are, and leave nothing behind."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import pairwise

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, History, Nexws, Presence, emits, on
from tests.soak.raw import Client
from tests.soak.serving import Server, Verdict, serve_counts, soak

ENDINGS, PART, AT_ONCE, GROUPS = 20_000, 5_000, 50, 200
KEPT, KEPT_SECONDS = 10, 1.0
MOST_GROWTH = 1.5 * 2**20
ZERO = ("connections", "groups", "followed", "turns", "present", "entered")


class Info(BaseModel):
    name: str


class Place(EventConsumer):
    """Everybody is present in a group, speaks there, and is told what was said before."""

    said = emits("said", str)
    history = History(events=KEPT, seconds=KEPT_SECONDS)
    presence = Presence(Info)

    async def on_connect(self, websocket: WebSocket) -> None:
        name, group = websocket.path_params["name"], websocket.path_params["group"]
        websocket.scope["user"] = name
        await websocket.accept()
        await self.join_group(group, presence=Info(name=name))
        await self.join_group("all")

    @on("say")
    async def say(self, data: str) -> int:
        return await self.said.broadcast(data, group=self.websocket.path_params["group"])

    @on("think")
    async def think(self) -> None:
        await asyncio.sleep(1)


app = NexiosApp(title="Endings", version="1.0.0")
ws = Nexws(app)
app.add_ws_route(Place.as_route("/{group}/{name}"))
serve_counts(app, ws)


async def live(port: int, number: int, kinds: dict[str, int]) -> None:
    """Connect, do something or not, and end in some way."""
    client = await Client.connect(port, f"/group{number % GROUPS}/user{number}")
    kind = random.choice(("close", "lose", "reset"))
    kinds[kind] += 1
    if random.random() < 0.5:
        client.send("say", f"hello from {number}", ref="1")
    if random.random() < 0.2:
        client.send("think")
    if random.random() < 0.5:
        await asyncio.sleep(random.uniform(0, 0.02))
    await getattr(client, kind)()


async def end(port: int, first: int, kinds: dict[str, int]) -> None:
    """Let a part of them live and end, some at a time."""
    numbers = iter(range(first, first + PART))

    async def one_after_the_other() -> None:
        for number in numbers:
            await live(port, number, kinds)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))


async def settled(server: Server, port: int, before: dict[str, int]) -> dict[str, int]:
    """Tell what the server holds once all is over, and what was kept is too old."""
    names = (*ZERO, "tasks", "descriptors")
    await server.ask_until("/counts", lambda found: all(found[name] <= before[name] for name in names))
    await asyncio.sleep(2 * KEPT_SECONDS)
    last = await Client.connect(port, "/last/last")
    for _ in range(30):  # each lets go of what is too old in a few groups
        last.send("say", "hello")
    await asyncio.sleep(0.1)
    await last.close()
    await server.ask_until("/counts", lambda found: all(found[name] <= before[name] for name in names))
    return await server.ask_until("/garbage", lambda _: True)


async def run(server: Server, verdict: Verdict) -> None:
    """Compare what the server holds, after each part."""
    before: dict[str, int] = server.ask("/counts")
    kinds = {"close": 0, "lose": 0, "reset": 0}
    found: list[dict[str, int]] = []
    began = time.monotonic()
    for first in range(0, ENDINGS, PART):
        await end(server.port, first, kinds)
        found.append(await settled(server, server.port, before))
    took = time.monotonic() - began
    last = found[-1]
    print(f"{ENDINGS} endings in {took:.0f} s: {kinds}")
    for name in ZERO:
        verdict.check(name, last[name], wanted="0", is_well=last[name] == 0)
    for name in ("tasks", "descriptors"):
        verdict.check(
            name, last[name], wanted=f"{before[name]}, as before", is_well=last[name] <= before[name]
        )
    verdict.check("entries kept", last["kept"], wanted=f"{KEPT}, the last", is_well=last["kept"] <= KEPT)
    verdict.check(
        "groups with a history", last["logs"], wanted=f"{GROUPS + 1}", is_well=last["logs"] <= GROUPS + 1
    )
    for earlier, later in pairwise(found):
        grown, objects = later["rss"] - earlier["rss"], later["objects"] - earlier["objects"]
        verdict.check(
            f"memory after {PART} more",
            f"{grown / 2**20:+.2f} MiB, {objects:+} objects",
            wanted="1.5 MiB, 500 objects at most",
            is_well=grown <= MOST_GROWTH and objects <= 500,
        )


if __name__ == "__main__":
    soak("tests.soak.endings:app", run)
