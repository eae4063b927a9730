"""The contract is closed: what crosses the wire is in the document, and what is not in it is not served.

What is said here is judged by the fixture ``recordings``, as in all tests.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgpack  # type: ignore[import-untyped] # it brings no types
import pytest

from nexws.testing import Connection, connect
from tests.asyncapi.applications import application, documented
from tests.asyncapi.torture import EVERYTHING
from tests.recording import Recording

# -- the torture

Frame = dict[str, Any]


def say(event: str, *data: Any, **more: Any) -> Frame:
    return {"event": event, **({"data": data[0]} if data else {}), **more}


RESERVED = [
    say("nexws.ping"),
    say("nexws.ping", meta={"key": "1"}),
    say("nexws.ping", 1),
    say("nexws.ping", more=1),
    say("nexws.pong"),
    say("nexws.presence", {"group": "a"}),
    say("nexws.resume", {"groups": {}}),
    say("nexws.resume", {"groups": {"room": None, "a:b": "e:1", "c": "e:9999999999999999"}}),
    say("nexws.resume", {"groups": {"room": "nowhere"}}),
    say("nexws.resume", {"groups": {"no name": None}}),
    say("nexws.resume", {"groups": {"room": 1}}),
    say("nexws.resume", {"groups": {str(number): None for number in range(1025)}}),
    say("nexws.resume", {"groups": {}, "more": 1}),
    say("nexws.resume", {}),
    say("nexws.resume"),
]
"""What the protocol serves itself, right and wrong, and what it only sends."""

BLOB = b'{"event": "echo.bytes", "ref": "b"}\n\x00\n\xff'

TORTURE: list[Frame | str | bytes] = [
    # served
    say("ping"),
    say("ping", None),
    say("ping", ref="x" * 128, meta={"key": "1", "traceparent": "00-1"}),
    say("everything", EVERYTHING),
    say("everything", {**EVERYTHING, "price": 2, "small": "abc"}),
    say("either", {"text": "a"}),
    say("either", {"x": 1}),
    say("pet", {"kind": "cat"}),
    say("pet", {"kind": "dog", "colour": "red"}),
    say("tree", {"name": "a", "below": [{"name": "b", "below": [{"name": "c"}]}]}),
    say("page", {"items": [{"text": "abc"}], "next": 2}),
    say("scalars", [1, 2.5]),
    say("scalars", []),
    say("scalar", 1),
    say("scalar", 1),
    say("scalar", 1),
    say("moment", "2030-01-01T10:00:00+02:00"),
    say("chunks", 2),
    say("count", 2),
    say("count", 5),
    say("secret", None),
    say("chat.x", "a"),
    say("chat.private.x.y", 1),
    say("chat.private.", "the family of all"),
    say("chat.example", {"text": "a"}),
    say("a-b:c", True),
    say("slow"),
    say("tell"),
    say("ping.ok"),
    say("unknown"),
    say("told.push"),
    say("a:b"),
    say("a_b"),
    say("shop.buy", {"text": "open"}),
    say("shop.buy", {"text": "shut"}),
    *(say("fail", each) for each in ("full", "empty", "shut", "forbidden", "loose", "own", "internal")),
    BLOB,
    # wrong
    BLOB + b"12345678",
    b'{"event": "echo.bytes", "ref": "b", "data": 1}\n\x00',
    b'{"event": "echo.bytes", "ref": "b", "data": null}\n\x00',
    b'{"event": "ping", "ref": "b"}\n\x00',
    b'{"event": "nobody", "ref": "b"}\n\x00',
    b'{"event": "nexws.ping", "ref": "b"}\n\x00',
    b"\x00",
    b"[]\n",
    say("echo.bytes"),
    say("echo.bytes", "text"),
    say("ping", 1),
    say("ping", ref="x" * 129),
    say("ping", ref=None),
    say("ping", ref=2**60),
    say("ping", ref=True),
    say("ping", meta={"other": 1}),
    say("ping", meta={"key": ""}),
    say("ping", more=1),
    say("ping", status="ok"),
    say("everything"),
    say("everything", {**EVERYTHING, "extra": 1}),
    say("everything", {**EVERYTHING, "pair": [1]}),
    say("everything", {**EVERYTHING, "small": "abcd"}),
    say("everything", {}),
    say("either", {}),
    say("pet", {"kind": "cow"}),
    say("pet", {"kind": "cat", "lives": 10}),
    say("pet", {"lives": 1}),
    say("tree", {"name": "a", "below": [{}]}),
    say("page", {"items": [{"text": ""}]}),
    say("scalars", ["x"]),
    say("scalars", {}),
    say("scalar", -1),
    say("count", 101),
    say("count"),
    say("secret"),
    say("chat.x", 1),
    say("chat.private.x", "a"),
    say("chat.example", "the family's"),
    say("chat.", "a"),
    say("chat", "a"),
    say("a-b:", True),
    say("nobody"),
    say("nobody", {"any": "data"}),
    say("nobody", more=1),
    say("nexws.nobody"),
    say("nexws."),
    say("nexws.error"),
    say("nexws.cancel", 1),
    say("nexws.cancel", meta={}),
    *RESERVED,
    say("no name"),
    say("x" * 129),
    say(""),
    {"data": 1},
    {"event": 1},
    {},
    # no frames at all
    "hello",
    "[]",
    '{"event": "ping", "ref": 1, "ref": 2}',
    '{"event": "nobody", "ref": 1, "ref": 2}',
    '{"event": "nobody", "data": NaN, "ref": 1}',
    '{"event": "nexws.cancel", "ref": NaN}',
    '{"event": "scalars", "data": [NaN], "ref": 1}',
    '{"event": "tree", "ref": 1, "data": ' + "[" * 80 + "]" * 80 + "}",
    '{"event": "ping", "ref": "' + "x" * 70_000 + '"}',
]

FLAT = [
    {"type": "say", "text": "a"},
    {"type": "say", "text": "a", "more": 1},
    {"type": "strict", **EVERYTHING},
    {"type": "options", "size": 1},
    {"type": "options", "size": 1, "colour": "red", "other": 1},
    {"type": "open"},
    {"type": "open", "any": [1]},
    {"type": "nothing"},
    {"type": "flow", "text": "a"},
    {"type": "nobody", "any": 1},
    {"type": "say"},
    {"type": "say", "text": ""},
    {"type": "say", "text": "a", "about": {"x": 1}},
    {"type": "strict", **EVERYTHING, "extra": 1},
    {"type": "options"},
    {"type": "nothing", "any": 1},
    {"type": "nexws.cancel", "any": 1},
    {"type": "nexws.nobody"},
    {"type": "nexws.ping"},
    {"type": "nexws.ping", "any": 1},
    {"type": "nexws.resume", "groups": {"room": None}},
    {"type": "nexws.resume"},
    {"type": "nexws.pong"},
    {"text": "a"},
]
RENAMED = [
    {"action": "move", "payload": {"x": 1}},
    {"action": "move", "payload": {"x": -1}},
    {"action": "move", "payload": {}},
    {"action": "move", "data": {"x": 1}},
    {"action": "jump"},
    {"action": "nexws.ping"},
    {"action": "nexws.resume", "payload": {"groups": {"board": "e:1"}}},
    {"action": "nexws.resume", "data": {"groups": {}}},
    {"event": "move"},
]
REST = [
    say("a", 2),
    say("none", 2),
    say("known"),
    say("a", "x"),
    say("a"),
    say("known", 1),
    say("nexws.a", 1),
    say("nexws."),
    say("nexws.error"),
    say("nexws.cancel"),
    say("nexws.cancel", 1),
    '{"event": "nexws.cancel", "ref": NaN}',
    *RESERVED,
]
ANYTHING = [say("a"), say("b", {"any": 1}), say("c", None), say("where", 1), say("where"), say("a", more=1)]
PACKED = [
    *RESERVED,
    say("echo", b"\x00\xff"),
    say("model", EVERYTHING),
    say("model", {**EVERYTHING, "many": {}}),
    say("chunks"),
    say("echo"),
    say("echo", 1),
    say("model", {}),
    say("chunks", b""),
    say("nobody"),
    b"\xc1",
    "text",
    say("echo", b"", more=1),
]
NEGOTIATING = [*RESERVED, say("echo", EVERYTHING), say("echo", {}), say("nobody")]

CASES: list[tuple[str, list[Any], tuple[str, ...]]] = [
    ("/torture", TORTURE, ()),
    ("/flat", FLAT, ()),
    ("/renamed", RENAMED, ()),
    ("/rest", REST, ()),
    ("/anything/tea/7", ANYTHING, ()),
    ("/packed", PACKED, ()),
    ("/negotiating", NEGOTIATING, ("nexws.msgpack",)),
    ("/negotiating", NEGOTIATING, ("nexws.json",)),
    ("/asking?share=0.5&with=red&with=blue", [say("what"), say("what", 1)], ("asking.v1",)),
    ("/twin", [say("ping", {"length": 1}), say("ping", {"text": "a"})], ()),
    ("/mounted/twin", [say("ping", {"length": 1})], ()),
    ("/group/silent", [say("ping")], ()),
    ("/silent/again", [say("nexws.cancel")], ()),
]


def written(frame: Any, number: int, ref_key: str, event_key: str, *, is_packed: bool) -> str | bytes:
    """Write a frame, with a ref of its own unless it says otherwise."""
    if isinstance(frame, (str, bytes)):
        return frame
    parts = frame if ref_key in frame or event_key not in frame else {**frame, ref_key: number}
    packed: bytes = msgpack.packb(parts) or b""
    return packed if is_packed else json.dumps(parts)


UNANSWERED = [say("nexws.cancel")]


async def last_word(client: Connection) -> None:
    """Await the end of an answer."""
    status = None
    while status not in {"ok", "done", "error"}:
        status = client._codec.parts(await client.receive_raw()).get("status")


def channel_of(path: str) -> Any:
    """Find the channel at a path."""
    (channel,) = (
        each
        for each in documented("torture")["channels"].values()
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each["address"]), path.partition("?")[0])
    )
    return channel


def sent(recording: Recording) -> list[tuple[Frame, bool]]:
    """List what the server sent, and whether it stands behind a header."""
    frames: list[tuple[Frame, bool]] = []
    for side, raw in recording.said:
        if side == "<" and recording.is_packed and isinstance(raw, bytes):
            frames.append((msgpack.unpackb(raw), False))
        elif side == "<":
            header = raw if isinstance(raw, str) else raw.partition(b"\n")[0]
            frames.append((json.loads(header), isinstance(raw, bytes)))
    return frames


@pytest.mark.outside_contract("schemas describe the header, not the bytes behind it", "12345678$")
@pytest.mark.outside_contract("a handler of any name may call it unknown", '"none", "data": 2')
@pytest.mark.parametrize(
    ("path", "frames", "subprotocols"), CASES, ids=lambda each: each if isinstance(each, str) else ""
)
async def test_everything_that_is_said_is_in_the_document(
    path: str, frames: list[Any], subprotocols: tuple[str, ...], recordings: list[Recording]
) -> None:
    """Whatever a client sends, right and wrong, and whatever comes back."""
    headers = {"X-Device-Id": EVERYTHING["id"], "cookie": "session=abc"}
    async with connect(application("torture"), path, headers=headers, subprotocols=subprotocols) as client:
        channel = channel_of(path)
        keys = channel["x-nexws-envelope"]
        is_packed = channel["x-nexws-encoding"] == "msgpack" or subprotocols == ("nexws.msgpack",)
        for number, frame in enumerate(frames, 1):
            await client.send_raw(written(frame, number, keys["ref"], keys["event"], is_packed=is_packed))
            if frame not in UNANSWERED:
                await last_word(client)
    (recording,) = recordings
    assert len([side for side, _ in recording.said if side == ">"]) == len(frames)


async def told(client: Connection, event: str) -> Frame:
    """Await what is sent under a name."""
    while True:
        frame: Frame = client._codec.parts(await client.receive_raw())
        if frame["event"] == event:
            return frame


async def test_what_is_missed_and_resumed_is_in_the_document(recordings: list[Recording]) -> None:
    """Pushes have their positions, and come again; who is there is told; heartbeats are answered."""
    app = application("torture")
    async with connect(app, "/kept") as stays:
        await stays.send_raw(json.dumps(say("enter", {"name": "Ann"}, ref=1)))
        async with connect(app, "/kept") as goes:
            await goes.send_raw(json.dumps(say("enter", {"name": "Bob"}, ref=1)))
            await goes.send_raw(json.dumps(say("post", {"text": "first"}, ref=2)))
            position = (await told(goes, "picture"))["pos"]
        while not (await told(stays, "nexws.presence"))["data"]["left"]:
            pass
        await stays.send_raw(json.dumps(say("post", {"text": "second"}, ref=2)))
        async with connect(app, "/kept") as back:
            await back.send_raw(json.dumps(say("enter", {"name": "Bob"}, ref=1)))
            await told(back, "enter")
            await back.send_raw(json.dumps(say("nexws.resume", {"groups": {"room": position}}, ref=2)))
            answer = await told(back, "nexws.resume")
            for ping in (say("nexws.ping"), say("nexws.ping", ref="x")):
                await back.send_raw(json.dumps(ping))
                await told(back, "nexws.ping" if "ref" in ping else "nexws.pong")
            await back.send_raw(json.dumps(say("leave", ref=3)))
            await told(back, "leave")
    assert answer["data"]["groups"]["room"]["recovered"]
    (of_back,) = (each for each in recordings if any("nexws.resume" in str(raw) for _, raw in each.said))
    events = [frame["event"] for frame, _ in sent(of_back)]
    assert events[events.index("enter") + 1 : events.index("nexws.resume")] == [
        "passing",
        "posted",
        "picture",
        "passing",
    ]
    everything = [each for recording in recordings for each in sent(recording)]
    assert {(frame["event"], is_binary) for frame, is_binary in everything if "pos" in frame} == {
        ("posted", False),
        ("picture", True),
        ("passing", False),
    }


@pytest.mark.parametrize(
    ("path", "frame", "pos"),
    [
        ("/flat", {"type": "say", "text": "a"}, "pos"),
        ("/renamed", {"action": "move", "payload": {"x": 1}}, "at"),
        ("/packed", say("echo", b""), "pos"),
    ],
)
async def test_positions_stand_under_the_envelopes_key(
    path: str, frame: Frame, pos: str, recordings: list[Recording]
) -> None:
    channel = channel_of(path)
    keys, is_packed = channel["x-nexws-envelope"], channel["x-nexws-encoding"] == "msgpack"
    async with connect(application("torture"), path) as client:
        await client.send_raw(written(frame, 1, keys["ref"], keys["event"], is_packed=is_packed))
        await last_word(client)
    assert keys["pos"] == pos
    assert [frame[pos] for frame, _ in sent(recordings[0]) if pos in frame]
