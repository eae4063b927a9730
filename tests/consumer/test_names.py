"""Names: which handler serves which event, and how routers put them together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import (
    DuplicateEventError,
    EventConsumer,
    EventContext,
    EventFailed,
    EventNameError,
    EventRouter,
    RouterError,
    UndeclaredEventError,
    emits,
    on,
)
from nexws.events.served import Served
from nexws.testing import connect


class Item(BaseModel):
    number: int


class Names(EventConsumer):
    """Each handler says who it is."""

    @on("chat.message")
    async def exact(self, event: EventContext) -> str:
        return f"exact {event.name}"

    @on("chat.*")
    async def family(self, data: int, event: EventContext) -> str:
        return f"chat {event.name} {data}"

    @on("chat.admin.*")
    async def longer(self, event: EventContext) -> str:
        return f"admin {event.name}"

    @on("room:*")
    async def colon(self, data: Item, event: EventContext) -> str:
        return f"room {event.name} {data.number}"

    @on.unknown
    async def rest(self, event: EventContext) -> str:
        return f"unknown {event.name}"


def serve(consumer: type[EventConsumer]) -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(consumer.as_route("/"))
    return app


@pytest.mark.parametrize(
    ("event", "data", "answer"),
    [
        ("chat.message", None, "exact chat.message"),
        ("chat.other", 1, "chat chat.other 1"),
        ("chat.a.b.c", 1, "chat chat.a.b.c 1"),
        ("chat.admin.kick", None, "admin chat.admin.kick"),
        ("chat.admin", 1, "chat chat.admin 1"),
        ("chat.", None, "unknown chat."),
        ("chat", None, "unknown chat"),
        ("room:7", {"number": 7}, "room room:7 7"),
        ("whatever", None, "unknown whatever"),
        ("whatever", {"any": [1]}, "unknown whatever"),
    ],
)
async def test_an_exact_name_goes_first_then_the_longest_family_then_the_rest(
    event: str, data: Any, answer: str
) -> None:
    """And the answer carries the name that the client sent."""
    async with connect(serve(Names), "/") as client:
        await client.send(event, data, 1)
        frame = client._codec.parts(await client.receive_raw())
        assert frame == {"event": event, "ref": 1, "status": "ok", "data": answer}


@pytest.mark.parametrize(
    ("event", "data", "details"),
    [
        ("chat.other", "x", [([], "int_parsing")]),
        ("room:1", {"number": "x"}, [(["number"], "int_parsing")]),
        ("room:1", {}, [(["number"], "missing")]),
        ("chat.admin.x", 1, [([], "none_required")]),
    ],
)
async def test_a_familys_payload_is_validated_like_any(event: str, data: Any, details: object) -> None:
    """The places of what is wrong are those in the payload."""
    async with connect(serve(Names), "/") as client:
        await client.send(event, data, 1)
        failed = await client.expect_failure("invalid_payload")
        assert [(each["loc"], each["type"]) for each in failed.details] == details


@pytest.mark.parametrize("frame", ['{"event":"chat.x","data":1,"more":1}', '{"event":"chat.x"}'])
async def test_a_familys_envelope_is_validated_like_any(frame: str) -> None:
    async with connect(serve(Names), "/") as client:
        await client.send_raw(frame)
        assert (await client.expect_failure("bad_envelope" if "more" in frame else "invalid_payload")).code


async def test_reserved_names_are_nobodys() -> None:
    """A program cannot take what the protocol may need."""
    async with connect(serve(Names), "/") as client:
        await client.send("nexws.future")
        await client.expect_failure("unknown_event")


async def test_what_is_unknown_may_have_a_schema_and_a_reply() -> None:
    class Strict(EventConsumer):
        @on.unknown(schema=Item, reply=int)
        async def rest(self, data: Item) -> int:
            return data.number

    assert list(Strict.events) == ["*"]
    async with connect(serve(Strict), "/") as client:
        assert await client.call("anything", {"number": 3}) == 3
        with pytest.raises(EventFailed) as failed:
            await client.call("anything", {})
        assert failed.value.code == "invalid_payload"


@given(
    st.lists(st.sampled_from(["a", "b.", "a.*", "a.b.*", "a.b:*", "*", "a.b", "a.b.c"]), unique=True),
    st.text("ab.:c", max_size=8),
)
def test_what_serves_an_event_is_the_closest(names: list[str], event: str) -> None:
    """Whatever the declarations, and in whatever order."""

    def closeness(name: str) -> int:
        if name == event:
            return 1000
        fits = name.endswith("*") and event.startswith(name[:-1]) and len(event) > len(name) - 1
        return len(name) if fits or name == "*" else -1

    found = Served({name: name for name in names}).find(event)
    best = max(names, key=closeness, default=None)
    expected = best if best is not None and closeness(best) >= 0 else None
    if event == "" and expected == "*":
        assert found == "*"
    else:
        assert found == expected


# -- routers


async def test_a_router_serves_plain_functions_under_its_prefix() -> None:
    orders = EventRouter(prefix="order.")
    placed = orders.emits("order.placed", Item)

    @orders.on("place", schema=Item, reply=int)
    async def place(consumer: EventConsumer, data: Item) -> int:
        await placed.bind(consumer).send(data)
        return data.number + 1

    @orders.on("*")
    async def rest(consumer: EventConsumer, event: EventContext) -> str:
        return event.name

    class Shop(EventConsumer):
        include = [orders]

        @on("ping")
        async def ping(self) -> None: ...

    assert list(Shop.events) == ["ping", "order.place", "order.*"]
    assert list(Shop.pushes) == ["order.placed"]
    async with connect(serve(Shop), "/") as client:
        assert await client.call("order.place", {"number": 1}) == 2
        assert await client.expect(placed) == Item(number=1)
        assert await client.call("order.cancel") == "order.cancel"


async def test_routers_include_routers() -> None:
    """Prefixes add up."""
    inner = EventRouter(prefix="b.")

    @inner.on("c")
    async def c(consumer: EventConsumer) -> str:
        return "c"

    middle = EventRouter(include=[inner])
    outer = EventRouter(prefix="a.", include=[middle])

    class Shop(EventConsumer):
        include = [outer]

    class Other(EventConsumer):
        include = [inner]

    assert (list(Shop.events), list(Other.events)) == (["a.b.c"], ["b.c"])
    async with connect(serve(Shop), "/") as client:
        assert await client.call("a.b.c") == "c"


def test_routers_of_bases_stay_included() -> None:
    """As their methods do."""
    one, two = EventRouter(prefix="one."), EventRouter(prefix="two.")

    @one.on("x")
    async def x(consumer: EventConsumer) -> None: ...

    @two.on("y")
    async def y(consumer: EventConsumer) -> None: ...

    class Base(EventConsumer):
        include = [one]

    class Shop(Base):
        include = [two, one]

    assert list(Shop.events) == ["one.x", "two.y"]


def test_models_around_a_routers_function_are_found() -> None:
    class Local(BaseModel):
        text: str

    router = EventRouter()

    @router.on("local")
    async def local(consumer: EventConsumer, data: Local) -> None: ...

    class Shop(EventConsumer):
        include = [router]

    assert Shop.events["local"].schema is Local


@pytest.mark.parametrize("prefixes", [("nexws.", "s."), ("a." * 40, "b." * 40)], ids=["reserved", "too long"])
def test_prefixes_together_make_a_name_like_any(prefixes: tuple[str, str]) -> None:
    """Each may be fine alone."""
    inner = EventRouter(prefix=prefixes[1])

    @inner.on("x")
    async def x(consumer: EventConsumer) -> None: ...

    with pytest.raises(EventNameError):

        class Shop(EventConsumer):
            include = [EventRouter(prefix=prefixes[0], include=[inner])]


def test_a_router_that_is_included_cannot_grow() -> None:
    """What is added then would be served by nobody."""
    router = EventRouter(prefix="late.")

    class Shop(EventConsumer):
        include = [router]

    with pytest.raises(RouterError, match="is included already"):

        @router.on("x")
        async def x(consumer: EventConsumer) -> None: ...

    with pytest.raises(RouterError, match="is included already"):
        router.emits("late.y", Item)


def test_a_router_and_a_class_cannot_serve_one_event() -> None:
    router = EventRouter(prefix="order.")

    @router.on("place")
    async def place(consumer: EventConsumer) -> None: ...

    with pytest.raises(DuplicateEventError, match=r"'order\.place' is declared twice"):

        class Shop(EventConsumer):
            include = [router]

            @on("order.place")
            async def place(self) -> None: ...


async def test_a_push_that_a_consumer_does_not_declare_is_not_sent() -> None:
    """Neither a router's that it does not include, nor another class'."""
    stranger = EventRouter().emits("order.placed", Item)

    class Shop(EventConsumer):
        placed = emits("order.placed", Item)

        @on("push")
        async def push(self) -> None:
            with pytest.raises(UndeclaredEventError, match=r"does not declare event 'order.placed'"):
                await stranger.bind(self).send(Item(number=1))
            with pytest.raises(UndeclaredEventError):
                await stranger.bind(self).broadcast(Item(number=1))
            with pytest.raises(UndeclaredEventError):
                await stranger.bind(self).send_to("ann", Item(number=1))

    async with connect(serve(Shop), "/") as client:
        await client.call("push")
        await client.expect_nothing()
