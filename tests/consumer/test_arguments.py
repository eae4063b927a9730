"""What handlers may ask for: the payload, the socket, the event, path parameters, dependencies."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Union

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.dependencies import Context, Depend
from nexios.parameters import Query
from nexios.routing import Router
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from nexws import (
    DependencyError,
    EventConsumer,
    EventContext,
    EventError,
    EventFailed,
    HandlerSignatureError,
    SetupError,
    on,
)
from nexws.testing import connect


class Item(BaseModel):
    name: str


def serve(consumer: type[EventConsumer], path: str = "/") -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(consumer.as_route(path))
    return app


# -- payloads


class Pair(TypedDict):
    left: int
    right: int


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("schema", "payload"),
    [
        (Item, {"name": "tea"}),
        (Pair, {"left": 1, "right": 2}),
        (Point, {"x": 1}),
        (list[Item], [{"name": "tea"}]),
        (dict[str, int], {"a": 1}),
        (Union[Item, int], 3),
        (Annotated[int, Field(ge=3)], 3),
        (tuple[int, str], [1, "a"]),
        (uuid.UUID, "7d0f3a8c-6b0e-4c39-9a3b-6f3a3d3f4a11"),
    ],
)
async def test_a_payload_is_whatever_pydantic_validates(schema: Any, payload: Any) -> None:
    """And it comes back as it went in."""

    class Echo(EventConsumer):
        @on("echo", schema=schema, reply=schema)
        async def echo(self, data: Any) -> Any:
            return data

    async with connect(serve(Echo), "/") as client:
        assert await client.call("echo", payload) == payload
        with pytest.raises(EventFailed, match="invalid_payload"):
            await client.call("echo", {"no": "good"})


# -- the event, the socket, the path


class Everything(EventConsumer):
    @on("all", schema=Item)
    async def all(
        self, data: Item, group: str, event: EventContext, number: int, websocket: WebSocket
    ) -> list[Any]:
        assert websocket is self.websocket is event.websocket
        assert event.connection == self.channel.uuid
        event.state["seen"] = True
        return [group, number, data.name, event.name, event.ref, event.user, dict(event.path_params)]

    @on("meta")
    async def meta(self, event: EventContext) -> dict[str, str]:
        return dict(event.meta)

    @on("stream")
    async def stream(self, data: int, group: str) -> AsyncIterator[str]:
        for _ in range(data):
            yield group


async def test_a_handler_is_given_what_it_asks_for_by_name_and_type() -> None:
    """In any order; the payload is the one that fits the declaration."""
    app = serve(Everything, "/chat/{group}/{number:int}")
    async with connect(app, "/chat/lobby/7", user="ann") as client:
        params = {"group": "lobby", "number": 7}
        assert await client.call("all", Item(name="tea")) == [
            "lobby",
            7,
            "tea",
            "all",
            "test-1",
            "ann",
            params,
        ]
        assert [each async for each in client.stream("stream", 2)] == ["lobby", "lobby"]
        await client.send_raw('{"event":"meta","ref":"m","meta":{"key":"k","traceparent":"t"}}')
        assert json.loads(await client.receive_raw())["data"] == {"key": "k", "traceparent": "t"}


async def test_a_path_parameter_may_have_any_name() -> None:
    """Nexios' own dictionary of them stumbles over some."""

    class Odd(EventConsumer):
        @on("odd")
        async def odd(self, payload: int, data: str, keys: str) -> list[Any]:
            return [payload, data, keys]

    async with connect(serve(Odd, "/{data}/{keys}"), "/a/b") as client:
        assert await client.call("odd", 1) == [1, "a", "b"]


class Placed(EventConsumer):
    @on("place", schema=Item)
    async def place(self, data: Item, number: int) -> None: ...


class Unplaced(EventConsumer):
    @on("place")
    async def place(self, group: str) -> None: ...


@pytest.mark.parametrize(
    ("consumer", "path", "text"),
    [
        (Placed, "/shop", "takes 'number', which '/shop' does not give; write {number} into the path"),
        (Placed, "/{number}", "takes 'number' as int, but '/{number}' gives str; write {number:int}"),
        (Placed, "/{number:float}", "takes 'number' as int, but '/{number:float}' gives float"),
        (
            Unplaced,
            "/{group}",
            "takes 'group' as its payload, but '/{group}' has a parameter of that name; rename",
        ),
    ],
)
def test_a_path_that_does_not_give_what_is_asked_for_fails_when_it_is_routed(
    consumer: type[EventConsumer], path: str, text: str
) -> None:
    """Not when the first event comes."""
    with pytest.raises(HandlerSignatureError) as raised:
        consumer.as_route(path)
    assert text in str(raised.value)


async def test_parameters_of_a_routers_route_are_given() -> None:
    """Behind a prefix."""
    router = Router(prefix="/shop")
    router.add_ws_route(Placed.as_route("/{number:int}"))
    app = NexiosApp()
    app.mount_router(router)
    async with connect(app, "/shop/3") as client:
        await client.call("place", Item(name="tea"))


# -- dependencies


class Log(list[str]):
    """What dependencies did, in order."""


LOG = Log()


def plain() -> str:
    LOG.append("plain")
    return "plain"


async def coroutine(base: str = Depend(plain)) -> str:  # type: ignore[assignment]
    await checkpoint()
    return f"coroutine on {base}"


def generator(base: str = Depend(plain)) -> Iterator[str]:  # type: ignore[assignment]
    try:
        yield f"generator on {base}"
    except EventError as error:
        LOG.append(f"generator saw {error.code}")
        raise
    finally:
        LOG.append("generator done")


async def asynchronous(event: EventContext, websocket: WebSocket) -> AsyncIterator[str]:
    assert event.websocket is websocket
    yield f"asynchronous for {event.name}"
    await checkpoint()
    LOG.append("asynchronous done")


def of_nexios(context: Context = Depend(Context), other: Context = Context()) -> str:  # type: ignore[assignment]
    assert context.request is other.request
    return f"{context.user} at {context.request.path}"  # type: ignore[attr-defined, union-attr]


class Dependent(EventConsumer):
    @on("all", schema=Item)
    async def all(
        self,
        data: Item,
        a: str = Depend(plain),  # type: ignore[assignment]
        b: str = Depend(coroutine),  # type: ignore[assignment]
        *,
        c: str = Depend(generator),  # type: ignore[assignment]
        d: str = Depend(asynchronous),  # type: ignore[assignment]
        e: str = Depend(of_nexios),  # type: ignore[assignment]
    ) -> list[str]:
        LOG.append("handler")
        if data.name == "fail":
            raise EventError("failed")
        return [data.name, a, b, c, d, e]

    @on("stream")
    async def stream(self, c: str = Depend(generator)) -> AsyncIterator[str]:  # type: ignore[assignment]
        for _ in range(100):
            yield c
            LOG.append("item")


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    LOG.clear()


async def test_dependencies_are_provided_once_for_each_event_and_cleaned_up_behind_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Sync and async, nested, with and without clean-up; the last made is the first cleaned up."""
    async with connect(serve(Dependent), "/", user="ann") as client:
        for _ in range(2):
            assert await client.call("all", Item(name="tea")) == [
                "tea",
                "plain",
                "coroutine on plain",
                "generator on plain",
                "asynchronous for all",
                "ann at /",
            ]
    assert LOG == ["plain", "handler", "asynchronous done", "generator done"] * 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"failed"')
async def test_a_clean_up_sees_what_the_handler_raised() -> None:
    """And runs, of course."""
    async with connect(serve(Dependent), "/") as client:
        with pytest.raises(EventFailed, match="failed"):
            await client.call("all", Item(name="fail"))
    assert LOG[-2:] == ["generator saw failed", "generator done"]


async def test_the_dependencies_of_a_stream_live_as_long_as_it_does() -> None:
    """To its last item, or until the client leaves it."""
    async with connect(serve(Dependent), "/") as client:
        assert len([each async for each in client.stream("stream")]) == 100
        assert ["plain", *["item"] * 100, "generator done"] == LOG
        LOG.clear()
        client.pause()
        await client.send("stream", ref=1)
        with anyio.fail_after(2):
            while "plain" not in LOG:
                await checkpoint()
    assert LOG[-1] == "generator done"
    assert LOG.count("item") < 100


@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"not_now"')
async def test_a_dependency_may_refuse_the_event() -> None:
    """As a handler may."""

    def refuse() -> None:
        raise EventError("not_now", retryable=True)

    class Closed(EventConsumer):
        @on("enter")
        async def enter(self, _: None = Depend(refuse)) -> None:  # type: ignore[assignment]
            raise AssertionError("served")

    async with connect(serve(Closed), "/") as client:
        with pytest.raises(EventFailed, match="not_now"):
            await client.call("enter")


def needs_more(url: str) -> None: ...


def needs_nested(more: None = Depend(needs_more)) -> None: ...  # type: ignore[assignment]


def needs_a_query(page: int = Query(1)) -> None: ...  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("provider", "text"),
    [
        (
            needs_more,
            "the dependency 'it' cannot be provided: needs_more takes 'url', which nothing supplies",
        ),
        (
            needs_nested,
            "the dependency 'more' cannot be provided: needs_more takes 'url', which nothing supplies",
        ),
        (needs_a_query, "needs_a_query asks for 'page' of an HTTP request; read event.websocket instead"),
        (None, "the dependency 'it' cannot be provided: Depend() names no provider"),
    ],
)
def test_a_dependency_that_cannot_be_provided_fails_when_the_class_is_made(
    provider: Callable[..., Any] | None, text: str
) -> None:
    """With the name of what is missing."""
    with pytest.raises(SetupError) as raised:

        class Broken(EventConsumer):
            @on("broken")
            async def broken(self, it: Any = Depend(provider)) -> None: ...

    assert isinstance(raised.value, DependencyError)
    assert text in str(raised.value)
