"""A client that comes back: what it missed comes, in order and once, or it is told that it does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any

import anyio
import msgpack  # type: ignore[import-untyped] # it brings no types
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.types import ASGIApp, Message, Receive, Scope, Send
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import override

from nexws import (
    Envelope,
    EventConsumer,
    EventFailed,
    History,
    LayerError,
    Limits,
    MemoryLayer,
    Nexws,
    Position,
    emits,
    on,
)
from nexws.layers import Page
from nexws.protocol import CloseCode, Publication, Published, Retention
from nexws.testing import Connection, connect

RESUME = "nexws.resume"


class Line(BaseModel):
    text: str


left: list[tuple[Any, int]] = []


class Feed(EventConsumer):
    """Members of the groups that the query names."""

    said = emits("said", str)
    noted = emits("noted", str, history=False)
    history = History(events=4)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for group in (websocket.query_params.get("groups") or "a").split(","):
            await self.join_group(group)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        left.append((self.user, close_code))

    @on("say")
    async def say(self, text: str) -> int:
        return await self.said.broadcast(text, "a", exclude_self=True)

    @on("again", concurrency=2)
    async def again(self) -> None:
        await self.leave_group("a")
        await self.join_group("a")


class GatedLayer(MemoryLayer):
    """A layer whose reads wait until they may go on, and fail while it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = anyio.Event()
        self.gate.set()
        self.reading = anyio.Event()
        self.is_down = False
        self.limits = list[int | None]()

    async def lose(self, group: str) -> None:
        """Say that what the members of *group* have missed is not known."""
        assert self._sink is not None
        await self._sink.lost(f"{Feed.namespace_of()}/{group}")

    def close(self) -> None:
        self.gate, self.reading = anyio.Event(), anyio.Event()

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        self.limits.append(limit)
        self.reading.set()
        await self.gate.wait()
        if self.is_down:
            raise LayerError("the store is away")
        return await super().read(group, since=since, limit=limit)


class Bench:
    """An application with the feed, and its layer."""

    def __init__(self, consumer: type[Feed] = Feed, **limits: Any) -> None:
        self.layer = GatedLayer()
        self.app = NexiosApp()
        self.consumer = consumer
        self.ws = Nexws(self.app, layer=self.layer, limits=Limits(**limits))
        self.app.add_ws_route(consumer.as_route("/"))

    async def say(self, *texts: str, group: str = "a") -> list[Position]:
        """Publish, and give where it stands."""
        for text in texts:
            await self.consumer.said.broadcast(text, group, via=self.ws)
        page = await MemoryLayer.read(self.layer, f"{self.consumer.namespace_of()}/{group}")
        return [entry.position for entry in page.entries]

    async def ask(self, client: Connection, ref: int = 1, **groups: Position | str | None) -> None:
        """Send the resume without awaiting its end."""
        wanted = {group: None if since is None else str(since) for group, since in groups.items()}
        await client.send(RESUME, {"groups": wanted}, ref)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def frames(client: Connection, count: int) -> list[Any]:
    """Give what arrives, as far as it matters here: texts with offsets, and what became of each group."""
    return [shortened(json.loads(await client.receive_raw())) for _ in range(count)]


def shortened(frame: Mapping[str, Any]) -> Any:
    if "error" in frame:
        return frame["error"]["code"]
    if frame["event"] == RESUME:
        found = frame["data"]["groups"].items()
        return {group: (each["recovered"], offset(each["pos"])) for group, each in found}
    return (frame["data"], offset(frame.get("pos")))


def offset(text: str | None) -> int | None:
    return None if text is None else Position.parse(text).offset


# -- where the client stands, and what comes of it


@pytest.mark.parametrize(
    ("since", "answer"),
    [
        pytest.param(
            2, [("3", 3), ("4", 4), ("5", 5), ("6", 6), {"a": (True, 6)}], id="the oldest it can be"
        ),
        pytest.param(5, [("6", 6), {"a": (True, 6)}], id="older"),
        pytest.param(6, [{"a": (True, 6)}], id="up to date"),
        pytest.param(1, [{"a": (False, 6)}], id="older than what is kept"),
        pytest.param(0, [{"a": (False, 6)}], id="from the very beginning"),
        pytest.param(7, [{"a": (False, 6)}], id="newer than all"),
        pytest.param(2**53 - 1, [{"a": (False, 6)}], id="the newest that can be written"),
        pytest.param(2**53, [{"a": (False, 6)}], id="out of range"),
        pytest.param(None, [{"a": (False, 6)}], id="nowhere"),
    ],
)
@pytest.mark.parametrize("epoch", ["same", "other"])
async def test_a_group_is_recovered_whole_or_not_at_all(
    bench: Bench, since: int | None, answer: list[Any], epoch: str
) -> None:
    """Six were published, the last four are kept. Of another epoch nothing is known, whatever the offset."""
    top = (await bench.say(*"123456"))[-1]
    written = None if since is None else f"{top.epoch if epoch == 'same' else 'other'}:{since}"
    expected = answer if epoch == "same" else [{"a": (False, 6)}]
    async with connect(bench.app, "/") as client:
        await bench.ask(client, a=written)
        assert await frames(client, len(expected)) == expected
        await client.expect_nothing()


async def test_what_expired_is_not_recovered_and_nothing_of_it_comes() -> None:
    """A gap is no partial recovery."""

    class Clock:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    class Brief(Feed):
        history = History(seconds=60)

    clock = Clock()
    app = NexiosApp()
    ws = Nexws(app, layer=MemoryLayer(clock=clock))
    app.add_ws_route(Brief.as_route("/"))
    async with connect(app, "/") as client:
        positions = list[str]()
        for text in "123":
            await Brief.said.broadcast(text, "a", via=ws)
            positions.append(json.loads(await client.receive_raw())["pos"])
            clock.now += 25
        found = await client.call(RESUME, {"groups": {"a": positions[0]}})
        assert found["groups"]["a"] == {"recovered": True, "pos": positions[2]}
        assert [(await frames(client, 1))[0][0] for _ in range(2)] == ["2", "3"]
        clock.now += 20
        found = await client.call(RESUME, {"groups": {"a": positions[0]}})
        assert found["groups"]["a"] == {"recovered": False, "pos": positions[2]}
        await client.expect_nothing()


async def test_a_group_of_others_and_one_without_history_say_nothing(bench: Bench) -> None:
    """Who is no member learns nothing of what was said, not even that something was."""
    (position,) = await bench.say("secret", group="b")
    await bench.consumer.noted.broadcast("passing", "a", via=bench.ws)
    async with connect(bench.app, "/") as client:
        await bench.ask(client, a=position, b=Position(position.epoch, 0), c=None)
        nothing = (False, None)
        assert await frames(client, 1) == [{"a": nothing, "b": nothing, "c": nothing}]


async def test_more_than_may_be_missed_is_not_recovered() -> None:
    """Limits.resume_events is the most, and is enough for itself."""
    bench = Bench(resume_events=2)
    positions = await bench.say(*"1234")
    async with connect(bench.app, "/") as client:
        await bench.ask(client, a=positions[1])
        assert await frames(client, 3) == [("3", 3), ("4", 4), {"a": (True, 4)}]
        await bench.ask(client, a=positions[0])
        assert await frames(client, 1) == [{"a": (False, 4)}]


async def test_nothing_is_read_but_where_the_group_stands_for_who_stands_nowhere(bench: Bench) -> None:
    await bench.say(*"1234")
    async with connect(bench.app, "/") as client:
        await bench.ask(client, a=None)
        assert await frames(client, 1) == [{"a": (False, 4)}]
    assert bench.layer.limits == [1]


@pytest.mark.outside_contract("Python takes a $ for before the last line feed too", r"e:1\\n")
@pytest.mark.parametrize(
    ("data", "loc"),
    [
        ({"groups": {"a": "nonsense"}}, ["groups", "a"]),
        ({"groups": {"a": "e:-1"}}, ["groups", "a"]),
        ({"groups": {"a": "e:01"}}, ["groups", "a"]),
        ({"groups": {"a": "e:10000000000000000"}}, ["groups", "a"]),
        ({"groups": {"a": "é:1"}}, ["groups", "a"]),
        ({"groups": {"a": "e:1\n"}}, ["groups", "a"]),
        ({"groups": {"a": 7}}, ["groups", "a"]),
        ({"groups": {"a b": None}}, ["groups", "a b"]),
        ({"groups": ["a"]}, ["groups"]),
        ({"groups": {}, "group": "a"}, ["group"]),
        ({}, ["groups"]),
    ],
)
async def test_a_resume_that_makes_no_sense_is_refused_with_the_place(
    bench: Bench, data: Any, loc: list[Any]
) -> None:
    async with connect(bench.app, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call(RESUME, data)
        assert failed.value.code == "invalid_payload"
        assert [each["loc"] for each in failed.value.details] == [loc]


async def test_without_a_ref_what_was_missed_comes_and_no_reply(bench: Bench) -> None:
    """As with any event."""
    positions = await bench.say("1", "2")
    async with connect(bench.app, "/") as client:
        await client.send(RESUME, {"groups": {"a": str(positions[0])}})
        assert await frames(client, 1) == [("2", 2)]
        await client.expect_nothing()


async def test_several_groups_come_one_after_the_other(bench: Bench) -> None:
    """Each with what became of it, in the order in which they were asked for."""
    of_a = await bench.say(*"123")
    of_b = await bench.say(*"xyz", group="b")
    await bench.say("1", group="c")
    async with connect(bench.app, "/?groups=a,b,c") as client:
        await bench.ask(client, b=of_b[0], c="other:1", a=of_a[1])
        assert await frames(client, 4) == [
            ("y", 2),
            ("z", 3),
            ("3", 3),
            {"b": (True, 3), "c": (False, 1), "a": (True, 3)},
        ]


# -- who said it


async def test_ones_own_words_are_left_out_on_the_connection_that_said_them(bench: Bench) -> None:
    """They come to another connection of the same client: it is not known to have had them."""
    async with connect(bench.app, "/") as ann, connect(bench.app, "/") as bob:
        await ann.call("say", "1")
        assert await frames(bob, 1) == [("1", 1)]
        (position,) = await bench.say()
        before = Position(position.epoch, 0)
        await bench.ask(ann, a=before)
        assert await frames(ann, 1) == [{"a": (True, 1)}]
        await bench.ask(bob, a=before)
        assert await frames(bob, 2) == [("1", 1), {"a": (True, 1)}]
    async with connect(bench.app, "/") as ann:
        await bench.ask(ann, a=before)
        assert await frames(ann, 2) == [("1", 1), {"a": (True, 1)}]


# -- what is live meanwhile


async def test_what_is_published_meanwhile_comes_behind_what_was_missed_and_before_the_reply(
    bench: Bench,
) -> None:
    """And once: what the layer tells of, and what arrives on its own, is the same."""
    positions = await bench.say("1", "2")
    async with connect(bench.app, "/") as client:
        bench.layer.close()
        await bench.ask(client, a=positions[0])
        await bench.layer.reading.wait()
        await bench.say("3")
        await bench.consumer.noted.broadcast("not kept", "a", via=bench.ws)
        await client.expect_nothing()
        bench.layer.gate.set()
        assert await frames(client, 4) == [("2", 2), ("3", 3), ("not kept", None), {"a": (True, 3)}]
        await bench.say("4")
        assert await frames(client, 1) == [("4", 4)]
        await client.expect_nothing()


async def test_the_reply_says_where_the_client_stands_when_it_comes(bench: Bench) -> None:
    """What comes behind it is newer: also in groups that were read long before the last."""
    of_a = await bench.say("1", "2")
    of_b = await bench.say("x", group="b")
    async with connect(bench.app, "/?groups=a,b") as client:
        bench.layer.close()
        await bench.ask(client, a=of_a[0], b=of_b[0])
        await bench.layer.reading.wait()
        bench.layer.reading = anyio.Event()
        gate, bench.layer.gate = bench.layer.gate, anyio.Event()
        gate.set()
        await bench.layer.reading.wait()  # of b: a has been read
        await bench.say("3", "4")
        bench.layer.gate.set()
        assert await frames(client, 4) == [("2", 2), ("3", 3), ("4", 4), {"a": (True, 4), "b": (True, 1)}]


async def test_what_is_published_to_a_group_before_its_turn_comes_once(bench: Bench) -> None:
    """All groups are held while the first is read."""
    (of_a,) = await bench.say("1")
    (of_b,) = await bench.say("x", group="b")
    async with connect(bench.app, "/?groups=a,b") as client:
        bench.layer.close()
        await bench.ask(client, a=of_a, b=of_b)
        await bench.layer.reading.wait()
        await bench.say("y", group="b")
        bench.layer.gate.set()
        assert await frames(client, 2) == [("y", 2), {"a": (True, 1), "b": (True, 2)}]


async def test_nothing_live_is_dropped_where_the_rest_is_lost(bench: Bench) -> None:
    """A member that asks where it stands still gets what comes meanwhile."""
    await bench.say("1")
    async with connect(bench.app, "/") as client:
        bench.layer.close()
        await bench.ask(client, a=None)
        await bench.layer.reading.wait()
        await bench.say("2")
        bench.layer.gate.set()
        assert await frames(client, 2) == [("2", 2), {"a": (False, 2)}]


async def test_where_continuity_is_lost_nothing_more_comes_before_the_close(bench: Bench) -> None:
    """By the position of one more, the client would come back as if it had missed nothing."""
    await bench.say("1")
    async with connect(bench.app, "/") as client:
        await bench.layer.lose("a")
        await bench.say("2")
        assert await client.expect_close() == CloseCode.CONTINUITY_LOST
        await client.expect_nothing()


async def test_who_leaves_and_joins_again_meanwhile_is_told_that_something_may_be_missing(
    bench: Bench,
) -> None:
    """What was published between has reached nobody's hands."""

    class Twice(Feed):
        """Handles what comes while it resumes, as a program may that takes frames as they come."""

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            if RESUME not in data:
                await super().on_receive(websocket, data)
                return
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(super().on_receive, websocket, data)
                await bench.layer.reading.wait()
                await self.again()
                bench.layer.gate.set()

    bench = Bench(Twice)
    positions = await bench.say("1", "2")
    async with connect(bench.app, "/") as client:
        bench.layer.close()
        await bench.ask(client, a=positions[0])
        assert await frames(client, 2) == [("2", 2), {"a": (False, 2)}]


class BusySend:
    """A server's ``send`` that costs more than a slice of a broadcast's time, for those whose query says so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_busy = b"busy" in scope["query_string"]
        await self.app(scope, receive, _Busy(send).send if is_busy else send)


class _Busy:
    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, message: Message) -> None:
        until = perf_counter() + 0.004
        while perf_counter() < until:
            pass
        await self._send(message)


class CutLayer(GatedLayer):
    """Lets reads go on as soon as something is published: they find it before all members have it."""

    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        self.gate.set()
        return await super().publish(group, publication, retention=retention, key=key)


async def test_a_broadcast_that_is_cut_into_slices_meets_a_resume() -> None:
    """It is read from the layer before it arrives on its own, and comes once."""

    class Busy(Feed):
        middleware = [BusySend]

    app, layer = NexiosApp(), CutLayer()
    ws = Nexws(app, layer=layer)
    app.add_ws_route(Busy.as_route("/"))
    async with AsyncExitStack() as stack:
        for _ in range(16):
            await stack.enter_async_context(connect(app, "/?busy"))
        client = await stack.enter_async_context(connect(app, "/"))
        await Busy.said.broadcast("1", "a", via=ws)
        first = json.loads(await client.receive_raw())
        assert shortened(first) == ("1", 1)
        layer.close()
        await client.send(RESUME, {"groups": {"a": first["pos"]}}, 1)
        await layer.reading.wait()
        assert await Busy.said.broadcast("2", "a", via=ws) == 17
        assert await frames(client, 2) == [("2", 2), {"a": (True, 2)}]
        await client.expect_nothing()
        await Busy.said.broadcast("3", "a", via=ws)
        assert await frames(client, 1) == [("3", 3)]


async def test_who_is_sent_too_much_while_it_resumes_is_cut() -> None:
    """As one is whose outbox is full: with 4008, and the others notice nothing."""
    left.clear()
    bench = Bench(outbox_bytes=1000)
    positions = await bench.say("1")
    path = "/?groups=a,b"
    async with connect(bench.app, path, user="slow") as client, connect(bench.app, path) as other:
        bench.layer.close()
        await bench.ask(client, a=positions[0], b=None)
        await bench.layer.reading.wait()
        for text in ("x", "y", "z"):
            await bench.say(text * 400)
            assert (await frames(other, 1))[0][0] == text * 400
        with anyio.fail_after(2):
            while not client.is_over:
                await checkpoint()
        assert await client.expect_close() == 1006
        assert left == [("slow", 4008)]


# -- what goes wrong


async def test_a_layer_that_is_away_is_told_and_nothing_is_lost(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The client may try again; what came meanwhile comes once."""
    positions = await bench.say("1", "2")
    async with connect(bench.app, "/") as client:
        bench.layer.close()
        bench.layer.is_down = True
        await bench.ask(client, a=positions[0])
        await bench.layer.reading.wait()
        await bench.say("3")
        bench.layer.gate.set()
        assert await frames(client, 2) == [("3", 3), "unavailable"]
        assert "'nexws.resume' was not served: the channel layer cannot do that now" in caplog.text
        bench.layer.is_down = False
        await bench.ask(client, a=positions[0])
        assert await frames(client, 3) == [("2", 2), ("3", 3), {"a": (True, 3)}]


@pytest.mark.parametrize("event", ["look", "look.on", "look.beside"])
async def test_any_event_that_needs_a_layer_that_is_away_may_be_tried_again(event: str) -> None:
    """Whether its handler answers, streams, or runs beside others."""

    class Looking(Feed):
        @on("look")
        async def look(self) -> int:
            return len(await self.history("a"))

        @on("look.beside", concurrency=3)
        async def beside(self) -> int:
            return len(await self.history("a"))

        @on("look.on")
        async def stream(self) -> AsyncIterator[int]:
            yield len(await self.history("a"))

    bench = Bench(Looking)
    bench.layer.is_down = True
    async with connect(bench.app, "/") as client:
        await client.send(event, ref=1)
        failure = await client.expect_failure("unavailable")
        assert (failure.message, failure.retryable) == ("the event cannot be served now", True)


async def test_a_client_may_leave_in_the_middle(bench: Bench) -> None:
    """Nothing is left of it, and the others go on."""
    positions = await bench.say("1", "2")
    async with connect(bench.app, "/") as client, connect(bench.app, "/") as other:
        bench.layer.close()
        await bench.ask(client, a=positions[0])
        await bench.layer.reading.wait()
        await client.close()
        assert await bench.consumer.said.broadcast("3", "a", via=bench.ws) == 1
        assert await frames(other, 1) == [("3", 3)]
    assert bench.ws.groups == {}


async def test_a_client_that_stops_reading_in_the_middle_is_cut() -> None:
    """It is waited for only so long, and nobody else is."""
    left.clear()
    bench = Bench(send_timeout=0.05)
    positions = await bench.say(*"1234")
    async with connect(bench.app, "/", user="slow") as client:
        client.pause()
        await bench.ask(client, a=positions[0])
        with anyio.fail_after(2):
            while not client.is_over:
                await checkpoint()
    assert left == [("slow", 4008)]


# -- how it is written


async def test_a_flat_envelope_with_other_names_carries_it_all() -> None:
    class Flat(EventConsumer):
        envelope = Envelope(event="type", data=None, ref="id", pos="at")
        said = emits("said", Line)
        history = History()

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("a")

    app = NexiosApp()
    ws = Nexws(app)
    app.add_ws_route(Flat.as_route("/"))
    async with connect(app, "/") as client:
        await Flat.said.broadcast(Line(text="1"), "a", via=ws)
        pushed = json.loads(await client.receive_raw())
        epoch = Position.parse(pushed["at"]).epoch
        assert pushed == {"type": "said", "text": "1", "at": f"{epoch}:1"}
        await client.send_raw(json.dumps({"type": RESUME, "groups": {"a": f"{epoch}:0"}, "id": 1}))
        assert json.loads(await client.receive_raw()) == pushed
        assert json.loads(await client.receive_raw()) == {
            "type": RESUME,
            "id": 1,
            "status": "ok",
            "groups": {"a": {"recovered": True, "pos": f"{epoch}:1"}},
        }


async def test_each_client_is_sent_what_it_missed_in_its_own_encoding() -> None:
    class Both(Feed):
        subprotocols = ["nexws.msgpack", "nexws.json"]

    bench = Bench(Both)
    (position,) = await bench.say("1")
    before = Position(position.epoch, 0)
    async with connect(bench.app, "/", subprotocols=["nexws.msgpack"]) as packed:
        await bench.ask(packed, a=before)
        unpacked = [msgpack.unpackb(await packed.receive_raw()) for _ in range(2)]
        assert unpacked[0] == {"event": "said", "pos": str(position), "data": "1"}
        assert shortened(unpacked[1]) == {"a": (True, 1)}
    async with connect(bench.app, "/", subprotocols=["nexws.json"]) as plain:
        await bench.ask(plain, a=before)
        assert await frames(plain, 2) == [("1", 1), {"a": (True, 1)}]
