"""Events as plain functions."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, Emit, EventConsumer, EventContext, EventRouter
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


orders = EventRouter(prefix="order.")
placed = orders.emits("order.placed", Order)
cleared = orders.emits("order.cleared")


@orders.on("place", schema=Order, reply=Receipt)
async def place(consumer: EventConsumer, data: Order) -> Receipt:
    assert_type(placed, Emit[Order])
    assert_type(placed.bind(consumer), BoundEmit[Order])
    await placed.bind(consumer).send(data)
    await cleared.bind(consumer).send(None)
    return Receipt(number=1)


@orders.on("pay", schema=Order, reply=Receipt)
async def pay(consumer: EventConsumer, websocket: WebSocket, data: Order) -> Receipt:
    return Receipt(number=2)


@orders.on("weigh", schema=Order, reply=int)
def weigh(consumer: EventConsumer, data: Order) -> int:
    return len(data.item)


@orders.on("watch", schema=Order, stream=Receipt)
async def watch(consumer: EventConsumer, data: Order) -> AsyncIterator[Receipt]:
    yield Receipt(number=3)


@orders.on("inferred")
async def inferred(consumer: EventConsumer, data: Order, event: EventContext) -> str:
    return event.name


class Shop(EventConsumer):
    include = [orders]


app = NexiosApp()
app.add_ws_route(Shop.as_route("/shop"))


async def calls(shop: Shop) -> None:
    assert_type(await place(shop, Order(item="tea")), Receipt)
    assert_type(weigh(shop, Order(item="tea")), int)
    assert_type(watch(shop, Order(item="tea")), AsyncIterator[Receipt])


async def run() -> None:
    async with connect(app, "/shop") as client:
        assert await client.call("order.place", Order(item="tea")) == {"number": 1}
        assert assert_type(await client.expect(placed), Order) == Order(item="tea")
        assert await client.call("order.weigh", Order(item="tea")) == 3
        assert await client.call("order.inferred", Order(item="tea")) == "order.inferred"
