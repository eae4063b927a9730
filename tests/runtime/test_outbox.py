"""An outbox: in order, bounded, never waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from nexws.runtime import Frame, Message
from nexws.runtime.outbox import Outbox


class Socket:
    """A server's side of a client: takes frames while it is open, keeps senders waiting while it is not."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.tasks: set[int] = set()
        self.gone: Exception | None = None
        self._open = anyio.Event()
        self._open.set()

    def block(self) -> None:
        self._open = anyio.Event()

    def unblock(self) -> None:
        self._open.set()

    async def send(self, message: Message) -> None:
        await self._open.wait() if not self._open.is_set() else None
        if self.gone is not None:
            raise self.gone
        self.tasks.add(anyio.get_current_task().id)
        self.taken.append(message["text"])


class Bench:
    """An outbox, its socket and what became of it."""

    def __init__(
        self, tasks: TaskGroup, *, limit_bytes: int = 100, timeout: float = 5.0, send: Any = None
    ) -> None:
        self.socket = Socket()
        self.slow = 0
        self.spawned = 0
        self._tasks = tasks
        self.outbox = Outbox(
            send(self.socket) if send else self.socket.send,
            self._spawn,
            self._on_slow,
            limit_bytes=limit_bytes,
            timeout=timeout,
        )

    def _spawn(self, function: Any, *arguments: Any) -> None:
        self.spawned += 1
        self._tasks.start_soon(function, *arguments)

    def _on_slow(self) -> None:
        self.slow += 1

    def put(self, text: str) -> bool:
        return self.outbox.put(Frame.text(text))


@pytest.fixture
async def tasks() -> AsyncIterator[TaskGroup]:
    """Own the tasks that outboxes start."""
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


async def test_a_free_socket_gets_frames_at_once_without_a_task(tasks: TaskGroup) -> None:
    """The sender's own turn is enough."""
    bench = Bench(tasks)
    bench.outbox.open()
    assert [bench.put(text) for text in "abc"] == [True] * 3
    assert bench.socket.taken == ["a", "b", "c"]
    assert bench.socket.tasks == {anyio.get_current_task().id}
    assert bench.spawned == 0


async def test_frames_wait_until_the_client_is_accepted(tasks: TaskGroup) -> None:
    """A client that joins before it is accepted misses nothing."""
    bench = Bench(tasks)
    bench.put("a")
    bench.put("b")
    assert bench.socket.taken == []
    bench.outbox.open()
    assert bench.socket.taken == ["a", "b"]


async def test_a_blocked_socket_keeps_the_order_and_nobody_waiting(tasks: TaskGroup) -> None:
    """Frames queue behind the one that waits, and leave as they came."""
    bench = Bench(tasks)
    bench.outbox.open()
    bench.put("a")
    bench.socket.block()
    assert all(bench.put(text) for text in "bcd")
    assert bench.outbox.is_congested
    bench.socket.unblock()
    await bench.outbox.flush()
    assert bench.put("e")
    assert bench.socket.taken == list("abcde")
    assert bench.spawned == 1
    assert not bench.outbox.is_congested


async def test_congestion_may_come_and_go(tasks: TaskGroup) -> None:
    """The fast path comes back each time."""
    bench = Bench(tasks)
    bench.outbox.open()
    for turn in range(5):
        bench.socket.block()
        bench.put(f"{turn}a")
        bench.put(f"{turn}b")
        bench.socket.unblock()
        await bench.outbox.flush()
        bench.put(f"{turn}c")
    assert bench.socket.taken == [f"{turn}{part}" for turn in range(5) for part in "abc"]


async def test_what_waits_is_bounded_in_bytes(tasks: TaskGroup) -> None:
    """The frame past the limit ends the connection, once, and is not taken."""
    bench = Bench(tasks, limit_bytes=10)
    bench.outbox.open()
    bench.socket.block()
    assert bench.put("first waits in the socket, not in the queue")
    assert bench.put("12345")
    assert bench.put("67890")
    assert not bench.put("x")
    assert not bench.put("y")
    assert bench.slow == 1
    assert not bench.outbox.is_congested


async def test_bytes_are_counted_as_utf8(tasks: TaskGroup) -> None:
    """A limit in bytes means bytes."""
    bench = Bench(tasks, limit_bytes=10)
    bench.outbox.open()
    bench.socket.block()
    bench.put("a")
    assert bench.put("ééééé")
    assert not bench.put("b")


async def test_what_has_left_the_queue_counts_no_more(tasks: TaskGroup) -> None:
    """A client that reads slowly, but reads, lives."""
    bench = Bench(tasks, limit_bytes=10)
    bench.outbox.open()
    for _ in range(10):
        bench.socket.block()
        bench.put("a")
        assert bench.put("123456789")
        bench.socket.unblock()
        await bench.outbox.flush()
    assert bench.slow == 0


@pytest.mark.parametrize("waiting", [1, 3])
async def test_a_frame_waits_no_longer_than_the_deadline(tasks: TaskGroup, waiting: int) -> None:
    """Whether others wait behind it or not."""
    bench = Bench(tasks, timeout=0.02)
    bench.outbox.open()
    bench.socket.block()
    for _ in range(waiting):
        bench.put("a")
    await bench.outbox.flush()
    assert bench.slow == 1
    assert bench.socket.taken == []
    assert not bench.put("b")


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("closed")])
@pytest.mark.parametrize("blocked", [False, True])
async def test_a_client_that_has_left_is_no_error(tasks: TaskGroup, error: Exception, blocked: bool) -> None:
    """Its frames vanish; a broadcast goes on."""
    bench = Bench(tasks)
    bench.outbox.open()
    bench.socket.gone = error
    if blocked:
        bench.socket.block()
    bench.put("a")
    bench.socket.unblock()
    await bench.outbox.flush()
    assert not bench.put("b")
    assert bench.slow == 0


async def test_a_sealed_outbox_still_sends_what_waits(tasks: TaskGroup) -> None:
    """The last words of a connection are said before it closes."""
    bench = Bench(tasks)
    bench.outbox.open()
    bench.socket.block()
    bench.put("a")
    bench.put("b")
    bench.outbox.seal()
    assert not bench.put("c")
    bench.socket.unblock()
    await bench.outbox.flush()
    assert bench.socket.taken == ["a", "b"]


async def test_a_closed_outbox_forgets_what_waits(tasks: TaskGroup) -> None:
    """Nobody is kept waiting for it either."""
    bench = Bench(tasks)
    bench.outbox.open()
    bench.socket.block()
    bench.put("a")
    bench.put("b")
    tasks.start_soon(checkpoint)
    bench.outbox.close()
    await bench.outbox.flush()
    bench.socket.unblock()
    assert bench.slow == 0


async def test_a_send_that_is_not_the_servers_own_stays_in_one_task(tasks: TaskGroup) -> None:
    """A middleware's send may hold a cancel scope, which must end in the task that began it."""

    def wrapped(socket: Socket) -> Any:
        async def send(message: Message) -> None:
            with anyio.CancelScope():
                await checkpoint()
                await socket.send(message)

        return send

    bench = Bench(tasks, send=wrapped)
    bench.outbox.open()
    for text in "abc":
        assert bench.put(text)
    await bench.outbox.flush()
    assert bench.socket.taken == ["a", "b", "c"]
    assert anyio.get_current_task().id not in bench.socket.tasks
