"""The heartbeat: answered at once, whatever else is going on, and missed where it fails to come."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel
from typing_extensions import override

from nexws import CloseCode, Envelope, EventConsumer, Limits, Nexws, WebSocketConsumer, on
from nexws.runtime import Message
from nexws.testing import Connection, connect

SOON = Limits(heartbeat_interval=0.1, heartbeat_timeout=0.1)
PATIENCE = 10.0


class Word(BaseModel):
    word: str


FOR_EVER = Word(word="for ever")
X = Word(word="x")


class Clock(EventConsumer):
    """Has a handler that waits until it is told to go on."""

    gate: anyio.Event

    @on("wait", timeout=PATIENCE * 2)
    async def wait(self, data: Word) -> Word:
        if data == FOR_EVER:
            await anyio.sleep_forever()
        await self.gate.wait()
        return data

    @on("note")
    async def note(self, data: Word) -> Word:
        return data


def app_of(consumer: type[WebSocketConsumer], limits: Limits | None = None) -> NexiosApp:
    app = NexiosApp()
    Nexws(app, limits=limits)
    app.add_ws_route(consumer.as_route("/"))
    return app


def clock(**body: Any) -> tuple[type[Clock], anyio.Event]:
    """Make a class of its own with a gate of its own."""
    gate = anyio.Event()
    return type("Clock", (Clock,), {"gate": gate, **body}), gate


async def frames(client: Connection, number: int) -> list[Any]:
    return [json.loads(await client.receive_raw()) for _ in range(number)]


# -- the answer


@pytest.mark.parametrize(
    ("envelope", "ping", "pong", "ok"),
    [
        (
            Envelope(),
            {"event": "nexws.ping"},
            {"event": "nexws.pong"},
            {"event": "nexws.ping", "ref": 7, "status": "ok"},
        ),
        (
            Envelope(event="type", data=None, ref="id"),
            {"type": "nexws.ping"},
            {"type": "nexws.pong"},
            {"type": "nexws.ping", "id": 7, "status": "ok"},
        ),
    ],
)
@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_ping_is_answered(
    envelope: Envelope, ping: dict[str, Any], pong: dict[str, Any], ok: dict[str, Any], *, is_busy: bool
) -> None:
    """By the reply where there is a ref, else by a push; also while a handler runs."""
    Enveloped, _ = clock(envelope=envelope)  # noqa: N806
    ref = envelope.ref
    for frame, answer in ((ping, pong), ({**ping, ref: 7}, ok)):
        async with connect(app_of(Enveloped), "/") as client:
            if is_busy:
                await client.send("wait", FOR_EVER)
                await client.send("note", X)
            await client.send_raw(json.dumps(frame))
            assert await frames(client, 1) == [answer]
            await client.expect_nothing()


async def test_a_ping_in_msgpack_is_answered_while_a_handler_runs() -> None:
    """As in JSON."""
    Packed, _ = clock(encoding="msgpack")  # noqa: N806
    async with connect(app_of(Packed), "/") as client:
        await client.send("wait", FOR_EVER)
        await client.send("nexws.ping")
        await client.expect("nexws.pong")


async def test_pings_disturb_nothing_else() -> None:
    """What waits is served in its order, once."""
    Ordered, gate = clock()  # noqa: N806
    async with connect(app_of(Ordered), "/") as client:
        await client.send("wait", X, ref="a")
        await client.send("note", X, ref="b")
        await client.send("nexws.ping", ref="ping")
        await client.send("note", X, ref="c")
        assert [each["ref"] for each in await frames(client, 1)] == ["ping"]
        gate.set()
        assert [each["ref"] for each in await frames(client, 3)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "frame",
    [
        '{"event": "note", "data": {"word": "nexws.ping"}, "ref": 1}',
        '{"event": "note", "data": {"word": "{\\"event\\": \\"nexws.ping\\"}"}, "ref": 1}',
        '{"ref": 1, "event": "note", "meta": {"nexws.ping": 1}, "data": {"word": "x"}}',
    ],
)
async def test_what_only_speaks_of_a_ping_waits_for_its_turn(frame: str) -> None:
    """It is neither served before the others nor lost."""
    Ordered, gate = clock()  # noqa: N806
    async with connect(app_of(Ordered), "/") as client:
        await client.send("wait", X, ref=0)
        await client.send_raw(frame)
        await client.send_raw('nexws.ping {"')
        await client.expect_nothing()
        gate.set()
        first, second, third = await frames(client, 3)
        assert (first["ref"], second["ref"], third["error"]["code"]) == (0, 1, "bad_frame")


async def test_pings_are_answered_with_the_inbox_full() -> None:
    """Once the socket is read again; what has no place is refused, and still is."""
    Full, _ = clock()  # noqa: N806
    limits = Limits(inbox_frames=2, inbox_timeout=0.05)
    async with connect(app_of(Full, limits), "/") as client:
        await client.send("wait", FOR_EVER, ref=0)
        for ref in (1, 2):
            await client.send("note", X, ref=ref)
        await client.send("nexws.ping", ref="ping")
        await client.send("note", X, ref=3)
        answers = await frames(client, 2)
        assert [(each["ref"], each["status"]) for each in answers] == [("ping", "ok"), (3, "error")]


async def test_of_a_flood_of_pings_one_overtakes() -> None:
    """The others wait with all else, within the limits that all else has."""
    Flooded, gate = clock()  # noqa: N806
    limits = Limits(inbox_frames=4, inbox_timeout=0.05)
    async with connect(app_of(Flooded, limits), "/") as client:
        await client.send("wait", X, ref="wait")
        for ref in range(10):
            await client.send("nexws.ping", ref=ref)
        answers = await frames(client, 6)
        assert [(each["ref"], each["status"]) for each in answers] == [
            (0, "ok"),
            *((ref, "error") for ref in range(5, 10)),
        ]
        gate.set()
        assert [each["ref"] for each in await frames(client, 5)] == ["wait", 1, 2, 3, 4]


async def test_a_ping_that_overtakes_is_no_second_hook() -> None:
    """``on_receive`` runs for one frame at a time; what it would raise harms nothing."""
    running: list[str] = []

    class Nervous(EventConsumer):
        @override
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            running.append(data)
            await super().on_receive(websocket, data)
            running.append("done")

        @on("wait")
        async def wait(self) -> None:
            await anyio.sleep_forever()

    async with connect(app_of(Nervous), "/") as client:
        await client.send("wait")
        await client.send("nexws.ping")
        await client.expect("nexws.pong")
        assert running == ['{"event":"wait"}']


@pytest.mark.outside_contract("it is never looked at: the client is cut before", r"^\?+$")
async def test_a_ping_of_a_client_that_is_cut_ends_nothing_else() -> None:
    """Its answer has nowhere to go."""
    Cut, _ = clock()  # noqa: N806
    app = NexiosApp()
    ws = Nexws(app)
    app.add_ws_route(Cut.as_route("/"))
    async with connect(app, "/", user="ann") as client:
        await client.send("wait", FOR_EVER)
        await client.send("nexws.ping", ref=1)
        await frames(client, 1)
        client.pause()
        await client.send_raw("?" * 70_000)
        await client.send("nexws.ping", ref=2)
        assert await ws.disconnect("ann") == 1
        await client.send("nexws.ping", ref=3)
        client.resume()
        assert await client.expect_close() == CloseCode.FORBIDDEN


@pytest.mark.outside_contract("its frames are laid out as it likes", r"^}")
async def test_what_decodes_frames_itself_has_its_pings_in_order() -> None:
    """Only it knows what they say."""

    class Reversed(EventConsumer):
        @override
        async def decode(self, websocket: WebSocket, message: Message) -> Any:
            return message["text"][::-1]

        @on("wait", timeout=PATIENCE)
        async def wait(self) -> None:
            await gate.wait()

    gate = anyio.Event()
    async with connect(app_of(Reversed), "/") as client:
        await client.send_raw('{"event": "wait", "ref": 1}'[::-1])
        await client.send_raw('{"event": "nexws.ping"}')
        await client.send_raw('{"event": "nexws.ping", "ref": 2}'[::-1])
        await client.expect_nothing()
        gate.set()
        first, second, third = await frames(client, 3)
        assert (first["ref"], second["error"]["code"], third["ref"]) == (1, "bad_frame", 2)


# -- silence


async def test_a_client_that_falls_silent_is_closed() -> None:
    """Once it has spoken the heartbeat."""
    app = app_of(clock()[0], SOON)
    async with connect(app, "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping")
        began = anyio.current_time()
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT
        assert anyio.current_time() - began >= 0.2


async def test_a_client_that_never_spoke_it_is_not_held_to_it() -> None:
    """However long it is silent: longer than one beside it that did."""
    app = app_of(clock()[0], SOON)
    async with connect(app, "/", timeout=PATIENCE) as silent:
        for _ in range(3):
            async with connect(app, "/", timeout=PATIENCE) as client:
                await client.send("nexws.ping")
                assert await client.expect_close() == CloseCode.NO_HEARTBEAT
        assert await silent.call("note", X) == {"word": "x"}


async def test_whatever_is_heard_counts() -> None:
    """Events, whether or not they can be served, while the other falls silent."""
    app = app_of(clock()[0], SOON)
    async with connect(app, "/", timeout=PATIENCE) as lively, connect(app, "/", timeout=PATIENCE) as silent:
        for client in (lively, silent):
            await client.send("nexws.ping")
        with anyio.fail_after(PATIENCE):
            for _ in range(3):
                while not silent.is_over:
                    await lively.call("note", X)
                    await lively.send_raw("nonsense")
                    await lively.expect_failure("bad_frame")
        assert await lively.call("note", X) == {"word": "x"}


async def test_what_is_pushed_does_not_count() -> None:
    """The server's own frames say nothing about the client."""

    class Pushy(Clock):
        @on("nothing")
        async def nothing(self) -> None: ...

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("all")

    app = app_of(Pushy, SOON)
    async with connect(app, "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping")
        await client.expect("nexws.pong")
        with anyio.fail_after(PATIENCE):
            while not client.is_over:
                await checkpoint()
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT


async def test_a_silent_client_is_closed_while_a_handler_runs_which_is_cancelled() -> None:
    """Nobody waits for what it does."""
    ended: list[str] = []

    class Busy(EventConsumer):
        @on("work", timeout=1000)
        async def work(self) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                ended.append("work")

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            ended.append(f"{close_code}")

    async with connect(app_of(Busy, SOON), "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping")
        await client.send("work")
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT
        with anyio.fail_after(PATIENCE):
            while len(ended) < 2:
                await checkpoint()
    assert ended == ["work", "4012"]


async def test_what_was_heard_before_is_no_sign_of_life() -> None:
    """A handler that takes old events on and on keeps no dead client alive."""
    steps: list[float] = []

    class Slow(EventConsumer):
        @on("step")
        async def step(self) -> None:
            steps.append(anyio.current_time())
            await anyio.sleep(0.05)

    limits = Limits(heartbeat_interval=0.2, heartbeat_timeout=0.1, inbox_frames=100)
    async with connect(app_of(Slow, limits), "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping")
        for _ in range(100):
            await client.send("step")
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT
    assert len(steps) < 50


async def test_a_client_that_nobody_listens_to_is_not_silent() -> None:
    """With the inbox full the socket is not read for a while, and the client's heartbeat waits in it."""
    Full, gate = clock()  # noqa: N806
    limits = Limits(heartbeat_interval=0.05, heartbeat_timeout=0.05, inbox_frames=1, inbox_timeout=0.5)
    async with connect(app_of(Full, limits), "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping", ref=0)
        await client.send("wait", X, ref=1)
        await client.send("note", X, ref=2)
        began = anyio.current_time()
        await client.send("nexws.ping", ref=3)
        answers = await frames(client, 2)
        assert [(each["ref"], each["status"]) for each in answers] == [(0, "ok"), (3, "ok")]
        assert anyio.current_time() - began >= 0.4
        gate.set()
        assert [each["ref"] for each in await frames(client, 2)] == [1, 2]
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT


async def test_an_idle_connection_is_closed_as_such_unless_there_is_a_heartbeat() -> None:
    """Both silences are watched, each on its own account."""

    class Idle(Clock):
        expires = 0.1

    async with connect(app_of(Idle), "/", timeout=PATIENCE) as client:
        assert await client.expect_close() == CloseCode.GOING_AWAY
    app = app_of(Idle, Limits(heartbeat_interval=0.02, heartbeat_timeout=0.02))
    async with connect(app, "/", timeout=PATIENCE) as client:
        await client.send("nexws.ping")
        assert await client.expect_close() == CloseCode.NO_HEARTBEAT
