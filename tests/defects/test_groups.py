"""What Nexios' broadcasts get wrong."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from nexios.websockets import WebSocket
from pydantic import BaseModel, field_serializer

from nexws import Limits, PayloadError, WebSocketConsumer
from tests.defects.driver import Client, Server


class Lobby(WebSocketConsumer):
    """Everyone is in one group; what one says all hear."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data == "leave":
            await self.leave_group("lobby")
            await websocket.send_json("left")
        else:
            reached = await self.broadcast(data, "lobby")
            await websocket.send_json(["reached", reached])


async def broadcast_past(slow: Client, sender: Client) -> None:
    """Have *sender* begin a broadcast, which stops at *slow* if anything can stop it."""
    slow.stall()
    sender.say("hi")
    await slow.until("the frame for the slow one", lambda: slow.frames or None)


@pytest.mark.defect("ch01", nexios="awaited a frame")
async def test_a_member_that_joins_during_a_broadcast_takes_it_from_nobody(server: Server) -> None:
    """Nexios goes through the members while their number changes."""
    app = server.serve(Lobby)
    sender, slow, last = await server.connect_all(app, Lobby, 3)
    await broadcast_past(slow, sender)
    await server.connect(app, Lobby)
    slow.read_on()
    assert await last.hear() == "hi"


@pytest.mark.defect("ch02", nexios="awaited a frame.*'code': 1011")
async def test_a_member_that_leaves_during_a_broadcast_costs_the_sender_nothing(server: Server) -> None:
    """Nexios closes the connection of the sender."""
    app = server.serve(Lobby)
    sender, slow, leaver = await server.connect_all(app, Lobby, 3)
    await broadcast_past(slow, sender)
    leaver.say("leave")
    await leaver.until("the answer", lambda: "left" in str(leaver.frames) or None)
    slow.read_on()
    assert await sender.hear() == "hi"
    assert await sender.hear() == ["reached", 3]


@pytest.mark.defect("ch03", nexios="awaited a frame")
async def test_a_member_that_is_gone_takes_the_broadcast_from_nobody(server: Server) -> None:
    """Servers raise OSError for each frame to a client that has gone before they tell that it has."""
    app = server.serve(Lobby)
    sender, gone, last = await server.connect_all(app, Lobby, 3)
    gone.vanish()
    sender.say("hi")
    assert await last.hear() == "hi"


@pytest.mark.defect("ch03", "s05", nexios="awaited a frame.*'code': 1011")
async def test_a_member_that_is_gone_costs_the_sender_nothing(server: Server) -> None:
    """Nexios closes the connection of the sender with 1011."""
    app = server.serve(Lobby)
    sender, gone = await server.connect_all(app, Lobby, 2)
    gone.vanish()
    assert await sender.ask("hi") == "hi"
    assert await sender.hear() == ["reached", 1]


@pytest.mark.defect("ch03", nexios="awaited a frame.*'code': 1011")
@pytest.mark.parametrize("send_waits", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("raised", [anyio.BrokenResourceError(), ValueError("no frame")], ids=repr)
async def test_whatever_sending_to_a_member_raises_is_that_members_matter(
    server: Server, raised: Exception, send_waits: bool
) -> None:
    """Not all that serve ASGI raise OSError: an in-process transport, or a middleware, raises its own."""
    app = server.serve(Lobby)
    broken, sender = await server.connect_all(app, Lobby, 2)
    broken.send_raises, broken.send_waits = raised, send_waits
    assert await sender.ask("hi") == "hi"
    assert (await sender.hear())[0] == "reached"
    assert await sender.ask("again") == "again"
    assert sender.closes == []


@pytest.mark.defect("ch04", "s06", nexios="awaited a frame")
async def test_a_member_that_does_not_read_keeps_nobody_waiting(server: Server) -> None:
    """With Nexios one client that never reads freezes the group, and the sender with it."""
    app = server.serve(Lobby)
    sender, stalled, last = await server.connect_all(app, Lobby, 3)
    stalled.stall()
    for number in range(3):
        assert await sender.ask(number) == number
        assert await sender.hear() == ["reached", 3]
        assert await last.hear() == number


class Codes(Lobby):
    """Remembers what ``on_disconnect`` was told."""

    told: list[int] = []

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.told.append(close_code)


@pytest.mark.defect("ch04", nexios="awaited a frame")
async def test_a_member_that_does_not_read_is_dropped_in_time(server: Server) -> None:
    """The socket is freed, and the consumer learns why."""
    Codes.told.clear()
    app = server.serve(Codes, limits=Limits(send_timeout=0.05))
    sender, stalled = await server.connect_all(app, Codes, 2)
    stalled.stall()
    assert await sender.ask("hi") == "hi"
    assert await sender.hear() == ["reached", 2]
    await stalled.end()
    assert stalled.transport.aborted
    assert Codes.told == [4008]


class Programs(Lobby):
    """Broadcasts what the program makes up."""

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        try:
            await self.broadcast({"no json": object(), "no text": "\ud800"}[data], "lobby")
        except PayloadError:
            await websocket.send_json("cannot be sent")


@pytest.mark.defect("ch05", nexios=r"awaited a frame.*'code': 1011|ud800' == 'cannot be sent'")
@pytest.mark.parametrize("what", ["no json", "no text"])
async def test_a_payload_that_cannot_be_sent_is_known_before_anything_is_sent(
    server: Server, what: str
) -> None:
    """It is the program's error, of one kind; Nexios raises from the middle of the recipients."""
    app = server.serve(Programs)
    sender, other = await server.connect_all(app, Programs, 2)
    assert await sender.ask(what) == "cannot be sent"
    assert other.frames == []


@pytest.mark.defect("ch05", "s07", nexios="awaited a close|1011")
async def test_a_lone_surrogate_from_a_client_reaches_nobody(server: Server) -> None:
    r"""``"\ud800"`` is a string in JSON, which no text frame can hold."""
    app = server.serve(Lobby)
    sender, other = await server.connect_all(app, Lobby, 2)
    sender.deliver(text='"\\ud800"')
    assert await sender.closed() == 1003
    assert other.frames == []


class Other(Lobby):
    """Another class, with the same group, in another encoding."""

    encoding = "text"


@pytest.mark.defect("ch14", nexios="secret")
async def test_groups_of_two_applications_do_not_meet(server: Server) -> None:
    """One process may serve two applications, to two audiences."""
    one, two = server.serve(Lobby), server.serve(Lobby)
    sender, stranger = await server.connect(one, Lobby), await server.connect(two, Lobby)
    assert await sender.ask("secret") == "secret"
    assert await stranger.ask("mine") == "mine"


@pytest.mark.defect("ch14", nexios="secret")
async def test_groups_of_two_classes_do_not_meet(server: Server) -> None:
    """Nexios puts the dictionary of the one as it is into a text frame of the other."""
    app = server.serve(Lobby, Other)
    sender, stranger = await server.connect(app, Lobby), await server.connect(app, Other)
    assert await sender.ask({"secret": 1}) == {"secret": 1}
    assert await sender.hear() == ["reached", 1]
    assert stranger.frames == []


@pytest.mark.defect("ch17", nexios="is not|assert 2 == 1")
async def test_a_broadcast_is_encoded_once(server: Server) -> None:
    """All members get the one text; Nexios writes it anew for each."""
    app = server.serve(Lobby)
    sender, other = await server.connect_all(app, Lobby, 2)
    await sender.ask({"a": [1, 2, 3]})
    await other.hear()
    texts = {id(each.frames[0]["text"]) for each in (sender, other)}
    assert len(texts) == 1


class Counted(BaseModel):
    """Counts how often it is written."""

    n: int
    _written: int = 0

    @field_serializer("n")
    def write(self, n: int) -> int:
        self._written += 1
        return n


COUNTED = Counted(n=1)


class Models(Lobby):
    """Broadcasts a model."""

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(COUNTED, "lobby", save_history=True)


@pytest.mark.defect("ch17", nexios="awaited a frame.*'code': 1011")
async def test_a_model_is_written_once_for_all_members_and_the_history(server: Server) -> None:
    """Nexios cannot write one at all."""
    before = COUNTED._written
    app = server.serve(Models)
    clients = await server.connect_all(app, Models, 5)
    clients[0].say("go")
    for each in clients:
        assert await each.hear() == {"n": 1}
    assert COUNTED._written == before + 1


@pytest.mark.defect("ch19", nexios="None")
async def test_a_broadcast_tells_how_many_took_it(server: Server) -> None:
    """Nexios tells nothing, and calls it sent when nobody took it."""
    app = server.serve(Lobby)
    sender, gone, _ = await server.connect_all(app, Lobby, 3)
    assert await sender.ask("hi") == "hi"
    assert await sender.hear() == ["reached", 3]
    gone.leave()
    await gone.end()
    assert await sender.ask("hi") == "hi"
    assert await sender.hear() == ["reached", 2]


class Binary(WebSocketConsumer):
    """Says what it hears to everyone, in bytes."""

    encoding: str | None = "bytes"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(data, "lobby")


class Either(Binary):
    """Says what it hears to everyone, as it came."""

    encoding = None


@pytest.mark.defect("ch22", "s02", nexios="'text': b'")
@pytest.mark.parametrize("consumer", [Binary, Either])
async def test_bytes_are_broadcast_in_binary_frames(
    server: Server, consumer: type[WebSocketConsumer]
) -> None:
    """Nexios calls them text: on some servers an error, on others an empty frame."""
    client = await server.connect(server.serve(consumer), consumer)
    client.deliver(bytes=b"\x00\xff")
    assert await client.until("a frame", lambda: client.frames or None) == [
        {"type": "websocket.send", "bytes": b"\x00\xff"}
    ]


class Wrong(Binary):
    """Broadcasts what its encoding has no frame for."""

    encoding: str | None = None

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        try:
            await self.broadcast({"a": 1}, "lobby")
        except PayloadError:
            await websocket.send_json("cannot be sent")


class WrongText(Wrong):
    encoding = "text"


class WrongBytes(Wrong):
    encoding = "bytes"


@pytest.mark.defect("ch22", "s04", nexios="'text': {'a': 1}")
@pytest.mark.parametrize("consumer", [Wrong, WrongText, WrongBytes])
async def test_what_an_encoding_has_no_frame_for_is_not_sent(
    server: Server, consumer: type[WebSocketConsumer]
) -> None:
    """The program learns it; Nexios gives the dictionary to the server as text."""
    client = await server.connect(server.serve(consumer), consumer)
    client.deliver(**({"bytes": b"go"} if consumer is WrongBytes else {"text": "go"}))
    frame = await client.until("a frame", lambda: client.frames or None)
    assert frame == [{"type": "websocket.send", "text": '"cannot be sent"'}]
