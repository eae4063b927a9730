"""The page on mistakes: each one is made here, and has the text that stands there."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from nexws import SetupError

PAGE = Path(__file__).parents[1] / "docs" / "mistakes.md"

PREAMBLE = """
import asyncio
from collections.abc import AsyncIterator
from nexios import NexiosApp
from nexios.dependencies import Depend
from nexios.parameters import Query
from pydantic import BaseModel, Field
from nexws import (
    Envelope, EventConsumer, EventError, EventRouter, Nexws, Presence, cookies, emits, headers, on, query, serve
)
class Order(BaseModel):
    number: int = 1
class Receipt(BaseModel): ...
"""

IN_A_CLASS = {
    # names
    "two handlers of one event": """
        @on("order.place")
        async def place(self, data: Order) -> None: ...
        @on("order.place")
        async def place_again(self, data: Order) -> None: ...
    """,
    "two declarations of one push": """
        placed = emits("order.placed", Order)
        ordered = emits("order.placed", Order)
    """,
    "an unusable name": """
        @on("order place")
        async def place(self, data: Order) -> None: ...
    """,
    "a reserved name": """
        ordered = emits("nexws.order", Order)
    """,
    "a family without a separator": """
        @on("order*")
        async def place(self, data: Order) -> None: ...
    """,
    "a family of all names": """
        @on("*")
        async def place(self, data: Order) -> None: ...
    """,
    "a method's name that consumers have": """
        @on("order.history")
        async def history(self, data: Order) -> None: ...
    """,
    # pushes
    "a policy that is none": """
        placed = emits("order.placed", Order, overflow="drop")
    """,
    'a key without `overflow="latest"`': """
        placed = emits("order.placed", Order, key=lambda order: order.number)
    """,
    "a presence under another name": """
        customers = Presence(Order)
    """,
    # signatures
    "another payload than declared": """
        @on("order.place", schema=Order)
        async def place(self, data: Receipt) -> None: ...
    """,
    "another reply than declared": """
        @on("order.place", reply=Receipt)
        async def place(self, data: Order) -> Order: ...
    """,
    "other items than declared": """
        @on("order.watch", stream=Receipt)
        async def watch(self) -> AsyncIterator[Order]:
            yield Order()
    """,
    "no annotation": """
        @on("order.place")
        async def place(self, data): ...
    """,
    "no annotation of a stream": """
        @on("order.watch")
        async def watch(self):
            yield Order()
    """,
    "a stream that is annotated as a reply": """
        @on("order.watch")
        async def watch(self) -> Order:
            yield Order()
    """,
    "`reply=` of a stream": """
        @on("order.watch", reply=Order)
        async def watch(self) -> AsyncIterator[Order]:
            yield Order()
    """,
    "`stream=` of a handler that returns": """
        @on("order.watch", stream=Order)
        async def watch(self) -> Order: ...
    """,
    "a plain `def` that yields": """
        @on("order.watch")
        def watch(self):
            yield Order()
    """,
    "`schema=` without a parameter": """
        @on("order.place", schema=Order)
        async def place(self) -> None: ...
    """,
    "a second payload": """
        @on("order.place")
        async def place(self, data: Order, other: Order) -> None: ...
    """,
    "a payload that is only taken by name": """
        @on("order.place")
        async def place(self, *, data: Order) -> None: ...
    """,
    "`@staticmethod`": """
        @on("order.place")
        @staticmethod
        async def place(data: Order) -> None: ...
    """,
    "an unknown type": """
        @on("order.place")
        async def place(self, data: "Ordr") -> None: ...
    """,
    "a type that Pydantic cannot use": """
        class Basket: ...
        @on("order.place")
        async def place(self, data: Basket) -> None: ...
    """,
    # dependencies
    "a dependency that needs more": """
        def database(url: str): ...
        @on("order.place")
        async def place(self, data: Order, database: object = Depend(database)) -> None: ...
    """,
    "a dependency of an HTTP request": """
        def page(number: int = Query(1)): ...
        @on("order.list")
        async def list_orders(self, page: object = Depend(page)) -> None: ...
    """,
    "an empty dependency": """
        @on("order.place")
        async def place(self, data: Order, database: object = Depend()) -> None: ...
    """,
    # options
    "a rate that is none": """
        @on("order.place", rate="5 per second")
        async def place(self, data: Order) -> None: ...
    """,
    "`concurrency=0`": """
        @on("order.place", concurrency=0)
        async def place(self, data: Order) -> None: ...
    """,
    '`concurrency="latest"` of a plain `def`': """
        @on("order.find", concurrency="latest")
        def find(self, data: Order) -> None: ...
    """,
    "a time limit of nothing": """
        @on("order.place", timeout=0)
        async def place(self, data: Order) -> None: ...
    """,
    "`shield=True` of a stream": """
        @on("order.watch", shield=True)
        async def watch(self) -> AsyncIterator[Order]:
            yield Order()
    """,
    "a guard that is no function": """
        @on("order.place", guards=["staff"])
        async def place(self, data: Order) -> None: ...
    """,
    "a guard that is a handler": """
        @on("order.check")
        async def check(self, data: Order) -> None: ...
        @on("order.place", guards=[check])
        async def place(self, data: Order) -> None: ...
    """,
    "an example that does not fit": """
        @on("order.place", examples=[{"number": "one"}])
        async def place(self, data: Order) -> None: ...
    """,
    "an example of nothing": """
        @on("order.count", examples=[1])
        async def count(self) -> int: ...
    """,
    "an example of bytes": """
        @on("order.scan", examples=["ff"])
        async def scan(self, data: bytes) -> None: ...
    """,
    # failures
    "a failure without a code": """
        @on("order.place", errors=[EventError])
        async def place(self, data: Order) -> None: ...
    """,
    "two failures with one code": """
        class SoldOut(EventError):
            code = "sold_out"
        class Gone(EventError):
            code = "sold_out"
        @on("order.place", errors=[SoldOut, Gone])
        async def place(self, data: Order) -> None: ...
    """,
    "an unusable code": """
        class SoldOut(EventError):
            code = "sold out"
    """,
    # envelopes
    "another encoding": """
        encoding = "text"
    """,
    "an unusable key": """
        envelope = Envelope(event="the event")
    """,
    "two parts with one key": """
        envelope = Envelope(event="type", status="type")
    """,
    "a flat payload that is no object": """
        envelope = Envelope(data=None)
        @on("order.place")
        async def place(self, number: int) -> None: ...
    """,
    "a flat payload with a key of the envelope": """
        envelope = Envelope(ref="number", data=None)
        @on("order.place")
        async def place(self, data: Order) -> None: ...
    """,
}

IN_THE_HANDSHAKE = {
    "a parameter that no text can be": """
        class Shipment(BaseModel):
            order: Order
        class Shop(EventConsumer):
            shipment = query(Shipment)
    """,
    "parameters without a model": """
        class Shop(EventConsumer):
            number = headers(int)
    """,
    "an unusable name of a cookie": """
        class Visit(BaseModel):
            visit: str = Field(alias="the visit")
        class Shop(EventConsumer):
            visit = cookies(Visit)
    """,
    "two headers of one name": """
        class Client(BaseModel):
            x_client: str
            client: str = Field(alias="x-client")
        class Shop(EventConsumer):
            client = headers(Client)
    """,
    "one parameter in two declarations": """
        class Shop(EventConsumer):
            first = query(Order)
            second = query(Order)
    """,
    "parameters of a name that consumers have": """
        class Shop(EventConsumer):
            user = query(Order)
    """,
}

IN_A_PROGRAM = {
    # routers
    "an unusable prefix": """
        orders = EventRouter(prefix="order/")
    """,
    "a router for what is unknown": """
        orders = EventRouter(prefix="order.")
        @orders.on.unknown
        async def unknown(consumer: EventConsumer) -> None: ...
    """,
    "a router that grows too late": """
        orders = EventRouter(prefix="order.")
        class Shop(EventConsumer):
            include = [orders]
        @orders.on("place")
        async def place(consumer: EventConsumer, data: Order) -> None: ...
    """,
    # routes
    "a parameter that the path does not give": """
        class Shop(EventConsumer):
            @on("order.place")
            async def place(self, data: Order, shop: int) -> None: ...
        Shop.as_route("/shop")
    """,
    "a parameter of another type than the path's": """
        class Shop(EventConsumer):
            @on("order.place")
            async def place(self, data: Order, shop: int) -> None: ...
        Shop.as_route("/shop/{shop}")
    """,
    "a payload with the name of a parameter": """
        class Shop(EventConsumer):
            @on("order.count")
            async def count(self, shop: int) -> None: ...
        Shop.as_route("/shop/{shop:int}")
    """,
    "two classes with one namespace": """
        class Shop(EventConsumer):
            namespace = "shop"
        class Store(EventConsumer):
            namespace = "shop"
        app = NexiosApp()
        Nexws(app)
        app.add_ws_route(Shop.as_route("/shop"))
        app.add_ws_route(Store.as_route("/store"))
        for handler in app.startup_handlers:
            asyncio.run(handler())
    """,
    "two `Nexws`": """
        app = NexiosApp()
        Nexws(app)
        Nexws(app)
    """,
    "several workers, and no layer chosen": """
        class Shop(EventConsumer): ...
        app = NexiosApp()
        app.add_ws_route(Shop.as_route("/shop"))
        serve("shop:app", workers=4)
    """,
    "a URL of no store": """
        from nexws.layers.redis import RedisLayer
        RedisLayer("http://cache:6379")
    """,
    "sentinels without the master's name": """
        from nexws.layers.redis import RedisLayer
        RedisLayer("redis+sentinel://one:26379,two:26379")
    """,
    "a database of a cluster": """
        from nexws.layers.redis import RedisLayer
        RedisLayer("redis+cluster://one:6379/1")
    """,
}

MISTAKES = {
    **{
        name: "class Shop(EventConsumer):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        for name, body in IN_A_CLASS.items()
    },
    **{name: textwrap.dedent(body) for name, body in {**IN_THE_HANDSHAKE, **IN_A_PROGRAM}.items()},
}


def documented() -> dict[str, str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [re.fullmatch(r"\| (.+?) \| `(.+)` \|", line) for line in lines]
    return {row[1]: row[2] for row in rows if row is not None}


def test_every_documented_mistake_is_made_here_and_the_other_way_round() -> None:
    assert documented().keys() == MISTAKES.keys()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_the_documented_text(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the file and line behind the handler's name, and for what Pydantic says of its own."""
    shop = ModuleType("shop")
    monkeypatch.setitem(sys.modules, "shop", shop)
    monkeypatch.setattr(sys, "path", sys.path[:])
    with pytest.raises(SetupError) as error:
        exec(compile(PREAMBLE + MISTAKES[mistake], "shop.py", "exec", dont_inherit=True), vars(shop))
    text = re.sub(r" \([^()]*:\d+\)", "", str(error.value))
    expected = documented()[mistake]
    if expected.endswith(" …"):
        assert text.startswith(expected.removesuffix("…"))
    else:
        assert text == expected
