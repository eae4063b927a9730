"""Pushes of routers, sent on a consumer, with another payload."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import BoundEmit, Emit, EventConsumer, EventRouter, emits


class Placed(BaseModel):
    item: str


class Cancelled(BaseModel):
    reason: str


orders = EventRouter(prefix="order.")
placed = orders.emits("order.placed", Placed)
cleared = orders.emits("order.cleared")


@orders.on("place")
async def place(consumer: EventConsumer, data: Placed) -> None:
    await placed.bind(consumer).send(data)
    await placed.bind(consumer).send(Cancelled(reason="late"))  # wrong: another payload
    await placed.bind(consumer).broadcast(Cancelled(reason="late"))  # wrong: another payload
    await placed.bind(consumer).send_to("ann", Cancelled(reason="late"))  # wrong: another payload
    await placed.bind(consumer).send_to(data)  # wrong: to nobody
    await cleared.bind(consumer).send(data)  # wrong: a payload where none is declared
    placed.bind(data)  # wrong: an order carries nothing
    placed.bind(EventConsumer)  # wrong: the class carries nothing
    placed.bind()  # wrong: who carries it
    await placed.send(data)  # wrong: is not bound
    other: BoundEmit[Cancelled] = placed.bind(consumer)  # wrong: of another payload


other: Emit[Cancelled] = orders.emits("order.placed", Placed)  # wrong: of another payload
orders.emits("order.placed", schema=Placed)  # wrong: the schema is not named
orders.emits("order.placed", Placed, tag="orders")  # wrong: tags
emits("order.placed", Placed, summary=1)  # wrong: text
emits("order.placed", Placed, examples=5)  # wrong: a sequence
