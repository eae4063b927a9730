"""Handlers that ask for parameters of the path."""

# pyright: strict

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventContext, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Shop(EventConsumer):
    @on("order.place", schema=Order, reply=str)
    async def place(self, data: Order, group: str, number: int) -> str:
        return f"{group} {number} {data.item}"

    @on("order.find", schema=Order, reply=str)
    async def group_first(self, group: str, data: Order) -> str:
        return group

    @on("order.weigh", schema=Order, reply=float)
    def behind_the_socket(self, websocket: WebSocket, data: Order, weight: float) -> float:
        return weight

    @on("order.watch", schema=Order, stream=str)
    async def watch(self, data: Order, *, group: str, event: EventContext) -> AsyncIterator[str]:
        yield group

    @on("order.show", schema=Order)
    async def shows(self, data: Order, token: uuid.UUID) -> None: ...


app = NexiosApp()
app.add_ws_route(Shop.as_route("/{group}/{number:int}/{weight:float}/{token:uuid}"))


async def calls(shop: Shop, event: EventContext) -> None:
    assert_type(await shop.place(Order(item="tea"), "lobby", 1), str)
    assert_type(await shop.group_first("lobby", Order(item="tea")), str)
    assert_type(shop.watch(Order(item="tea"), group="lobby", event=event), AsyncIterator[str])


async def run() -> None:
    async with connect(app, f"/lobby/7/1.5/{uuid.uuid4()}") as client:
        assert await client.call("order.place", Order(item="tea")) == "lobby 7 tea"
        assert await client.call("order.find", Order(item="tea")) == "lobby"
        assert await client.call("order.weigh", Order(item="tea")) == 1.5
