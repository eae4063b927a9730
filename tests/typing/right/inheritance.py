"""Handlers and pushes of bases, mixins and generic consumers."""

# pyright: strict

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type, override

from nexws import BoundEmit, Emit, EventConsumer, emits, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class PaidReceipt(Receipt):
    price: int = 1


class Counting:
    """A mixin: no consumer by itself."""

    total: int = 0

    @on("count", reply=int)
    async def count(self) -> int:
        self.total += 1
        return self.total


class Placing(EventConsumer):
    placed = emits("order.placed", Order)

    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, data: Order) -> Receipt:
        assert_type(self.placed, BoundEmit[Order])
        await self.placed.send(data)
        return Receipt(number=self.number())

    @abstractmethod
    def number(self) -> int: ...


class Shop(Counting, Placing):
    @override
    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, data: Order) -> PaidReceipt:
        receipt = await super().place(data)
        assert_type(receipt, Receipt)
        return PaidReceipt(number=receipt.number)

    @override
    def number(self) -> int:
        return 7

    @on("order.cancel", schema=Order)
    async def takes_a_base(self, data: BaseModel) -> None: ...

    @on("order.any", schema=Order)
    async def takes_anything(self, data: Any) -> None: ...


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.place(Order(item="tea")), Receipt)  # what it declares
    assert_type(await Placing.place(shop, Order(item="tea")), Receipt)
    assert_type(await shop.count(), int)
    assert_type(Shop.placed, Emit[Order])


async def run() -> None:
    async with connect(app, "/") as client:
        await client.call("order.place", Order(item="tea"))
        assert (await client.expect(Shop.placed)).item == "tea"
        assert await client.call("count") == 1
