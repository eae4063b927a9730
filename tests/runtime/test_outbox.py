"""An outbox: in order, bounded, never waiting."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from nexws.protocol.overflow import Overflow, OverflowRule
from nexws.runtime import Frame, Message
from nexws.runtime.backlog import OverflowCounts
from nexws.runtime.outbox import Outbox, WatchedOutbox


class Socket:
    """A server's side of a client: takes frames while it is open, keeps senders waiting while it is not."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.tasks: set[int] = set()
        self.gone: Exception | None = None
        self._room = math.inf
        self._changed = anyio.Event()

    def block(self) -> None:
        self._room = 0

    def let_through(self, frames: float) -> None:
        self._room += frames
        self._changed.set()
        self._changed = anyio.Event()

    def unblock(self) -> None:
        self.let_through(math.inf)

    async def send(self, message: Message) -> None:
        while not self._room:
            await self._changed.wait()
        self._room -= 1
        if self.gone is not None:
            raise self.gone
        self.tasks.add(anyio.get_current_task().id)
        self.taken.append(message["text"])


class Bench:
    """An outbox, its socket and what became of it."""

    def __init__(
        self,
        tasks: TaskGroup,
        *,
        limit_bytes: int = 100,
        timeout: float = 5.0,
        send: Any = None,
        notice: str = "",
    ) -> None:
        self.socket = Socket()
        self.slow = 0
        self.spawned = 0
        self.counts = OverflowCounts()
        self.notices: list[dict[str, int]] = []
        self._tasks, self._notice = tasks, notice
        self.outbox = Outbox(
            send(self.socket) if send else self.socket.send,
            self._spawn,
            self._on_slow,
            limit_bytes=limit_bytes,
            timeout=timeout,
            on_dropped=self._on_dropped,
            counts=self.counts,
        )

    def _spawn(self, function: Any, *arguments: Any) -> None:
        self.spawned += 1
        self._tasks.start_soon(function, *arguments)

    def _on_slow(self) -> None:
        self.slow += 1

    def _on_dropped(self, dropped: Mapping[str, int]) -> None:
        self.notices.append(dict(dropped))
        if self._notice:
            self.put(self._notice)

    def put(self, text: str, policy: Overflow = "close", key: Hashable = None) -> bool:
        return self.outbox.put(Frame.text(text, OverflowRule(policy, key, label=text[0])))

    def congest(self) -> None:
        """Let the client stop reading, while its socket holds one frame."""
        self.outbox.open()
        self.socket.block()
        self.put("held by the socket")

    async def rest(self) -> list[str]:
        """Let the client read everything."""
        self.socket.unblock()
        await self.outbox.flush()
        return self.socket.taken[1:]


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    with anyio.fail_after(5):
        while not condition():
            await checkpoint()


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


async def test_flushing_waits_for_what_waits_now_and_not_for_what_comes_later(tasks: TaskGroup) -> None:
    """A client that never catches up keeps nobody waiting for ever."""
    bench = Bench(tasks)
    bench.congest()
    bench.put("a")
    done = anyio.Event()

    async def flush() -> None:
        await bench.outbox.flush()
        done.set()

    tasks.start_soon(flush)
    await checkpoint()
    bench.put("b")
    bench.socket.let_through(1)
    await until(lambda: len(bench.socket.taken) == 1)
    await checkpoint()
    assert not done.is_set()
    bench.socket.let_through(1)
    await until(done.is_set)
    assert bench.socket.taken[1:] == ["a"]
    assert bench.outbox.is_congested


async def test_the_newest_is_dropped_where_its_policy_says_so(tasks: TaskGroup) -> None:
    """What waits is what was first."""
    bench = Bench(tasks, limit_bytes=4)
    bench.congest()
    assert [bench.put(text, "drop_newest") for text in ("a1", "b1", "c1", "d")] == [True, True, False, False]
    assert await bench.rest() == ["a1", "b1"]
    assert bench.slow == 0


async def test_the_oldest_make_room_where_the_policy_says_so(tasks: TaskGroup) -> None:
    """As many as it takes."""
    bench = Bench(tasks, limit_bytes=6)
    bench.congest()
    assert all(bench.put(text, "drop_oldest") for text in ("a1", "b1", "c1", "d123"))
    assert await bench.rest() == ["c1", "d123"]


async def test_a_frame_that_would_not_fit_anyhow_displaces_nothing(tasks: TaskGroup) -> None:
    """Nobody would be served by it."""
    bench = Bench(tasks, limit_bytes=4)
    bench.congest()
    bench.put("a1")
    bench.put("b1", "drop_oldest")
    assert not bench.put("c12", "drop_oldest")
    assert not bench.put("d12", "latest")
    assert await bench.rest() == ["a1", "b1"]


async def test_what_must_not_be_lost_displaces_what_may(tasks: TaskGroup) -> None:
    """A reply gets through however many ticks wait; only replies that do not fit end the connection."""
    bench = Bench(tasks, limit_bytes=4)
    bench.congest()
    for text, policy in (("a", "drop_newest"), ("b", "latest"), ("c", "drop_oldest"), ("d", "drop_oldest")):
        bench.put(text, policy)  # type: ignore[arg-type]
    assert bench.put("e12")
    assert bench.put("f")
    assert not bench.put("g", "drop_oldest")
    assert not bench.put("h", "latest")
    assert bench.slow == 0
    assert not bench.put("i")
    assert bench.slow == 1


async def test_the_last_value_of_a_key_outlives_what_is_only_history(tasks: TaskGroup) -> None:
    """No later frame makes up for it."""
    bench = Bench(tasks, limit_bytes=4)
    bench.congest()
    bench.put("a1", "latest", "a")
    bench.put("b1", "drop_newest")
    bench.put("c1", "drop_oldest")
    assert await bench.rest() == ["a1", "c1"]


async def test_a_newer_value_takes_the_place_of_the_one_that_waits(tasks: TaskGroup) -> None:
    """So one that changes faster than the client reads still gets out, in its turn."""
    bench = Bench(tasks)
    bench.congest()
    bench.put("a1", "latest", "a")
    bench.put("b1", "latest", "b")
    bench.put("c1")
    for turn in range(1000):
        assert bench.put(f"a{turn}", "latest", "a")
    assert await bench.rest() == ["a999", "b1", "c1"]
    assert bench.notices == []


async def test_a_value_that_has_gone_out_is_not_replaced_but_followed(tasks: TaskGroup) -> None:
    """The socket has it already."""
    bench = Bench(tasks)
    bench.congest()
    bench.put("a1", "latest", "a")
    bench.socket.let_through(1)
    await until(lambda: bench.outbox.waiting_bytes == 0)
    bench.put("a2", "latest", "a")
    assert await bench.rest() == ["a1", "a2"]


async def test_a_value_that_has_grown_drops_others_and_keeps_its_place(tasks: TaskGroup) -> None:
    """It is the oldest itself."""
    bench = Bench(tasks, limit_bytes=6)
    bench.congest()
    for text in ("a1", "b1", "c1"):
        bench.put(text, "latest", text[0])
    assert bench.put("a234", "latest", "a")
    assert bench.put("d", "latest", "d")
    assert await bench.rest() == ["c1", "d"]
    assert bench.notices == [{"a": 1, "b": 1}]


async def test_policies_hold_before_the_client_is_accepted_too(tasks: TaskGroup) -> None:
    """What is held is bounded as what waits."""
    bench = Bench(tasks, limit_bytes=4)
    for text in ("a1", "b1", "c1"):
        bench.put(text, "drop_oldest")
    bench.outbox.open()
    assert bench.socket.taken == ["b1", "c1"]
    assert bench.notices == [{"a": 1}]


async def test_the_deadline_cuts_a_client_that_takes_nothing_whatever_the_policies(tasks: TaskGroup) -> None:
    """Newer values do not keep it alive."""
    bench = Bench(tasks, timeout=0.02)
    bench.congest()

    def is_cut() -> bool:
        bench.put("a", "latest", "a")
        return bench.slow > 0

    await until(is_cut)
    assert bench.outbox.is_closed
    assert bench.counts.as_dict() == {
        "close": 1,
        "drop_oldest": 0,
        "drop_newest": 0,
        "latest": bench.counts.latest,
    }


async def test_each_policy_is_counted(tasks: TaskGroup) -> None:
    """For all connections that share the counts."""
    bench = Bench(tasks, limit_bytes=2)
    bench.congest()
    bench.put("a", "latest", "a")
    bench.put("a", "latest", "a")
    bench.put("b", "drop_newest")
    bench.put("c", "drop_newest")
    bench.put("d", "drop_oldest")
    bench.put("e12", "drop_oldest")
    bench.put("f12")
    assert bench.counts.as_dict() == {"close": 1, "drop_oldest": 2, "drop_newest": 1, "latest": 1}


async def test_what_was_dropped_is_told_once_when_nothing_waits_any_more(tasks: TaskGroup) -> None:
    """By label, so that the client can be told; what was replaced is no loss."""
    bench = Bench(tasks, limit_bytes=4)
    bench.congest()
    for text in ("a1", "a2", "b1", "a3"):
        bench.put(text, "drop_oldest")
    bench.put("c1", "drop_newest")
    bench.put("d1", "latest", "d")
    bench.put("d2", "latest", "d")
    assert bench.notices == []
    await bench.rest()
    await bench.outbox.flush()
    assert bench.notices == [{"a": 2, "b": 1, "c": 1}]


async def test_a_notice_may_be_put_where_it_is_told(tasks: TaskGroup) -> None:
    """It follows what the client did get, and is not told of itself."""
    bench = Bench(tasks, limit_bytes=2, notice="a notice")
    bench.congest()
    bench.put("a1", "drop_oldest")
    bench.put("b1", "drop_oldest")
    await bench.rest()
    assert bench.put("c1")
    assert bench.socket.taken[1:] == ["b1", "a notice", "c1"]
    assert bench.notices == [{"a": 1}]


async def test_a_client_that_reads_but_never_catches_up_is_told_in_time(tasks: TaskGroup) -> None:
    """Its queue never runs dry."""
    bench = Bench(tasks, limit_bytes=4, timeout=0.05)
    bench.congest()
    began = anyio.current_time()

    def is_told() -> bool:
        for _ in range(3):
            bench.put("a1", "drop_oldest")
        bench.socket.let_through(1)
        return len(bench.notices) == 2

    await until(is_told)
    assert bench.outbox.is_congested
    assert bench.slow == 0
    assert sum(notice["a"] for notice in bench.notices) <= bench.counts.drop_oldest
    assert anyio.current_time() - began >= 0.1  # not with each frame


async def test_what_was_dropped_is_told_before_the_outbox_is_sealed(tasks: TaskGroup) -> None:
    """The last moment at which the client can be."""
    bench = Bench(tasks, limit_bytes=2)
    bench.congest()
    bench.put("a1", "drop_oldest")
    bench.put("b1", "drop_oldest")
    bench.outbox.seal()
    assert bench.notices == [{"a": 1}]
    assert await bench.rest() == ["b1"]


async def test_a_closed_outbox_tells_nothing(tasks: TaskGroup) -> None:
    """Nobody is left to be told."""
    bench = Bench(tasks, limit_bytes=2)
    bench.congest()
    bench.put("a1", "drop_oldest")
    bench.put("b1", "drop_oldest")
    bench.outbox.close()
    await bench.rest()
    assert bench.notices == []


async def test_whoever_watches_learns_what_was_dropped(tasks: TaskGroup) -> None:
    """Not taken, though the connection goes on."""
    bench, seen = Bench(tasks, limit_bytes=1), list[tuple[str, bool]]()
    outbox = WatchedOutbox(bench.socket.send, bench._spawn, bench._on_slow, limit_bytes=1, timeout=5.0)
    outbox.watch(lambda frame, is_taken: seen.append((frame.message["text"], is_taken)))
    outbox.open()
    bench.socket.block()
    for text in "abc":
        outbox.put(Frame.text(text, OverflowRule("drop_newest")))
    assert seen == [("a", True), ("b", True), ("c", False)]
    assert not outbox.is_closed
