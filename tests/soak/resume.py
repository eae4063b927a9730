"""A client is cut 500 times during 50,000 pushes, and resumes: nothing is lost, comes twice, or in another order."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic_core import from_json

from nexws import EventConsumer, History, Limits, Nexws, emits
from tests.soak.raw import Client
from tests.soak.serving import Server, Verdict, serve_counts, soak

PUSHES, CUTS, STEP, SHORT = 50_000, 500, 25, 20
GROUP = "numbers"


class Long(EventConsumer):
    """Keeps enough for everybody who was away."""

    counted = emits("counted", int)
    history = History(events=10_000, bytes=2**24)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group(GROUP)


class Short(Long):
    """Keeps too little for most."""

    history = History(events=SHORT)


app = NexiosApp(title="Resume", version="1.0.0")
ws = Nexws(app, limits=Limits(resume_events=10_000))
app.add_ws_route(Long.as_route("/long"))
app.add_ws_route(Short.as_route("/short"))
serve_counts(app, ws)


@app.get("/push/{first}")
async def push(request: Request, response: Response, first: str) -> Any:
    """Send a few numbers, with pauses in which others run."""
    for number in range(int(first), int(first) + STEP):
        for consumer in (Long, Short):
            await consumer.counted.of(consumer).broadcast(number, group=GROUP, via=ws)
        await asyncio.sleep(0)
    return response.json([])


@dataclass
class Reader:
    """A client that comes back whenever it is cut, and knows how far it is."""

    port: int
    path: str
    expected: int = 1
    """The offset of the next push: offsets have no gaps."""
    epoch: str = ""
    numbers: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """What it was told that it cannot have."""
    gaps_told: int = 0
    untrue: list[str] = field(default_factory=list)
    cuts: int = 0
    recovered: int = 0
    most_at_once: int = 0
    _resumed: bool = False
    _replayed: int = 0
    _client: Client | None = None

    async def connect(self) -> None:
        """Come back, and ask for what was missed."""
        self._resumed, self._replayed = False, 0
        self._client = await Client.connect(self.port, self.path, self._got)
        position = f"{self.epoch}:{self.expected - 1}" if self.epoch else None
        self._client.send("nexws.resume", {"groups": {GROUP: position}}, ref="1")

    async def cut(self) -> None:
        """Lose the connection, as a client with a bad network does."""
        assert self._client is not None
        client, self._client = self._client, None
        await random.choice((client.reset, client.lose))()
        self.cuts += 1

    def _got(self, frame: bytes) -> None:
        envelope = from_json(frame)
        if "ref" in envelope:
            self._answered(envelope)
            return
        epoch, _, offset = envelope["pos"].rpartition(":")
        at = int(offset)
        self.epoch = self.epoch or epoch
        if not self._resumed and at != self.expected:
            return  # live, from before the resume began, which comes again; or from after, and had before
        if at != self.expected or epoch != self.epoch:
            self.untrue.append(f"{at} in place of {self.expected}")
        self._replayed += not self._resumed
        self.expected = at + 1
        self.numbers.append(envelope["data"])

    def _answered(self, envelope: Any) -> None:
        answer = envelope["data"]["groups"][GROUP]
        self._resumed = True
        self.most_at_once = max(self.most_at_once, self._replayed)
        if answer["pos"] is None:
            return
        self.epoch, _, offset = answer["pos"].rpartition(":")
        top = int(offset)
        if answer["recovered"]:
            self.recovered += 1
            if top != self.expected - 1:
                self.untrue.append(f"recovered up to {top}, but {self.expected} is the next")
        elif self.numbers or self.expected > 1:
            self.gaps_told += 1
            if top < self.expected:
                self.untrue.append(f"a gap up to {top}, but {self.expected} is the next")
            self.lost += range(self.expected - 1, top)
            self.expected = top + 1
        else:
            self.expected = top + 1


async def push_all(server: Server) -> None:
    """Let the server push, as fast as it does."""
    for first in range(0, PUSHES, STEP):
        await asyncio.to_thread(server.ask, f"/push/{first}")


async def be_cut(reader: Reader, pushing: asyncio.Task[None], total: int) -> None:
    """Cut the client at random moments: while it reads, waits for its answer, or has just come."""
    while not pushing.done() and reader.cuts < total:
        await asyncio.sleep(random.choice((0.0, 0.002, random.uniform(0, 0.08))))
        await reader.cut()
        await asyncio.sleep(random.choice((0.0, 0.0, random.uniform(0, 0.03))))
        await reader.connect()


def judge(reader: Reader, verdict: Verdict) -> None:
    """Print what became of one reader."""
    name = reader.path
    have = sorted([*reader.numbers, *reader.lost])
    silently = PUSHES - len(set(have))
    verdict.check(f"{name}: cuts", reader.cuts, wanted=f"{CUTS} at least", is_well=reader.cuts >= CUTS)
    print(f"     {name}: {len(reader.numbers)} pushes, {reader.recovered} times recovered, ", end="")
    print(
        f"{reader.most_at_once} pushes at once at most; {reader.gaps_told} gaps, {len(reader.lost)} pushes lost"
    )
    verdict.check(f"{name}: lost without a word", silently, wanted="0", is_well=silently == 0)
    twice = len(have) - len(set(have))
    verdict.check(f"{name}: had twice", twice, wanted="0", is_well=twice == 0)
    is_sorted = reader.numbers == sorted(reader.numbers)
    verdict.check(f"{name}: in order", is_sorted, wanted="True", is_well=is_sorted)
    verdict.check(
        f"{name}: answers that are not true", reader.untrue[:5], wanted="[]", is_well=not reader.untrue
    )


async def run(server: Server, verdict: Verdict) -> None:
    """Cut two clients, one of which cannot get everything back."""
    readers = [Reader(server.port, path) for path in ("/long", "/short")]
    for reader in readers:
        await reader.connect()
    await asyncio.sleep(0.2)
    began = time.monotonic()
    pushing = asyncio.create_task(push_all(server))
    await asyncio.gather(*(be_cut(reader, pushing, CUTS) for reader in readers), pushing)
    deadline = time.monotonic() + 30
    while any(reader.expected <= PUSHES for reader in readers) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    print(f"{PUSHES} pushes to each in {time.monotonic() - began:.0f} s")
    long, short = readers
    judge(long, verdict)
    verdict.check("/long: gaps", long.gaps_told, wanted="0", is_well=long.gaps_told == 0)
    judge(short, verdict)
    verdict.check("/short: gaps", short.gaps_told, wanted="1 at least", is_well=short.gaps_told > 0)


if __name__ == "__main__":
    soak("tests.soak.resume:app", run)
