"""A group: everyone gets everything once and in order, and the loop is held by none of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from time import perf_counter
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nexws.protocol import Position
from nexws.runtime import Connection, Frame, Hold, Message, Room
from nexws.runtime.groups import Group
from nexws.runtime.outbox import Outbox
from nexws.runtime.turns import Turns

MANY = 1600
STEP = 64
PATIENCE = 5.0


class Member:
    """One who takes frames; a *slow* one needs so many seconds of work for each, as a busy server's ``send`` does."""

    def __init__(self, *, slow: float = 0.0) -> None:
        self.id = uuid.uuid4()
        self.encoding = "json"
        self.outbox = self
        self.free = None
        self.taken: list[str] = []
        self.is_closed = False
        self.notice: Callable[[], None] = lambda: None
        self._slow = slow

    def put(self, frame: Frame) -> bool:
        until = perf_counter() + self._slow
        while perf_counter() < until:
            pass
        self.taken.append(frame.message["text"])
        self.notice()
        return not self.is_closed

    def cut(self) -> None:
        self.is_closed = True


class Crowd:
    """A group of many, a broadcast to which is cut into slices: every ``STEP``th needs longer than a slice."""

    def __init__(self) -> None:
        self.group = Group(Turns())
        self.members = [Member(slow=0.004 if number % STEP == 0 else 0.0) for number in range(MANY)]
        for member in self.members:
            self.join(member)

    def join(self, member: Any) -> None:
        self.group.members[member] = member

    def leave(self, member: Any) -> None:
        del self.group.members[member]

    def hold(self, member: Any, room: int = 1000) -> Hold:
        before = self.group.holds.get(member)
        hold = self.group.holds[member] = Hold(member.outbox, Room(room), before)
        return hold

    async def say(self, text: str, **more: Any) -> int:
        return await self.group.deliver(Frame.text(text), **more)

    async def begin(self, text: str, **more: Any) -> asyncio.Task[int]:
        """Begin a broadcast, which has reached some and not all when this returns."""
        running = asyncio.ensure_future(self.say(text, **more))
        await asyncio.sleep(0)
        assert not running.done()
        assert text in self.members[0].taken
        assert text not in self.members[-1].taken
        return running


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


@pytest.fixture(autouse=True)
async def _nothing_is_left() -> AsyncIterator[None]:
    """No test leaves a broadcast behind."""
    yield
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [each for each in others if "say" in repr(each.get_coro())]


def at(offset: int, epoch: str = "e") -> Position:
    return Position(epoch, offset)


# -- slices


async def test_the_loop_runs_between_the_slices_of_a_broadcast(crowd: Crowd) -> None:
    """Others go on while many are served: nobody is kept waiting for all of them."""
    ticks, served = 0, list[int]()
    broadcast = await crowd.begin("x")
    while not broadcast.done():
        served.append(sum(len(member.taken) for member in crowd.members))
        ticks += 1
        await asyncio.sleep(0)
    assert await broadcast == MANY
    assert ticks >= MANY // STEP - 2
    assert max(after - before for before, after in pairwise(served)) <= STEP


async def test_ten_thousand_members_are_served_while_others_run() -> None:
    """However cheap each is: the slices go by time, not by number."""
    crowd = Crowd()
    for member in crowd.members:
        crowd.leave(member)
    crowd.members = [Member(slow=2e-6) for _ in range(10_000)]
    for member in crowd.members:
        crowd.join(member)
    ticks = 0
    broadcast = await crowd.begin("x")
    while not broadcast.done():
        ticks += 1
        await asyncio.sleep(0)
    assert await broadcast == 10_000
    assert ticks >= 3


class Socket:
    """A server's side of one client: takes frames, is full for a while, or gone."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.room: anyio.Event | None = None
        self.is_gone = False

    async def send(self, message: Message) -> None:
        if self.is_gone:
            raise OSError("the client has left")
        if self.room is not None:
            await self.room.wait()
        self.sent.append(message["text"])


async def test_whose_socket_is_full_is_passed_over_and_served_later() -> None:
    """Each has each frame once, in order; the gone one is closed, and harms nobody."""
    sockets = [Socket() for _ in range(7)]
    slow, gone = sockets[2:6:3], sockets[3]
    group = Group(Turns())
    async with anyio.create_task_group() as tasks:
        spawn: Any = tasks.start_soon
        for socket in sockets:
            outbox = Outbox(socket.send, spawn, pytest.fail, limit_bytes=1000, timeout=PATIENCE)
            outbox.open()
            member: Any = Member()
            group.members[outbox] = member
        for socket in slow:
            socket.room = anyio.Event()
        gone.is_gone = True
        assert await group.deliver(Frame.text("a")) == 6
        assert [socket.sent for socket in sockets] == [["a"], ["a"], [], [], ["a"], [], ["a"]]
        assert await group.deliver(Frame.text("b")) == 6
        for socket in slow:
            assert socket.room is not None
            socket.room.set()
        with anyio.fail_after(PATIENCE):
            while any(outbox.is_congested for outbox in group.members):
                await anyio.wait_all_tasks_blocked()
        assert await group.deliver(Frame.text("c")) == 6
    assert [socket.sent for socket in sockets] == [list("abc")] * 3 + [[]] + [list("abc")] * 3
    assert [outbox.is_closed for outbox in group.members].count(True) == 1


async def test_a_broadcast_to_few_is_over_without_waiting() -> None:
    """Nothing is cut that need not be."""
    group = Group(Turns())
    member: Any = Member()
    group.members[member] = member.outbox
    with pytest.raises(StopIteration) as done:
        group.deliver(Frame.text("x")).send(None)
    assert done.value.value == 1


async def test_several_large_groups_take_turns() -> None:
    """However many broadcasts there are, one slice of one of them runs between two turns of the others."""
    slices = Turns()
    crowds = [Crowd() for _ in range(3)]
    for each in crowds:
        each.group = Group(slices)
        for member in each.members:
            each.join(member)
    broadcasts = [await each.begin("x") for each in crowds]
    while not all(each.done() for each in broadcasts):
        before = sum(len(member.taken) for each in crowds for member in each.members)
        await asyncio.sleep(0)
        assert sum(len(member.taken) for each in crowds for member in each.members) - before <= STEP
    assert [await each for each in broadcasts] == [MANY] * 3


# -- order


async def test_broadcasts_that_meet_reach_everyone_in_one_order(crowd: Crowd) -> None:
    """Those behind one that is cut wait for it."""
    first = await crowd.begin("a")
    others = [asyncio.ensure_future(crowd.say(text)) for text in "bcd"]
    await asyncio.sleep(0)
    assert [await each for each in (first, *others)] == [MANY] * 4
    assert {tuple(member.taken) for member in crowd.members} == {tuple("abcd")}


async def test_a_broadcast_behind_others_does_not_overtake_them(crowd: Crowd) -> None:
    """Also where it comes in the very turn in which one of those ends."""
    last: list[asyncio.Task[int]] = []

    def notice() -> None:
        if not last:
            last.append(asyncio.ensure_future(crowd.say("c")))

    crowd.members[-1].notice = notice
    first = await crowd.begin("a")
    second = asyncio.ensure_future(crowd.say("b"))
    await first
    await second
    assert await last[0] == MANY
    assert {tuple(member.taken) for member in crowd.members} == {tuple("abc")}


# -- membership


async def test_who_leaves_meanwhile_gets_no_more(crowd: Crowd) -> None:
    """Nor does it count."""
    gone = crowd.members[-1]
    broadcast = await crowd.begin("a")
    crowd.leave(gone)
    assert await broadcast == MANY - 1
    assert gone.taken == []


async def test_who_joins_meanwhile_gets_what_comes_after(crowd: Crowd) -> None:
    """And what was sent before it came is not its own."""
    late = Member()
    broadcast = await crowd.begin("a")
    waiting = asyncio.ensure_future(crowd.say("b"))
    await asyncio.sleep(0)
    crowd.join(late)
    after = asyncio.ensure_future(crowd.say("c"))
    assert [await each for each in (broadcast, waiting, after)] == [MANY, MANY, MANY + 1]
    assert late.taken == ["c"]


async def test_one_is_left_out(crowd: Crowd) -> None:
    """Wherever it stands."""
    for member in (crowd.members[0], crowd.members[-1]):
        assert await crowd.say("a", exclude=member) == MANY - 1
    assert [len(member.taken) for member in crowd.members] == [1, *[2] * (MANY - 2), 1]


async def test_each_member_gets_the_frame_of_its_encoding(crowd: Crowd) -> None:
    crowd.members[3].encoding = "msgpack"
    await crowd.group.deliver(Frame.text)
    assert [member.taken for member in crowd.members[2:5]] == [["json"], ["msgpack"], ["json"]]


# -- cancelled publishers


@pytest.mark.parametrize("how", ["asyncio", "anyio"])
@pytest.mark.parametrize("place", ["first", "waiting"])
async def test_cancelling_a_broadcast_keeps_it_from_nobody(crowd: Crowd, how: str, place: str) -> None:
    """In the middle of it, and before its turn: it raises once everybody has it, and the others go on."""
    scope = anyio.CancelScope()
    was_cut = False

    async def say(text: str) -> None:
        nonlocal was_cut
        with scope:
            try:
                await crowd.say(text)
            except asyncio.CancelledError:
                was_cut = True
                raise

    before = None if place == "first" else await crowd.begin("a")
    cancelled = asyncio.ensure_future(say("b"))
    await asyncio.sleep(0)
    after = asyncio.ensure_future(crowd.say("c"))
    await asyncio.sleep(0)
    if how == "anyio":
        scope.cancel()
    else:
        cancelled.cancel()
    await asyncio.wait([cancelled, after], timeout=10)
    assert was_cut
    assert cancelled.cancelled() is (how == "asyncio")
    assert await after == MANY
    expected = "bc" if before is None else "abc"
    assert {tuple(member.taken) for member in crowd.members} == {tuple(expected)}


async def test_a_frame_that_cannot_be_made_keeps_nobody_from_the_next(crowd: Crowd) -> None:
    """A fault in one broadcast, behind its first slice, is no reason for others to wait for ever."""

    def frame_for(encoding: str) -> Frame:
        if encoding == "unknown":
            raise KeyError(encoding)
        return Frame.text("a")

    crowd.members[-1].encoding = "unknown"
    with pytest.raises(KeyError):
        await crowd.group.deliver(frame_for)
    with anyio.fail_after(5):
        assert await crowd.say("b") == MANY


# -- members that resume


async def test_what_is_live_waits_for_a_member_that_resumes(crowd: Crowd) -> None:
    """The others have it at once; it counts for the one that waits, too."""
    member = crowd.members[5]
    hold = crowd.hold(member)
    assert await crowd.say("a", position=at(1)) == MANY
    assert await crowd.say("b") == MANY
    assert member.taken == []
    assert crowd.members[6].taken == ["a", "b"]
    released = [(frame.message["text"], position) for frame, position in hold.release(at(0))]
    assert released == [("a", at(1)), ("b", None)]
    await crowd.say("c", position=at(2))
    assert member.taken == ["c"]
    assert crowd.group.holds == {}


async def test_what_was_read_before_it_came_comes_no_second_time(crowd: Crowd) -> None:
    """A broadcast that is cut meets a member that resumes and has read it from the layer already."""
    member = crowd.members[-1]
    hold = crowd.hold(member)
    await crowd.say("a", position=at(1))
    cut = await crowd.begin("b", position=at(2))
    assert hold.release(at(2)) == []
    await cut
    await crowd.say("without a position")
    await crowd.say("c", position=at(3))
    assert member.taken == ["without a position", "c"]


async def test_what_is_held_is_known_to_be_had_by_the_next_hold(crowd: Crowd) -> None:
    """One that resumes twice in a row, the second time in vain."""
    member = crowd.members[-1]
    crowd.hold(member).release(at(2))
    cut = await crowd.begin("b", position=at(2))
    again = crowd.hold(member)
    await cut
    assert again.release() == []


async def test_another_epoch_is_never_had(crowd: Crowd) -> None:
    """Its offsets begin anew."""
    member = crowd.members[5]
    hold = crowd.hold(member)
    await crowd.say("a", position=at(1, "new"))
    assert [position for _, position in hold.release(at(9, "old"))] == [at(1, "new")]


async def test_who_resumes_and_is_sent_too_much_is_cut(crowd: Crowd) -> None:
    """Whatever its groups: they share the room. What waited is forgotten, and nothing more waits."""
    member: Any = crowd.members[5]
    other, room = Crowd(), Room(1000)
    for each in (crowd, other):
        each.join(member)
        each.group.holds[member] = Hold(member.outbox, room)
    await crowd.say("x" * 600)
    assert not member.is_closed
    await other.say("x" * 600)
    assert member.is_closed
    await other.say("x")
    assert other.group.holds[member].release() == []


async def test_a_connection_is_what_a_group_has_for_members() -> None:
    """The fakes here have what a connection has."""
    assert set(vars(Member())) >= {"id", "encoding", "outbox"}
    assert hasattr(Connection, "serve")
    await checkpoint()
