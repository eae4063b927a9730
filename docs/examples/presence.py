"""Who is there, and what the others know of them."""

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, Presence, on


# --8<-- [start:declare]
class Member(BaseModel):
    name: str
    away: bool = False


class Away(BaseModel):
    away: bool


class Room(EventConsumer):
    presence = Presence(Member)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.name: str = websocket.path_params["name"]
        await self.join_group("room", presence=Member(name=self.name))

    # --8<-- [end:declare]

    # --8<-- [start:again]
    @on("room.away")
    async def change(self, data: Away) -> None:
        await self.join_group("room", presence=Member(name=self.name, away=data.away))

    # --8<-- [end:again]

    # --8<-- [start:members]
    @on("room.members")
    async def list_members(self) -> list[Member]:
        return await self.presence.members("room")

    # --8<-- [end:members]


app = NexiosApp()
app.add_ws_route(Room.as_route("/room/{name}"))
