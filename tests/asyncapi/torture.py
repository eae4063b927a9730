"""An application with every construct that a document has to say something of."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar, Union

import anyio
from nexios import NexiosApp
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.users.simple import SimpleUser
from nexios.routing import Group, Router
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import NotRequired, TypedDict

from nexws import (
    Envelope,
    EventConsumer,
    EventContext,
    EventError,
    EventRouter,
    History,
    Nexws,
    Presence,
    authenticated,
    cookies,
    emits,
    headers,
    on,
    query,
)
from tests.asyncapi import torture_twin

__all__ = ["app"]

T = TypeVar("T")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    """A tree."""

    name: str = Field(max_length=20)
    below: list[Node] = []


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: int | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(9, ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    colour: Colour


class Everything(BaseModel):
    """Of each kind *one*, with `code` & <b>markup</b>."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    at: datetime
    price: Annotated[Decimal, Field(ge=0)]
    pair: tuple[int, str]
    many: dict[str, float]
    by_alias: int = Field(0, alias="byAlias")
    small: Annotated[str, Field(pattern="^[a-z]{1,3}$")] | None = None


class Line(BaseModel):
    text: str = Field(min_length=1)


class Options(TypedDict):
    size: int
    colour: NotRequired[str]


@dataclass
class Point:
    x: int
    y: int = 0


class Left(BaseModel):
    seconds: int


class Full(EventError[Left]):
    """It is full."""

    code = "full"
    retryable = True


class Shut(EventError[None]):
    """It is shut."""

    code = "shut"


class Barred(EventError[Left]):
    """Not for you, for a while: a code of nexws, with data of its own."""

    code = "forbidden"


class Loose(EventError[Any]):
    """Whatever."""

    code = "loose"


Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]
EVERYTHING: dict[str, Any] = {
    "id": "0b1c9d26-3f5e-4bb1-9d5e-6a9fd6a3b1c2",
    "at": "2030-01-01T10:00:00Z",
    "price": "1.50",
    "pair": [1, "x"],
    "many": {"a": 1.5},
    "byAlias": 2,
}

router = EventRouter(prefix="shop.", errors=[Shut])
sold = router.emits("shop.sold", Line, summary="Something was sold.", tags=["shop"])


@router.on("buy")
async def buy(consumer: EventConsumer, data: Line) -> None:
    """Buy something."""
    if data.text == "shut":
        raise Shut
    await sold.bind(consumer).send(data)


class Asked(BaseModel):
    """What a query may hold."""

    text: str = Field("x", max_length=5, description="Some *text*.")
    number: Annotated[int, Field(ge=0)] | None = None
    share: float
    flag: bool = False
    at: datetime | None = None
    id: uuid.UUID | None = None
    price: Annotated[Decimal, Field(ge=0)] = Decimal(1)
    colour: Colour = Colour.RED
    maybe: Colour | None = None
    one: Literal["all", 1, None] = "all"
    either: int | bool | None = None
    many: list[Colour] = Field([], alias="with", max_length=3)
    pair: tuple[int, Colour] = (1, Colour.RED)
    whole: set[int] | None = None


class Paged(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc] # how Pydantic configures it
    page: NotRequired[int]


@dataclass
class Device:
    x_device_id: uuid.UUID
    accept_language: tuple[str, ...] = ()
    x_key: Annotated[str, Field(min_length=2)] = "xx"


class Visit(BaseModel):
    session: str = Field(min_length=2)
    theme: Colour = Field(Colour.RED, alias="site-theme")


class Pages:
    paged = query(Paged)


class Torture(EventConsumer):
    """Everything at once.

    With **markup**, </script> and

        an indented block.
    """

    include = [router]

    told = emits("told", Line, summary="Told.", tags=["a"], deprecated=True, examples=[Line(text="hi")])
    bare = emits("bare", deprecated=False)
    blob = emits("blob", bytes)
    pets = emits("pets", list[Pet])

    @on("ping")
    async def ping(self) -> None:
        """Ask nothing."""

    @on("everything", tags=["a", "b"], deprecated=True, examples=[EVERYTHING])
    async def everything(self, data: Everything) -> Everything:
        """Say it all.

        In *several* lines & with <b>markup</b>.
        """
        return data

    @on("either", schema=Line | Point, reply=int | str)
    async def either(self, data: Line | Point) -> int | str:
        return data.text if isinstance(data, Line) else data.x

    @on("pet", schema=Pet, reply=Pet)
    async def pet(self, data: Cat | Dog) -> Cat | Dog:
        await self.pets.send([data])
        return data

    @on("tree")
    async def tree(self, data: Node) -> Node:
        return data

    @on("page", examples=[{"items": [{"text": "a"}]}])
    async def page(self, data: Page[Line]) -> Page[int]:
        return Page[int](items=[len(each.text) for each in data.items])

    @on("scalars", concurrency="latest")
    async def scalars(self, data: list[float]) -> float | None:
        return sum(data) if data else None

    @on("scalar", rate="2/m")
    async def scalar(self, data: Annotated[int, Field(ge=0)]) -> str:
        """Once in a while."""
        return str(data)

    @on("moment")
    async def moment(self, data: datetime) -> datetime:
        return data.astimezone(timezone.utc)

    @on("echo.bytes")
    async def echo_bytes(self, data: Annotated[bytes, Field(max_length=8)]) -> bytes:
        await self.blob.send(data)
        return data

    @on("chunks")
    async def chunks(self, data: int) -> AsyncIterator[bytes]:
        for number in range(data):
            yield bytes([number])

    @on("count", errors=[Full], examples=[2])
    async def count(self, data: Annotated[int, Field(le=100)]) -> AsyncIterator[Point]:
        """Count, and fail behind 3."""
        for number in range(data):
            if number == 3:
                raise Full(data=Left(seconds=1))
            yield Point(x=number)

    @on("fail", errors=[Full, Shut, Barred, Loose])
    async def fail(self, data: str) -> None:
        found: dict[str, EventError[Any]] = {
            "full": Full(data=Left(seconds=3)),
            "empty": Full(),
            "shut": Shut("now"),
            "forbidden": Barred(data=Left(seconds=9)),
            "loose": Loose(data=[1, {"a": None}]),
            "own": EventError("unauthenticated", "by hand"),
        }
        if data == "internal":
            raise RuntimeError(data)
        raise found[data]

    @on("secret", guards=[authenticated])
    async def secret(self, data: None) -> str:
        return "hush"

    @on("chat.*", examples=["hi"])
    async def family(self, event: EventContext, data: str) -> str:
        return f"{event.name}: {data}"

    @on("chat.private.*")
    async def longer(self, event: EventContext, data: int) -> int:
        return data

    @on("chat.example")
    async def exact(self, data: Line) -> Line:
        return data

    @on("a-b:*")
    async def colon(self, data: bool) -> bool:
        return data

    @on("slow", timeout=0.01)
    async def slow(self) -> None:
        await self.told.send(Line(text="soon"))
        await anyio.sleep_forever()

    @on("tell")
    async def tell(self) -> None:
        await self.told.send(Line(text="told"))
        await self.bare.send(None)

    # Names that look like those of the document's own messages.

    @on("ping.ok")
    async def ping_ok(self) -> int:
        return 1

    @on("unknown")
    async def unknown_event(self) -> None: ...

    @on("told.push")
    async def told_push(self) -> None: ...

    @on("a:b")
    async def spelt(self) -> None: ...

    @on("a_b")
    async def spelt_otherwise(self) -> None: ...


class Rest(EventConsumer):
    """Takes what nobody else does, typed."""

    @on.unknown(schema=int, examples=[3])
    async def rest(self, event: EventContext, data: int) -> str:
        if event.name == "none":
            raise EventError("unknown_event", "really not")
        return event.name * data

    @on("known")
    async def known(self) -> None: ...


class Anything(EventConsumer):
    """Takes what nobody else does, whatever it is; one route with parameters."""

    @on.unknown
    async def rest(self, event: EventContext) -> str:
        return event.name

    @on("where")
    async def where(self, data: int, group: str, number: int) -> str:
        return f"{group} {number + data}"


class Member(BaseModel):
    name: str


class Resumed(BaseModel):
    """Has the name of a model of nexws, and is to keep it."""

    minutes: int


class Kept(EventConsumer):
    """Keeps what it sends, and knows who is there."""

    history = History(events=10, seconds=60)
    presence = Presence(Member)

    posted = emits("posted", Line)
    picture = emits("picture", bytes, history=True)
    passing = emits("passing", history=False)

    @on("enter")
    async def enter(self, data: Member) -> list[Member]:
        await self.join_group("room", presence=data)
        return await self.members("room")

    @on("leave")
    async def leave(self) -> None:
        await self.leave_group("room")

    @on("post")
    async def post(self, data: Line) -> Resumed:
        await self.posted.broadcast(data, "room")
        await self.picture.broadcast(data.text.encode(), "room")
        await self.passing.broadcast(None, "room")
        await self.passing.broadcast(None, "room", save_history=True)
        return Resumed(minutes=1)

    @on.unknown
    async def rest(self) -> None: ...


class Flat(EventConsumer):
    envelope = Envelope(event="type", data=None, ref="$id", meta="about")
    presence = Presence(Member)

    said = emits("said", Line, examples=[Line(text="flat")])
    nothing = emits("nothing")

    @on("say", examples=[{"text": "flat"}])
    async def say(self, data: Line) -> Line:
        await self.said.send(data)
        await self.nothing.send(None)
        await self.join_group("room", presence=Member(name=data.text))
        await self.said.broadcast(data, "room", save_history=True)
        return data

    @on("strict")
    async def strict(self, data: Everything) -> None: ...

    @on("options")
    async def options(self, data: Options) -> Options:
        return data

    @on("open")
    async def open_(self, data: dict[str, Any]) -> None: ...

    @on("nothing")
    async def no_data(self) -> None: ...

    @on("flow")
    async def flow(self, data: Line) -> AsyncIterator[Line]:
        yield data

    @on.unknown
    async def rest(self) -> None: ...


class Renamed(EventConsumer):
    envelope = Envelope(
        event="action", data="payload", ref="@id", status="state", error="problem", meta="extra", pos="at"
    )

    moved = emits("moved", Point, history=True)

    @on("move", errors=[Full], examples=[{"x": 1}])
    async def move(self, data: Point) -> Point:
        if data.x < 0:
            raise Full(data=Left(seconds=1))
        await self.join_group("board")
        await self.moved.broadcast(data, "board")
        return data


class Packed(EventConsumer):
    encoding = "msgpack"

    blob = emits("blob", bytes)

    @on("echo")
    async def echo(self, data: bytes) -> bytes:
        await self.blob.send(data)
        await self.join_group("all")
        await self.blob.broadcast(data, "all", save_history=True)
        return data

    @on("model", errors=[Full])
    async def model(self, data: Everything) -> Everything:
        if not data.many:
            raise Full(data=Left(seconds=1))
        return data

    @on("chunks")
    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"\x00\xff"


class Negotiating(EventConsumer):
    subprotocols = ["nexws.json", "nexws.msgpack", "other.v1"]

    @on("echo")
    async def echo(self, data: Everything) -> Everything:
        return data


class Asking(Pages, EventConsumer):
    """Wants to know everything of the handshake."""

    subprotocols = ["asking.v1"]
    asked = query(Asked)
    device = headers(Device)
    visit = cookies(Visit)

    @on("what")
    async def what(self) -> Asked:
        return self.asked


class Silent(EventConsumer):
    """Says nothing."""


app = NexiosApp(title="Not this", version="0.0.0")
ws = Nexws(
    app,
    auth=[APIKeyAuthBackend("X-Key"), APIKeyAuthBackend("X-Other-Key"), JWTAuthBackend("id", "secret" * 8)],
    user_model=SimpleUser,
    title="Torture",
    version="2.0.0",
    strict=True,
)
app.add_ws_route(Torture.as_route("/torture"))
app.add_ws_route(Rest.as_route("/rest"))
app.add_ws_route(Anything.as_route("/anything/{group}/{number:int}"))
app.add_ws_route(Kept.as_route("/kept"))
app.add_ws_route(Flat.as_route("/flat"))
app.add_ws_route(Renamed.as_route("/renamed"))
app.add_ws_route(Packed.as_route("/packed"))
app.add_ws_route(Negotiating.as_route("/negotiating"))
app.add_ws_route(Asking.as_route("/asking"))
app.add_ws_route(torture_twin.Torture.as_route("/twin"))
app.add_ws_route(Silent.as_route("/silent"))
app.add_ws_route(Silent.as_route("/silent/again", name="silent: again/2"))
app.router.add_route(Group("/group", routes=[Silent.as_route("/silent")]))
_router = Router(prefix="/mounted")
_router.add_ws_route(torture_twin.Torture.as_route("/twin"))
app.mount_router(_router)
