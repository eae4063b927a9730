"""What is only for the documents, of another type."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, EventRouter, emits, on


class Order(BaseModel):
    item: str


router = EventRouter()


class Shop(EventConsumer):
    placed = emits("order.placed", Order, examples=Order(item="tea"))  # wrong: a sequence
    cleared = emits("order.cleared", tags=[1])  # wrong: text
    counted = emits("order.counted", int, deprecated="soon")  # wrong: a boolean
    shown = emits("order.shown", Order, example={"item": "tea"})  # wrong: examples

    @on("order.place", schema=Order, examples=Order(item="tea"))  # wrong: a sequence
    async def place(self, data: Order) -> None: ...

    @on("order.take", schema=Order, examples=5)  # wrong: a sequence
    async def take(self, data: Order) -> None: ...

    @on("order.clear", tags=5)  # wrong: a sequence
    async def clear(self) -> None: ...

    @on("order.count", tags=["orders", 1])  # wrong: of text
    async def count(self) -> None: ...

    @on("order.drop", deprecated="since 1.0")  # wrong: a boolean
    async def drop(self) -> None: ...

    @on("order.show", description="Show an order")  # wrong: the docstring says it
    async def show(self) -> None: ...


router.emits("order.placed", Order, deprecated="soon")  # wrong: a boolean
