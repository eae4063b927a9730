"""What a consumer sends on its own account."""

from typing import Any

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, EventError, emits, on


class Stroke(BaseModel):
    x: int
    y: int


class Whisper(BaseModel):
    to: str
    text: str


class Whispered(BaseModel):
    text: str


class Board(EventConsumer):
    # --8<-- [start:declare]
    drawn = emits("board.drawn", Stroke)
    whispered = emits("board.whispered", Whispered)
    cleared = emits("board.cleared")  # no data
    # --8<-- [end:declare]

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("board")

    # --8<-- [start:broadcast]
    @on("board.draw")
    async def draw(self, stroke: Stroke) -> int:
        return await self.drawn.broadcast(stroke, group="board", exclude_self=True, save_history=True)

    # --8<-- [end:broadcast]

    # --8<-- [start:send]
    @on("board.clear")
    async def clear(self) -> None:
        await self.cleared.send(None)

    # --8<-- [end:send]

    # --8<-- [start:send_to]
    @on("board.whisper")
    async def whisper(self, data: Whisper) -> None:
        if not await self.whispered.send_to(data.to, Whispered(text=data.text)):
            raise EventError("not_here", f"{data.to} is not connected")

    # --8<-- [end:send_to]

    # --8<-- [start:history]
    @on("board.recent")
    async def recent(self) -> list[dict[str, Any]]:
        return [entry.payload for entry in await self.history("board", limit=20)]

    # --8<-- [end:history]


app = NexiosApp()
app.add_ws_route(Board.as_route("/board"))
