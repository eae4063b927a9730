"""Pushes that contradict their declarations."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, emits, on
from nexws.testing import Connection


class Placed(BaseModel):
    item: str


class Cancelled(BaseModel):
    reason: str


class Shop(EventConsumer):
    placed = emits("order.placed", Placed)
    cleared = emits("order.cleared")

    @on("order.clear")
    async def clear(self) -> None:
        await self.placed.send(Cancelled(reason="late"))  # wrong: another payload
        await self.placed.broadcast(Cancelled(reason="late"), group="all")  # wrong: another payload
        await self.placed.send_to("ann", Cancelled(reason="late"))  # wrong: another payload
        await self.placed.broadcast({"item": "tea"})  # wrong: a dictionary
        await self.placed.send()  # wrong: no payload
        await self.cleared.send(Placed(item="tea"))  # wrong: a payload where none is declared
        await self.placed.broadcast(Placed(item="tea"), room="all")  # wrong: no such argument
        await self.placed.broadcast(Placed(item="tea"), "all", True)  # wrong: options are named


emits(Placed, "order.placed")  # wrong: the name comes first


async def expects_another_payload(connection: Connection) -> Cancelled:
    return await connection.expect(Shop.placed)  # wrong: gives Placed
