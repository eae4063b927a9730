"""Payloads that are dataclasses."""

from __future__ import annotations

from dataclasses import dataclass

from nexws import EventConsumer, emits, on


@dataclass(frozen=True)
class Point:
    x: int


@dataclass(frozen=True)
class Line:
    begin: Point
    end: Point


class Board(EventConsumer):
    drawn = emits("board.drawn", Line)

    @on("board.draw", schema=Line)  # wrong: takes a point
    async def takes_a_point(self, data: Point) -> None: ...

    @on("board.begin", schema=Line, reply=Point)  # wrong: returns the line
    async def returns_the_line(self, data: Line) -> Line:
        return data

    @on("board.draw", schema=Line)
    async def draw(self, data: Line) -> None:
        await self.drawn.broadcast(data.begin, group="all")  # wrong: a point
        data.begin = data.end  # wrong: it is frozen
