"""Parameters of the handshake: the declaration on the class, the value on an instance."""

# pyright: strict

from __future__ import annotations

from dataclasses import dataclass

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import TypedDict, assert_type, override

from nexws import EventConsumer, EventRouter, Parameters, WebSocketConsumer, cookies, headers, on, query
from nexws.testing import connect


class Filter(BaseModel):
    symbol: list[str] = []
    since: int = 0


@dataclass
class Client:
    x_client_version: str = "0"


class Visit(TypedDict, total=False):
    session: str


class Tracked:
    client = headers(Client)


router = EventRouter()


@router.on("since")
async def since(consumer: Feed) -> int:
    return assert_type(consumer.wanted.since, int)


class Feed(Tracked, EventConsumer):
    include = [router]
    wanted = query(Filter)
    visit: Parameters[Visit] = cookies(Visit)

    @override
    async def on_connect(self, websocket: WebSocket) -> None:
        assert_type(self.wanted, Filter)
        assert_type(self.client, Client)
        assert_type(self.visit, Visit)
        await websocket.accept()

    @on("about")
    async def about(self) -> list[str]:
        assert_type(Feed.wanted, Parameters[Filter])
        return [*self.wanted.symbol, self.client.x_client_version, self.visit.get("session", "")]


class Plain(WebSocketConsumer):
    wanted = query(Filter)

    @override
    async def on_connect(self, websocket: WebSocket) -> None:
        assert_type(self.wanted.symbol, list[str])
        await websocket.close()


app = NexiosApp()
app.add_ws_route(Feed.as_route("/"))


async def run() -> None:
    sent = {"X-Client-Version": "1"}
    async with connect(app, "/?symbol=A&since=3", headers=sent, cookies={"session": "s"}) as client:
        assert await client.call("about") == ["A", "1", "s"]
        assert await client.call("since") == 3
