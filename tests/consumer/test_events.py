"""Event consumers through their public face: a chat as its users write it."""

from __future__ import annotations

import datetime
import logging
import uuid
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket
from pydantic import BaseModel, ConfigDict, Field

from nexws import (
    EventConsumer,
    EventError,
    EventFailed,
    Limits,
    Nexws,
    NotServingError,
    PayloadError,
    UndeclaredEventError,
    emits,
    on,
)
from nexws.testing import Connection, connect


class SendMessage(BaseModel):
    group: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    text: str = Field(min_length=1, max_length=20)


class MessagePosted(BaseModel):
    group: str
    user: str
    text: str


class Receipt(BaseModel):
    length: int


class Chat(EventConsumer):
    """Chat for everyone."""

    posted = emits("chat.posted", MessagePosted)
    welcome = emits("chat.welcome")

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    @on("chat.message", schema=SendMessage, reply=Receipt)
    async def message(self, data: SendMessage) -> Receipt:
        """Post a message to a group."""
        push = MessagePosted(group=data.group, user=str(self.user), text=data.text)
        await self.posted.broadcast(push, group=data.group, exclude_self=True, save_history=True)
        return Receipt(length=len(data.text))

    @on("chat.echo")
    async def echo(self, websocket: WebSocket, data: SendMessage) -> None:
        assert websocket is self.websocket
        await self.posted.send(MessagePosted(group=data.group, user="you", text=data.text))

    @on("chat.whisper")
    async def whisper(self, data: MessagePosted) -> int:
        return await self.posted.send_to(data.user, data)

    @on("chat.history", reply=list[Any])
    async def past(self) -> list[Any]:
        return [entry.payload for entry in await self.history("lobby")]

    @on("push")
    async def push(self) -> None:
        """Takes a name that could be the library's, and is not."""

    @on("chat.hello")
    async def hello(self) -> None:
        await self.welcome.send(None)

    @on("chat.full")
    async def full(self, data: SendMessage) -> None:
        raise EventError("group_full", "the group is full", data={"limit": 2}, retryable=True)

    @on("chat.unwritable")
    async def unwritable(self) -> None:
        raise EventError("group_full", data=object())

    @on("chat.kick")
    async def kick(self) -> None:
        raise WebSocketException(4321, "out")

    @on("chat.broken")
    async def broken(self, data: SendMessage) -> None:
        raise KeyError("secret")

    @on("chat.liar", reply=Receipt)
    async def liar(self) -> Receipt:
        receipt = Receipt(length=1)
        receipt.length = "many"  # type: ignore[assignment]
        return receipt

    @on("chat.wrong_push")
    async def wrong_push(self) -> None:
        await self.posted.broadcast({"group": "lobby"}, group="lobby")  # type: ignore[arg-type]

    @on("chat.undeclared")
    async def undeclared(self) -> None:
        await self.broadcast({"event": "anything"}, "lobby")


def chat_app(**settings: Any) -> NexiosApp:
    """Make an application that serves the chat."""
    app = NexiosApp()
    if settings:
        Nexws(app, **settings)
    app.add_ws_route(Chat.as_route("/chat"))
    return app


HELLO = SendMessage(group="lobby", text="hello")


async def test_a_message_is_replied_to_and_reaches_the_others() -> None:
    """The program of the first page."""
    app = chat_app()
    async with connect(app, "/chat", user="ann") as ann, connect(app, "/chat", user="bob") as bob:
        assert await ann.call("chat.message", HELLO) == {"length": 5}
        posted = await bob.expect(Chat.posted)
        assert posted == MessagePosted(group="lobby", user="ann", text="hello")
        await ann.expect_nothing()


@pytest.mark.parametrize("ref", ["7", 'ä"\\\u0000\n', "", 7, 0, -1, 2**53 - 1])
async def test_an_answer_carries_the_ref_as_it_came(ref: str | int) -> None:
    """Text stays text, a number a number."""
    async with connect(chat_app(), "/chat") as ann:
        await ann.send("chat.message", HELLO, ref)
        [frame] = [await ann.receive_raw()]
        assert Frame.model_validate_json(frame).ref == ref


class Frame(BaseModel):
    """Reads answers, strictly."""

    model_config = ConfigDict(strict=True, extra="forbid")
    event: str
    ref: str | int
    status: str
    data: Any = None


async def test_without_a_ref_only_failures_are_answered() -> None:
    """Who does not ask is not told."""
    async with connect(chat_app(), "/chat") as ann:
        await ann.send("chat.message", HELLO)
        await ann.expect_nothing()
        await ann.send("chat.message", {"group": "lobby"})
        await ann.expect_failure("invalid_payload")


async def test_an_event_without_a_reply_is_acknowledged_with_an_empty_one() -> None:
    """Whatever carries a ref is answered."""
    async with connect(chat_app(), "/chat") as ann:
        await ann.send("chat.hello", ref="1")
        assert await ann.receive_raw() == '{"event":"chat.welcome"}'
        assert await ann.receive_raw() == '{"event":"chat.hello","ref":"1","status":"ok"}'


async def test_a_push_to_this_client_comes_before_the_reply() -> None:
    """Frames leave in the order in which they were sent."""
    async with connect(chat_app(), "/chat") as ann:
        await ann.send("chat.echo", HELLO, "1")
        assert "chat.posted" in str(await ann.receive_raw())
        assert '"status":"ok"' in str(await ann.receive_raw())


async def test_a_user_is_reached_on_all_connections() -> None:
    """By id, wherever they are."""
    app = chat_app()
    async with (
        connect(app, "/chat", user="ann") as ann,
        connect(app, "/chat", user="bob") as phone,
        connect(app, "/chat", user="bob") as laptop,
    ):
        note = MessagePosted(group="lobby", user="bob", text="psst")
        assert await ann.call("chat.whisper", note) == 2
        assert await phone.expect(Chat.posted) == await laptop.expect(Chat.posted) == note
        assert await ann.call("chat.whisper", {**note.model_dump(), "user": "nobody"}) == 0


async def test_history_holds_what_was_broadcast() -> None:
    """As frames, the way they went out."""
    app = chat_app()
    async with connect(app, "/chat", user="ann") as ann:
        await ann.call("chat.message", HELLO)
        assert await ann.call("chat.history") == [
            {"event": "chat.posted", "data": {"group": "lobby", "user": "ann", "text": "hello"}}
        ]


@pytest.mark.outside_contract(
    "a program that is not strict need not declare its codes", '"code":"group_full"'
)
async def test_an_event_error_is_told_whole() -> None:
    """The handler's own words, and data."""
    async with connect(chat_app(), "/chat") as ann:
        with pytest.raises(EventFailed) as failed:
            await ann.call("chat.full", HELLO)
        failure = failed.value
        assert (failure.code, failure.message) == ("group_full", "the group is full")
        assert (failure.data, failure.retryable) == ({"limit": 2}, True)


async def test_an_event_error_that_cannot_be_written_is_still_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With what can be said: that it failed."""
    async with connect(chat_app(), "/chat") as ann:
        with pytest.raises(EventFailed, match="internal"):
            await ann.call("chat.unwritable")
    assert "'chat.unwritable' failed with 'group_full'" in caplog.text


async def test_a_handler_may_close_the_connection_by_an_exception() -> None:
    """Nexios' own, as in any hook."""
    async with connect(chat_app(), "/chat") as ann:
        await ann.send("chat.kick", ref="1")
        assert await ann.expect_close() == 4321


async def test_no_payload_is_logged_with_what_is_wrong_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """A log is read by others than the payload is for."""
    async with connect(chat_app(), "/chat") as ann:
        with pytest.raises(EventFailed, match="internal"):
            await ann.call("chat.liar")
    assert "'many'" not in caplog.text


@pytest.mark.parametrize(
    ("event", "data", "logged"),
    [
        ("chat.broken", HELLO, KeyError),
        ("chat.liar", None, PayloadError),
        ("chat.wrong_push", None, PayloadError),
        ("chat.undeclared", None, UndeclaredEventError),
    ],
)
async def test_a_fault_of_the_server_is_logged_and_told_without_its_text(
    event: str, data: Any, logged: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns that, not why; the connection goes on; others notice nothing."""
    app = chat_app()
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob:
        with pytest.raises(EventFailed) as failed:
            await ann.call(event, data)
        assert failed.value.code == "internal"
        assert "secret" not in str(failed.value)
        await bob.expect_nothing()
        assert await ann.call("chat.message", HELLO) == {"length": 5}
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[0] is logged


async def test_events_of_one_connection_are_handled_in_order() -> None:
    """One after the other, however long each takes."""

    class Slow(EventConsumer):
        order: list[int]

        async def on_connect(self, websocket: WebSocket) -> None:
            self.order = []
            await websocket.accept()

        @on("step")
        async def step(self, data: int) -> list[int]:
            self.order.append(data)
            for _ in range(10 - data):
                await checkpoint()
            self.order.append(data)
            return self.order

    app = NexiosApp()
    app.add_ws_route(Slow.as_route("/"))
    async with connect(app, "/") as client:
        for number in range(9):
            await client.send("step", number)
        assert await client.call("step", 9) == [number for number in range(10) for _ in range(2)]


async def test_a_strict_model_reads_what_json_can_say() -> None:
    """Dates and UUIDs are text in JSON; validation in one pass knows."""

    class Booking(BaseModel):
        model_config = ConfigDict(strict=True)
        at: datetime.datetime
        day: datetime.date
        who: uuid.UUID

    class Desk(EventConsumer):
        @on("book", schema=Booking, reply=Booking)
        async def book(self, data: Booking) -> Booking:
            assert isinstance(data.who, uuid.UUID)
            return data

    app = NexiosApp()
    app.add_ws_route(Desk.as_route("/"))
    booking = {"at": "2026-11-23T10:00:00Z", "day": "2026-11-23", "who": str(uuid.uuid4())}
    async with connect(app, "/") as client:
        assert await client.call("book", booking) == booking


async def test_payloads_are_read_and_written_by_alias() -> None:
    """A client sees one spelling, both ways."""

    class Point(BaseModel):
        x_axis: int = Field(alias="xAxis")

    class Map(EventConsumer):
        moved = emits("moved", Point)

        @on("move", schema=Point, reply=Point)
        async def move(self, data: Point) -> Point:
            await self.moved.send(data)
            return data

    app = NexiosApp()
    app.add_ws_route(Map.as_route("/"))
    async with connect(app, "/") as client:
        assert await client.call("move", {"xAxis": 1}) == {"xAxis": 1}
        assert (await client.expect(Map.moved)).x_axis == 1


async def test_two_classes_and_two_applications_do_not_meet() -> None:
    """The same group, the same user, and nothing comes across."""

    class Other(Chat): ...

    one, two = chat_app(), chat_app()
    one.add_ws_route(Other.as_route("/other"))
    async with (
        connect(one, "/chat", user="ann") as ann,
        connect(two, "/chat", user="ann") as elsewhere,
        connect(one, "/other", user="ann") as other,
    ):
        await ann.call("chat.message", HELLO)
        assert await ann.call("chat.whisper", MessagePosted(group="lobby", user="ann", text="me")) == 1
        await elsewhere.expect_nothing()
        await other.expect_nothing()


async def test_a_broadcast_is_written_once_and_passes_over_a_slow_member() -> None:
    """One who does not read harms nobody, and is cut once too much waits for it."""
    app = chat_app(limits=Limits(outbox_bytes=1000))
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob, connect(app, "/chat") as slow:
        slow.pause()
        for _ in range(50):
            await ann.call("chat.message", HELLO)
            await bob.expect(Chat.posted)
        slow.resume()
        await until_cut(slow)


async def until_cut(connection: Connection) -> None:
    """See that the application has ended the connection by itself."""
    with anyio.fail_after(2):
        while not connection.is_over:
            await checkpoint()
    assert await connection.expect_close() == 1006


async def test_a_consumer_outside_of_a_connection_says_so() -> None:
    """It has nobody to send to."""
    with pytest.raises(NotServingError, match=r"Chat\.as_route"):
        await Chat().posted.send(MessagePosted(group="lobby", user="ann", text="hello"))


async def test_a_consumer_without_handlers_still_sends() -> None:
    """A dashboard only listens."""

    class Ticker(EventConsumer):
        tick = emits("tick", int)

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.tick.send(1)

    app = NexiosApp()
    app.add_ws_route(Ticker.as_route("/"))
    async with connect(app, "/") as client:
        assert await client.expect(Ticker.tick) == 1
        with pytest.raises(EventFailed, match="unknown_event"):
            await client.call("anything")
