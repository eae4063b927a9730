"""Pushes, and the next one of a middleware, that nobody awaits."""

from __future__ import annotations

from typing import Any

from nexws import CallNext, EventConsumer, EventContext, emits, on


class Shop(EventConsumer):
    sold = emits("order.sold", int)

    @on("order.place", schema=int)
    async def place(self, data: int) -> None:
        self.sold.send(data)  # wrong: is not awaited
        self.sold.broadcast(data, group="all")  # wrong: is not awaited
        self.sold.send_to("ann", data)  # wrong: is not awaited


async def goes_around(event: EventContext, call_next: CallNext) -> Any:
    call_next(event)  # wrong: is not awaited
