"""Parameters of the handshake that are used as something else than they are."""

from __future__ import annotations

from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, Parameters, WebSocketConsumer, cookies, headers, on, query


class Filter(BaseModel):
    since: int = 0


class Client(BaseModel):
    x_client_version: str


class Feed(EventConsumer):
    wanted = query(Filter)
    client = headers(Client)
    visit: Parameters[Client] = cookies(Filter)  # wrong: of another model

    @on("since")
    async def since(self) -> str:
        return self.wanted.since  # wrong: an integer

    @on("version")
    async def version(self) -> str:
        return self.client.version  # wrong: no such field

    @on("of.class")
    async def of_class(self) -> int:
        return Feed.wanted.since  # wrong: the declaration has no values


class Plain(WebSocketConsumer):
    wanted = query(Filter)

    async def on_connect(self, websocket: WebSocket) -> None:
        client: Client = self.wanted  # wrong: another model
        await websocket.close(reason=client.x_client_version)


query()  # wrong: no model
headers(schema=Client)  # wrong: the model has no name
