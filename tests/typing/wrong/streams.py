"""Streams that yield, or take, something else than they declare."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.watch", stream=Receipt)  # wrong: yields orders
    async def yields_orders(self) -> AsyncIterator[Order]:
        yield Order(item="tea")

    @on("order.watch", stream=Receipt)  # wrong: returns them all at once
    async def returns_a_list(self) -> list[Receipt]:
        return []

    @on("order.watch", stream=Receipt)  # wrong: yields, but not async
    def is_not_async(self) -> Iterator[Receipt]:
        yield Receipt(number=1)

    @on("order.watch", schema=Order, stream=Receipt)  # wrong: takes nothing
    async def takes_nothing(self) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.watch", schema=Order, stream=Receipt)  # wrong: takes another payload behind the socket
    async def takes_another(self, websocket: WebSocket, data: Receipt) -> AsyncIterator[Receipt]:
        yield data

    @on("order.watch", stream=Receipt)  # wrong: may yield nothing at a time
    async def yields_nothing_at_times(self) -> AsyncIterator[Receipt | None]:
        yield None

    @on("order.watch", reply=Receipt)  # wrong: yields where a reply is declared
    async def yields_a_reply(self) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.watch", reply=Receipt, stream=Receipt)  # wrong: a reply and a stream
    async def both(self) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.watch", schema=Order, reply=Receipt, stream=Receipt)  # wrong: a reply and a stream of a payload
    async def both_of_a_payload(self, data: Order) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)
