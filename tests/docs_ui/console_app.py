"""A program for the console to talk to: a kitchen that takes orders."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import count
from typing import Annotated, Any, Literal

import anyio
from nexios import NexiosApp
from nexios.http.response import BaseResponse
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field
from pydantic_core import to_json

from nexws import EventConsumer, EventError, Nexws, emits, on
from nexws.docs_ui import CONTENT_SECURITY_POLICY, find_asset, render_page
from tests.docs_ui.console_document import document

TITLE = "Kitchen"
PAUSE = 0.05


class Guest(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    vip: bool = False


class Item(BaseModel):
    dish: Literal["soup", "curry", "cake"]
    quantity: int = Field(ge=1, le=20)
    notes: str | None = None


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(pattern="^[0-9]{4}$")


class Cash(BaseModel):
    kind: Literal["cash"]


class Order(BaseModel):
    table: int = Field(ge=1, le=40)
    guest: Guest
    items: list[Item] = Field(min_length=1)
    payment: Annotated[Card | Cash, Field(discriminator="kind")]


class Receipt(BaseModel):
    number: int
    total: float


class Watch(BaseModel):
    limit: int | None = None


class Step(BaseModel):
    n: int
    doing: str


class Cancelled(BaseModel):
    number: int


class Placed(BaseModel):
    station: str
    number: int
    table: int


class Close(BaseModel):
    code: int


class Kitchen(EventConsumer):
    """Takes orders."""

    placed = emits("order.placed", Placed)
    numbers = count(1)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("kitchen")

    @on("order.place", schema=Order, reply=Receipt)
    async def place(self, data: Order, station: str) -> Receipt:
        number = next(self.numbers)
        placed = Placed(station=station, number=number, table=data.table)
        await self.placed.broadcast(placed, group="kitchen", exclude_self=True)
        return Receipt(number=number, total=4.5 * sum(item.quantity for item in data.items))

    @on("order.cancel", schema=Cancelled)
    async def cancel(self, data: Cancelled) -> None:
        raise EventError("order_gone", f"order {data.number} has left the kitchen", data={"minutes": 3})

    @on("kitchen.watch", schema=Watch, stream=Step)
    async def watch(self, data: Watch) -> AsyncIterator[Step]:
        for n in count(1) if data.limit is None else range(1, data.limit + 1):
            yield Step(n=n, doing=("chopping", "stirring", "tasting")[n % 3])
            await anyio.sleep(PAUSE)

    @on("kitchen.close", schema=Close)
    async def close(self, websocket: WebSocket, data: Close) -> None:
        await websocket.close(data.code, "the kitchen is closed")

    @on("kitchen.whisper")
    async def whisper(self, websocket: WebSocket) -> None:
        """Send what is not in the contract, past all that keeps one from it."""
        for data in ({"station": 7}, {"station": "grill", "number": 1, "table": 2, "colour": "red"}):
            await websocket.send_text(to_json({"event": "order.placed", "data": data}).decode())
        await websocket.send_text('{"event":"kitchen.secret","data":{}}')


class Documentation:
    """Serves the page at ``/asyncapi``, without the console at ``/plain``; leaves the rest to the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _answer(scope["path"]) if scope["type"] == "http" else None
        await (self.app if response is None else response)(scope, receive, send)


def _answer(path: str) -> BaseResponse | None:
    headers = {"x-content-type-options": "nosniff"}
    if path in ("/asyncapi", "/plain"):
        page = render_page(
            title=TITLE,
            document_url="/asyncapi.json",
            static_url="/asyncapi/static",
            console=path == "/asyncapi",
            yaml_url="/asyncapi.yaml",
        )
        headers["content-security-policy"] = CONTENT_SECURITY_POLICY
        return BaseResponse(page, headers=headers, content_type="text/html")
    if path in ("/asyncapi.json", "/asyncapi.yaml"):  # all JSON is YAML
        content_type = f"application/{path.rsplit('.', 1)[1]}"
        return BaseResponse(to_json(document()), headers=headers, content_type=content_type)
    found = re.fullmatch("/asyncapi/static/(.+)", path)
    asset = find_asset(found[1]) if found else None
    if asset is None:
        return None
    if asset.encoding is not None:
        headers["content-encoding"] = asset.encoding
    return BaseResponse(asset.content, headers=headers, content_type=asset.content_type)


app: Any = NexiosApp(title=TITLE, version="1.0.0")
ws = Nexws(app)
app.add_ws_route(Kitchen.as_route("/kitchen/{station}"))
app.wrap_asgi(Documentation)
