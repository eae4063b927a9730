"""Payloads that are dataclasses, of the standard library and of Pydantic."""

# pyright: strict

from __future__ import annotations

import dataclasses
import uuid
from datetime import datetime, timezone

import pydantic.dataclasses
from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import Emit, EventConsumer, emits, on
from nexws.testing import connect


@dataclasses.dataclass(frozen=True)
class Point:
    x: int


@pydantic.dataclasses.dataclass
class Line:
    begin: Point
    end: Point


class Board(EventConsumer):
    drawn = emits("board.drawn", Line)

    @on("board.draw", schema=Line, reply=Point)
    async def draw(self, data: Line) -> Point:
        await self.drawn.send(data)
        return data.begin

    @on("board.point", schema=Point, reply=int)
    async def point(self, data: Point) -> int:
        return data.x

    @on("board.since", schema=datetime, reply=uuid.UUID)
    async def since(self, data: datetime) -> uuid.UUID:
        return uuid.UUID(int=data.year)


app = NexiosApp()
app.add_ws_route(Board.as_route("/"))


async def calls(board: Board) -> None:
    assert_type(await board.draw(Line(Point(1), Point(2))), Point)
    assert_type(await board.since(datetime.now(tz=timezone.utc)), uuid.UUID)


async def run() -> None:
    assert_type(Board.drawn, Emit[Line])
    async with connect(app, "/") as client:
        assert await client.call("board.draw", Line(Point(1), Point(2))) == {"x": 1}
        assert assert_type(await client.expect(Board.drawn), Line) == Line(Point(1), Point(2))
