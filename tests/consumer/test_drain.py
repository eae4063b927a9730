"""The drain in one process: what clients are told, in which order, and what is not waited for."""

from __future__ import annotations

import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from types import FrameType, SimpleNamespace
from typing import Any

import anyio
import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import Envelope, EventConsumer, Limits, Nexws, WebSocketConsumer, build_asyncapi, emits, on
from nexws.errors import HandshakeRefusedError
from nexws.testing import Connection, connect

PATIENCE = 5.0


class Chat(EventConsumer):
    """Speaks JSON, or msgpack."""

    subprotocols = ["nexws.json", "nexws.msgpack"]
    codes: list[int] = []
    noise = emits("noise", str)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("all")

    @on("work")
    async def work(self, data: float) -> str:
        await anyio.sleep(data)
        return "done"

    @on("shout")
    async def shout(self, data: int) -> None:
        await self.noise.broadcast("x" * data, "all", exclude_self=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.codes.append(close_code)


class Flat(EventConsumer):
    envelope = Envelope(event="type", data=None)


class Renamed(EventConsumer):
    envelope = Envelope(event="e", data="d")


class Plain(WebSocketConsumer):
    encoding = "text"


class Slow(WebSocketConsumer):
    """Takes its time before it accepts."""

    may_accept = anyio.Event()

    async def on_connect(self, websocket: WebSocket) -> None:
        await Slow.may_accept.wait()
        await websocket.accept()


class Program:
    """An application with all of these."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.app = NexiosApp(title="Drained", version="1.0.0")
        self.ws = Nexws(self.app, limits=limits)
        for consumer in (Chat, Flat, Renamed, Plain, Slow):
            self.app.add_ws_route(consumer.as_route(f"/{consumer.__name__.lower()}"))
        Chat.codes = []
        Slow.may_accept = anyio.Event()


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    """Hold the connections of a test."""
    with anyio.fail_after(2 * PATIENCE):
        async with AsyncExitStack() as stack:
            yield stack


WARNING = {"code": 4001, "reconnect": True, "delay": 0.05}


@pytest.mark.parametrize(
    ("path", "frame"),
    [
        ("/chat", '{"event":"nexws.closing","data":{"code":4001,"reconnect":true,"delay":0.05}}'),
        ("/flat", '{"type":"nexws.closing","code":4001,"reconnect":true,"delay":0.05}'),
        ("/renamed", '{"e":"nexws.closing","d":{"code":4001,"reconnect":true,"delay":0.05}}'),
    ],
)
async def test_the_warning_is_laid_out_as_all_frames_are(program: Program, path: str, frame: str) -> None:
    async with connect(program.app, path) as client:
        await program.ws.drain(0.05)
        assert await client.receive_raw() == frame
        assert await client.expect_close() == 4001


async def test_the_warning_is_written_as_the_client_reads(program: Program) -> None:
    async with connect(program.app, "/chat", subprotocols=["nexws.msgpack"]) as client:
        await program.ws.drain(0.05)
        assert await client.expect("nexws.closing") == WARNING
        assert await client.expect_close() == 4001


async def test_a_client_without_events_is_closed_and_told_nothing_else(program: Program) -> None:
    async with connect(program.app, "/plain") as client:
        await program.ws.drain(0.05)
        await client.expect_nothing()
        assert await client.expect_close() == 4001


async def test_all_are_warned_first_and_each_is_closed_in_its_turn(
    program: Program, stack: AsyncExitStack
) -> None:
    """After the delay that it was told; ``on_disconnect`` sees the code."""
    clients = [await stack.enter_async_context(connect(program.app, "/chat")) for _ in range(4)]
    order: list[int] = []
    begun = anyio.current_time()

    async def watch(number: int, client: Connection) -> None:
        assert await client.expect_close() == 4001
        assert 0 <= anyio.current_time() - begun - 0.1 * (number + 1) < 0.09
        order.append(number)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(program.ws.drain, 0.4)
        delays = [(await client.expect("nexws.closing"))["delay"] for client in clients]
        assert delays == [0.1, 0.2, 0.3, 0.4]
        assert order == []
        for number, client in enumerate(clients):
            tasks.start_soon(watch, number, client)
    assert order == [0, 1, 2, 3]
    assert Chat.codes == [4001] * 4


async def test_a_handler_may_finish_until_its_connection_is_closed(program: Program) -> None:
    async with connect(program.app, "/chat") as client, anyio.create_task_group() as tasks:
        await client.send("work", 0.1, ref="1")
        tasks.start_soon(program.ws.drain, 0.4)
        await client.expect("nexws.closing")
        assert await client.call("work", 0.05) == "done"
        assert await client.expect_close() == 4001


async def test_whoever_leaves_is_not_waited_for(program: Program, stack: AsyncExitStack) -> None:
    """Once all have left, the drain is over, however long it might have been."""
    clients = [await stack.enter_async_context(connect(program.app, "/chat")) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(program.ws.drain, 3600)
        for client in clients:
            await client.expect("nexws.closing")
            await client.close()
    assert Chat.codes == [1000] * 3


async def test_a_client_that_does_not_read_delays_nobody() -> None:
    """Its turn comes, its close frame waits for it, and those behind it are closed meanwhile."""
    program = Program(Limits(send_timeout=1.0))
    async with connect(program.app, "/chat") as stalled, connect(program.app, "/chat") as client:
        stalled.pause()
        await client.call("shout", 1000)
        begun = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(program.ws.drain, 0.2)
            assert await client.expect_close() == 4001
            assert anyio.current_time() - begun < 0.5
        assert anyio.current_time() - begun < 2
        stalled.resume()


async def test_without_clients_it_is_over_at_once(program: Program) -> None:
    async with connect(program.app, "/chat"):
        pass
    with anyio.fail_after(1):
        await program.ws.drain()


async def test_nobody_is_accepted_once_it_has_begun(program: Program) -> None:
    was_draining = program.ws.is_draining
    await program.ws.drain()
    assert (was_draining, program.ws.is_draining) == (False, True)
    for path in ("/chat", "/plain"):
        with pytest.raises(HandshakeRefusedError) as refused:
            async with connect(program.app, path):
                pass
        assert (refused.value.status, refused.value.body) == (503, "the server stops")


async def test_who_is_about_to_be_accepted_is_refused(program: Program) -> None:
    """A handshake that had begun before the drain."""

    async def come() -> None:
        with pytest.raises(HandshakeRefusedError, match="503"):
            async with connect(program.app, "/slow"):
                pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(come)
        await anyio.wait_all_tasks_blocked()
        await program.ws.drain()
        Slow.may_accept.set()


async def test_a_second_call_waits_for_the_first(program: Program) -> None:
    async with connect(program.app, "/plain") as client, anyio.create_task_group() as tasks:
        tasks.start_soon(program.ws.drain, 0.3)
        await anyio.wait_all_tasks_blocked()
        await program.ws.drain(3600)
        assert await client.expect_close() == 4001


async def test_how_long_it_takes_is_a_limit() -> None:
    program = Program(Limits(drain_timeout=0.25))
    async with connect(program.app, "/chat") as client:
        await program.ws.drain()
        assert (await client.expect("nexws.closing"))["delay"] == 0.25


async def test_the_document_has_the_warning(program: Program) -> None:
    """Among what the server sends, in the layout of each consumer."""
    document = build_asyncapi(program.app)
    messages = document["components"]["messages"]
    flat = messages["Flat.nexws.closing.push"]["payload"]
    assert flat["required"] == ["type", "code", "reconnect", "delay"]
    assert document["operations"]["Chat.nexws.closing.push"]["action"] == "send"


# -- signals


class FakeServer:
    """As much of uvicorn as is seen of it: its handlers."""

    def __init__(self, config: object) -> None:
        self.config = config
        self.should_exit = False
        self.heard: list[int] = []
        self.stops = anyio.Event()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        self.heard.append(number)
        self.should_exit = True
        self.stops.set()


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the handlers of the tests' own process back."""
    before: dict[int, Any] = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def listening(config: object = None) -> FakeServer:
    server = FakeServer(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    return server


@pytest.mark.usefixtures("handlers")
async def test_the_server_hears_of_its_stop_when_the_drain_is_over() -> None:
    program, server = Program(Limits(drain_timeout=0.2)), listening()
    async with connect(program.app, "/chat") as client:
        signal.raise_signal(signal.SIGTERM)
        await client.expect("nexws.closing")
        assert server.heard == []
        assert await client.expect_close() == 4001
        await server.stops.wait()
        signal.raise_signal(signal.SIGINT)
        assert server.heard == [signal.SIGTERM, signal.SIGINT]


@pytest.mark.usefixtures("handlers")
async def test_a_third_signal_is_the_servers(program: Program) -> None:
    """Nothing keeps a server that is to end at once."""
    server = listening()
    async with connect(program.app, "/chat"):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        assert server.heard == [signal.SIGINT]


@pytest.mark.usefixtures("handlers")
async def test_applications_of_one_process_are_drained_together() -> None:
    one, other, server = Program(Limits(drain_timeout=0.1)), Program(Limits(drain_timeout=0.2)), listening()
    async with connect(one.app, "/chat") as first, connect(other.app, "/plain") as second:
        signal.raise_signal(signal.SIGTERM)
        assert await first.expect_close() == await second.expect_close() == 4001
        await server.stops.wait()
    assert server.heard == [signal.SIGTERM]


@pytest.mark.usefixtures("handlers")
async def test_an_application_can_be_served_again(program: Program) -> None:
    """By another server in the same process, as tests do."""
    for _ in range(2):
        server = listening()
        async with connect(program.app, "/chat") as client:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            assert await client.expect_close() == 4001
            await server.stops.wait()


@pytest.mark.usefixtures("handlers")
async def test_a_server_that_reloads_is_not_held_up(program: Program) -> None:
    """While a program is written, it is stopped whenever a file has changed."""
    server = listening(config=SimpleNamespace(should_reload=True))
    async with connect(program.app, "/chat") as client:
        signal.raise_signal(signal.SIGTERM)
        assert server.heard == [signal.SIGTERM]
        await client.expect_nothing()


async def test_of_other_programs_no_handler_is_touched(program: Program) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    async with connect(program.app, "/chat"):
        assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before
