"""Consumers without events close where others answer."""

from __future__ import annotations

from typing import Any

import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from nexws.testing import connect
from tests.bad_input.sink import (
    KIB_64,
    check_quiet,
    padded,
    positions,
)


def plain_app(encoding: str | None, closes: list[int]) -> NexiosApp:
    """Serve an echo, and write down with which codes its connections end."""

    class Plain(WebSocketConsumer):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await self.channel._send(data)

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            closes.append(close_code)

    app = NexiosApp()
    served: Any = type("Served", (Plain,), {"encoding": encoding})
    app.add_ws_route(served.as_route("/ws"))
    return app


CLOSED: dict[str, tuple[str | None, str | bytes, int]] = {
    "empty": ("json", "", 1003),
    "empty, binary": ("json", b"", 1003),
    "white space": ("json", " ", 1003),
    "cut short": ("json", '{"a":', 1003),
    "cut short, binary": ("json", b'{"a":', 1003),
    "trailing garbage": ("json", "{}x", 1003),
    "byte order mark": ("json", "\ufeff{}", 1003),
    "byte order mark, binary": ("json", b"\xef\xbb\xbf{}", 1003),
    "NaN": ("json", '{"a":NaN}', 1003),
    "Infinity": ("json", "[-Infinity]", 1003),
    "5000 digits": ("json", "9" * 5000, 1003),
    "a lone surrogate in escapes": ("json", '"\\ud800"', 1003),
    "65 levels": ("json", "[" * 65 + "]" * 65, 1003),
    "65 levels, binary": ("json", b"[" * 65 + b"]" * 65, 1003),
    "900 levels": ("json", "[" * 900 + "]" * 900, 1003),
    "as many levels as fit": ("json", "[" * 32_000 + "]" * 32_000, 1003),
    "not UTF-8": ("json", b"\xff", 1007),
    "not UTF-8 in a string": ("json", b'{"a":"\xc3("}', 1007),
    "UTF-8 cut short": ("json", '"ü"'.encode()[:2], 1007),
    "a surrogate in UTF-8": ("json", b'"\xed\xa0\x80"', 1007),
    "a lone surrogate as it is": ("json", '"\ud800"', 1007),
    "a byte too many": ("json", padded("{}", KIB_64 + 1), 1009),
    "a byte too many, binary": ("json", padded("{}", KIB_64 + 1).encode(), 1009),
    "a byte too many, multi-byte": ("json", padded('"€"', KIB_64 + 1), 1009),
    "a byte too many, and no JSON": ("json", "[" * (KIB_64 + 1), 1009),
    "a byte too many, and a lone surrogate": ("json", padded('"', KIB_64) + "\ud800", 1009),
    "binary for text": ("text", b"hello", 1003),
    "text for binary": ("bytes", "hello", 1003),
    "a byte too many for text": ("text", "x" * (KIB_64 + 1), 1009),
    "multi-byte for text": ("text", "€" * (KIB_64 // 3 + 1), 1009),
    "a byte too many for bytes": ("bytes", b"x" * (KIB_64 + 1), 1009),
    "a byte too many for either": (None, b"x" * (KIB_64 + 1), 1009),
}


@positions
@pytest.mark.parametrize(
    ("encoding", "bad", "code"), [pytest.param(*each, id=name) for name, each in CLOSED.items()]
)
async def test_a_plain_consumer_closes_once_with_the_code_that_fits(
    encoding: str | None,
    bad: str | bytes,
    code: int,
    position: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    closes: list[int] = []
    async with connect(plain_app(encoding, closes), "/ws") as client:
        if position == "later":
            good: str | bytes = b"1" if encoding == "bytes" else "1"
            await client.send_raw(good)
            assert await client.receive_raw() == good
        await client.send_raw(bad)
        assert await client.expect_close() == code
        await client.expect_nothing(within=0)
    assert closes == [code]
    check_quiet(caplog, capfd)


@pytest.mark.parametrize(
    ("encoding", "good", "echo"),
    [
        ("json", '{"a":1}', '{"a":1}'),
        ("json", b'{"a":1}', '{"a":1}'),
        ("json", '["\\ud83d\\ude00"]', '["😀"]'),
        ("json", "[1e999]", "[null]"),
        ("json", "[" * 64 + "]" * 64, "[" * 64 + "]" * 64),
        ("json", padded("[]", KIB_64), "[]"),
        ("json", padded('"€"', KIB_64).encode(), '"€"'),
        ("text", "€" * (KIB_64 // 3), "€" * (KIB_64 // 3)),
        ("bytes", b"\xff" * KIB_64, b"\xff" * KIB_64),
        (None, b"\xff\x00", b"\xff\x00"),
        (None, "", ""),
    ],
)
async def test_a_plain_consumer_serves_a_frame_at_the_edge(
    encoding: str | None, good: str | bytes, echo: str | bytes
) -> None:
    closes: list[int] = []
    async with connect(plain_app(encoding, closes), "/ws") as client:
        await client.send_raw(good)
        assert await client.receive_raw() == echo
    assert closes == [1000]
