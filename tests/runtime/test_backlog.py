"""What waits for a slow client: bounded, in order, and never searched."""

from __future__ import annotations

import os
import tracemalloc
from typing import Any, Literal

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from nexws.protocol.overflow import Overflow, OverflowRule
from nexws.runtime.backlog import Backlog, OverflowCounts
from nexws.runtime.frames import Frame, Message
from nexws.runtime.outbox import Outbox

LIMIT = 60
POLICIES: tuple[Overflow, ...] = ("close", "drop_oldest", "drop_newest", "latest")


class Model:
    """What an outbox promises, with a list that is searched."""

    def __init__(self) -> None:
        self.sent: list[Frame] = []
        self.waiting: list[Frame] = []
        self.sending: Frame | None = None
        self.lost: list[Frame] = []
        self.replaced: list[Frame] = []
        self.is_cut = False

    def bytes_of(self, *policies: Overflow) -> int:
        return sum(each.size_bytes for each in self.waiting if each.rule.policy in policies)

    def put(self, frame: Frame) -> bool:
        if self.sending is None:
            self.sending = frame
            return True
        old = [each for each in self.waiting if each.rule.policy == "latest" and each.rule == frame.rule]
        room = LIMIT - frame.size_bytes + sum(each.size_bytes for each in old)
        if self.bytes_of(*POLICIES) > room:
            if frame.rule.policy == "drop_newest" or self.bytes_of("close") + frame.size_bytes > LIMIT:
                self.is_cut = frame.rule.policy == "close"
                self.lost.append(frame)
                return False
            others = [each for each in self.waiting if each.rule.policy != "close" and each not in old]
            others.sort(key=lambda each: each.rule.policy == "latest")
            while self.bytes_of(*POLICIES) > room:
                self.lost.append(others[0])
                self.waiting.remove(others.pop(0))
        if old:
            self.replaced.append(old[0])
            self.waiting[self.waiting.index(old[0])] = frame
        else:
            self.waiting.append(frame)
        return True

    def take(self) -> bool:
        if self.sending is None:
            return False
        self.sent.append(self.sending)
        self.sending = self.waiting.pop(0) if self.waiting else None
        return True


class Pair:
    """An outbox and its model, put and read alike."""

    def __init__(self) -> None:
        self.model, self.counts = Model(), OverflowCounts()
        self.put_: list[Frame] = []
        self.taken: list[str] = []
        self.told: list[str] = []
        self.slow = 0
        self.room = 0
        self.outbox: Outbox

    async def send(self, message: Message) -> None:
        while not self.room:
            await checkpoint()
        self.room -= 1
        self.taken.append(message["text"])

    def cut(self) -> None:
        self.slow += 1

    def put(self, policy: Overflow, key: int, size: int) -> None:
        number = f"{len(self.put_)}:"
        # A key is a label, too, so that a notice tells which key has lost a value.
        frame = Frame.text(number.ljust(size, "."), OverflowRule(policy, key, f"{policy} {key}"))
        self.put_.append(frame)
        assert self.outbox.put(frame) is self.model.put(frame)
        assert self.outbox.is_closed is self.model.is_cut
        if not self.model.is_cut:
            assert self.outbox.waiting_bytes == self.model.bytes_of(*POLICIES) <= LIMIT

    async def take(self, frames: int) -> None:
        while frames and self.model.take():
            frames -= 1
            self.room += 1
        with anyio.fail_after(5):
            while self.room or self.outbox.is_congested is not (self.model.sending is not None):
                await checkpoint()

    async def play(self, script: list[tuple[Any, ...]]) -> None:
        async with anyio.create_task_group() as tasks:

            def spawn(*call: Any) -> None:
                tasks.start_soon(*call)

            self.outbox = Outbox(
                self.send,
                spawn,
                self.cut,
                limit_bytes=LIMIT,
                timeout=60,
                on_dropped=lambda dropped: self.told.extend(
                    label for label, count in dropped.items() for _ in range(count)
                ),
                counts=self.counts,
            )
            self.outbox.open()
            for step in script:
                await self.take(step[1]) if step[0] == "take" else self.put(*step)
                if self.model.is_cut:
                    break
            else:
                await self.take(len(self.put_))
            tasks.cancel_scope.cancel()


def check(pair: Pair) -> None:
    """See that every promise was kept, beside being what the model did."""
    model, counts = pair.model, pair.counts
    assert pair.taken == [frame.message["text"] for frame in model.sent]
    assert (pair.slow, counts.close) == (model.is_cut, model.is_cut)
    if model.is_cut:
        return
    assert counts.latest == len(model.replaced)
    assert counts.drop_oldest + counts.drop_newest == len(model.lost)
    assert sorted(pair.told) == sorted(frame.rule.label for frame in model.lost)
    assert len(pair.put_) == len(pair.taken) + counts.latest + counts.drop_oldest + counts.drop_newest

    def sent(policy: Overflow, key: int | None = None) -> list[str]:
        return [frame.message["text"] for frame in of(model.sent, policy, key)]

    def of(frames: list[Frame], policy: Overflow, key: int | None = None) -> list[Frame]:
        return [each for each in frames if each.rule.policy == policy and key in (None, each.rule.key)]

    assert sent("close") == [frame.message["text"] for frame in of(pair.put_, "close")]
    in_order = [frame for frame in model.sent if frame.rule.policy != "latest"]
    assert in_order == sorted(in_order, key=pair.put_.index)
    for key in range(3):
        values = of(pair.put_, "latest", key)
        if values and f"latest {key}" not in pair.told:
            assert sent("latest", key)[-1] == values[-1].message["text"]


droppable = st.tuples(st.sampled_from(POLICIES[1:]), st.integers(0, 2), st.integers(3, 30))
kept = st.tuples(st.just("close"), st.just(0), st.integers(3, 20))
takes = st.tuples(st.just("take"), st.integers(1, 4))


@settings(max_examples=150, deadline=None, derandomize="CI" in os.environ)
@given(st.lists(droppable | droppable | kept | takes, min_size=10, max_size=40))
def test_whatever_is_put_and_whenever_the_socket_takes_it_the_promises_hold(
    script: list[tuple[Any, ...]],
) -> None:
    """Order, bounds, counts and notices, for any mixture of policies."""
    pair = Pair()
    anyio.run(pair.play, script)
    check(pair)


class Counted(Frame):
    """A frame that counts how often anybody looks at one."""

    __slots__ = ()
    looks = 0

    @override
    def __getattribute__(self, name: str) -> Any:
        Counted.looks += 1
        return super().__getattribute__(name)


def looks(policy: Overflow, waiting: int, more: int) -> int:
    """Fill a backlog with *waiting* frames, and count the looks that *more* of them, or their removal, take."""
    backlog = Backlog(waiting * 30, OverflowCounts())
    frames = [Counted.text("x" * 30, OverflowRule(policy, key)) for key in range(waiting)]
    for frame in frames:
        backlog.put(frame)
    assert len(backlog) == waiting
    Counted.looks = 0
    for turn in range(more):
        backlog.put(frames[turn * 7919 % waiting])
    assert len(backlog) == waiting
    return Counted.looks


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", "latest"])
def test_a_put_costs_the_same_however_many_frames_wait(
    policy: Literal["drop_oldest", "drop_newest", "latest"],
) -> None:
    """No policy searches the queue."""
    assert looks(policy, waiting=35_000, more=10_000) == looks(policy, waiting=100, more=10_000) < 300_000


def test_what_is_dropped_behind_a_frame_that_stays_leaves_nothing_behind() -> None:
    """However long the socket takes nothing."""
    backlog = Backlog(100, OverflowCounts())
    backlog.put(Frame.text("x"))
    frame = Frame.text("x" * 10, OverflowRule("drop_oldest"))
    tracemalloc.start()
    try:
        for _ in range(20_000):
            backlog.put(frame)
        assert tracemalloc.get_traced_memory()[0] < 20_000
    finally:
        tracemalloc.stop()
    assert len(backlog) == 10


def test_what_has_not_been_replaced_nor_dropped_is_taken_in_order() -> None:
    """Without an outbox around it."""
    backlog = Backlog(100, OverflowCounts())
    for text in "abc":
        backlog.put(Frame.text(text, OverflowRule("latest", text)))
    backlog.put(Frame.text("B", OverflowRule("latest", "b")))
    taken = [backlog.take() for _ in range(4)]
    assert [frame.message["text"] for frame in taken if frame is not None] == ["a", "B", "c"]
    assert (backlog.taken, backlog.size_bytes, len(backlog)) == (3, 0, 0)


def test_places_that_were_left_empty_count_no_more_once_they_are_passed() -> None:
    """Nor before."""
    backlog = Backlog(4, OverflowCounts())
    backlog.put(Frame.text("a", OverflowRule("drop_oldest")))
    for text in "bcde":
        backlog.put(Frame.text(text))
    assert len(backlog) == 4
    first = backlog.take()
    assert first is not None
    assert first.message["text"] == "b"
    assert len(backlog) == 3
