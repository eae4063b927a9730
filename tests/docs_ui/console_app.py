"""A program for the console to talk to: a kitchen that takes orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Annotated, Literal

import anyio
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field
from pydantic_core import to_json

from nexws import (
    Envelope,
    EventConsumer,
    EventContext,
    EventError,
    History,
    Nexws,
    Presence,
    cookies,
    emits,
    headers,
    on,
    query,
)
from nexws.app.routes import DocsRoute
from tests.docs_ui.console_document import EXAMPLE

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


class Minutes(BaseModel):
    minutes: int


class OrderGone(EventError[Minutes]):
    """The order has left the kitchen."""

    code = "order_gone"


class Placed(BaseModel):
    station: str
    number: int
    table: int


class Close(BaseModel):
    code: int


class Line(BaseModel):
    text: str = Field(min_length=1, max_length=20)


class Limit(BaseModel):
    limit: int = Field(le=9)


class Wanted(BaseModel):
    dish: list[str] = Field([], description="What to tell of.")
    since: int
    order: Literal["oldest", "newest"] = "newest"
    mine: bool | None = None


class Waiter(BaseModel):
    x_waiter: str


class Visit(BaseModel):
    theme: str = "light"


class Kitchen(EventConsumer):
    """Takes orders."""

    placed = emits("order.placed", Placed)
    numbers = count(1)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("kitchen")

    @on("order.place", schema=Order, reply=Receipt, examples=[EXAMPLE], tags=["orders"])
    async def place(self, data: Order, station: str) -> Receipt:
        """Place an order."""
        number = next(self.numbers)
        placed = Placed(station=station, number=number, table=data.table)
        await self.placed.broadcast(placed, group="kitchen", exclude_self=True)
        return Receipt(number=number, total=4.5 * sum(item.quantity for item in data.items))

    @on("order.cancel", schema=Cancelled, errors=[OrderGone])
    async def cancel(self, data: Cancelled) -> None:
        raise OrderGone(f"order {data.number} has left the kitchen", data=Minutes(minutes=3))

    @on("kitchen.watch", schema=Watch, stream=Step)
    async def watch(self, data: Watch) -> AsyncIterator[Step]:
        """Watch the cook."""
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


class Talk(EventConsumer):
    """Speaks in flat frames, with keys of its own."""

    envelope = Envelope(event="type", data=None, ref="id")
    told = emits("talk.told", Line)

    @on("talk.say", reply=Line)
    async def say(self, line: Line) -> Line:
        """Say something, and hear it twice."""
        await self.told.send(line)
        return line

    @on("talk.listen")
    async def listen(self, limit: Limit) -> AsyncIterator[Line]:
        """Hear something."""
        for n in range(limit.limit):
            yield Line(text=f"line {n}")


class Album(EventConsumer):
    """Takes photos, as bytes, and what sensors say, in a family of events."""

    subprotocols = ["nexws.json", "nexws.msgpack"]
    added = emits("photo.added", bytes)

    @on("photo.add")
    async def add(self, photo: bytes) -> int:
        """Add a photo."""
        await self.added.send(photo)
        return len(photo)

    @on("photo.negative")
    async def negative(self, photo: bytes) -> bytes:
        """Turn a photo over."""
        return photo[::-1]

    @on("sensor.*")
    async def measured(self, value: float, event: EventContext) -> str:
        """Take a measured value."""
        return f"{event.name} is {value}"

    @on("sensor.door")
    async def door(self, value: bool) -> str:
        return "open" if value else "closed"


class Probe(Album):
    """The same, in msgpack alone."""

    encoding = "msgpack"
    subprotocols = []


class Menu(EventConsumer):
    """Tells of dishes."""

    wanted = query(Wanted)
    visit = cookies(Visit)

    @on("menu.wanted")
    async def tell(self) -> Wanted:
        """Tell what was asked for."""
        return self.wanted


class Staff(EventConsumer):
    """Serves whoever says who they are, in a header."""

    waiter = headers(Waiter)

    @on("staff.name")
    async def name(self) -> str:
        return self.waiter.x_waiter


class Board(EventConsumer):
    """Keeps what is written on it, and tells who reads it."""

    history = History(events=5)
    presence = Presence(Guest)
    written = emits("board.written", Line)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("board", presence=Guest(name="Ann"))

    @on("board.write")
    async def write(self, line: Line) -> None:
        """Write something on the board."""
        await self.written.broadcast(line, "board")


class Reader(Board):
    """Only reads, in flat frames."""

    envelope = Envelope(data=None, pos="$pos")


app = NexiosApp(title=TITLE, version="1.0.0")
ws = Nexws(app, console=True)
app.add_route(DocsRoute("/plain", app, console=False))
app.add_ws_route(Kitchen.as_route("/kitchen/{station}"))
app.add_ws_route(Talk.as_route("/talk"))
app.add_ws_route(Album.as_route("/album"))
app.add_ws_route(Probe.as_route("/probe"))
app.add_ws_route(Menu.as_route("/menu"))
app.add_ws_route(Staff.as_route("/staff"))


app.add_ws_route(Board.as_route("/board"))
app.add_ws_route(Reader.as_route("/reader"))
