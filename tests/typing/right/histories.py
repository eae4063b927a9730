"""History: declared on the class, read as entries and as payloads."""

# pyright: strict

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundHistory, EventConsumer, History, HistoryEntry, Position, WebSocketConsumer, emits, on
from nexws.testing import connect


class Placed(BaseModel):
    item: str


class Shop(EventConsumer):
    history = History(events=10, seconds=60.0, bytes=1000, keep=True)
    placed = emits("order.placed", Placed, history=True)
    cleared = emits("order.cleared", history=False)
    named = emits("order.named", str | None)

    @on("order.place")
    async def place(self, data: Placed) -> list[str]:
        assert_type(Shop.history, History)
        assert_type(self.history, BoundHistory)
        await self.placed.broadcast(data, "all", save_history=None, idempotency_key="order-7")
        entries = assert_type(await self.history("all"), list[HistoryEntry])
        position = assert_type(entries[0].position, Position)
        assert_type(entries[0].payload, Any)
        assert_type((position.epoch, position.offset), tuple[str, int])
        assert_type(await self.history("all", since=position, limit=1), list[HistoryEntry])
        assert_type(await self.history("all", since=str(position)), list[HistoryEntry])
        assert_type(await self.named.history("all", since=None), list[str | None])
        placed = assert_type(await self.placed.history("all", limit=5), list[Placed])
        return [each.item for each in placed]


class Scores(WebSocketConsumer):
    history = History(keep=False)

    async def recent(self) -> list[HistoryEntry]:
        return await self.history("all", limit=3)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("order.place", Placed(item="tea")) == ["tea"]
