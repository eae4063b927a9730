"""Each encoding, on every server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import to_json

from tests.servers.clients import closed, connect, receive, receive_json
from tests.servers.harness import Server, eventually

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quiet")]

TEXT = "grüße 🙂"
BYTES = b"\x00\xff\xfe"


@pytest.mark.parametrize(
    ("encoding", "frame"),
    [("text", TEXT), ("text", ""), ("bytes", BYTES), ("bytes", b""), ("any", TEXT), ("any", BYTES)],
)
async def test_a_frame_comes_to_everyone_as_it_was_sent(
    server: Server, encoding: str, frame: str | bytes
) -> None:
    """Text stays text and bytes stay bytes, on the way in and on the way out."""
    path = f"/echo/{encoding}"
    async with connect(server, path) as sender, connect(server, path) as other:
        await sender.send(frame)
        assert [await receive(sender), await receive(other)] == [frame, frame]


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_json_is_read_from_either_frame_and_written_as_text(server: Server, binary: bool) -> None:
    """Nexios' clients may send JSON either way."""
    payload: Any = {"text": TEXT, "list": [1, 2.5, None, True]}
    async with connect(server, "/echo/json") as sender, connect(server, "/echo/json") as other:
        await sender.send(to_json(payload), text=not binary)
        for client in (sender, other):
            frame = await receive(client)
            assert isinstance(frame, str)
        await sender.send(to_json(payload))
        assert [await receive_json(sender), await receive_json(other)] == [payload, payload]


@pytest.mark.parametrize(
    ("encoding", "frame", "code"),
    [
        ("text", BYTES, 1003),
        ("bytes", TEXT, 1003),
        ("json", "{", 1003),
        ("json", "NaN", 1003),
        ("json", b'"\xff"', 1007),
        ("any", "x" * 70_000, 1009),
    ],
)
async def test_a_wrong_frame_closes_once_with_its_code(
    server: Server, name: str, encoding: str, frame: str | bytes, code: int
) -> None:
    """The client and ``on_disconnect`` are told the same; the neighbours notice nothing."""
    path = f"/echo/{encoding}"
    async with connect(server, path) as neighbour:
        async with connect(server, path, name) as client:
            await client.send(frame)
            assert (await closed(client))[0] == code
        assert await eventually(lambda: server.codes(name), bool) == [code]
        right = BYTES if encoding == "bytes" else "1"
        await neighbour.send(right)
        assert await receive(neighbour) == right
