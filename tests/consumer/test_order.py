"""Order and concurrency: which handlers of one connection run when, and how they end."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import (
    CloseCode,
    ConnectionClosedError,
    EventConsumer,
    EventFailed,
    Limits,
    Nexws,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.testing import Connection, connect


class Gate(EventConsumer):
    """Handlers that wait until a test lets them go on, and write down what happens."""

    log: list[str] = []
    gates: dict[str, anyio.Event] = {}
    done = emits("done", str)

    async def pass_gate(self, name: str) -> str:
        self.log.append(f"begin {name}")
        try:
            await self.gates.setdefault(name, anyio.Event()).wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # a handler may clean up, and is cancelled once
            self.log.append(f"cancelled {name}")
            raise
        self.log.append(f"end {name}")
        return name

    @on("in.order")
    async def in_order(self, data: str) -> str:
        return await self.pass_gate(data)

    @on("two", concurrency=2)
    async def two(self, data: str) -> str:
        return await self.pass_gate(data)

    @on("latest", concurrency="latest")
    async def latest(self, data: str) -> str:
        return await self.pass_gate(data)

    @on("latest.stream", concurrency="latest")
    async def latest_stream(self, data: str) -> AsyncIterator[str]:
        yield await self.pass_gate(data)

    @on("one.stream", concurrency=1)
    async def one_stream(self) -> AsyncIterator[int]:
        yield 1
        await anyio.sleep_forever()

    @on("shielded", shield=True)
    async def shielded(self, data: str) -> str:
        name = await self.pass_gate(data)
        try:
            await self.done.send(name)
        except ConnectionClosedError:
            self.log.append("nobody there")
        return name

    @on("shielded.beside", shield=True, concurrency=2)
    async def shielded_beside(self, data: str) -> str:
        return await self.pass_gate(data)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.log.append(f"left {close_code}")


@pytest.fixture
def app() -> NexiosApp:
    Gate.log, Gate.gates = [], {}
    app = NexiosApp()
    app.add_ws_route(Gate.as_route("/"))
    return app


def open_gate(*names: str) -> None:
    for name in names:
        Gate.gates.setdefault(name, anyio.Event()).set()


async def until(condition: Any) -> None:
    with anyio.fail_after(2):
        while not condition():
            await checkpoint()


async def next_frame(client: Connection) -> Any:
    return json.loads(await client.receive_raw())


async def ask(client: Connection, event: str, *names: str) -> None:
    for name in names:
        await client.send(event, name, name)


# -- in order, n at a time


async def test_events_are_handled_one_after_the_other(app: NexiosApp) -> None:
    async with connect(app, "/") as client:
        await ask(client, "in.order", "a", "b")
        await until(lambda: Gate.log == ["begin a"])
        open_gate("b", "a")
        assert [(await next_frame(client))["ref"] for _ in range(2)] == ["a", "b"]
    assert Gate.log[:4] == ["begin a", "end a", "begin b", "end b"]


async def test_as_many_run_at_a_time_as_the_event_allows(app: NexiosApp) -> None:
    """The next waits for a place, and so do the events behind it: nothing is lost, nothing is reordered."""
    async with connect(app, "/") as client:
        await ask(client, "two", "a", "b", "c")
        await ask(client, "in.order", "d")
        await until(lambda: len(Gate.log) == 2)
        await anyio.wait_all_tasks_blocked()
        assert Gate.log == ["begin a", "begin b"]
        open_gate("b")
        assert (await next_frame(client))["ref"] == "b"
        await until(lambda: Gate.log[-1] == "begin d")
        assert Gate.log == ["begin a", "begin b", "end b", "begin c", "begin d"]
        open_gate("a", "c", "d")
        assert {(await next_frame(client))["ref"] for _ in range(3)} == {"a", "c", "d"}


async def test_events_behind_concurrent_ones_do_not_wait_for_them(app: NexiosApp) -> None:
    async with connect(app, "/") as client:
        await ask(client, "two", "a")
        open_gate("b")
        assert await client.call("in.order", "b") == "b"
        open_gate("a")
        assert (await next_frame(client))["data"] == "a"


async def test_a_stream_with_a_limit_of_its_own_refuses_one_too_many(app: NexiosApp) -> None:
    """A stream may be endless, so nobody waits for its end."""
    async with connect(app, "/") as client:
        await client.send("one.stream", ref=1)
        assert (await next_frame(client))["status"] == "next"
        with pytest.raises(EventFailed) as failed:
            await client.call("one.stream")
        assert (failed.value.code, failed.value.retryable) == ("rate_limited", True)
        assert "concurrency=" in failed.value.message


# -- the latest


@pytest.mark.parametrize("event", ["latest", "latest.stream"])
async def test_a_newer_event_takes_the_place_of_the_running_one(app: NexiosApp, event: str) -> None:
    """Which is told so; its clean-up ends before the newer one begins, and those between never begin."""
    async with connect(app, "/") as client:
        await ask(client, event, "a")
        await until(lambda: Gate.log == ["begin a"])
        await ask(client, event, "b", "c")
        told = [await next_frame(client) for _ in range(2)]
        assert [(frame["ref"], frame["error"]["code"]) for frame in told] == [
            ("b", "cancelled"),
            ("a", "cancelled"),
        ]
        await until(lambda: Gate.log[-1] == "begin c")
        assert Gate.log == ["begin a", "cancelled a", "begin c"]
        open_gate("c")
        assert (await next_frame(client))["data"] == "c"
        await client.expect_nothing() if event == "latest" else None


async def test_without_a_ref_nobody_is_told_of_the_newer_one(app: NexiosApp) -> None:
    """That it may be replaced is what the event is for."""
    async with connect(app, "/") as client:
        await client.send("latest", "a")
        await client.send("latest", "b")
        open_gate("b")
        assert await client.call("latest", "b") == "b"
        await client.expect_nothing()


async def test_one_that_has_ended_is_not_replaced(app: NexiosApp) -> None:
    async with connect(app, "/") as client:
        open_gate("a", "b")
        assert [await client.call("latest", name) for name in "ab"] == ["a", "b"]


# -- timeouts


class Slow(EventConsumer):
    cleaned: list[str] = []

    @on("limited", timeout=0.02)
    async def limited(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await asyncio.sleep(0)
            self.cleaned.append("limited")

    @on("usual")
    async def usual(self) -> None:
        await anyio.sleep_forever()

    @on("beside", timeout=0.02, concurrency=2)
    async def beside(self) -> None:
        await anyio.sleep_forever()

    @on("items", timeout=0.05)
    async def items(self, data: int) -> AsyncIterator[int]:
        for n in range(data):
            await anyio.sleep(0.02)
            yield n
        await anyio.sleep_forever()

    @on("own")
    async def own(self) -> None:
        raise TimeoutError("of something that the handler waited for")

    @on("endless", timeout=math.inf)
    async def endless(self, data: int) -> int:
        await checkpoint()
        return data


@pytest.fixture
def slow() -> NexiosApp:
    Slow.cleaned = []
    app = NexiosApp()
    Nexws(app, limits=Limits(handler_timeout=0.03))
    app.add_ws_route(Slow.as_route("/"))
    return app


@pytest.mark.parametrize(
    ("event", "setting"),
    [("limited", "timeout="), ("beside", "timeout="), ("usual", "Limits.handler_timeout")],
)
async def test_a_handler_that_takes_too_long_is_cancelled_and_told(
    slow: NexiosApp, event: str, setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And the connection goes on; the log names the setting to raise."""
    async with connect(slow, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call(event)
        assert (failed.value.code, failed.value.retryable) == ("timeout", True)
        assert await client.call("endless", 3) == 3
    assert setting in caplog.text
    assert Slow.cleaned == (["limited"] if event == "limited" else [])


async def test_the_time_of_a_stream_is_that_of_each_item(slow: NexiosApp) -> None:
    """A stream may last; what may not is the wait for its next item."""
    async with connect(slow, "/") as client:
        got: list[int] = []
        with pytest.raises(EventFailed) as failed:
            async for n in client.stream("items", 4):
                got.append(n)  # noqa: PERF401 - what came before the failure counts
        assert (got, failed.value.code) == ([0, 1, 2, 3], "timeout")


async def test_a_timeout_inside_of_a_handler_is_its_own(slow: NexiosApp) -> None:
    async with connect(slow, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("own")
        assert failed.value.code == "internal"


# -- leaving


async def test_handlers_are_cancelled_when_their_client_leaves(app: NexiosApp) -> None:
    """Those beside the others too, each before the consumer hears of it."""
    async with connect(app, "/") as client:
        await ask(client, "two", "a", "b")
        await ask(client, "in.order", "c")
        await until(lambda: len(Gate.log) == 3)
    assert sorted(Gate.log[3:6]) == ["cancelled a", "cancelled b", "cancelled c"]
    assert Gate.log[6:] == ["left 1000"]


@pytest.mark.parametrize("event", ["shielded", "shielded.beside"])
async def test_a_shielded_handler_goes_on_without_its_client(app: NexiosApp, event: str) -> None:
    """What it sends to the client raises; the consumer hears of the end when the handler has ended."""
    async with connect(app, "/") as client:
        await ask(client, event, "a")
        await until(lambda: Gate.log == ["begin a"])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.close)
            await anyio.wait_all_tasks_blocked()
            assert Gate.log == ["begin a"]
            open_gate("a")
    assert Gate.log == ["begin a", "end a", *(["nobody there"] if event == "shielded" else []), "left 1000"]


async def test_who_left_is_no_member_while_a_shielded_handler_goes_on() -> None:
    """Nobody sends to somebody who is gone."""

    class Room(EventConsumer):
        said = emits("said", str)
        gate = anyio.Event()

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("default")

        @on("stay", shield=True)
        async def stay(self) -> None:
            await self.gate.wait()

        @on("say")
        async def say(self, data: str) -> int:
            return await self.said.broadcast(data, exclude_self=True)

    app = NexiosApp()
    app.add_ws_route(Room.as_route("/"))
    async with connect(app, "/") as ann, connect(app, "/") as bob:
        await bob.send("stay")
        assert await ann.call("say", "hi") == 1
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bob.close)
            await anyio.wait_all_tasks_blocked()
            assert await ann.call("say", "hi") == 0
            Room.gate.set()


async def test_shielded_handlers_keep_the_order(app: NexiosApp) -> None:
    async with connect(app, "/") as client:
        await ask(client, "shielded", "a")
        await ask(client, "in.order", "b")
        await until(lambda: Gate.log == ["begin a"])
        await anyio.wait_all_tasks_blocked()
        assert Gate.log == ["begin a"]
        open_gate("a", "b")
        await client.expect(Gate.done)
        assert [(await next_frame(client))["ref"] for _ in range(2)] == ["a", "b"]


async def test_a_clean_up_that_does_not_end_is_cut_short() -> None:
    """The connection ends all the same, and the consumer hears of it."""

    class Hanging(EventConsumer):
        log: list[object] = []

        @on("hang")
        async def hang(self) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                self.log.append("cleaning up")
                await asyncio.sleep(3600)

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            self.log.append(close_code)

    app = NexiosApp()
    Nexws(app, limits=Limits(disconnect_timeout=0.05))
    app.add_ws_route(Hanging.as_route("/"))
    async with connect(app, "/") as client:
        await client.send("hang")
        await anyio.wait_all_tasks_blocked()
    assert Hanging.log == ["cleaning up", 1000]


# -- threads


class Sync(EventConsumer):
    threads: list[int] = []
    blocked = threading.Event()
    posted = emits("posted", str)

    @on("thread", reply=int)
    def thread(self, data: int) -> int:
        self.threads.append(threading.get_ident())
        return data + 1

    @on("block")
    def block(self) -> None:
        self.blocked.wait(5)

    @on("fail")
    def fail(self) -> None:
        raise KeyError("secret")

    @on("push")
    def push(self, data: str) -> None:
        anyio.from_thread.run(self.posted.send, data)

    @on("async")
    async def other(self, data: int) -> int:
        return data


@pytest.fixture
def sync() -> NexiosApp:
    Sync.threads, Sync.blocked = [], threading.Event()
    app = NexiosApp()
    app.add_ws_route(Sync.as_route("/"))
    return app


async def test_a_handler_that_is_not_async_runs_in_a_thread(sync: NexiosApp) -> None:
    """From which it may push."""
    async with connect(sync, "/") as client:
        assert await client.call("thread", 1) == 2
        assert threading.get_ident() not in Sync.threads
        await client.send("push", "hi")
        assert await client.expect(Sync.posted) == "hi"
        with pytest.raises(EventFailed) as failed:
            await client.call("fail")
        assert failed.value.code == "internal"


async def test_a_blocking_handler_blocks_nobody_else(sync: NexiosApp) -> None:
    async with connect(sync, "/") as ann, connect(sync, "/") as bob:
        await ann.send("block", ref=1)
        assert await bob.call("async", 3) == 3
        Sync.blocked.set()
        assert (await next_frame(ann))["status"] == "ok"


async def test_threads_do_not_pile_up_behind_clients_that_come_and_go(sync: NexiosApp) -> None:
    """A thread cannot be cancelled, so its place is taken until it has returned."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    before = limiter.borrowed_tokens
    for _ in range(3):
        async with connect(sync, "/") as client:
            await client.send("block")
            await anyio.wait_all_tasks_blocked()
    assert limiter.borrowed_tokens == before + 3
    Sync.blocked.set()
    await until(lambda: limiter.borrowed_tokens == before)


# -- too much at a time


async def test_what_does_not_fit_the_inbox_is_refused_and_told() -> None:
    """A client that never gets read cannot be told to live; so it is read, and told what is not served."""

    class Busy(EventConsumer):
        gate = anyio.Event()

        @on("wait")
        async def wait(self, data: int) -> int:
            await self.gate.wait()
            return data

    app = NexiosApp()
    Nexws(app, limits=Limits(inbox_frames=2, inbox_timeout=0.02))
    app.add_ws_route(Busy.as_route("/"))
    async with connect(app, "/") as client:
        for number in range(5):
            await client.send("wait", number, number)
        refused = [await next_frame(client) for _ in range(2)]
        assert [(frame["ref"], frame["error"]["code"]) for frame in refused] == [
            (3, "rate_limited"),
            (4, "rate_limited"),
        ]
        assert "Limits.inbox_frames" in refused[0]["error"]["message"]
        Busy.gate.set()
        assert [(await next_frame(client))["data"] for _ in range(3)] == [0, 1, 2]
        assert await client.call("wait", 6) == 6


async def test_a_consumer_without_events_closes_where_too_much_waits() -> None:
    """There is nothing to tell the client with."""

    class Busy(WebSocketConsumer):
        encoding = "text"
        log: list[object] = []

        async def on_receive(self, websocket: WebSocket, data: str) -> None:
            await anyio.sleep_forever()

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            self.log.append(close_code)

    app = NexiosApp()
    Nexws(app, limits=Limits(inbox_frames=1, inbox_timeout=0.02))
    app.add_ws_route(Busy.as_route("/"))
    async with connect(app, "/") as client:
        for _ in range(3):
            await client.send_raw("x")
        assert await client.expect_close() == CloseCode.RATE_LIMITED
    assert Busy.log == [4013]
