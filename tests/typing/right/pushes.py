"""Pushes: to this client, to a group, to a user."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, Emit, EventConsumer, HistoryEntry, emits, on
from nexws.testing import connect


class Placed(BaseModel):
    item: str


class Bought(Placed):
    price: int = 1


class Shop(EventConsumer):
    placed = emits("order.placed", Placed, summary="An order was placed", examples=[{"item": "tea"}])
    cleared = emits("order.cleared", deprecated=True, tags=["orders"])

    @on("order.place", schema=Placed)
    async def place(self, data: Placed) -> list[int]:
        await self.join_group("all")
        assert_type(Shop.placed, Emit[Placed])
        assert_type(Shop.placed.bind(self), BoundEmit[Placed])
        await self.placed.send(data)
        took = await self.placed.broadcast(data, group="all", save_history=True)
        assert_type(took, int)
        told = await self.placed.send_to(self.channel.uuid, data)
        assert_type(told, int)
        await self.placed.send(Bought(item="tea"))
        await self.cleared.broadcast(None, "all", exclude_self=True)
        assert_type(await self.history("all", limit=1), list[HistoryEntry])
        return [took, told]


async def tell(push: BoundEmit[Placed], item: str) -> int:
    return await push.broadcast(Placed(item=item))


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("order.place", Placed(item="tea")) == [1, 1]
        assert assert_type(await client.expect(Shop.placed), Placed) == Placed(item="tea")
