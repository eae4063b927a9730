"""Streams: declared, inferred, with and without a payload."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Literal

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, on
from nexws.testing import connect


class CountTo(BaseModel):
    limit: int


class Tick(BaseModel):
    number: int


class Clock(EventConsumer):
    @on("clock.count", schema=CountTo, stream=Tick)
    async def count(self, data: CountTo) -> AsyncIterator[Tick]:
        for number in range(data.limit):
            yield Tick(number=number)

    @on("clock.tick", stream=Tick)
    async def tick(self, websocket: WebSocket) -> AsyncIterator[Tick]:
        yield Tick(number=1)

    @on("clock.follow", schema=CountTo, stream=Tick, concurrency="latest", timeout=5)
    async def follow(self, websocket: WebSocket, data: CountTo) -> AsyncGenerator[Tick, None]:
        yield Tick(number=data.limit)

    @on("clock.words", schema=CountTo, stream=Tick | Literal["end"])
    async def words(self, data: CountTo) -> AsyncIterator[Tick | Literal["end"]]:
        yield Tick(number=data.limit)
        yield "end"

    @on("clock.inferred")
    async def inferred(self, data: CountTo) -> AsyncIterator[int]:
        yield data.limit


app = NexiosApp()
app.add_ws_route(Clock.as_route("/"))


async def calls(clock: Clock) -> None:
    assert_type(clock.count(CountTo(limit=1)), AsyncIterator[Tick])
    async for each in clock.words(CountTo(limit=1)):
        assert_type(each, Tick | Literal["end"])
    assert_type([each async for each in clock.inferred(CountTo(limit=1))], list[int])


async def run() -> None:
    async with connect(app, "/") as client:
        assert [each async for each in client.stream("clock.count", CountTo(limit=2))] == [
            {"number": 0},
            {"number": 1},
        ]
        assert [each async for each in client.stream("clock.words", {"limit": 1})] == [{"number": 1}, "end"]
        assert [each async for each in client.stream("clock.inferred", {"limit": 1})] == [1]
