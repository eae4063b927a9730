"""The program that every server of these tests serves."""

from __future__ import annotations

import logging
import os
from typing import Any
from urllib.parse import parse_qs

import anyio
from nexios import NexiosApp
from nexios.exceptions import WebSocketException
from nexios.http import Request, Response
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import (
    EventConsumer,
    EventError,
    History,
    Limits,
    Nexws,
    Presence,
    WebSocketConsumer,
    cookies,
    emits,
    headers,
    on,
    query,
)
from nexws.layers import ChannelLayer
from nexws.layers.redis import RedisLayer

SEND_TIMEOUT = 2.0
DRAIN_TIMEOUT = 2.0
PRESENCE_SECONDS = 2.0
FLOOD = b"x" * 500_000


class NameFromQuery:
    """Puts the ``name`` of the query string into ``scope["user"]``, as a program's own middleware might."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = parse_qs(scope["query_string"].decode()).get("name", ["nobody"])[0]
        await self.app(scope, receive, send)


def record(name: str, code: int) -> None:
    """Write into the server's log what ``on_disconnect`` was told; see ``Server.codes``."""
    print(f"{name} has left with {code}", flush=True)


class Recorded(WebSocketConsumer):
    """Writes down how each connection ended."""

    middleware = [NameFromQuery]

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        record(websocket.scope["user"], close_code)


class Chat(Recorded):
    """A chat as Nexios' own documentation writes it."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("room")
        await self.broadcast({"joined": websocket.scope["user"]}, group_name="room", save_history=True)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        user = websocket.scope["user"]
        if data == "history":
            await websocket.send_json([entry.payload for entry in await self.history("room")])
        elif "to" in data:
            await self.send_to(data["to"], {"from": user, "whispers": data["text"]})
        else:
            await self.broadcast({"from": user, "says": data["text"]}, group_name="room", save_history=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        await super().on_disconnect(websocket, close_code)
        await self.broadcast({"left": websocket.scope["user"]}, group_name="room", save_history=True)


class Echo(Recorded):
    """Sends each frame to everyone who is here, in whatever frame it came."""

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("all")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(data, group_name="all")


class EchoJson(Echo):
    encoding = "json"


class EchoText(Echo):
    encoding = "text"


class EchoBytes(Echo):
    encoding = "bytes"


class Door(Recorded):
    """Lets nobody in."""

    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        how = websocket.path_params["how"]
        if how == "close":
            await websocket.close()
        elif how == "exception":
            raise WebSocketException(code=1008, reason="not you")
        elif how == "error":
            raise ValueError("a bug")


class Wanted(BaseModel):
    symbol: list[str] = []
    since: int


class Client(BaseModel):
    user_agent: str
    x_tag: list[str] = []


class Visit(BaseModel):
    session: str = "none"


class Asking(Recorded):
    """Tells what it was asked for."""

    encoding = "json"
    wanted = query(Wanted)
    client = headers(Client)
    visit = cookies(Visit)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        given = [
            self.wanted.model_dump(),
            self.client.x_tag,
            self.visit.session,
            bool(self.client.user_agent),
        ]
        await websocket.send_json(given)


class Obedient(Recorded):
    """Does what the client says."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data == "fail":
            raise ValueError("a bug")
        if data == "take your time":
            await anyio.sleep(3)
        if data == "close":
            await websocket.close(4000, "enough")
            return
        await websocket.send_text(f"{data} is done")


class Flood(Recorded):
    """Sends half a megabyte to everyone whenever somebody says so."""

    encoding = "bytes"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("flood")
        await websocket.send_bytes(b"welcome")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(FLOOD, group_name="flood")


class WrapSend:
    """A middleware that hides the server's ``send``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def wrapped(message: Any) -> None:
            with anyio.CancelScope():
                await send(message)

        await self.app(scope, receive, wrapped)


class WrappedFlood(Flood):
    """The same, behind a middleware that wraps ``send``."""

    middleware = [*Flood.middleware, WrapSend]


class Crowd(Recorded):
    """Counts who is here, or sends what it is told to all of them."""

    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        if websocket.scope["user"] != "teller":
            await self.join_group("crowd")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data == "count":
            await websocket.send_text(str(len(await self.group("crowd"))))
        else:
            await websocket.send_text(str(await self.broadcast(data, group_name="crowd")))


class Say(BaseModel):
    text: str = Field(min_length=1, max_length=10)


class Said(BaseModel):
    text: str
    by: str


class Receipt(BaseModel):
    reached: int


class NotNowError(EventError):
    """It is too early, or too late."""

    code = "not_now"


class Typed(EventConsumer):
    """A chat of typed events."""

    middleware = [NameFromQuery]
    subprotocols = ["nexws.msgpack", "nexws.json"]
    said = emits("chat.said", Said)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("typed")

    @on("chat.say", schema=Say, reply=Receipt)
    async def say(self, data: Say) -> Receipt:
        said = Said(text=data.text, by=self.user)
        return Receipt(reached=await self.said.broadcast(said, "typed", exclude_self=True))

    @on("chat.reverse", schema=bytes, reply=bytes)
    async def reverse(self, data: bytes) -> bytes:
        return data[::-1]

    @on("chat.think")
    async def think(self, data: int) -> int:
        await anyio.sleep(3)
        return data

    @on("chat.refuse", errors=[NotNowError])
    async def refuse(self) -> None:
        raise NotNowError("come back later", retryable=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        record(self.user, close_code)


class Kept(EventConsumer):
    """Keeps what is said, for those who come back."""

    middleware = [NameFromQuery]
    said = emits("chat.said", Said)
    history = History()

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("kept")

    @on("chat.say")
    async def say(self, data: Say) -> None:
        await self.said.broadcast(Said(text=data.text, by=self.user), "kept")

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        record(self.user, close_code)


class Place(BaseModel):
    room: str


class Seat(BaseModel):
    name: str


class Whisper(BaseModel):
    to: str
    text: str


class Shared(EventConsumer):
    """A room for everybody, whatever process serves them."""

    namespace = "shared"
    middleware = [NameFromQuery]
    place = query(Place)
    history = History()
    presence = Presence(Seat)
    said = emits("shared.said", Said)
    whispered = emits("shared.whispered", Said)

    @on("shared.process")
    async def process(self) -> int:
        return os.getpid()

    @on("shared.enter")
    async def enter(self) -> None:
        await self.join_group(self.place.room, presence=Seat(name=self.user))

    @on("shared.say")
    async def say(self, data: Say) -> None:
        await self.said.broadcast(Said(text=data.text, by=self.user), self.place.room)

    @on("shared.kept")
    async def kept(self) -> list[str]:
        return [said.text for said in await self.said.history(self.place.room)]

    @on("shared.members")
    async def list_members(self) -> list[str]:
        return [seat.name for seat in await self.presence.members(self.place.room)]

    @on("shared.whisper")
    async def whisper(self, data: Whisper) -> int:
        return await self.whispered.send_to(data.to, Said(text=data.text, by=self.user))

    @on("shared.dismiss")
    async def dismiss(self, data: str) -> int:
        return await ws.disconnect(data)


def layer() -> ChannelLayer | None:
    """Make the layer that the environment names, if it does."""
    url = os.environ.get("SERVERS_LAYER")
    if url is None:
        return None
    return RedisLayer(url, prefix=os.environ["SERVERS_PREFIX"], presence_seconds=PRESENCE_SECONDS)


app = NexiosApp(title="Servers", version="1.0.0")
ws = Nexws(
    app,
    layer=layer(),
    limits=Limits(
        send_timeout=SEND_TIMEOUT,
        outbox_bytes=64 * 1024 * 1024,
        inbox_timeout=0.5,
        drain_timeout=DRAIN_TIMEOUT,
    ),
)

app.add_ws_route(Chat.as_route("/chat"))
app.add_ws_route(EchoJson.as_route("/echo/json"))
app.add_ws_route(EchoText.as_route("/echo/text"))
app.add_ws_route(EchoBytes.as_route("/echo/bytes"))
app.add_ws_route(Echo.as_route("/echo/any"))
app.add_ws_route(Door.as_route("/door/{how}"))
app.add_ws_route(Asking.as_route("/asking"))
app.add_ws_route(Obedient.as_route("/obedient"))
app.add_ws_route(Flood.as_route("/flood"))
app.add_ws_route(WrappedFlood.as_route("/wrapped"))
app.add_ws_route(Crowd.as_route("/crowd"))
app.add_ws_route(Typed.as_route("/typed"))
app.add_ws_route(Kept.as_route("/kept"))
app.add_ws_route(Shared.as_route("/shared"))


@app.get("/chat")
async def page(request: Request, response: Response) -> Any:
    """Answer requests on the path of a consumer."""
    return response.text("the page of the chat")


@app.get("/ready")
async def ready(request: Request, response: Response) -> Any:
    """Answer a load balancer."""
    return response.text("").status(503 if ws.is_draining else 200)


@app.get("/drain")
async def drain(request: Request, response: Response) -> Any:
    """Close all connections, as a service manager may ask for before it ends a server."""
    await ws.drain(0.5)
    return response.text("")


@app.get("/mark/{word}")
async def mark(request: Request, response: Response, word: str) -> Any:
    """Log a word, behind all that has been logged before."""
    logging.getLogger("nexios").error("mark %s", word)
    return response.text("")
