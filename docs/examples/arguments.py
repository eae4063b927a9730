"""What a handler may ask for."""

from collections.abc import Iterator

from nexios import NexiosApp
from nexios.dependencies import Depend
from pydantic import BaseModel, Field

from nexws import EventConsumer, EventContext, EventError, on


class Bid(BaseModel):
    amount: int = Field(ge=1)


class Ledger:
    """Stands for a database session."""

    def __init__(self) -> None:
        self.highest = 10


LEDGER = Ledger()


# --8<-- [start:depend]
def ledger() -> Iterator[Ledger]:
    yield LEDGER
    # what is behind the yield runs when the handler is done


def highest(book: Ledger = Depend(ledger)) -> int:  # type: ignore[assignment]
    return book.highest


class Auction(EventConsumer):
    @on("auction.bid", schema=Bid)
    async def bid(
        self,
        data: Bid,
        lot: int,  # of the path /auctions/{lot:int}
        event: EventContext,
        best: int = Depend(highest),  # type: ignore[assignment]
    ) -> str:
        if data.amount <= best:
            raise EventError("too_low", f"{best} is bid already")
        return f"{event.name} of {data.amount} for lot {lot}"


app = NexiosApp()
app.add_ws_route(Auction.as_route("/auctions/{lot:int}"))
# --8<-- [end:depend]
