"""Routers in routers, with what stands before them."""

# pyright: strict

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import (
    CallNext,
    Emit,
    EventConsumer,
    EventContext,
    EventError,
    EventRouter,
    Handler,
    Rate,
    authenticated,
)
from nexws.testing import connect


class Closed(EventError[None]):
    """The shop is closed."""

    code = "closed"


async def counts(event: EventContext, call_next: CallNext) -> Any:
    event.state["count"] = 1
    return await call_next(event)


inner = EventRouter(prefix="order.", errors=[Closed])
sold = inner.emits("shop.order.sold", int, summary="Something was sold", tags=["orders"])
outer = EventRouter(prefix="shop.", include=[inner], guards=[authenticated], middleware=[counts])


@inner.on("place", schema=int, reply=int, rate=Rate(5), tags=("orders",))
async def place(consumer: EventConsumer, data: int) -> int:
    await sold.bind(consumer).send(data)
    return data


@inner.on("any.*")
async def family(consumer: EventConsumer, event: EventContext) -> str:
    return event.name


class Shop(EventConsumer):
    include = [outer]


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    assert_type(outer.prefix, str)
    assert_type(Shop.events, Mapping[str, Handler])
    assert_type(Shop.pushes, Mapping[str, Emit[Any]])
    assert list(Shop.events) == ["shop.order.place", "shop.order.any.*"]
    async with connect(app, "/", user="ann") as client:
        assert await client.call("shop.order.place", 3) == 3
        assert assert_type(await client.expect(sold), int) == 3
        assert await client.call("shop.order.any.thing") == "shop.order.any.thing"
