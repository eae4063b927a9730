"""Hooks for logs and metrics: told of everything, harmful to nothing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import FrozenInstanceError

import anyio
import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import (
    ConnectionClosed,
    ConnectionOpened,
    EventConsumer,
    EventError,
    EventFailed,
    EventHandled,
    FrameSent,
    Limits,
    Nexws,
    Observer,
    WebSocketConsumer,
    on,
)
from nexws.runtime import Hooks
from nexws.testing import connect


class Notes(Observer):
    """Writes everything down."""

    def __init__(self) -> None:
        self.opened_: list[ConnectionOpened] = []
        self.handled_: list[EventHandled] = []
        self.sent_: list[FrameSent] = []
        self.closed_: list[ConnectionClosed] = []

    def opened(self, detail: ConnectionOpened, /) -> None:
        self.opened_.append(detail)

    def handled(self, detail: EventHandled, /) -> None:
        self.handled_.append(detail)

    def sent(self, detail: FrameSent, /) -> None:
        self.sent_.append(detail)

    def closed(self, detail: ConnectionClosed, /) -> None:
        self.closed_.append(detail)

    def outcomes(self) -> list[tuple[str | None, str | None, str]]:
        return [(each.handler, each.event, each.outcome) for each in self.handled_]


class Watched(EventConsumer):
    @on("ok")
    async def ok(self) -> str:
        return "ok"

    @on("fail")
    async def fail(self) -> None:
        raise EventError("no_luck", "not today")

    @on("broken")
    async def broken(self) -> None:
        raise KeyError("secret")

    @on("family.*")
    async def family(self) -> None: ...

    @on("count")
    async def count(self, data: int) -> AsyncIterator[int]:
        for n in range(data):
            yield n

    @on("endless")
    async def endless(self) -> AsyncIterator[int]:
        yield 1
        await anyio.sleep_forever()

    @on("beside", concurrency=2)
    async def beside(self) -> str:
        return "ok"

    @on("slow", timeout=0.01)
    async def slow(self) -> None:
        await anyio.sleep_forever()

    @on("rated", rate="1/h")
    async def rated(self) -> None: ...


def serve(*observers: Observer, consumer: type[WebSocketConsumer] = Watched) -> NexiosApp:
    app = NexiosApp()
    Nexws(app, observers=observers)
    app.add_ws_route(consumer.as_route("/watched"))
    return app


async def test_a_connection_is_told_from_its_beginning_to_its_end() -> None:
    notes = Notes()
    async with connect(serve(notes), "/watched", user="ann") as client:
        await client.call("ok")
        await client.close(4321)
    (opened,), (closed,) = notes.opened_, notes.closed_
    assert (opened.consumer, opened.path, opened.user) == ("Watched", "/watched", "ann")
    assert (closed.connection, closed.consumer, closed.code) == (opened.connection, "Watched", 4321)
    assert closed.seconds >= 0
    assert {each.connection for each in notes.handled_} == {opened.connection}
    assert {each.connection for each in notes.sent_} == {opened.connection}


@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"no_luck"')
async def test_every_event_is_told_once_with_its_outcome() -> None:
    """Whatever becomes of it; names that clients make up are not among those of handlers."""
    notes = Notes()
    async with connect(serve(notes), "/watched") as client:
        await client.send("ok")
        for event in ("ok", "fail", "broken", "family.x", "nope", "beside", "slow", "rated", "rated"):
            with contextlib.suppress(EventFailed):
                await client.call(event)
        await client.send_raw("{")
        await client.expect_failure("bad_frame")
        assert [n async for n in client.stream("count", 2)] == [0, 1]
        await client.send("endless", ref=1)
        await client.receive_raw()
        await client.send("nexws.cancel", ref=1)
        await client.receive_raw()
        await client.send("endless", ref=2)
        await client.receive_raw()
    assert notes.outcomes() == [
        ("ok", "ok", "ok"),
        ("ok", "ok", "ok"),
        ("fail", "fail", "no_luck"),
        ("broken", "broken", "internal"),
        ("family.*", "family.x", "ok"),
        (None, "nope", "unknown_event"),
        ("beside", "beside", "ok"),
        ("slow", "slow", "timeout"),
        ("rated", "rated", "ok"),
        ("rated", "rated", "rate_limited"),
        (None, None, "bad_frame"),
        ("count", "count", "ok"),
        ("endless", "endless", "cancelled"),
        ("endless", "endless", "cancelled"),
    ]
    assert all(each.seconds >= 0 for each in notes.handled_)
    assert notes.handled_[7].seconds >= 0.01


async def test_an_event_that_its_client_does_not_wait_for_is_told() -> None:
    """Once, as cancelled; so is one that is refused because too many wait."""

    class Busy(EventConsumer):
        @on("wait")
        async def wait(self) -> None:
            await anyio.sleep_forever()

    notes = Notes()
    app = NexiosApp()
    Nexws(app, observers=[notes], limits=Limits(inbox_frames=1, inbox_timeout=0.01))
    app.add_ws_route(Busy.as_route("/"))
    async with connect(app, "/") as client:
        for _ in range(3):
            await client.send("wait")
        await client.expect_failure("rate_limited")
    assert notes.outcomes() == [(None, "wait", "rate_limited"), ("wait", "wait", "cancelled")]


async def test_every_frame_is_told_with_its_size() -> None:
    notes = Notes()
    async with connect(serve(notes), "/watched") as client:
        await client.send("ok", ref=1)
        frame = await client.receive_raw()
        assert [(each.size_bytes, each.is_taken, each.consumer) for each in notes.sent_] == [
            (len(frame), True, "Watched")
        ]


async def test_a_consumer_without_events_is_watched_too() -> None:
    class Echo(WebSocketConsumer):
        encoding = "text"

        async def on_receive(self, websocket: WebSocket, data: str) -> None:
            await websocket.send_text(data)

    notes = Notes()
    async with connect(serve(notes, consumer=Echo), "/watched") as client:
        await client.send_raw("hello")
        await client.receive_raw()
    assert ([each.size_bytes for each in notes.sent_], len(notes.closed_)) == ([5], 1)


async def test_a_client_that_is_refused_is_not_told() -> None:
    class Closed(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.close()

    notes = Notes()
    with pytest.raises(Exception, match="refused"):
        async with connect(serve(notes, consumer=Closed), "/watched"):
            pass
    assert (notes.opened_, notes.closed_) == ([], [])


async def test_what_an_observer_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the client nor the observers behind it."""

    class Broken(Observer):
        def handled(self, detail: EventHandled, /) -> None:
            raise KeyError("broken")

        def opened(self, detail: ConnectionOpened, /) -> None:
            raise KeyError("broken")

    notes = Notes()
    async with connect(serve(Broken(), notes), "/watched") as client:
        assert await client.call("ok") == "ok"
    assert notes.outcomes() == [("ok", "ok", "ok")]
    assert [record.getMessage() for record in caplog.records] == [
        "an observer failed in opened()",
        "an observer failed in handled()",
    ]


def test_a_hook_that_nobody_overrides_is_not_called() -> None:
    """So it costs nothing."""

    class OnlyClosed(Observer):
        def closed(self, detail: ConnectionClosed, /) -> None: ...

    hooks = Hooks([OnlyClosed(), Observer()])
    assert (hooks.opened, hooks.handled, hooks.sent) == (None, None, None)
    assert hooks.closed is not None


async def test_details_are_frozen() -> None:
    notes = Notes()
    async with connect(serve(notes), "/watched"):
        pass
    with pytest.raises(FrozenInstanceError):
        notes.closed_[0].code = 1  # type: ignore[misc]
