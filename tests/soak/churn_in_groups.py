"""1000 joins and 1000 leaves per second beside 200 broadcasts per second, and clients that come and go meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from itertools import pairwise

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic_core import from_json

from nexws import EventConsumer, Nexws, emits, on
from tests.soak.raw import Client
from tests.soak.serving import Server, Verdict, serve_counts, soak

SECONDS, BROADCASTS, JOINS, VISITS = 10, 200, 1000, 20
STABLE, FLAPPING = 50, 50
STEP = 0.02


class Churn(EventConsumer):
    """One group; who connects to ``/in`` is in it from the start."""

    ticked = emits("ticked", int)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        if websocket.path_params["place"] == "in":
            await self.join_group("all")

    @on("join")
    async def join(self) -> None:
        await self.join_group("all")

    @on("leave")
    async def leave(self) -> None:
        await self.leave_group("all")

    @on("tick")
    async def tick(self, data: int) -> None:
        await self.ticked.broadcast(data, group="all")


app = NexiosApp(title="Churn", version="1.0.0")
ws = Nexws(app)
app.add_ws_route(Churn.as_route("/{place}"))
serve_counts(app, ws)


def into(numbers: list[int]) -> Callable[[bytes], None]:
    """Make what writes down the numbers of the broadcasts."""
    return lambda frame: numbers.append(from_json(frame)["data"])


async def flap(clients: list[Client]) -> None:
    """Join and leave, every client in its turn."""
    began, done = time.monotonic(), 0
    while done < SECONDS * JOINS:
        due = min(SECONDS * JOINS, int((time.monotonic() - began) * JOINS))
        for number in range(done, due):
            # Half of them are in at any time: one leaves for each that joins.
            clients[number % FLAPPING].send("join")
            clients[(number + FLAPPING // 2) % FLAPPING].send("leave")
        done = max(done, due)
        await asyncio.sleep(STEP / 2)


async def tick(teller: Client) -> None:
    """Let the server broadcast."""
    began, done = time.monotonic(), 0
    while done < SECONDS * BROADCASTS:
        due = min(SECONDS * BROADCASTS, int((time.monotonic() - began) * BROADCASTS))
        for number in range(done, due):
            teller.send("tick", number)
        done = max(done, due)
        await asyncio.sleep(STEP / 4)


async def visit(port: int, found: list[list[int]]) -> None:
    """Come, stay a little in the group, and end in some way."""
    numbers: list[int] = []
    found.append(numbers)
    visitor = await Client.connect(port, "/in", into(numbers))
    await asyncio.sleep(random.uniform(0, 0.5))
    await random.choice((visitor.close, visitor.lose, visitor.reset))()


async def visits(port: int) -> list[list[int]]:
    """Let visitors come and go, all the time."""
    found: list[list[int]] = []
    running: list[asyncio.Task[None]] = []
    for _ in range(SECONDS * VISITS):
        running.append(asyncio.create_task(visit(port, found)))
        await asyncio.sleep(1 / VISITS)
    await asyncio.gather(*running)
    return found


async def run(server: Server, verdict: Verdict) -> None:
    """Do all of it at once."""
    stable: list[list[int]] = [[] for _ in range(STABLE)]
    flapping: list[list[int]] = [[] for _ in range(FLAPPING)]
    members = [await Client.connect(server.port, "/in", into(numbers)) for numbers in stable]
    flappers = [await Client.connect(server.port, "/out", into(numbers)) for numbers in flapping]
    teller = await Client.connect(server.port, "/out")
    began = time.monotonic()
    visiting = asyncio.create_task(visits(server.port))
    await asyncio.gather(flap(flappers), tick(teller))
    count = SECONDS * BROADCASTS
    while min(map(len, stable)) < count and time.monotonic() < began + 3 * SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(STEP)
    took = time.monotonic() - began
    visitors = await visiting
    counts = await server.ask_until("/counts", lambda found: found["connections"] == STABLE + FLAPPING + 1)
    for client in (*members, *flappers, teller):
        await client.close()

    rate = f"{SECONDS * JOINS / took:.0f} joins, {count / took:.0f} broadcasts per second"
    verdict.check("rate", rate, wanted="1000 and 200, less a tenth", is_well=took < SECONDS / 0.9)
    well = sum(numbers == list(range(count)) for numbers in stable)
    verdict.check(
        "stable members with each event once, in order", well, wanted=f"{STABLE}", is_well=well == STABLE
    )
    others = [*flapping, *visitors]
    risen = sum(all(a < b for a, b in pairwise(each)) for each in others)
    got = sum(map(len, others))
    verdict.check(
        f"others with events once, in order ({got} events)",
        risen,
        wanted=str(len(others)),
        is_well=risen == len(others) and got > 0,
    )
    left = counts["connections"] - STABLE - FLAPPING - 1
    verdict.check("visitors that are still there", left, wanted="0", is_well=left == 0)


if __name__ == "__main__":
    soak("tests.soak.churn_in_groups:app", run)
