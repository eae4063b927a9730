"""What a handler may look like."""

from datetime import datetime, timezone

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import EventConsumer, on


class Profile(BaseModel):
    name: str = Field(min_length=1, max_length=40)


class Welcome(BaseModel):
    name: str
    players: int


class Lobby(EventConsumer):
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("players")

    # --8<-- [start:given]
    @on("lobby.enter", schema=Profile, reply=Welcome)
    async def enter(self, data: Profile) -> Welcome:
        return Welcome(name=data.name, players=len(await self.group("players")))

    # --8<-- [end:given]

    # --8<-- [start:inferred]
    @on("lobby.rename")
    async def rename(self, data: Profile) -> Welcome:
        return Welcome(name=data.name, players=len(await self.group("players")))

    # --8<-- [end:inferred]

    # --8<-- [start:others]
    @on("lobby.move")
    async def move(self, position: tuple[int, int]) -> None:
        """Take any type that Pydantic can validate; reply nothing."""

    @on("lobby.time")
    async def time(self) -> datetime:
        """Take no data."""
        return datetime(2030, 1, 1, tzinfo=timezone.utc)

    @on("lobby.whoami")
    async def whoami(self, websocket: WebSocket, greeting: str) -> str:
        """Take the socket, too; before or behind the payload."""
        return f"{greeting}, {websocket.query_params.get('name', 'nobody')}"

    # --8<-- [end:others]

    # --8<-- [start:two]
    @on("lobby.leave")
    @on("lobby.quit")
    async def leave(self, websocket: WebSocket) -> None:
        await websocket.close(1000, "bye")

    # --8<-- [end:two]

    # --8<-- [start:documents]
    @on("lobby.invite", tags=["players"], examples=[{"name": "bob"}], deprecated=True)
    async def invite(self, data: Profile) -> None:
        """Invite somebody.

        The first line is the summary, all of it the description.
        """

    # --8<-- [end:documents]


app = NexiosApp()
app.add_ws_route(Lobby.as_route("/lobby"))
