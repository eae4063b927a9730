"""20 of 200 members stop reading: they are let go in time, cost what they may, and the others notice nothing."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from typing import Any

from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, Limits, Nexws, emits, on
from nexws.runtime import Connection
from tests.soak.raw import Client
from tests.soak.serving import Server, Verdict, rss_bytes, serve_counts

MEMBERS, GUESTS = 200, 20
DEADLINE, ROUNDS, SECONDS, RATE = 2.0, 7, 3, 50
BUFFER = 32 * 1024
TEXT = "x" * 4096
LARGE = "x" * 16 * 1024
SAMPLE = 0.01


class Said(BaseModel):
    sent: float
    text: str


class Sampler:
    """Writes down, all the time, what the server holds, and since when which client takes no more."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, int, int]] = []
        self.stalled_since: dict[Connection, float] = {}
        self.peak_bytes = 0
        self.running: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while True:
            now = time.monotonic()
            # One descriptor is that of the folder itself.
            self.samples.append((now, len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd")) - 1))
            self.peak_bytes = max(self.peak_bytes, rss_bytes())
            for each in ws._node.connections:
                if each.outbox.is_congested:
                    self.stalled_since.setdefault(each, now)
                elif not each.outbox.is_closed:  # it was slow for a moment
                    self.stalled_since.pop(each, None)
            await asyncio.sleep(SAMPLE)

    def begin(self) -> None:
        if self.running is None:
            self.running = asyncio.create_task(self.run())
        self.samples, self.stalled_since, self.peak_bytes = [], {}, rss_bytes()


class Crowd(EventConsumer):
    """Everybody hears what is said; a guest can be told something as well."""

    said = emits("said", Said)

    async def on_connect(self, websocket: WebSocket) -> None:
        websocket.scope["user"] = websocket.path_params["name"]
        await websocket.accept()
        await self.join_group("all")

    @on("say")
    async def say(self) -> None:
        now = time.monotonic()
        await self.said.broadcast(Said(sent=now, text=TEXT), group="all")
        for number in range(GUESTS):
            await self.said.send_to(f"guest{number}", Said(sent=now, text=TEXT))

    @on("flood")
    async def flood(self) -> None:
        taken = 1
        while taken:
            taken = sum([await self.said.send_to(f"guest{each}", flood_of(each)) for each in range(GUESTS)])
            await asyncio.sleep(0)


def flood_of(number: int) -> Said:
    """Make what no other guest gets."""
    return Said(sent=time.monotonic(), text=f"{number}{LARGE}")


app = NexiosApp(title="Stalled", version="1.0.0")
ws = Nexws(app, limits=Limits(send_timeout=DEADLINE))
app.add_ws_route(Crowd.as_route("/crowd/{name}"))
serve_counts(app, ws)
sampler = Sampler()


@app.get("/begin")
async def begin(request: Request, response: Response) -> Any:
    """Begin to sample anew."""
    sampler.begin()
    return response.json({"rss": rss_bytes()})


@app.get("/samples")
async def samples(request: Request, response: Response) -> Any:
    """Answer with what was found, and when the last client began to take no more."""
    since = list(sampler.stalled_since.values())
    return response.json({"samples": sampler.samples, "since": since, "peak": sampler.peak_bytes})


class Latencies:
    """How long pushes took to those who read."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def got(self, frame: bytes) -> None:
        at = frame.index(b'"sent":') + 7
        self.found.append(time.monotonic() - float(frame[at : frame.index(b",", at)]))

    def p99(self) -> float:
        found, self.found = self.found, []
        return statistics.quantiles(found, n=100)[98]


async def say(teller: Client) -> None:
    """Let the server speak for a while."""
    began, done = time.monotonic(), 0
    while done < SECONDS * RATE:
        await asyncio.sleep(max(0, began + done / RATE - time.monotonic()))
        teller.send("say")
        done += 1


async def guests_of(server: Server) -> list[Client]:
    """Let the guests in; what the kernel keeps for them is little."""
    return [
        await Client.connect(server.port, f"/crowd/guest{number}", buffer_bytes=BUFFER)
        for number in range(GUESTS)
    ]


async def freed_after(server: Server, before: dict[str, int]) -> tuple[float, float]:
    """Wait until the guests should be gone; gives the seconds that tasks and descriptors outlived the deadline."""
    await asyncio.sleep(DEADLINE + 3)  # and ask nothing meanwhile, which would be counted
    found = server.ask("/samples")
    assert len(found["since"]) >= GUESTS, "not all guests have stalled: let the server say more"
    due = max(found["since"]) + DEADLINE
    late = []
    for kind, name in ((1, "tasks"), (2, "descriptors")):
        # The newest samples may count the question.
        over = [sample[0] for sample in found["samples"][:-20] if sample[kind] > before[name]]
        late.append(max(0.0, over[-1] + SAMPLE - due) if over else 0.0)
    return late[0], late[1]


async def run(server: Server, verdict: Verdict) -> None:
    """Compare the others' latencies with and without guests that stall, in turn."""
    latencies = Latencies()
    for number in range(MEMBERS - GUESTS):
        await Client.connect(server.port, f"/crowd/member{number}", latencies.got)
    teller = await Client.connect(server.port, "/crowd/teller")
    server.ask("/begin")
    await say(teller)
    before = await quiet(server)
    p99s: list[tuple[float, float]] = []
    late: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        guests = await guests_of(server)
        latencies.p99() if latencies.found else None
        await say(teller)
        usual = latencies.p99()
        for guest in guests:
            guest.stall()
        server.ask("/begin")
        await say(teller)
        p99s.append((usual, latencies.p99()))
        late.append(await freed_after(server, before))
        for guest in guests:
            await guest.reset()
    print(
        "     p99 in ms:",
        ", ".join(f"{usual * 1000:.0f} and {stalled * 1000:.0f}" for usual, stalled in p99s),
    )
    usual, stalled = (statistics.median(each) * 1000 for each in zip(*p99s, strict=True))
    ratio = statistics.median(stalled / usual for usual, stalled in p99s)
    verdict.check(
        "p99 of the others",
        f"{stalled:.1f} ms, x {ratio:.2f} of {usual:.1f} ms",
        wanted="x 2 at most",
        is_well=ratio <= 2,
    )
    tasks, descriptors = (max(each) for each in zip(*late, strict=True))
    verdict.check(
        "tasks freed after the deadline", f"{tasks:.2f} s", wanted="1 s at most", is_well=tasks <= 1
    )
    verdict.check(
        "descriptors freed after the deadline",
        f"{descriptors:.2f} s",
        wanted="2 s at most",
        is_well=descriptors <= 2,
    )


async def quiet(server: Server) -> dict[str, int]:
    """Tell how many tasks and descriptors there are as the sampler counts them."""
    server.ask("/begin")
    await asyncio.sleep(0.5)
    found = server.ask("/samples")["samples"][10:-10]
    return {"tasks": max(each[1] for each in found), "descriptors": max(each[2] for each in found)}


async def flood(server: Server, verdict: Verdict) -> None:
    """Fill the outboxes of guests that do not read, each with frames of its own, until they are cut."""
    teller = await Client.connect(server.port, "/crowd/teller")
    for guest in await guests_of(server):
        guest.stall()
    server.ask("/garbage")
    before = server.ask("/begin")["rss"]
    teller.send("flood")
    await server.ask_until("/counts", lambda found: found["connections"] == 1)
    grown = (server.ask("/samples")["peak"] - before) / 2**20
    most = GUESTS * 1.1
    verdict.check(
        f"memory while {GUESTS} outboxes are filled",
        f"{grown:.1f} MiB more at most",
        wanted=f"{most:.0f} MiB at most",
        is_well=grown <= most,
    )


def main() -> None:
    """Print the figures."""
    verdict = Verdict()
    for part in (run, flood):
        with Server("tests.soak.stalled:app", buffer_bytes=BUFFER) as server:
            asyncio.run(part(server, verdict))
    verdict.exit()


if __name__ == "__main__":
    main()
