"""Codecs: msgpack beside JSON, and bytes in both."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import AsyncIterator
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, ConfigDict, Field

from nexws import (
    EncodingError,
    Envelope,
    EnvelopeError,
    EventConsumer,
    EventFailed,
    Limits,
    Nexws,
    PayloadError,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.protocol import Failure
from nexws.testing import Connection, connect

msgpack: Any = importlib.import_module("msgpack")  # it brings no types
SOME_ID = UUID("7d0f3a8c-6b0e-4c39-9a3b-6f3a3d3f4a11")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class Sample(BaseModel):
    """What JSON has no types for, and takes no other."""

    model_config = ConfigDict(strict=True)
    id: UUID
    at: datetime
    price: Decimal
    blob: bytes = b""
    days: set[date] = set()


class Inner(BaseModel):
    model_config = ConfigDict(strict=True)
    samples: list[Sample]


class Packed(EventConsumer):
    encoding = "msgpack"
    sampled = emits("sampled", Sample)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("default")

    @on("echo", schema=Sample, reply=Sample)
    async def echo(self, data: Sample) -> Sample:
        return data

    @on("nested", schema=Inner, reply=int)
    async def nested(self, data: Inner) -> int:
        return len(data.samples)

    @on("share", schema=Sample, reply=int)
    async def share(self, data: Sample) -> int:
        return await self.sampled.broadcast(data, save_history=True)

    @on("kept")
    async def kept(self) -> Any:
        return (await self.history())[0].payload

    @on("huge", reply=int)
    async def huge(self) -> int:
        return 2**70

    @on("numbers.*")
    async def numbers(self, data: int) -> AsyncIterator[int]:
        for n in range(data):
            yield n

    @on("raw")
    async def raw(self, data: bytes) -> bytes:
        return data[::-1]


class Negotiated(Packed):
    encoding = "json"
    subprotocols = ["nexws.msgpack", "nexws.json"]


def serve(consumer: type[WebSocketConsumer], **settings: Any) -> NexiosApp:
    app = NexiosApp()
    if settings:
        Nexws(app, limits=Limits(**settings))
    app.add_ws_route(consumer.as_route("/"))
    return app


def sample(**changes: Any) -> dict[str, Any]:
    return {"id": str(SOME_ID), "at": "2026-01-02T03:04:05Z", "price": "1.50", **changes}


async def say(client: Connection, frame: Any) -> Any:
    await client.send_raw(msgpack.packb(frame, datetime=True))
    answer = await client.receive_raw()
    assert isinstance(answer, bytes)
    return msgpack.unpackb(answer)


# -- msgpack


async def test_frames_are_those_of_json_in_msgpack() -> None:
    async with connect(serve(Packed), "/") as client:
        answer = await say(
            client, {"event": "echo", "ref": 1, "data": sample(blob=b"\xff", days=["2026-01-01"])}
        )
        data = {
            "id": str(SOME_ID),
            "at": "2026-01-02T03:04:05Z",
            "price": "1.50",
            "blob": b"\xff",
            "days": ["2026-01-01"],
        }
        assert answer == {"event": "echo", "ref": 1, "status": "ok", "data": data}


async def test_a_time_may_be_a_timestamp() -> None:
    async with connect(serve(Packed), "/") as client:
        answer = await say(client, {"event": "echo", "ref": 1, "data": sample(at=NOW)})
        assert answer["data"]["at"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"id": 5}, [(["id"], "uuid_type")]),
        ({"at": 5}, [(["at"], "datetime_type")]),
        ({"blob": "text"}, [(["blob"], "bytes_type")]),
        ({"price": b"1"}, [(["price"], "is_instance_of")]),
        ({"days": "2026-01-01"}, [(["days"], "set_type")]),
        ({"days": [1]}, [(["days", 0], "date_type")]),
    ],
)
@pytest.mark.outside_contract("to JSON, in whose words schemas speak, bytes are text", "blob|price")
async def test_strict_models_are_strict_and_places_are_told(changes: dict[str, Any], details: Any) -> None:
    async with connect(serve(Packed), "/") as client:
        answer = await say(client, {"event": "echo", "ref": 1, "data": sample(**changes)})
        assert answer["error"]["code"] == "invalid_payload"
        assert [(each["loc"], each["type"]) for each in answer["error"]["details"]] == details
        nested = await say(
            client, {"event": "nested", "ref": 2, "data": {"samples": [sample(), sample(**changes)]}}
        )
        assert [each["loc"][:2] for each in nested["error"]["details"]] == [["samples", 1]]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "bad_frame"),
        (b"\xc1", "bad_frame"),
        (b"\x93\x01\x02", "bad_frame"),
        (msgpack.packb([1]), "bad_frame"),
        (msgpack.packb(1), "bad_frame"),
        (b"\x81\x91\x01\x01", "bad_frame"),
        (b"\x81" * 600 + b"\x01", "bad_frame"),
        (msgpack.packb({"event": "echo", "data": json.loads("[" * 65 + "]" * 65)}), "bad_frame"),
        ("text", "bad_frame"),
        (msgpack.packb({"data": 1}), "bad_envelope"),
        (msgpack.packb({"event": 5}), "bad_envelope"),
        (msgpack.packb({"event": "kept", "more": 1}), "bad_envelope"),
        (msgpack.packb({"event": "kept", "ref": 1.5}), "bad_envelope"),
        (msgpack.packb({1: 2, "event": "kept"}), "bad_envelope"),
        (msgpack.packb({"event": "nope"}), "unknown_event"),
        (msgpack.packb({"event": "raw", "data": bytes(2000)}), "too_large"),
    ],
)
async def test_a_wrong_frame_is_answered_and_the_connection_goes_on(frame: str | bytes, code: str) -> None:
    async with connect(serve(Packed, frame_bytes=1000), "/") as client:
        await client.send_raw(frame)
        assert (await client.expect_failure(code)).code == code
        assert await client.call("raw", b"ab") == b"ba"


@settings(max_examples=300, deadline=None, derandomize="CI" in os.environ)
@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.text(max_size=5)
        | st.binary(max_size=5),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(["event", "data", "ref", "meta", "echo"]) | st.integers(0, 3),
                each,
                max_size=4,
            )
        ),
    ).map(msgpack.packb)
)
def test_whatever_comes_is_read_or_refused(frame: bytes) -> None:
    """And nothing is raised."""
    read = Packed.codec_of(None).bounded(frame_bytes=4096, depth=64).read(frame)
    assert isinstance(read, (dict, Failure))


async def test_what_has_no_msgpack_is_not_sent() -> None:
    async with connect(serve(Packed), "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("huge")
        assert failed.value.code == "internal"


async def test_families_and_streams_speak_it_too() -> None:
    async with connect(serve(Packed), "/") as client:
        assert [n async for n in client.stream("numbers.all", 3)] == [0, 1, 2]


# -- negotiation


@pytest.mark.parametrize(
    ("offered", "chosen", "kind"),
    [
        ((), None, str),
        (("nexws.json",), "nexws.json", str),
        (("nexws.msgpack",), "nexws.msgpack", bytes),
        (("nexws.json", "nexws.msgpack"), "nexws.msgpack", bytes),
        (("other", "nexws.json"), "nexws.json", str),
        (("other",), None, str),
    ],
)
async def test_a_client_chooses_the_encoding_by_subprotocol(
    offered: tuple[str, ...], chosen: str | None, kind: type
) -> None:
    """The best that both know, in the consumer's order; without any, the consumer's own."""
    async with connect(serve(Negotiated), "/", subprotocols=offered) as client:
        assert client.subprotocol == chosen
        await client.send("numbers.x", 1, 1)
        assert type(await client.receive_raw()) is kind


async def test_a_group_may_speak_both() -> None:
    """Each member in its own, the push written once for each."""
    async with (
        connect(serve_both(), "/", subprotocols=["nexws.msgpack"]) as ann,
        connect(serve_both(), "/") as bob,
    ):
        assert await ann.call("share", Sample(id=SOME_ID, at=NOW, price=Decimal(1))) == 2
        for client in (ann, bob):
            assert await client.expect(Negotiated.sampled) == Sample(id=SOME_ID, at=NOW, price=Decimal(1))
        kept = await bob.call("kept")
        assert (kept["event"], kept["data"]["id"]) == ("sampled", str(SOME_ID))


_BOTH: list[NexiosApp] = []


def serve_both() -> NexiosApp:
    if not _BOTH:
        _BOTH.append(serve(Negotiated))
    return _BOTH[0]


async def test_the_history_of_a_packed_consumer_is_read_too() -> None:
    async with connect(serve(Packed), "/") as client:
        await client.call("share", sample())
        await client.expect(Packed.sampled)
        assert (await client.call("kept"))["data"]["price"] == "1.50"


async def test_a_consumer_without_events_negotiates_too() -> None:
    class Plain(WebSocketConsumer):
        encoding = "text"
        subprotocols = ["v2.chat", "v1.chat"]

        async def on_receive(self, websocket: WebSocket, data: str) -> None:
            await websocket.send_text(str(self.subprotocol))

    async with connect(serve(Plain), "/", subprotocols=["v1.chat", "v2.chat"]) as client:
        assert client.subprotocol == "v2.chat"
        await client.send_raw("which?")
        assert await client.receive_raw() == "v2.chat"


async def test_what_on_connect_chooses_counts() -> None:
    class Own(Negotiated):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept(subprotocol="nexws.json")

    async with connect(serve(Own), "/", subprotocols=["nexws.msgpack", "nexws.json"]) as client:
        assert client.subprotocol == "nexws.json"
        await client.send("numbers.x", 1, 1)
        assert isinstance(await client.receive_raw(), str)


# -- bytes among JSON


class Audio(EventConsumer):
    chunk = emits("audio.chunk", bytes)

    @on("audio.echo", schema=bytes, reply=bytes)
    async def echo(self, data: bytes) -> bytes:
        return data

    @on("audio.short", schema=Annotated[bytes, Field(max_length=3)], reply=int)
    async def short(self, data: bytes) -> int:
        await self.chunk.send(data)
        return len(data)

    @on("audio.parts")
    async def parts(self, data: bytes) -> AsyncIterator[bytes]:
        for byte in data:
            yield bytes([byte])

    @on("audio.raw.*")
    async def family(self, data: bytes) -> str:
        return data.hex()

    @on("text")
    async def text(self, data: str) -> str:
        return data


async def test_bytes_stand_behind_a_json_header() -> None:
    """A line feed between: JSON has none on one line."""
    async with connect(serve(Audio), "/") as client:
        await client.send_raw(b'{"event":"audio.echo","ref":1}\n\x00\n\xff')
        assert await client.receive_raw() == b'{"event":"audio.echo","ref":1,"status":"ok"}\n\x00\n\xff'


@pytest.mark.outside_contract("schemas describe the header, not the bytes behind it", r"audio\.short.*\nabcd")
async def test_bytes_are_validated_pushed_streamed_and_served_by_family() -> None:
    async with connect(serve(Audio), "/") as client:
        assert await client.call("audio.short", b"abc") == 3
        assert await client.expect(Audio.chunk) == b"abc"
        assert [part async for part in client.stream("audio.parts", b"ab")] == [b"a", b"b"]
        assert await client.call("audio.raw.x", b"\xff") == "ff"
        assert await client.call("audio.echo", b"") == b""
        with pytest.raises(EventFailed) as failed:
            await client.call("audio.short", b"abcd")
        assert failed.value.code == "invalid_payload"
        assert failed.value.details[0]["type"] == "bytes_too_long"


@pytest.mark.parametrize(
    ("frame", "code", "text"),
    [
        (b"", "bad_frame", "a JSON header"),
        (b"no header", "bad_frame", "a JSON header"),
        (b"no header\n", "bad_frame", "a JSON header"),
        (b'{"event":"audio.echo"}', "bad_frame", "a JSON header"),
        (b'\xff{"event":"audio.echo"}\n', "bad_frame", "a JSON header"),
        (b"[1]\n", "bad_frame", "a JSON header"),
        (b'{"event":"audio.echo","data":1}\nx', "bad_envelope", "a JSON header without data"),
        (b'{"event":"audio.echo","data":null}\nx', "bad_envelope", "a JSON header without data"),
        (b'{"event":"audio.echo","more":1}\nx', "bad_envelope", "a JSON header"),
        (b'{"event":"audio.echo","ref":1,"ref":2}\nx', "bad_envelope", "twice"),
        (b'{"ref":1}\nx', "bad_envelope", "names no event"),
        (b'{"event":"nope"}\nx', "unknown_event", "no handler"),
        (b'{"event":"text"}\nx', "bad_frame", "spoken in text frames"),
        ('{"event":"audio.echo","data":"text"}', "bad_frame", "is binary: a binary frame is"),
        (b'{"event":"audio.echo"}\n' + bytes(1000), "too_large", "Limits.frame_bytes"),
    ],
)
async def test_a_wrong_binary_frame_is_answered_and_the_connection_goes_on(
    frame: str | bytes, code: str, text: str
) -> None:
    async with connect(serve(Audio, frame_bytes=1000), "/") as client:
        await client.send_raw(frame)
        assert text in (await client.expect_failure(code)).message
        assert await client.call("text", "hi") == "hi"


@settings(deadline=None, derandomize="CI" in os.environ)
@given(st.binary(max_size=100), st.text(max_size=10) | st.integers(-9, 9))
def test_any_bytes_come_through(data: bytes, ref: str | int) -> None:
    for consumer in (Audio, Packed):
        codec = consumer.codec_of(None)
        frame = codec.compose(
            {"event": "audio.echo" if consumer is Audio else "raw", "ref": ref, "data": data}
        )
        read = codec.read(frame)
        assert isinstance(read, dict)
        assert (read.get("data"), read.get("ref")) == (data, ref)


async def test_a_flat_consumer_may_have_binary_events() -> None:
    class Flat(EventConsumer):
        envelope = Envelope(event="type", data=None)

        @on("up", reply=bytes)
        async def up(self, data: bytes) -> bytes:
            return data * 2

    async with connect(serve(Flat), "/") as client:
        await client.send_raw(b'{"type":"up","ref":1}\nab')
        assert await client.receive_raw() == b'{"type":"up","ref":1,"status":"ok"}\nabab'


def test_in_msgpack_bytes_cannot_lie_flat() -> None:
    with pytest.raises(EnvelopeError, match="is no model"):

        class Flat(EventConsumer):
            encoding = "msgpack"
            envelope = Envelope(event="type", data=None)

            @on("up")
            async def up(self, data: bytes) -> None: ...


async def test_bytes_that_do_not_fit_are_not_sent() -> None:
    class Short(EventConsumer):
        chunk = emits("chunk", Annotated[bytes, Field(max_length=1)])

        @on("go")
        async def go(self) -> None:
            with pytest.raises(PayloadError):
                await self.chunk.send(b"ab")

    async with connect(serve(Short), "/") as client:
        await client.call("go")
        await client.expect_nothing()


def test_an_encoding_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setitem(__import__("sys").modules, "nexws.events.msgpack_codec", None)
    with pytest.raises(EncodingError, match=r'pip install "nexws\[msgpack\]"'):

        class Wrong(EventConsumer):
            encoding = "msgpack"
