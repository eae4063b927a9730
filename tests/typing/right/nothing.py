"""Events, replies and pushes without data, and such that may have none."""

# pyright: strict

from __future__ import annotations

from typing import Optional, Union

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, Emit, EventConsumer, emits, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


MayBe = Optional[Order]  # noqa: UP045 - as some write it


class Shop(EventConsumer):
    cleared = emits("order.cleared")
    closed = emits("order.closed", None)
    last = emits("order.last", Union[Order, None])

    @on("order.clear")
    async def clear(self) -> None:
        assert_type(self.cleared, BoundEmit[None])
        await self.cleared.send(None)
        await self.closed.send(None)
        await self.last.send(None)
        await self.last.send(Order(item="tea"))

    @on("order.drop", reply=None)
    async def drop(self) -> None: ...

    @on("order.place", schema=Order, reply=None)
    async def place(self, data: Order) -> None: ...

    @on("order.find", schema=MayBe, reply=Order | None)
    async def find(self, data: MayBe) -> Order | None:
        return data


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    assert_type(Shop.cleared, Emit[None])
    assert_type(Shop.last, Emit[Order | None])
    async with connect(app, "/") as client:
        await client.call("order.clear")
        await client.expect(Shop.cleared)
        assert assert_type(await client.expect(Shop.last), Order | None) is None
        assert await client.expect(Shop.last) == Order(item="tea")
        assert await client.call("order.find", Order(item="tea")) == {"item": "tea"}
