"""Consumers that are declared, or used, wrongly."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios.websockets import WebSocket

from nexws import EventConsumer, Handler, WebSocketConsumer


class Plain(WebSocketConsumer):
    encoding = 1  # wrong: a word, or None
    subprotocols = 5  # wrong: a sequence

    async def on_connect(self, socket: str) -> None: ...  # wrong: is given the socket

    async def on_disconnect(self, websocket: WebSocket) -> None: ...  # wrong: is given the code too

    def on_receive(self, websocket: WebSocket, data: object) -> None: ...  # wrong: is awaited


class Shop(EventConsumer):
    expires = "1h"  # wrong: seconds


async def uses(shop: Shop) -> None:
    await shop.join_group(1)  # wrong: a name
    await shop.history("lobby", 10)  # wrong: limit is named
    count: str = await shop.broadcast("tea")  # wrong: how many took it
    shop.pushes["order.placed"] = 1  # wrong: it is read
    handler: Handler = Shop.events  # wrong: all of them


Shop.as_route()  # wrong: where
Shop.as_route("/shop", title="Shop")  # wrong: name
