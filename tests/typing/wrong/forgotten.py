"""Calls that nobody awaits."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, emits, on
from nexws.testing import Connection


class Order(BaseModel):
    item: str


class Shop(EventConsumer):
    placed = emits("order.placed", Order)

    @on("order.place", schema=Order, reply=Order)
    async def place(self, data: Order) -> Order:
        self.join_group("all")  # wrong: is not awaited
        self.clear()  # wrong: is not awaited
        return data

    @on("order.clear")
    async def clear(self) -> None: ...


async def talks(shop: Shop, client: Connection) -> None:
    shop.place(Order(item="tea"))  # wrong: is not awaited
    client.send("order.place", Order(item="tea"))  # wrong: is not awaited
    client.expect(Shop.placed)  # wrong: is not awaited
    client.close()  # wrong: is not awaited
