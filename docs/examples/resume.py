"""A lobby whose clients come back."""

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, History, emits, on


class Line(BaseModel):
    text: str


class Lobby(EventConsumer):
    # --8<-- [start:keep]
    history = History(events=50, seconds=600)

    said = emits("lobby.said", Line)
    typing = emits("lobby.typing", history=False)  # of no use a minute later
    # --8<-- [end:keep]

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    @on("lobby.say")
    async def say(self, line: Line) -> None:
        await self.said.broadcast(line, "lobby")

    @on("lobby.type")
    async def type(self) -> None:
        await self.typing.broadcast(None, "lobby")

    # --8<-- [start:read]
    @on("lobby.recent")
    async def recent(self) -> list[Line]:
        return await self.said.history("lobby", limit=20)

    # --8<-- [end:read]

    # --8<-- [start:since]
    @on("lobby.after")
    async def after(self, position: str) -> list[str]:
        entries = await self.history("lobby", since=position)
        return [f"{entry.event} at {entry.created:%H:%M:%S}" for entry in entries]

    # --8<-- [end:since]


app = NexiosApp()
app.add_ws_route(Lobby.as_route("/lobby"))
