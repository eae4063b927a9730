"""Handlers that take the socket, and then another payload than they declare."""

from __future__ import annotations

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", schema=Order)  # wrong: takes a reply behind the socket
    async def takes_a_reply(self, websocket: WebSocket, data: Receipt) -> None: ...

    @on("order.place", schema=Order)  # wrong: takes the socket alone
    async def takes_the_socket_alone(self, websocket: WebSocket) -> None: ...

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns the payload
    async def returns_the_payload(self, websocket: WebSocket, data: Order) -> Order:
        return data

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns the payload, in a thread
    def returns_the_payload_in_a_thread(self, websocket: WebSocket, data: Order) -> Order:
        return data
