"""Handlers that run in a worker thread."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventContext, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.weigh", schema=Order, reply=Receipt)
    def weigh(self, data: Order) -> Receipt:
        return Receipt(number=len(data.item))

    @on("order.pack", schema=Order, reply=Receipt)
    def pack(self, websocket: WebSocket, data: Order) -> Receipt:
        return Receipt(number=1)

    @on("order.note", schema=Order)
    def note(self, data: Order) -> None: ...

    @on("order.count", reply=int)
    def count(self) -> int:
        return 1

    @on("order.inferred")
    def inferred(self, data: Order, *, event: EventContext) -> list[str]:
        return [event.name, data.item]

    @on("order.find", schema=Order, reply=Receipt | None)
    def find(self, data: Order) -> Receipt | None:
        return None


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


def calls(shop: Shop) -> None:
    assert_type(shop.weigh(Order(item="tea")), Receipt)
    assert_type(shop.count(), int)
    assert_type(shop.find(Order(item="tea")), Receipt | None)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("order.weigh", Order(item="tea")) == {"number": 3}
        assert await client.call("order.inferred", Order(item="tea")) == ["order.inferred", "tea"]
