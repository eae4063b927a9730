"""Families of events, and what is unknown."""

# pyright: strict

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventContext, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Proxy(EventConsumer):
    @on("order.*", schema=Order, reply=str)
    async def family(self, data: Order, event: EventContext) -> str:
        return event.name

    @on("order.place", schema=Order, reply=str)
    async def exact(self, data: Order) -> str:
        return data.item

    @on("raw:*")
    async def raw(self, data: dict[str, Any], *, event: EventContext) -> dict[str, Any]:
        return {event.name: data}

    @on.unknown
    async def rest(self, event: EventContext) -> str:
        assert_type(event.name, str)
        return event.name


class Typed(EventConsumer):
    @on.unknown(schema=Order, reply=str, guards=[], rate="5/s", tags=["rest"])
    async def rest(self, event: EventContext, data: Order) -> str:
        return data.item


class Called(EventConsumer):
    @on.unknown()
    async def rest(self) -> None: ...


app = NexiosApp()
app.add_ws_route(Proxy.as_route("/proxy"))
app.add_ws_route(Typed.as_route("/typed"))


async def calls(proxy: Proxy, typed: Typed, event: EventContext) -> None:
    assert_type(await proxy.family(Order(item="tea"), event), str)
    assert_type(await proxy.raw({}, event=event), dict[str, Any])
    assert_type(await proxy.rest(event), str)
    assert_type(await typed.rest(event, Order(item="tea")), str)


async def run() -> None:
    async with connect(app, "/proxy") as client:
        assert await client.call("order.cancel", Order(item="tea")) == "order.cancel"
        assert await client.call("order.place", Order(item="tea")) == "tea"
        assert await client.call("no.such") == "no.such"
    async with connect(app, "/typed") as client:
        assert await client.call("no.such", Order(item="tea")) == "tea"
