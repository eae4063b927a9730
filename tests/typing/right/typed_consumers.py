"""Functions of a router that know the consumer which includes it."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import EventConsumer, EventRouter
from nexws.testing import connect

shops = EventRouter(prefix="shop.")


@shops.on("discount", schema=int, reply=int)
async def discount(consumer: Shop, data: int) -> int:
    assert_type(consumer.discount, int)
    return data - consumer.discount


class Shop(EventConsumer):
    """Is known after the router that it includes: its name is none yet when the router is read."""

    include = [shops]
    discount: int = 5


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await discount(shop, 7), int)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("shop.discount", 7) == 2
