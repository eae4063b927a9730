"""A contract with all that a document says."""

import json
from pathlib import Path

from nexios import NexiosApp
from pydantic import BaseModel, Field

from nexws import EventConsumer, EventError, Nexws, build_asyncapi, emits, on


# --8<-- [start:program]
class Bid(BaseModel):
    """What somebody offers."""

    lot: int
    amount: int = Field(gt=0, le=1_000_000, description="In cents.")


class Outbid(EventError[Bid]):
    """Somebody has offered more."""

    code = "outbid"


class Auction(EventConsumer):
    """Bids for everyone.

    The highest bid of a lot is pushed to all who watch it.
    """

    highest = emits("bid.highest", Bid, summary="A lot has a new highest bid.", tags=["bids"])

    @on("bid.place", errors=[Outbid], tags=["bids"], examples=[{"lot": 7, "amount": 2500}])
    async def place(self, bid: Bid) -> int:
        """Offer something for a lot.

        The answer is how many are watching.
        """
        return await self.highest.broadcast(bid, group=f"lot-{bid.lot}")


app = NexiosApp(title="Auctions", version="1.4.0")
Nexws(app, console=True)  # /asyncapi, /asyncapi.json, /asyncapi.yaml
app.add_ws_route(Auction.as_route("/auctions"))
# --8<-- [end:program]


# --8<-- [start:build]
def write_contract(path: Path) -> None:
    servers = {"production": {"host": "ws.example.com", "protocol": "wss"}}
    document = build_asyncapi(app, view="client", servers=servers)
    path.write_text(json.dumps(document, indent=2))


# --8<-- [end:build]
