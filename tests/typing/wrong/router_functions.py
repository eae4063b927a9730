"""Functions that serve events of a router, and contradict their declarations."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, EventRouter


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


orders = EventRouter(prefix="order.")


@orders.on("place", schema=Order, reply=Receipt)  # wrong: takes a reply
async def takes_a_reply(consumer: EventConsumer, data: Receipt) -> Receipt:
    return data


@orders.on("place", schema=Order, reply=Receipt)  # wrong: returns the payload
async def returns_the_payload(consumer: EventConsumer, data: Order) -> Order:
    return data


@orders.on("place", schema=Order)  # wrong: takes no consumer
async def takes_no_consumer(data: Order) -> None: ...


@orders.on("place", schema=Order)  # wrong: takes a reply behind the socket
async def takes_a_reply_behind_the_socket(
    consumer: EventConsumer, websocket: WebSocket, data: Receipt
) -> None: ...


@orders.on("watch", stream=Receipt)  # wrong: yields orders
async def yields_orders(consumer: EventConsumer) -> AsyncIterator[Order]:
    yield Order(item="tea")


@orders.on("count", reply=int)  # wrong: returns text
def returns_text(consumer: EventConsumer) -> str:
    return "1"


@orders.on("place", shema=Order)  # wrong: schema
async def is_misspelt(consumer: EventConsumer, data: Order) -> None: ...


@orders.on  # wrong: is not called
async def is_not_called(consumer: EventConsumer, data: Order) -> None: ...
