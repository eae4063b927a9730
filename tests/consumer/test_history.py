"""History through its public face: what is kept, within which bounds, and how it is read."""

from __future__ import annotations

import json
from typing import Any

import msgpack  # type: ignore[import-untyped] # it brings no types
import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import (
    Envelope,
    EventConsumer,
    GroupNameError,
    History,
    Limits,
    MemoryLayer,
    Nexws,
    Position,
    PositionError,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.testing import Connection, connect


class Line(BaseModel):
    text: str


class Clock:
    """A clock that goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Talk(EventConsumer):
    """Everyone is in one group; a test may ask for the consumer of the connection that came last."""

    said = emits("said", Line)
    kept = emits("kept", Line, history=True)
    passing = emits("passing", Line, history=False)
    rang = emits("rang")
    serving: Any

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("a")
        Talk.serving = self


class Logged(Talk):
    """One that keeps what does not say otherwise."""

    history = History()


class LoggedIfSaid(Talk):
    """One with bounds of its own, that keeps what says so."""

    history = History(events=3, keep=False)


def app_of(
    consumer: type[Any], *, layer: MemoryLayer | None = None, **limits: Any
) -> tuple[NexiosApp, Nexws]:
    app = NexiosApp()
    ws = Nexws(app, layer=layer, limits=Limits(**limits))
    app.add_ws_route(consumer.as_route("/"))
    return app, ws


async def position(client: Connection) -> str | None:
    """Give the position of the next push."""
    found: str | None = json.loads(await client.receive_raw()).get("pos")
    return found


# -- what is kept


@pytest.mark.parametrize(
    ("consumer", "push", "call", "is_kept"),
    [
        (consumer, push, call, expected)
        for consumer, by_class in ((Talk, False), (Logged, True), (LoggedIfSaid, False))
        for push, by_push in (("said", None), ("kept", True), ("passing", False))
        for call in (None, True, False)
        for expected in [call if call is not None else by_push if by_push is not None else by_class]
    ],
)
@pytest.mark.parametrize("where", ["on the instance", "on the class"])
async def test_the_call_goes_before_the_push_and_the_push_before_the_class(
    consumer: type[Talk], push: str, call: bool | None, is_kept: bool, where: str
) -> None:
    """What is kept has a position, on the wire and in the history; what is not has none."""
    app, ws = app_of(consumer)
    async with connect(app, "/") as client:
        if where == "on the class":
            emit = getattr(consumer, push)
            await emit.broadcast(Line(text="hi"), "a", via=ws, save_history=call)
        else:
            emit = getattr(Talk.serving, push)
            await emit.broadcast(Line(text="hi"), "a", save_history=call)
        assert (await position(client) is not None) is is_kept
        assert len(await Talk.serving.history("a")) == is_kept


async def test_what_is_sent_to_one_client_is_not_kept() -> None:
    """It is nobody else's."""
    app, ws = app_of(Logged)
    async with connect(app, "/", user="ann") as client:
        await Talk.serving.said.send(Line(text="1"))
        await Logged.said.send_to("ann", Line(text="2"), via=ws)
        assert [await position(client) for _ in range(2)] == [None, None]
        assert await Talk.serving.history("a") == []


async def test_a_subclass_has_a_history_of_its_own() -> None:
    """It inherits the declaration, and its groups are others."""

    class Louder(Logged): ...

    app, ws = app_of(Louder)
    app.add_ws_route(Logged.as_route("/logged"))
    async with connect(app, "/logged") as quiet, connect(app, "/") as loud:
        await Louder.said.broadcast(Line(text="hi"), "a", via=ws)
        assert await position(loud) is not None
        await quiet.expect_nothing()
        assert [each.event for each in await Talk.serving.history("a")] == ["said"]


# -- bounds


async def test_the_newest_are_kept() -> None:
    class Few(Talk):
        history = History(events=2)

    app, ws = app_of(Few)
    async with connect(app, "/"):
        for text in "1234":
            await Few.said.broadcast(Line(text=text), "a", via=ws)
        assert [each.text for each in await Talk.serving.said.history("a")] == ["3", "4"]


async def test_what_is_kept_has_so_many_bytes_at_most() -> None:
    """One that is larger by itself is not kept, nor is what came before it."""

    class Small(Talk):
        history = History(bytes=100)

    app, ws = app_of(Small)
    async with connect(app, "/") as client:
        for text in ("1", "2" * 30, "3" * 30):
            await Small.said.broadcast(Line(text=text), "a", via=ws)
        assert [each.text[:1] for each in await Talk.serving.said.history("a")] == ["1", "2", "3"]
        await Small.said.broadcast(Line(text="4"), "a", via=ws)
        assert [each.text[:1] for each in await Talk.serving.said.history("a")] == ["2", "3", "4"]
        await Small.said.broadcast(Line(text="5" * 100), "a", via=ws)
        assert await Talk.serving.history("a") == []
        assert [Position.parse(str(await position(client))).offset for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_what_is_kept_is_so_old_at_most() -> None:
    class Brief(Talk):
        history = History(seconds=10)

    clock = Clock()
    app, ws = app_of(Brief, layer=MemoryLayer(clock=clock))
    async with connect(app, "/"):
        for text in "123":
            await Brief.said.broadcast(Line(text=text), "a", via=ws)
            clock.now += 4
        assert [each.text for each in await Talk.serving.said.history("a")] == ["2", "3"]


async def test_without_bounds_of_its_own_those_of_the_application_hold() -> None:
    """On both ways to broadcast."""
    app, ws = app_of(Logged, history_events=2)
    async with connect(app, "/"):
        for text in "123":
            await Talk.serving.said.broadcast(Line(text=text), "a")
        assert [each.text for each in await Talk.serving.said.history("a")] == ["2", "3"]
        for text in "456":
            await Logged.said.broadcast(Line(text=text), "a", via=ws)
        assert [each.text for each in await Talk.serving.said.history("a")] == ["5", "6"]


async def test_the_bounds_of_a_class_hold_for_what_is_kept_by_saying_so() -> None:
    app, ws = app_of(LoggedIfSaid)
    async with connect(app, "/"):
        for text in "12345":
            await LoggedIfSaid.said.broadcast(Line(text=text), "a", via=ws, save_history=text != "4")
        assert [each.text for each in await Talk.serving.said.history("a")] == ["2", "3", "5"]


@pytest.mark.parametrize("bound", ["events", "seconds", "bytes"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_bound_is_greater_than_zero(bound: str, value: int) -> None:
    with pytest.raises(ValueError, match=rf"^History\({bound}=\) must be greater than zero$"):
        History(**{bound: value})  # type: ignore[arg-type]


# -- reading


async def positions(ws: Nexws) -> list[Position]:
    """Broadcast five lines, each second one of another push, and give where they stand."""
    for number in range(1, 6):
        emit = Logged.said if number % 2 else Logged.kept
        await emit.broadcast(Line(text=str(number)), "a", via=ws)
    return [each.position for each in await Talk.serving.history("a")]


@pytest.mark.parametrize(
    ("since", "limit", "found"),
    [
        (None, None, "12345"),
        (None, 2, "45"),
        (None, 9, "12345"),
        (None, 0, ""),
        (2, None, "345"),
        (2, 2, "34"),
        (2, 0, ""),
        (5, None, ""),
        (0, 1, "1"),
    ],
)
async def test_what_is_read_begins_behind_a_position_or_ends_with_the_newest(
    since: int | None, limit: int | None, found: str
) -> None:
    """As text or as an object; typed, of one push alone, the limit counts what is of that push."""
    app, ws = app_of(Logged)
    async with connect(app, "/"):
        stand = await positions(ws)
        after = None if since is None else Position(stand[0].epoch, since)
        for given in (after, None if after is None else str(after)):
            entries = await Talk.serving.history("a", since=given, limit=limit)
            assert "".join(each.payload["data"]["text"] for each in entries) == found
            of_push = [each for each in "12345"[since or 0 :] if int(each) % 2]
            if limit is not None:
                of_push = of_push[:limit] if since is not None else of_push[len(of_push) - min(limit, 3) :]
            lines = await Talk.serving.said.history("a", since=given, limit=limit)
            assert lines == [Line(text=each) for each in of_push]


async def test_an_entry_says_what_was_sent_and_where_it_stands() -> None:
    """Each with a name of its own, the same for all who read it."""
    app, ws = app_of(Logged)
    async with connect(app, "/"):
        stand = await positions(ws)
        entries = await Talk.serving.history("a")
        again = await Talk.serving.history("a")
    assert [each.position.offset for each in entries] == [1, 2, 3, 4, 5]
    assert [each.event for each in entries] == ["said", "kept", "said", "kept", "said"]
    assert entries[0].payload == {"event": "said", "data": {"text": "1"}}
    assert repr(entries[0]) == f"<HistoryEntry 'said' at {stand[0]}>"
    assert len({each.uuid for each in entries}) == 5
    assert [each.uuid for each in entries] == [each.uuid for each in again]
    assert entries[0].created <= entries[4].created
    assert entries[0].created.tzinfo is not None


async def test_a_push_without_data_is_read_as_none() -> None:
    app, ws = app_of(Logged)
    async with connect(app, "/"):
        await Logged.rang.broadcast(None, "a", via=ws)
        await Logged.said.broadcast(Line(text="1"), "a", via=ws)
        assert await Talk.serving.rang.history("a") == [None]
        assert (await Talk.serving.history("a"))[0].payload == {"event": "rang"}


@pytest.mark.parametrize("text", ["", "7", "e:", "e:-1", "e:01", ":1", "a b:1", f"e:{2**53}", "e:1 "])
async def test_what_is_no_position_is_refused(text: str) -> None:
    """By both ways to read, before anything is asked."""
    app, _ = app_of(Logged)
    async with connect(app, "/"):
        with pytest.raises(PositionError) as error:
            await Talk.serving.history("a", since=text)
        assert error.value.text == text
        with pytest.raises(PositionError):
            await Talk.serving.said.history("a", since=text)


async def test_a_group_that_cannot_be_has_no_history() -> None:
    app, _ = app_of(Logged)
    async with connect(app, "/"):
        with pytest.raises(GroupNameError):
            await Talk.serving.history("a b")
        with pytest.raises(GroupNameError):
            await Talk.serving.said.history("a b")
        assert await Talk.serving.history("nobody") == []


async def test_a_broadcast_that_is_tried_again_with_its_key_is_kept_and_sent_once() -> None:
    """On the instance, from anywhere, and by both for one; another group has keys of its own."""
    app, ws = app_of(Logged)
    async with connect(app, "/") as client:
        line = Line(text="1")
        for _ in range(2):
            assert await Talk.serving.said.broadcast(line, "a", idempotency_key="k") == 1
            assert await Logged.said.broadcast(line, "a", via=ws, idempotency_key="k") == 1
        await Logged.said.broadcast(line, "b", via=ws, idempotency_key="k")
        assert await position(client) is not None
        await client.expect_nothing()
        assert len(await Talk.serving.history("a")) == 1
        assert len(await Talk.serving.history("b")) == 1


# -- without events


async def test_a_consumer_without_events_keeps_what_its_class_says() -> None:
    """Its frames are its own: they carry no position, its entries do."""

    class Scores(WebSocketConsumer):
        encoding = "json"
        history = History(events=2)

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            if data == "read":
                entries = await self.history("a")
                stand = [each.position.offset for each in entries]
                since = await self.history("a", since=entries[0].position)
                await websocket.send_json([[each.payload for each in entries], stand, len(since)])
            else:
                await self.broadcast(data, "a", **({} if data != "no" else {"save_history": False}))

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("a")

    app, _ = app_of(Scores)
    async with connect(app, "/") as client:
        for payload in ({"n": 1}, "no", {"n": 2}, {"n": 3}):
            await client.send_raw(json.dumps(payload))
            assert json.loads(await client.receive_raw()) == payload
        await client.send_raw('"read"')
        assert json.loads(await client.receive_raw()) == [[{"n": 2}, {"n": 3}], [2, 3], 1]


# -- positions on the wire


async def test_json_carries_the_position_behind_the_payload() -> None:
    app, ws = app_of(Logged)
    async with connect(app, "/") as client:
        await Logged.said.broadcast(Line(text="1"), "a", via=ws)
        await Logged.rang.broadcast(None, "a", via=ws)
        epoch = (await Talk.serving.history("a"))[0].position.epoch
        assert await client.receive_raw() == f'{{"event":"said","data":{{"text":"1"}},"pos":"{epoch}:1"}}'
        assert await client.receive_raw() == f'{{"event":"rang","pos":"{epoch}:2"}}'


async def test_an_envelope_names_the_position_and_a_flat_one_has_it_too() -> None:
    class Renamed(Logged):
        envelope = Envelope(event="type", data="payload", pos="at")

    class Flat(Logged):
        envelope = Envelope(data=None, pos="$at")

    for consumer, expected in (
        (Renamed, {"type": "said", "payload": {"text": "1"}, "at": ":1"}),
        (Flat, {"event": "said", "text": "1", "$at": ":1"}),
    ):
        app, ws = app_of(consumer)
        async with connect(app, "/") as client:
            await consumer.said.broadcast(Line(text="1"), "a", via=ws)
            frame = json.loads(await client.receive_raw())
            (entry,) = await Talk.serving.history("a")
            key = "at" if consumer is Renamed else "$at"
            assert frame == {**expected, key: str(entry.position)}
            assert await Talk.serving.said.history("a") == [Line(text="1")]


@pytest.mark.parametrize("flat", [False, True], ids=["usual", "flat"])
async def test_msgpack_carries_the_position(flat: bool) -> None:
    class Packed(Logged):
        encoding = "msgpack"
        envelope = Envelope(data=None) if flat else Envelope()

    app, ws = app_of(Packed)
    async with connect(app, "/") as client:
        await Packed.said.broadcast(Line(text="1"), "a", via=ws)
        await Packed.rang.broadcast(None, "a", via=ws)
        stand = [str(each.position) for each in await Talk.serving.history("a")]
        payload = {"text": "1"} if flat else {"data": {"text": "1"}}
        assert msgpack.unpackb(await client.receive_raw()) == {"event": "said", "pos": stand[0], **payload}
        assert msgpack.unpackb(await client.receive_raw()) == {"event": "rang", "pos": stand[1]}
        assert await Talk.serving.said.history("a") == [Line(text="1")]


async def test_a_binary_push_carries_the_position_in_its_header() -> None:
    class Photos(Talk):
        history = History()
        added = emits("added", bytes)

    app, ws = app_of(Photos)
    async with connect(app, "/") as client:
        await Photos.added.broadcast(b"\n\xff", "a", via=ws)
        (entry,) = await Talk.serving.history("a")
        assert (
            await client.receive_raw()
            == f'{{"event":"added","pos":"{entry.position}"}}'.encode() + b"\n\n\xff"
        )
        assert await Talk.serving.added.history("a") == [b"\n\xff"]


async def test_a_history_is_no_push_and_the_class_has_the_declaration() -> None:
    """On the class it is what was written there."""
    assert isinstance(Logged.history, History)
    assert not Talk.history.keep

    class Reading(Logged):
        @on("read")
        async def read(self) -> list[Line]:
            return await self.said.history("a", limit=1)

    app, ws = app_of(Reading)
    async with connect(app, "/") as client:
        for text in "12":
            await Reading.said.broadcast(Line(text=text), "a", via=ws)
        assert await client.call("read") == [{"text": "2"}]
