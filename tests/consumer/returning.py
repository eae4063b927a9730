"""A client that comes and goes, and what it must have had in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import override

from nexws import EventConsumer, History, Limits, MemoryLayer, Nexws, Position, emits
from nexws.layers import Page
from nexws.testing import Connection, connect

__all__ = ["GROUPS", "HOLE", "Cut", "Forget", "Publish", "Return", "Step", "StepwiseLayer", "World"]

GROUPS: Final = ("a", "b")
HOLE: Final = -1
"""What a client notes where it was told that it does not get what it missed."""


class Said(BaseModel):
    group: str
    n: int


class Feed(EventConsumer):
    said = emits("said", Said)
    noted = emits("noted", Said, history=False)
    history = History()

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for group in GROUPS:
            await self.join_group(group)


class StepwiseLayer(MemoryLayer):
    """Takes several turns of the loop for a read, so that others come between."""

    reading = 0
    is_reading = False

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        self.is_reading = True
        try:
            for _ in range(self.reading):
                await checkpoint()
            page = await super().read(group, since=since, limit=limit)
            for _ in range(self.reading):
                await checkpoint()
            return page
        finally:
            self.is_reading = False


@dataclass(frozen=True)
class Publish:
    """So many are published; the client is cut behind the first few of them, if it is."""

    group: str
    count: int
    cut_after: int | None = None


@dataclass(frozen=True)
class Cut:
    """The client leaves without a word."""


@dataclass(frozen=True)
class Return:
    """The client comes back and resumes; some are published before that, and some while it does."""

    before: int = 0
    meanwhile: int = 0
    turns: int = 0
    cut_after: int | None = None


@dataclass(frozen=True)
class Forget:
    """The store forgets what it has."""


Step = Publish | Cut | Return | Forget


@dataclass
class Client:
    """Keeps positions as the documentation says a client does."""

    last: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(GROUPS))
    had: dict[str, list[int]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    waiting: list[Any] | None = None
    """What came since it is back, until it is told what it missed."""
    held: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """What was published while it was found out what it missed."""
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def take(self, frame: Any) -> None:
        if frame.get("status"):
            self._told(frame["data"]["groups"])
        elif "pos" in frame:
            if self.waiting is None:
                self._keep(frame)
            else:
                self.waiting.append(frame)

    def _told(self, groups: Any) -> None:
        waiting, self.waiting = self.waiting or [], None
        self.answers.append(groups)
        came_at_all = [(each["data"]["group"], each["data"]["n"]) for each in waiting]
        assert max(map(came_at_all.count, self.held), default=0) <= 1, f"{came_at_all} came, {self.held} once"
        for group, found in groups.items():
            came = [Position.parse(each["pos"]) for each in waiting if each["data"]["group"] == group]
            if found["recovered"]:
                assert found["pos"] is not None, f"{group}: recovered, to nowhere"
                since, top = (Position.parse(str(each)).offset for each in (self.last[group], found["pos"]))
                missed = [each.offset for each in came[len(came) - (top - since) :]]
                assert missed == list(range(since + 1, top + 1)), f"{group}: {missed} came behind {since}"
            else:
                self.had[group].append(HOLE)
                self.last[group] = found["pos"]
        for frame in sorted(waiting, key=lambda each: Position.parse(each["pos"]).offset):
            self._keep(frame)

    def _keep(self, frame: Any) -> None:
        group, pos = frame["data"]["group"], Position.parse(frame["pos"])
        last = self.last[group]
        if (
            last is None
            or Position.parse(last).epoch != pos.epoch
            or Position.parse(last).offset < pos.offset
        ):
            self.had[group].append(frame["data"]["n"])
            self.last[group] = frame["pos"]


class World:
    """An application, those who publish, and a client."""

    def __init__(self, layer: StepwiseLayer, *, events: int, resume_events: int) -> None:
        self.layer, self.events, self.resume_events = layer, events, resume_events
        self.app = NexiosApp()
        limits = Limits(history_events=events, resume_events=resume_events)
        self.ws = Nexws(self.app, layer=layer, limits=limits)
        self.app.add_ws_route(Feed.as_route("/"))
        self.client = Client()
        self.published: dict[str, list[int]] = {group: [] for group in GROUPS}
        self._stack: AsyncExitStack | None = None
        self._connection: Connection

    async def run(self, steps: list[Step]) -> None:
        """Do all that, and have the client come back in the end."""
        try:
            for step in steps:
                await self._do(step)
            await self._return(Return())
            await self._settle()
        finally:
            await self._cut()
        self.check()

    def check(self) -> None:
        """See that the client has had all, in order and once, but for the holes that it was told of."""
        for group in GROUPS:
            had = self.client.had[group]
            expected: Iterator[int] = iter(self.published[group])
            skips = True  # it did not know where it stood
            for each in had:
                if each == HOLE:
                    skips = True
                    continue
                number = next(expected, None)
                while skips and number != each and number is not None:
                    number = next(expected, None)
                assert number == each, f"{group}: {each} came, {number} should have: {had}"
                skips = False
            rest = list(expected)
            assert skips or not rest, f"{group}: {rest} have never come: {had}"

    async def _do(self, step: Step) -> None:
        if isinstance(step, Publish):
            await self._publish(step.group, step.count, step.cut_after)
        elif isinstance(step, Cut):
            await self._settle()
            await self._cut()
        elif isinstance(step, Return):
            await self._return(step)
        else:
            self.layer._memory.logs.clear()

    async def _publish(self, group: str, count: int, cut_after: int | None = None) -> bool:
        """Publish; tells whether the client is still there."""
        for number in range(count):
            if number == cut_after:
                await self._cut()
            n = len(self.published[group])
            self.published[group].append(n)
            if self.layer.is_reading:
                self.client.held.append((group, n))
            await Feed.noted.broadcast(Said(group=group, n=n), group, via=self.ws)
            await Feed.said.broadcast(Said(group=group, n=n), group, via=self.ws)
            await checkpoint()
        return self._stack is not None

    async def _return(self, step: Return) -> None:
        if self._stack is not None:
            return
        wanted = dict(self.client.last)
        self.client.waiting, self.client.held = [], []
        self._stack = AsyncExitStack()
        self._connection = await self._stack.enter_async_context(connect(self.app, "/"))
        await self._publish("a", step.before)
        missed = {group: self._missed(group, wanted[group]) for group in GROUPS}
        self.layer.reading = step.turns
        answered = len(self.client.answers)
        await self._connection.send("nexws.resume", {"groups": wanted}, 1)
        for number in range(step.meanwhile):
            if not await self._publish(GROUPS[number % 2], 1, 0 if number == step.cut_after else None):
                return
        await self._settle()
        (answer,) = self.client.answers[answered:]
        for group in GROUPS if not step.meanwhile else ():
            should = missed[group] <= min(self.events, self.resume_events)
            assert answer[group]["recovered"] is should, f"{group}: {missed[group]} missed, {answer}"

    def _missed(self, group: str, since: str | None) -> float:
        """Tell how many there are behind *since*; more than there can be where nobody knows."""
        log = self.layer._memory.logs.get(f"{Feed.namespace_of()}/{group}")
        if since is None or log is None or Position.parse(since).epoch != log._epoch:
            return float("inf")
        return log._top - Position.parse(since).offset

    async def _settle(self) -> None:
        """Have the client read what is there."""
        if self._stack is None:
            return
        with anyio.move_on_after(2):
            while self.client.waiting is not None or self._connection._server.frames:
                self.client.take(json.loads(await self._connection.receive_raw()))

    async def _cut(self) -> None:
        """What has not been read by now is lost."""
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.aclose()
            self.client.waiting = None
