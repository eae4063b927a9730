"""Events that several consumers share."""

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, on


class Move(BaseModel):
    column: int


# --8<-- [start:program]
class Pings:
    """A mixin: serves an event wherever it is mixed in."""

    @on("game.ping")
    async def ping(self) -> str:
        return "pong"


class Game(Pings, EventConsumer):
    @on("game.move")
    async def move(self, data: Move) -> str:
        return f"moved to {data.column}"


class TrainingGame(Game):
    async def move(self, data: Move) -> str:  # serves "game.move" in place of Game.move
        return f"try {data.column + 1}: {await super().move(data)}"


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(TrainingGame.as_route("/training"))
