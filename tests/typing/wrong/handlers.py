"""Handlers that contradict their declarations: both type checkers must flag each line marked `# wrong`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", schema=Order, reply=Receipt)  # wrong: takes another payload
    async def takes_another_payload(self, data: Receipt) -> Receipt:
        return data

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns another reply
    async def returns_another_reply(self, data: Order) -> Order:
        return data

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns nothing
    async def returns_nothing(self, data: Order) -> None:
        return None

    @on("order.place", schema=Order, reply=Receipt)  # wrong: takes another payload behind the socket
    async def takes_another_payload_behind_the_socket(self, websocket: WebSocket, data: Receipt) -> Receipt:
        return data

    @on("order.place", schema=Order)  # wrong: takes another payload, without a reply
    async def takes_text(self, data: str) -> None: ...

    @on("order.place", schema=Order)  # wrong: takes no payload
    async def takes_no_payload(self) -> None: ...

    @on("order.count", reply=Receipt)  # wrong: returns a number
    async def returns_a_number(self) -> int:
        return 1

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns another reply, in a thread
    def returns_another_reply_in_a_thread(self, data: Order) -> Order:
        return data

    @on("order.watch", schema=Order, stream=Receipt)  # wrong: takes another payload
    async def streams_for_another_payload(self, data: Receipt) -> AsyncIterator[Receipt]:
        yield data

    @on("order.watch", schema=Order, stream=Receipt)  # wrong: yields other items
    async def yields_other_items(self, data: Order) -> AsyncIterator[Order]:
        yield data

    @on("order.watch", schema=Order, stream=Receipt)  # wrong: returns one
    async def returns_one_of_a_stream(self, data: Order) -> Receipt:
        return Receipt(number=1)

    @on("order.watch", schema=Order, reply=Receipt)  # wrong: yields in place of one reply
    async def yields_in_place_of_a_reply(self, data: Order) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.all", stream=Receipt)  # wrong: yields numbers
    async def yields_numbers(self) -> AsyncIterator[int]:
        yield 1

    @on("order.all", reply=Receipt, stream=Receipt)  # wrong: both
    async def replies_and_streams(self) -> Receipt:
        return Receipt(number=1)

    @on("order.place", schema=Order, replies=Receipt)  # wrong: no such argument
    async def is_misspelt(self, data: Order) -> Receipt:
        return Receipt(number=1)

    @on(schema=Order)  # wrong: names no event
    async def has_no_name(self, data: Order) -> None: ...
