"""Programs that are right: neither type checker has anything to say."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import TypedDict, assert_type

from nexws import BoundEmit, Emit, EventConsumer, emits, on
from nexws.testing import Connection, connect


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Track(TypedDict):
    number: int


@dataclass
class Where:
    place: str


class Shop(EventConsumer):
    placed = emits("order.placed", Order)
    cleared = emits("order.cleared")

    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, data: Order) -> Receipt:
        assert_type(self.placed, BoundEmit[Order])
        assert_type(await self.placed.broadcast(data, group="all", exclude_self=True), int)
        await self.cleared.send(None)
        return Receipt(number=1)

    @on("order.watch", schema=Order, reply=Receipt)
    async def watch(self, websocket: WebSocket, data: Order) -> Receipt:
        await self.placed.send(data)
        return Receipt(number=2)

    @on("order.track", schema=Track, reply=Where)
    async def track(self, data: Track) -> Where:
        return Where(place=str(data["number"]))

    @on("order.inferred")
    async def inferred(self, data: Order) -> Receipt | None:
        return None

    @on("order.count", reply=int)
    async def count(self) -> int:
        return 1

    @on("order.follow", schema=Order, stream=Receipt)
    async def follow(self, data: Order) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.all", stream=Receipt)
    async def all(self, websocket: WebSocket) -> AsyncIterator[Receipt]:
        yield Receipt(number=1)

    @on("order.numbers")
    async def numbers(self, data: Order) -> AsyncIterator[int]:
        yield 1

    @on("order.note", schema=Order)
    async def note(self, data: Order) -> None: ...

    @on("order.clear")
    async def clear(self) -> None: ...

    @on("order.remove")
    @on("order.delete")
    async def remove(self, data: Order) -> None: ...


async def calls_handlers(shop: Shop, connection: Connection) -> None:
    assert_type(await shop.place(Order(item="tea")), Receipt)
    assert_type(await shop.track({"number": 1}), Where)
    assert_type(await shop.inferred(Order(item="tea")), Receipt | None)
    assert_type([item async for item in shop.follow(Order(item="tea"))], list[Receipt])
    assert_type(Shop.placed, Emit[Order])
    assert_type(await connection.expect(Shop.placed), Order)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("order.place", Order(item="tea")) == {"number": 1}
        assert await client.call("order.track", {"number": 1}) == {"place": "1"}
        assert await client.call("order.count") == 1
        assert [each async for each in client.stream("order.numbers", Order(item="tea"))] == [1]
