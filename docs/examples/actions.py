"""For clients that send {"action": ..., "payload": ...}."""

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import Envelope, EventConsumer, on


# --8<-- [start:program]
class Move(BaseModel):
    column: int


class Game(EventConsumer):
    envelope = Envelope(event="action", data="payload", ref="request")

    @on("move")
    async def move(self, data: Move) -> str:
        return f"moved to {data.column}"


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Game.as_route("/game"))
