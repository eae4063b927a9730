"""Payloads that are generic models of something else."""

# pyright: strict

from __future__ import annotations

from typing import Generic, TypeVar

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, EventConsumer, emits, on
from nexws.testing import connect

T = TypeVar("T")


class Item(BaseModel):
    name: str


class Page(BaseModel, Generic[T]):
    items: list[T]
    further: bool = False


class Shop(EventConsumer):
    listed = emits("item.listed", Page[Item])

    @on("item.add", schema=Page[Item], reply=Page[str])
    async def add(self, data: Page[Item]) -> Page[str]:
        assert_type(data.items, list[Item])
        assert_type(self.listed, BoundEmit[Page[Item]])
        await self.listed.send(data)
        return Page[str](items=[each.name for each in data.items])

    @on("item.any", reply=Page[Item] | Page[str])
    async def any(self) -> Page[Item] | Page[str]:
        return Page[str](items=[])


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.add(Page[Item](items=[])), Page[str])


async def run() -> None:
    async with connect(app, "/") as client:
        page = Page[Item](items=[Item(name="tea")])
        assert await client.call("item.add", page) == {"items": ["tea"], "further": False}
        assert assert_type(await client.expect(Shop.listed), Page[Item]) == page
