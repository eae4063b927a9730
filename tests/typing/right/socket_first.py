"""Handlers in the shape of ``on_receive``: the socket, then the payload."""

# pyright: strict

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    path: str


class Shop(EventConsumer):
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None: ...

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await super().on_receive(websocket, data)

    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, websocket: WebSocket, data: Order) -> Receipt:
        assert_type(self.websocket, WebSocket)
        return Receipt(path=websocket.url.path)

    @on("order.note", schema=Order)
    async def note(self, ws: WebSocket, data: Order) -> None: ...

    @on("order.find", schema=Order, reply=Receipt)
    async def payload_first(self, data: Order, websocket: WebSocket) -> Receipt:
        return Receipt(path=websocket.url.path)

    @on("order.where", reply=Receipt)
    async def without_a_payload(self, websocket: WebSocket) -> Receipt:
        return Receipt(path=websocket.url.path)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/shop"))


async def calls(shop: Shop, websocket: WebSocket) -> None:
    assert_type(await shop.place(websocket, Order(item="tea")), Receipt)
    assert_type(await shop.payload_first(Order(item="tea"), websocket=websocket), Receipt)
    await shop.note(websocket, Order(item="tea"))


async def run() -> None:
    async with connect(app, "/shop") as client:
        for event in ("order.place", "order.find"):
            assert await client.call(event, Order(item="tea")) == {"path": "/shop"}
        assert await client.call("order.where") == {"path": "/shop"}
