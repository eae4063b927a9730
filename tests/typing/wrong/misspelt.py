"""Options that do not exist."""

from __future__ import annotations

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, on


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Shop(EventConsumer):
    @on("order.place", shema=Order)  # wrong: schema
    async def schema(self, data: Order) -> None: ...

    @on("order.place", schema=Order, guard=[])  # wrong: guards
    async def guards_(self, data: Order) -> None: ...

    @on("order.place", reply=Receipt, time_out=1.0)  # wrong: timeout
    async def timeout(self) -> Receipt:
        return Receipt(number=1)

    @on("order.place", summary="Place an order")  # wrong: the docstring says it
    async def summary(self) -> None: ...

    @on("order.place", Order)  # wrong: a schema is named
    async def by_position(self, data: Order) -> None: ...

    @on(event="order.place")  # wrong: a name is not
    async def by_name(self) -> None: ...

    @on  # wrong: is not called
    async def is_not_called(self, websocket: WebSocket, data: Order) -> None: ...

    @on(1)  # wrong: a name is text
    async def number(self) -> None: ...
