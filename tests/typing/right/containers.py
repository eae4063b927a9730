"""Payloads that hold others."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, EventConsumer, emits, on
from nexws.testing import connect


class Item(BaseModel):
    name: str


class Shop(EventConsumer):
    listed = emits("item.listed", list[Item])
    counted = emits("item.counted", dict[str, int])
    drawn = emits("item.drawn", bytes)

    @on("item.add", schema=list[Item], reply=int)
    async def add(self, data: list[Item]) -> int:
        assert_type(self.listed, BoundEmit[list[Item]])
        await self.listed.send(data)
        return len(data)

    @on("item.count", schema=dict[str, int], reply=tuple[int, str])
    async def count(self, data: dict[str, int]) -> tuple[int, str]:
        await self.counted.send(data)
        return sum(data.values()), "all"

    @on("item.draw", schema=bytes)
    async def draw(self, data: bytes) -> None:
        await self.drawn.send(data)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.count({"tea": 1}), tuple[int, str])


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("item.add", [Item(name="tea")]) == 1
        assert assert_type(await client.expect(Shop.listed), list[Item]) == [Item(name="tea")]
        assert await client.call("item.count", {"tea": 1}) == [1, "all"]
        assert assert_type(await client.expect(Shop.counted), dict[str, int]) == {"tea": 1}
