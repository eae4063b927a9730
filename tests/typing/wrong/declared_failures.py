"""Failures that a handler cannot declare."""

from __future__ import annotations

from nexws import EventConsumer, EventError, EventRouter, on


class Full(EventError[int]):
    """There is no place left."""

    code = "full"


class Shop(EventConsumer):
    @on("a", errors=[ValueError])  # wrong: no EventError
    async def a(self) -> None: ...

    @on("b", errors=[Full()])  # wrong: an instance
    async def b(self) -> None: ...

    @on("c", errors=["full"])  # wrong: a code
    async def c(self) -> None: ...

    @on("d", errors=Full)  # wrong: errors are a sequence
    async def d(self) -> None: ...

    @on("e", schema=int, errors=[Full, KeyError])  # wrong: one of two
    async def e(self, data: int) -> None: ...


class Declaring(EventConsumer):
    errors = [ValueError]  # wrong: on the class too


router = EventRouter(errors=[Full()])  # wrong: on a router too
