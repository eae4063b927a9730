"""Reaching clients from outside: from HTTP handlers, tasks, threads, and other programs."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import (
    CloseCode,
    EventConsumer,
    EventRouter,
    GroupNameError,
    LayerError,
    Limits,
    MemoryLayer,
    Nexws,
    PayloadError,
    SetupError,
    UndeclaredEventError,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.testing import connect

PATIENCE = 10.0


class Line(BaseModel):
    text: str


HELLO = Line(text="hello")

alerts = EventRouter(prefix="alert.")
raised = alerts.emits("alert.raised", Line)


class Chat(EventConsumer):
    """Everybody is in the lobby."""

    include = [alerts]
    posted = emits("chat.posted", Line)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    @on("id")
    async def id(self) -> str:
        return str(self.channel.uuid)

    @on("stay", timeout=1000)
    async def stay(self) -> None:
        await anyio.sleep_forever()


class Sub(Chat):
    """Inherits the push, and has members of its own."""


class Support(EventConsumer):
    """Another class in the same application."""


class Raw(WebSocketConsumer):
    """Has no events."""


def application(**options: Any) -> tuple[NexiosApp, Nexws]:
    app = NexiosApp()
    ws = Nexws(app, **options)
    for consumer in (Chat, Sub, Support, Raw):
        app.add_ws_route(consumer.as_route(f"/{consumer.__name__.lower()}"))
    return app, ws


async def lifespan(app: NexiosApp, *kinds: str) -> list[str]:
    """Run the application's life, or half of it; gives what it answers."""
    incoming, answers = [{"type": f"lifespan.{kind}"} for kind in kinds], list[str]()

    async def receive() -> Any:
        if not incoming:
            await anyio.sleep_forever()
        return incoming.pop(0)

    async def send(message: Any) -> None:
        answers.append(message["type"])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(app, {"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        with anyio.fail_after(PATIENCE):
            while len(answers) < len(kinds):
                await checkpoint()
        tasks.cancel_scope.cancel()
    return answers


# -- pushes


async def test_an_http_handler_reaches_clients() -> None:
    """And learns how many took the push."""
    app, ws = application()

    @app.get("/say/{name}")
    async def say(request: Request, response: Response, name: str) -> Any:
        told = await Chat.posted.broadcast(HELLO, "lobby", via=ws)
        return response.json([told, await Chat.posted.send_to(name, HELLO, via=ws)])

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert (await http.get("/say/ann")).json() == [0, 0]
        async with connect(app, "/chat", user="ann") as ann, connect(app, "/chat", user="bob") as bob:
            assert (await http.get("/say/ann")).json() == [2, 1]
            assert [await ann.expect(Chat.posted) for _ in range(2)] == [HELLO, HELLO]
            assert await bob.expect(Chat.posted) == HELLO
            await bob.expect_nothing()


async def test_a_background_task_reaches_clients() -> None:
    """With nothing of a connection around it."""
    app, ws = application()

    async def tick() -> None:
        while not await Chat.posted.broadcast(HELLO, "lobby", via=ws):
            await checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        async with connect(app, "/chat") as client:
            assert await client.expect(Chat.posted) == HELLO


async def test_a_thread_reaches_clients() -> None:
    """One without an event loop, and one with a loop of its own."""
    app, ws = application()

    def plain() -> int:
        return ws.from_thread(Chat.posted.broadcast(Line(text="plain"), "lobby", via=ws))

    def own_loop() -> list[int]:
        async def main() -> list[int]:
            told = await Chat.posted.broadcast(Line(text="loop"), "lobby", via=ws)
            sent = await Chat.posted.send_to("ann", Line(text="to ann"), via=ws)
            return [told, sent, await ws.disconnect("ann")]

        return asyncio.run(main())

    async with connect(app, "/chat", user="ann") as client:
        assert await anyio.to_thread.run_sync(plain) == 1
        assert await anyio.to_thread.run_sync(own_loop) == [1, 1, 1]
        assert [(await client.expect(Chat.posted)).text for _ in range(3)] == ["plain", "loop", "to ann"]
        assert await client.expect_close() == CloseCode.FORBIDDEN


async def test_a_thread_that_was_there_first_does_not_keep_the_clients() -> None:
    """It publishes from a loop of its own before anybody has connected, and its loop goes on."""
    app, ws = application()
    published, go_on, loops = anyio.Event(), asyncio.Event(), list[asyncio.AbstractEventLoop]()
    here = asyncio.get_running_loop()

    def other() -> list[int]:
        async def main() -> list[int]:
            loops.append(asyncio.get_running_loop())
            first = await Chat.posted.broadcast(HELLO, "lobby", via=ws)
            here.call_soon_threadsafe(published.set)
            await go_on.wait()
            return [first, await Chat.posted.broadcast(HELLO, "lobby", via=ws)]

        return asyncio.run(main())

    told: list[int] = []
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            told.extend(await anyio.to_thread.run_sync(other))

        tasks.start_soon(run)
        await published.wait()
        async with connect(app, "/chat") as client:
            loops[0].call_soon_threadsafe(go_on.set)
            assert await client.expect(Chat.posted) == HELLO
            assert ws._node.loop is here
        with anyio.fail_after(PATIENCE):
            while not told:
                await checkpoint()
    assert told == [0, 1]


async def test_a_layer_alone_reaches_clients() -> None:
    """As a program does that serves nobody."""
    app, ws = application()
    assert isinstance(ws.layer, MemoryLayer)
    async with connect(app, "/chat", user=7) as client, ws.layer.twin() as layer:
        assert await Chat.posted.broadcast(HELLO, "lobby", via=layer) == 1
        assert await Chat.posted.send_to(7, HELLO, via=layer) == 1
        assert await Chat.posted.send_to(uuid.UUID(await client.call("id")), HELLO, via=layer) == 1
        assert [await client.expect(Chat.posted) for _ in range(3)] == [HELLO] * 3


async def test_an_inherited_push_reaches_the_members_of_its_class() -> None:
    """The name of the class through which it is sent says whose."""
    app, ws = application()
    async with connect(app, "/chat", user="ann") as chat, connect(app, "/sub", user="ann") as sub:
        assert await Sub.posted.broadcast(HELLO, "lobby", via=ws) == 1
        assert await Sub.posted.send_to("ann", HELLO, via=ws) == 1
        assert [await sub.expect(Sub.posted) for _ in range(2)] == [HELLO, HELLO]
        await chat.expect_nothing()
        assert await Chat.posted.broadcast(HELLO, "lobby", via=ws) == 1
        await chat.expect(Chat.posted)
        await sub.expect_nothing()


async def test_a_push_of_a_router_says_whose_clients_are_meant() -> None:
    """Without that, it says how."""
    app, ws = application()
    async with connect(app, "/chat", user="ann") as chat, connect(app, "/sub", user="ann") as sub:
        for sending in (
            raised.broadcast(HELLO, "lobby", via=ws),
            raised.send_to("ann", HELLO, via=ws),
        ):
            with pytest.raises(UndeclaredEventError, match=r"belongs to no consumer class.*\.of\(Chat\)"):
                await sending
        assert await raised.of(Sub).broadcast(HELLO, "lobby", via=ws) == 1
        assert await sub.expect(raised) == HELLO
        await chat.expect_nothing()
        with pytest.raises(UndeclaredEventError, match=r"Support does not declare event 'alert\.raised'"):
            await raised.of(Support).broadcast(HELLO, "lobby", via=ws)


async def test_a_push_of_a_mixin_belongs_to_who_mixes_it_in() -> None:
    """The mixin itself has no clients."""

    class Posting:
        posted = emits("mixed.posted", Line)

    class Mixed(Posting, EventConsumer): ...

    _, ws = application()
    assert await Mixed.posted.broadcast(HELLO, via=ws) == 0
    with pytest.raises(UndeclaredEventError, match="belongs to no consumer class"):
        await Posting.posted.broadcast(HELLO, via=ws)


async def test_what_cannot_be_sent_is_told_to_who_sends() -> None:
    """As on a connection."""
    _, ws = application()
    with pytest.raises(PayloadError):
        await Chat.posted.broadcast({"txt": 1}, "lobby", via=ws)  # type: ignore[arg-type]
    with pytest.raises(PayloadError):
        await Chat.posted.send_to("ann", {"txt": 1}, via=ws)  # type: ignore[arg-type]
    with pytest.raises(GroupNameError):
        await Chat.posted.broadcast(HELLO, "a b", via=ws)


# -- users and connections


@pytest.mark.parametrize(
    "user", ["ann", 7, uuid.uuid4(), uuid.UUID("0198c0de-0000-8000-8000-000000000001"), {"id": 7}]
)
async def test_a_user_is_reached_on_all_nodes(user: Any) -> None:
    """By its id, whatever that is: one that looks like a connection's too."""
    target = user["id"] if isinstance(user, dict) else user
    layer = MemoryLayer()
    (one, ws), (two, _) = application(layer=layer), application(layer=layer.twin())
    async with connect(one, "/chat", user=user) as here, connect(two, "/chat", user=user) as there:
        for each in (target, str(target)):
            assert await Chat.posted.send_to(each, HELLO, via=ws) == 2
            assert [await client.expect(Chat.posted) for client in (here, there)] == [HELLO, HELLO]


async def test_a_connection_of_another_node_is_reached_by_its_id() -> None:
    """It alone, and nobody once it has gone."""
    layer = MemoryLayer()
    (one, ws), (two, _) = application(layer=layer), application(layer=layer.twin())
    async with connect(one, "/chat", user="ann") as here:
        async with connect(two, "/chat", user="ann") as there, connect(two, "/chat", user="ann") as third:
            target = await there.call("id")
            for each in (target, uuid.UUID(target), uuid.UUID(target).hex):
                assert await Chat.posted.send_to(each, HELLO, via=ws) == 1
                await there.expect(Chat.posted)
            assert await Sub.posted.send_to(target, HELLO, via=ws) == 0
            for client in (here, third):
                await client.expect_nothing()
        assert await Chat.posted.send_to(target, HELLO, via=ws) == 0


async def test_the_clients_are_listed() -> None:
    """Those of this process, while they are connected."""
    layer = MemoryLayer()
    (app, ws), (other, _) = application(layer=layer), application(layer=layer.twin())
    assert (ws.connections, ws.groups) == ((), {})
    async with connect(app, "/chat", user="ann") as ann, connect(app, "/sub"), connect(other, "/chat"):
        first, second = ws.connections
        assert (str(first.id), first.consumer, first.user_id) == (
            await ann.call("id"),
            Chat.namespace_of(),
            "ann",
        )
        assert (second.consumer, second.user_id, second.groups) == (Sub.namespace_of(), None, ("lobby",))
        assert 0 < first.created <= second.created
        assert ws.groups == {"lobby": 2}
    assert (ws.connections, ws.groups) == ((), {})


async def test_a_user_is_put_out() -> None:
    """On all connections, of all consumers, on all nodes; others stay."""
    layer = MemoryLayer()
    (one, ws), (two, _) = application(layer=layer), application(layer=layer.twin())
    async with connect(one, "/chat", user="bob") as bob, connect(two, "/raw", user="ann") as fourth:
        async with (
            connect(one, "/chat", user="ann") as first,
            connect(one, "/support", user="ann") as second,
            connect(two, "/chat", user="ann") as third,
        ):
            assert await ws.disconnect("ann") == 4
            for client in (first, second, third, fourth):
                assert await client.expect_close() == 4507
        assert await ws.disconnect("ann") == 0
        assert await ws.disconnect("nobody") == 0
        assert await bob.call("id")


@pytest.mark.parametrize("code", [1000, 1008, 3000, 4000, 4999])
async def test_a_user_is_put_out_with_a_code_that_says_why(code: int) -> None:
    """And with a reason, of which as much is sent as fits."""
    app, ws = application()
    async with connect(app, "/chat", user=7) as client:
        assert await ws.disconnect(7, code=code, reason="ä" * 500) == 1
        assert await client.expect_close() == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2000, 5000])
async def test_a_code_that_no_close_can_have_is_refused(code: int) -> None:
    """Nobody is put out."""
    app, ws = application()
    async with connect(app, "/chat", user="ann") as client:
        with pytest.raises(ValueError, match=f"close code {code} cannot be sent"):
            await ws.disconnect("ann", code=code)
        assert await client.call("id")


async def test_putting_somebody_out_cancels_what_runs_for_them() -> None:
    """A handler that waits for ever keeps no connection; who is out already is not counted again."""
    app, ws = application()
    async with connect(app, "/chat", user="ann") as client:
        await client.send("stay")
        await client.send("nexws.ping")
        assert await ws.disconnect("ann") == 1
        assert await client.expect_close() == 4507
        assert await ws.disconnect("ann") == 0
        with anyio.fail_after(PATIENCE):
            while not client.is_over:
                await checkpoint()


# -- from_thread


async def test_from_thread_does_not_wait_for_its_own_loop() -> None:
    """It says so; nor does it wait for an application that does not run."""
    app, ws = application()
    with pytest.raises(LayerError, match="does not run yet"):
        ws.from_thread(Chat.posted.broadcast(HELLO, via=ws))
    async with connect(app, "/chat"):
        with pytest.raises(SetupError, match="await the coroutine instead"):
            ws.from_thread(Chat.posted.broadcast(HELLO, via=ws))


async def test_from_thread_gives_up_in_time() -> None:
    """And cancels what it waited for."""
    app, ws = application()
    cancelled = anyio.Event()

    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    async with connect(app, "/chat"):
        with pytest.raises(TimeoutError, match=r"longer than 0\.01 s"):
            await anyio.to_thread.run_sync(lambda: ws.from_thread(wait(), timeout=0.01))
        with anyio.fail_after(PATIENCE):
            await cancelled.wait()


async def test_from_thread_passes_on_what_is_raised() -> None:
    """Time-outs too that are not its own; and an application that ends is a layer that cannot."""
    app, ws = application()

    async def raises(error: BaseException) -> None:
        raise error

    async with connect(app, "/chat"):
        for error in (TimeoutError("own"), PayloadError("x", "y")):
            with pytest.raises(type(error)) as raised_:
                await anyio.to_thread.run_sync(ws.from_thread, raises(error))
            assert str(raised_.value) == str(error)
        with pytest.raises(LayerError, match="has ended meanwhile"):
            await anyio.to_thread.run_sync(lambda: ws.from_thread(raises(asyncio.CancelledError())))


# -- the life of the application


async def test_the_application_begins_and_ends_the_layer() -> None:
    """So a thread can publish before any client has come, and not afterwards."""
    app, ws = application()
    assert await lifespan(app, "startup") == ["lifespan.startup.complete"]
    told = await anyio.to_thread.run_sync(lambda: ws.from_thread(Chat.posted.broadcast(HELLO, via=ws)))
    assert told == 0
    assert await lifespan(app, "startup", "shutdown") == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    with pytest.raises(LayerError, match="does not run yet"):
        await anyio.to_thread.run_sync(lambda: ws.from_thread(Chat.posted.broadcast(HELLO, via=ws)))


def test_one_application_is_served_on_two_event_loops_in_turn() -> None:
    """As in a suite of tests, each of which has a loop of its own."""
    app, ws = application()

    async def use() -> None:
        async with connect(app, "/chat", user="ann") as ann, connect(app, "/chat", user="bob") as bob:
            assert await Chat.posted.broadcast(HELLO, "lobby", via=ws) == 2
            assert await Chat.posted.send_to("bob", HELLO, via=ws) == 1
            assert await Chat.posted.send_to(await ann.call("id"), HELLO, via=ws) == 1
            assert [await bob.expect(Chat.posted) for _ in range(2)] == [HELLO, HELLO]

    async def live(run: Callable[[], Awaitable[None]]) -> None:
        await lifespan(app, "startup")
        await run()
        await lifespan(app, "startup", "shutdown")

    for _ in range(2):
        asyncio.run(use())
        asyncio.run(live(use))


async def test_two_classes_of_one_namespace_are_told_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    """Nexios logs what a start raises; the second class serves nobody then."""

    class Store(EventConsumer):
        namespace = Chat.namespace_of()

    app, _ = application()
    app.add_ws_route(Store.as_route("/store"))
    caplog.set_level(logging.WARNING, "nexios")
    await lifespan(app, "startup")
    problem = f"would share their groups, as both have the namespace '{Chat.namespace_of()}'"
    logged = [each.getMessage() for each in caplog.records]
    assert any(problem in each for each in logged), logged
    with pytest.raises(SetupError, match=problem):
        async with connect(app, "/store"):
            raise AssertionError("it was served")
    async with connect(app, "/chat") as client:
        assert await client.call("id")


async def test_limits_are_those_of_the_application() -> None:
    """What is kept of a push from outside, too."""
    _, ws = application(limits=Limits(history_events=2))
    for _ in range(3):
        await Chat.posted.broadcast(HELLO, "lobby", via=ws, save_history=True)
    page = await ws.layer.read(f"{Chat.namespace_of()}/lobby")
    assert len(page.entries) == 2


async def test_no_class_takes_the_names_of_users() -> None:
    class Odd(EventConsumer):
        namespace = "@user"

    app, _ = application()
    app.add_ws_route(Odd.as_route("/odd"))
    with pytest.raises(SetupError, match="begins with '@', as the groups of users do"):
        async with connect(app, "/odd"):
            raise AssertionError("it was served")


async def test_what_a_class_of_another_version_cannot_speak_is_passed_over() -> None:
    """Nothing fails; who comes back is told that something is missing."""

    class Old(EventConsumer):
        namespace = "versions"
        posted = emits("chat.posted", Line, history=True)

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("lobby")

        @on("kept", reply=int)
        async def kept(self) -> int:
            return len(await self.history("lobby"))

    class New(Old):
        encoding = "msgpack"

    layer, programs = MemoryLayer(), list[Any]()
    for consumer, its_layer in ((Old, layer), (New, layer.twin())):
        app = NexiosApp()
        programs.append((app, Nexws(app, layer=its_layer)))
        app.add_ws_route(consumer.as_route("/"))
    (old_app, _), (new_app, new) = programs
    async with connect(old_app, "/") as client, connect(new_app, "/") as there:
        position = (await client.call("nexws.resume", {"groups": {"lobby": None}}))["groups"]["lobby"]["pos"]
        assert await New.posted.broadcast(HELLO, "lobby", via=new) == 1
        await there.expect("chat.posted")
        await client.expect_nothing()
        assert position is None
        assert await client.call("kept") == 0
        epoch = (await new.layer.read("versions/lobby")).top
        answer = await client.call("nexws.resume", {"groups": {"lobby": f"{epoch.epoch}:0"}})
        assert answer["groups"]["lobby"] == {"recovered": False, "pos": str(epoch)}
