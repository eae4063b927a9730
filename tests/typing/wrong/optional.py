"""Payloads and replies that may be nothing."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", schema=Optional[Order])  # wrong: takes something always
    async def takes_something(self, data: Order) -> None: ...

    @on("order.place", schema=Order | None)  # wrong: takes something always, or a reply
    async def takes_something_else(self, data: Order | Receipt) -> None: ...

    @on("order.find", reply=Receipt)  # wrong: may return nothing
    async def may_return_nothing(self) -> Receipt | None:
        return None

    @on("order.find", schema=Order, reply=Optional[Receipt])  # wrong: may return the payload
    async def may_return_the_payload(self, data: Order) -> Order | None:
        return None

    @on("order.find", reply=None)  # wrong: returns something
    async def returns_something(self) -> Receipt:
        return Receipt(number=1)
