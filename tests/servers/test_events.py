"""Typed events, on every server."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.servers.clients import call, connect, receive, receive_json, send_json
from tests.servers.harness import Server, eventually

msgpack: Any = importlib.import_module("msgpack")  # it brings no types
pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quiet")]


async def test_a_call_is_answered_and_its_push_reaches_the_others(server: Server, name: str) -> None:
    """One event in; a reply to its sender and a push to its neighbour come out."""
    async with connect(server, "/typed", name) as caller, connect(server, "/typed") as neighbour:
        reply = await call(caller, {"event": "chat.say", "data": {"text": "hello"}, "ref": "7"})
        assert reply == {"event": "chat.say", "ref": "7", "status": "ok", "data": {"reached": 1}}
        pushed = await receive_json(neighbour)
        assert pushed == {"event": "chat.said", "data": {"text": "hello", "by": name}}
    assert await eventually(lambda: server.codes(name), bool) == [1000]


WRONG: list[tuple[str | bytes, str]] = [
    (b"{}", "bad_frame"),
    (b"no header\n", "bad_frame"),
    ("{", "bad_frame"),
    ("[" * 100 + "]" * 100, "bad_frame"),
    ('{"event": "chat.say", "data": {"text": "hi"}, "refs": 1}', "bad_envelope"),
    ('{"data": {}}', "bad_envelope"),
    ('{"event": "chat.shout", "data": {}}', "unknown_event"),
    ('{"event": "chat.say", "data": {"text": ""}}', "invalid_payload"),
    ('{"event": "chat.say"}', "invalid_payload"),
    ('{"event": "chat.refuse"}', "not_now"),
]


async def test_each_wrong_frame_is_answered_with_its_code_and_the_connection_goes_on(server: Server) -> None:
    """Its sender alone is told, and may try again."""
    async with connect(server, "/typed") as client, connect(server, "/typed") as neighbour:
        for frame, code in WRONG:
            await client.send(frame)
            answer: Any = await receive_json(client)
            assert (answer["status"], answer["error"]["code"]) == ("error", code), frame

        await send_json(client, {"event": "chat.say", "data": {"text": "at last"}})
        first = await receive_json(neighbour)
        assert first == {"event": "chat.said", "data": {"text": "at last", "by": "nobody"}}


async def test_bytes_go_through_in_binary_frames(server: Server) -> None:
    """Beside text on the same connection, whatever the bytes are."""
    async with connect(server, "/typed") as client:
        await client.send(b'{"event":"chat.reverse","ref":1}\n\x00\n\xff')
        assert await receive(client) == b'{"event":"chat.reverse","ref":1,"status":"ok"}\n\xff\n\x00'


async def test_a_client_that_asks_for_msgpack_shares_a_group_with_one_that_does_not(server: Server) -> None:
    """Each hears the same in its own encoding."""
    async with (
        connect(server, "/typed", "ann", subprotocol="nexws.msgpack") as ann,
        connect(server, "/typed") as bob,
    ):
        assert ann.subprotocol == "nexws.msgpack"
        await ann.send(msgpack.packb({"event": "chat.say", "data": {"text": "hi"}, "ref": 1}))
        answer = msgpack.unpackb(await receive(ann))
        assert answer == {"event": "chat.say", "ref": 1, "status": "ok", "data": {"reached": 1}}
        assert await receive_json(bob) == {"event": "chat.said", "data": {"text": "hi", "by": "ann"}}
        await send_json(bob, {"event": "chat.say", "data": {"text": "ho"}})
        pushed = msgpack.unpackb(await receive(ann))
        assert pushed == {"event": "chat.said", "data": {"text": "ho", "by": "nobody"}}
