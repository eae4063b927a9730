"""How often, how long and how many."""

# pyright: strict

from __future__ import annotations

import math
from typing import Literal

from nexios import NexiosApp
from typing_extensions import Unpack, assert_type

from nexws import EmitOptions, EventConsumer, EventOptions, On, Rate, emits, on
from nexws.testing import connect

slow: EventOptions = {"rate": Rate(100, seconds=60.0, burst=5), "timeout": 60, "tags": ["slow"]}
old: EmitOptions = {"deprecated": True, "tags": ("old",)}
how_many: Literal["latest"] | int | None = 4


class Shop(EventConsumer):
    sold = emits("sold", int, **old)

    @on("a", rate=Rate(5), concurrency=2, timeout=0.5, shield=True)
    async def a(self) -> None: ...

    @on("b", rate="3/10s", concurrency="latest", timeout=math.inf)
    async def b(self) -> None: ...

    @on("c", rate=None, concurrency=None, timeout=None, deprecated=True, examples=[1, "2"])
    async def c(self, data: int | str) -> None: ...

    @on("d", schema=int, reply=int, rate=Rate.parse("5/s"), concurrency=how_many, examples=(1, 2))
    async def d(self, data: int) -> int:
        return data

    @on("e", schema=int, reply=int, **slow)
    async def e(self, data: int) -> int:
        return data


def documented(name: str, **options: Unpack[EventOptions]) -> None:
    on(name, **options)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.e(1), int)
    assert_type(on, On)
    assert_type(Rate.parse("5/s"), Rate)
    assert_type(Rate(5).burst, int | None)


async def run() -> None:
    documented("f", rate="5/s", shield=True)
    async with connect(app, "/") as client:
        assert await client.call("d", 1) == 1
        assert await client.call("e", 2) == 2
