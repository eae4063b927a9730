"""Handlers that run in a worker thread, and contradict their declarations."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns the payload
    def returns_the_payload(self, data: Order) -> Order:
        return data

    @on("order.place", schema=Order, reply=Receipt)  # wrong: returns nothing
    def returns_nothing(self, data: Order) -> None: ...

    @on("order.place", schema=Order, reply=Receipt)  # wrong: takes a reply
    def takes_a_reply(self, data: Receipt) -> Receipt:
        return data

    @on("order.place", schema=Order)  # wrong: takes a reply, and gives none
    def takes_a_reply_and_gives_none(self, data: Receipt) -> None: ...

    @on("order.count", reply=int)  # wrong: returns text
    def returns_text(self) -> str:
        return "1"

    @on("order.count", reply=int)  # wrong: returns a type
    def returns_a_type(self) -> type[int]:
        return int
