"""One connection: hooks in order, the socket read on, every ending told once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nexws import ConnectionClosedError, Limits
from nexws.protocol.overflow import OverflowRule
from nexws.runtime import CloseRequested, Connection, Frame, Message, State

Hook = Callable[["Recorder", str], Awaitable[None]]


class Server:
    """A scripted ASGI server: what the client does is put in, what the application sends comes out."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self._incoming: deque[Message] = deque()
        self._arrived = anyio.Event()
        self.reads = 0
        self.full: anyio.Event | None = None
        """Set once a socket that was full takes frames again."""

    def say(self, *texts: str) -> None:
        for text in texts:
            self._put({"type": "websocket.receive", "text": text})

    def leave(self, code: int = 1001) -> None:
        self._put({"type": "websocket.disconnect", "code": code, "reason": ""})

    def _put(self, message: Message) -> None:
        self._incoming.append(message)
        self._arrived.set()

    async def receive(self) -> Message:
        while not self._incoming:
            self._arrived = anyio.Event()
            await self._arrived.wait()
        self.reads += 1
        return self._incoming.popleft()

    async def send(self, message: Message) -> None:
        if self.full is not None:
            await self.full.wait()
        self.sent.append(message)

    def closes(self) -> list[int]:
        return [message["code"] for message in self.sent if message["type"] == "websocket.close"]


class Recorder:
    """An application that writes down what happens, and does what a test wants it to do."""

    def __init__(self, connection: Connection, hook: Hook | None = None, *, accepts: bool = True) -> None:
        self.connection, self.hook, self.accepts = connection, hook, accepts
        self.log: list[str] = []
        self.reports: list[str] = []

    def accepting(self, message: Message) -> Message:
        return message

    async def overtaking(self, message: Message) -> bool:
        return False

    def dropped(self, counts: object) -> None:
        pass

    async def accepted(self) -> None:
        self.log.append("accepted")

    async def overflowed(self, message: Message) -> None:
        self.log.append(f"too many: {message['text']}")

    async def left(self) -> None:
        """Nothing here is shared with others."""

    async def connected(self) -> None:
        if self.accepts:
            await self.connection.send({"type": "websocket.accept"})

    async def received(self, message: Message) -> None:
        text = message["text"]
        self.log.append(text)
        if self.hook is not None:
            await self.hook(self, text)

    async def disconnected(self, code: int) -> None:
        self.log.append(f"left {code}")

    def report(self, where: str, error: Exception) -> None:
        self.reports.append(f"{where}: {error!r}")


class Line:
    """A connection between a server and a recorder."""

    def __init__(self, hook: Hook | None = None, *, accepts: bool = True, **limits: Any) -> None:
        self.server = Server()
        self.connection = Connection(self.server.receive, self.server.send, Limits(**limits))
        self.app = Recorder(self.connection, hook, accepts=accepts)

    async def run(self) -> None:
        with anyio.fail_after(5):
            await self.connection.serve(self.app)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    with anyio.fail_after(2):
        while not condition():
            await checkpoint()


async def test_frames_are_served_in_order_and_the_end_is_told() -> None:
    """The plain life of a connection."""
    line = Line()
    line.server.say("a", "b", "c")
    line.server.leave(4321)
    await line.run()
    assert line.app.log == ["accepted", "a", "b", "c", "left 4321"]
    assert line.connection.state is State.CLOSED


async def test_frames_stay_in_order_while_hooks_wait() -> None:
    """Whoever reads the socket."""

    async def now_and_then(app: Recorder, text: str) -> None:
        for _ in range(int(text) % 3):
            await checkpoint()

    line = Line(now_and_then)
    texts = [str(number) for number in range(100)]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        for start in range(0, 100, 10):
            line.server.say(*texts[start : start + 10])
            await until(lambda: len(line.app.log) > start + 5)  # noqa: B023
        await until(lambda: len(line.app.log) == 101)
        line.server.leave()
    assert line.app.log == ["accepted", *texts, "left 1001"]


async def test_a_hook_that_never_waits_needs_no_other_task() -> None:
    """The fast path stays in the server's task."""
    tasks: set[int] = set()

    async def note_task(app: Recorder, text: str) -> None:
        tasks.add(anyio.get_current_task().id)
        assert len(asyncio.all_tasks()) == running

    line = Line(note_task)
    line.server.say("a", "b")
    line.server.leave()
    running = len(asyncio.all_tasks())
    await line.run()
    assert tasks == {anyio.get_current_task().id}
    assert line.app.reports == []


async def test_a_hook_runs_in_one_task_from_its_beginning_to_its_end() -> None:
    """Timeouts and cancel scopes in a handler work."""

    async def with_timeout(app: Recorder, text: str) -> None:
        began = anyio.get_current_task().id
        with anyio.fail_after(1):
            await checkpoint()
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert anyio.get_current_task().id == began
        app.log.append("done")

    line = Line(with_timeout)
    line.server.say("a")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: "done" in line.app.log)
        line.server.leave()
    assert line.app.reports == []


async def test_a_client_that_leaves_cancels_the_hook_which_may_still_clean_up() -> None:
    """What it awaits to do so is not cancelled again."""

    async def hold(app: Recorder, text: str) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            app.log.append("cleaned up")

    line = Line(hold)
    line.server.say("a", "never served")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.server.reads == 2)
        line.server.leave(1006)
    assert line.app.log == ["accepted", "a", "cleaned up", "left 1006"]
    assert line.app.reports == []


async def test_the_socket_is_read_on_while_a_hook_waits_up_to_the_inbox() -> None:
    """A flood stays outside of the process."""

    async def hold(app: Recorder, text: str) -> None:
        await release.wait()

    release = anyio.Event()
    line = Line(hold, inbox_frames=4)
    line.server.say(*map(str, range(20)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.server.reads == 5)
        for _ in range(20):
            await checkpoint()
        assert line.server.reads == 5  # one is served, four wait
        release.set()
        await until(lambda: len(line.app.log) == 21)
        line.server.leave()
    assert line.app.log == ["accepted", *map(str, range(20)), "left 1001"]


async def test_cancellation_from_outside_is_told_and_passed_on() -> None:
    """A server that stops cancels: the client hears 1012, and so does the application."""
    line = Line()

    async def serve() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await line.connection.serve(line.app)

    scopes: list[anyio.CancelScope] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        await until(lambda: "accepted" in line.app.log)
        scopes[0].cancel()
    assert scopes[0].cancelled_caught
    assert line.app.log == ["accepted", "left 1012"]
    assert line.server.closes() == [1012]


async def test_a_native_cancellation_is_passed_on_too() -> None:
    """Servers on asyncio cancel tasks."""

    async def hold(app: Recorder, text: str) -> None:
        await anyio.sleep_forever()

    line = Line(hold)
    task = asyncio.ensure_future(line.connection.serve(line.app))
    line.server.say("a")
    await until(lambda: "a" in line.app.log)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert line.app.log == ["accepted", "a", "left 1012"]
    assert line.server.closes() == [1012]


async def test_an_error_in_a_hook_is_reported_and_closes_once() -> None:
    """With 1011, which the application is told as well."""

    async def fail(app: Recorder, text: str) -> None:
        raise KeyError(text)

    line = Line(fail)
    line.server.say("a", "b")
    await line.run()
    assert line.app.log == ["accepted", "a", "left 1011"]
    assert line.app.reports == ["on_receive: KeyError('a')"]
    assert line.server.closes() == [1011]


async def test_a_hook_may_close_and_go_on() -> None:
    """What it does behind its close is not cut short."""

    async def close(app: Recorder, text: str) -> None:
        await app.connection.close(4000, "enough")
        await app.connection.close(4001, "twice")
        await checkpoint()
        app.log.append("went on")

    line = Line(close)
    line.server.say("a", "b")
    await line.run()
    assert line.app.log == ["accepted", "a", "went on", "left 4000"]
    assert line.server.closes() == [4000]


async def test_a_hook_may_ask_for_a_close() -> None:
    """An exception says so from any depth."""

    async def ask(app: Recorder, text: str) -> None:
        raise CloseRequested(4242, "x" * 200)

    line = Line(ask)
    line.server.say("a")
    await line.run()
    assert line.server.sent[-1] == {"type": "websocket.close", "code": 4242, "reason": "x" * 123}
    assert line.app.reports == []


async def test_somebody_else_may_close_an_idle_connection() -> None:
    """Its task, which waits for a frame, ends."""
    line = Line()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.connection.state is State.OPEN)
        await line.connection.close(4007)
    assert line.app.log == ["accepted", "left 4007"]


async def test_what_waits_is_sent_before_the_close() -> None:
    """The last words come first."""
    line = Line()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.connection.state is State.OPEN)
        for text in "abc":
            line.connection.outbox.put(Frame.text(text))
        await line.connection.close()
    assert [message.get("text") for message in line.server.sent] == [None, "a", "b", "c", None]


async def test_writing_to_a_closed_connection_is_an_error() -> None:
    """So a loop that writes ends."""
    line = Line()
    line.server.leave(4001)
    await line.run()
    with pytest.raises(ConnectionClosedError, match="4001"):
        await line.connection.write(Frame.text("a"))


async def test_writing_what_its_policy_drops_waits_and_is_no_error() -> None:
    """The connection goes on, no faster than the client reads."""
    line = Line(outbox_bytes=1)
    rule = OverflowRule("drop_newest")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.connection.state is State.OPEN)
        line.server.full = anyio.Event()
        for text in "ab":
            line.connection.outbox.put(Frame.text(text, rule))
        with anyio.move_on_after(0.02) as patience:
            await line.connection.write(Frame.text("c", rule))
        assert patience.cancelled_caught
        line.server.full.set()
        await line.connection.write(Frame.text("d", rule))
        await line.connection.close()
    assert [message.get("text") for message in line.server.sent] == [None, "a", "b", None]


async def test_a_slow_disconnect_hook_is_cut_short() -> None:
    """It gets its time, and is reported."""
    line = Line(disconnect_timeout=0.01)

    async def hang(code: int) -> None:
        await anyio.sleep_forever()

    line.app.disconnected = hang  # type: ignore[method-assign]
    line.server.leave()
    await line.run()
    assert "Limits.disconnect_timeout" in line.app.reports[0]


async def test_a_client_that_was_never_accepted_is_refused_and_not_said_goodbye_to() -> None:
    """Nobody was there."""
    line = Line(accepts=False)
    await line.run()
    assert line.app.log == []
    assert line.server.closes() == [1008]
    assert line.connection.state is State.REFUSED


async def test_an_idle_connection_expires() -> None:
    """Nothing crossed it for that long."""
    line = Line()
    line.connection.expires = 0.02
    await line.run()
    assert line.app.log == ["accepted", "left 1001"]
    assert line.server.closes() == [1001]


async def test_frames_in_either_direction_keep_a_connection() -> None:
    """Idle means that nothing crosses it."""
    line = Line()
    line.connection.expires = 0.2
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.connection.state is State.OPEN)
        for turn in range(6):
            with anyio.move_on_after(0.08):
                await anyio.sleep_forever()
            assert line.connection.state is State.OPEN
            if turn % 2:
                line.server.say("a")
            else:
                line.connection.outbox.put(Frame.text("b"))
    assert anyio.current_time() - began > 0.6
    assert line.app.log[-1] == "left 1001"


async def test_expiry_may_be_set_and_taken_back_while_connected() -> None:
    """As a channel's ``expires`` allows."""
    line = Line()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await until(lambda: line.connection.state is State.OPEN)
        line.connection.expires = 0.03
        line.connection.expires = None
        line.connection.expires = 0.02
    assert line.app.log[-1] == "left 1001"
