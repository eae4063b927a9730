"""Calling a handler, which is still what was written."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, EventRouter, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, data: Order) -> Receipt:
        return Receipt(number=1)

    @on("order.pay", schema=Order, reply=Receipt)
    async def pay(self, websocket: WebSocket, data: Order) -> Receipt:
        return Receipt(number=1)

    @on("order.weigh", schema=Order, reply=int)
    def weigh(self, data: Order) -> int:
        return 1

    @on("order.follow", schema=Order, stream=Receipt)
    async def follow(self, data: Order) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.place_in", schema=Order)
    async def place_in(self, data: Order, group: str) -> None: ...

    @on("order.clear")
    async def clear(self) -> None: ...


orders = EventRouter()


@orders.on("place", schema=Order)
async def place(consumer: EventConsumer, data: Order) -> None: ...


async def calls(shop: Shop, socket: WebSocket, order: Order) -> None:
    await shop.place(Receipt(number=1))  # wrong: another payload
    await shop.place()  # wrong: no payload
    await shop.place(order, 1)  # wrong: too much
    placed: Order = await shop.place(order)  # wrong: gives a receipt
    await shop.pay(order)  # wrong: no socket
    await shop.pay(order, socket)  # wrong: the other way round
    await shop.weigh(order)  # wrong: is not async
    async for item in shop.follow(order):
        other: Order = item  # wrong: yields receipts
    await shop.follow(order)  # wrong: yields
    await shop.place_in(order)  # wrong: no group
    await shop.place_in(order, 1)  # wrong: a group is text
    await shop.clear(order)  # wrong: takes nothing
    await place(order)  # wrong: takes a consumer
    await place(shop, socket)  # wrong: another payload
