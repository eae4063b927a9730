"""What the handshake says."""

from typing import Literal

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import EventConsumer, cookies, headers, on, query


# --8<-- [start:program]
class Filter(BaseModel):
    symbol: list[str] = Field([], max_length=10)
    since: int = Field(0, ge=0)


class Client(BaseModel):
    x_client_version: str = "unknown"


class Visit(BaseModel):
    currency: Literal["EUR", "USD"] = "EUR"


class Feed(EventConsumer):
    wanted = query(Filter)  # ?symbol=TEA&symbol=RYE&since=3
    client = headers(Client)  # X-Client-Version: 1.4
    visit = cookies(Visit)  # Cookie: currency=USD

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for symbol in self.wanted.symbol:
            await self.join_group(symbol)

    @on("feed.about")
    async def about(self) -> str:
        symbols = " and ".join(self.wanted.symbol) or "nothing"
        return f"{symbols} since {self.wanted.since}, in {self.visit.currency}"


app = NexiosApp()
app.add_ws_route(Feed.as_route("/feed"))
# --8<-- [end:program]
