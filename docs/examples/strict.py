"""A strict model: numbers must be numbers, and unknown keys are refused."""

from datetime import datetime
from uuid import UUID

from nexios import NexiosApp
from pydantic import BaseModel, ConfigDict

from nexws import EventConsumer, on


# --8<-- [start:model]
class Bid(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    auction: UUID
    amount: int
    placed_at: datetime


# --8<-- [end:model]


class Auction(EventConsumer):
    @on("auction.bid")
    async def bid(self, data: Bid) -> int:
        return data.amount


app = NexiosApp()
app.add_ws_route(Auction.as_route("/auction"))
