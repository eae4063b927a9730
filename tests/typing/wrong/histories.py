"""Histories with other bounds than there are, read as what they are not."""

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, History, HistoryEntry, Nexws, emits


class Placed(BaseModel):
    item: str


class Shop(EventConsumer):
    history = History(events=10)
    placed = emits("order.placed", Placed)
    sold = emits("order.sold", Placed, history=1)  # wrong: a boolean


History(100)  # wrong: which bound
History(events="100")  # wrong: a number
History(size=100)  # wrong: no such bound
Shop.history("all")  # wrong: the declaration reads nothing
ws = Nexws(NexiosApp())


async def read(shop: Shop, placed: Placed) -> None:
    texts: list[str] = await shop.history("all")  # wrong: entries
    orders: list[HistoryEntry] = await shop.placed.history("all")  # wrong: payloads
    await shop.history("all", 10)  # wrong: limit is named
    await shop.history("all", since=5)  # wrong: an offset alone
    await shop.placed.history("all", limit="5")  # wrong: a number
    await Shop.placed.history("all")  # wrong: nobody reads
    await shop.placed.broadcast(placed, save_history="yes")  # wrong: a boolean
    await shop.placed.broadcast(placed, idempotency_key=7)  # wrong: text
    await Shop.placed.broadcast(placed, "all")  # wrong: nothing carries it
    await Shop.placed.broadcast(shop, "all", via=ws)  # wrong: another payload
    await Shop.placed.broadcast(placed, "all", via=shop)  # wrong: a consumer is no Nexws
