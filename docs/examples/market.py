"""A market: trades must not be lost, prices are state."""

from typing import Any

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, Nexws, emits


class Price(BaseModel):
    symbol: str
    price: float


class Market(EventConsumer):
    # --8<-- [start:pushes]
    traded = emits("market.traded", Price)
    price = emits("market.price", Price, overflow="latest", key=lambda price: price.symbol)
    note = emits("market.note", str, overflow="drop_oldest")
    # --8<-- [end:pushes]

    async def on_connect(self, websocket: Any) -> None:
        await websocket.accept()
        await self.join_group("all")


app = NexiosApp(title="Market", version="1.0.0")
ws = Nexws(app)
app.add_ws_route(Market.as_route("/market"))
