"""Pushes from outside of a connection, with another payload, or through nothing."""

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, MemoryLayer, Nexws, Presence, SyncLayer, emits


class Placed(BaseModel):
    item: str


class Cancelled(BaseModel):
    reason: str


class Shop(EventConsumer):
    placed = emits("order.placed", Placed)
    presence = Presence(Placed)

    async def seats(self) -> list[Cancelled]:
        return await self.presence.members("shop")  # wrong: another type


app = NexiosApp()
ws = Nexws(app)


async def run() -> None:
    await Shop.placed.broadcast(Placed(item="tea"))  # wrong: through nothing
    await Shop.placed.broadcast(Placed(item="tea"), via=app)  # wrong: the application carries nothing
    await Shop.placed.broadcast(Cancelled(reason="late"), via=ws)  # wrong: another payload
    await Shop.placed.send_to("ann", Cancelled(reason="late"), via=ws)  # wrong: another payload
    await Shop.placed.of(Shop).broadcast(Cancelled(reason="late"), via=ws)  # wrong: another payload
    await Shop.placed.send(Placed(item="tea"))  # wrong: to which client
    await ws.disconnect("ann", code="4000")  # wrong: a number
    ws.from_thread(Shop.placed)  # wrong: no coroutine
    told: str = ws.from_thread(Shop.placed.broadcast(Placed(item="tea"), via=ws))  # wrong: a number
    SyncLayer(ws)  # wrong: no layer
    SyncLayer(MemoryLayer()).run(Shop.placed)  # wrong: no coroutine
    Shop.presence.members("shop")  # wrong: whose connection
