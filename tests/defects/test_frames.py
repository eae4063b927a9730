"""What Nexios gets wrong about frames that come in."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import pytest
from nexios.websockets import WebSocket

from nexws import EncodingError, Limits, WebSocketConsumer
from tests.defects.driver import Client, Server


class Echo(WebSocketConsumer):
    """Tells what it got, and remembers how the connection ended."""

    encoding: str | None = None
    codes: ClassVar[list[int]] = []

    async def on_connect(self, websocket: WebSocket) -> None:
        self.codes.clear()
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_json(f"{data!r:.40}")

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.codes.append(close_code)


class Json(Echo):
    encoding = "json"


class Text(Echo):
    encoding = "text"


class Bytes(Echo):
    encoding = "bytes"


async def assert_closed_once(client: Client, code: int) -> None:
    """See that the frame was not handled, and that the client, and the consumer, were told why, once."""
    await client.end()
    assert client.frames == []
    assert client.closes == [code]
    assert Echo.codes == [code]


WRONG_KIND = [
    pytest.param(Text, {"bytes": b"hi"}, id="bytes for text"),
    pytest.param(Text, {"text": None, "bytes": b"hi"}, id="bytes for text, both keys"),
    pytest.param(Bytes, {"text": "hi"}, id="text for bytes"),
    pytest.param(Bytes, {"text": "hi", "bytes": None}, id="text for bytes, both keys"),
]


@pytest.mark.defect(
    "co01", "co02", "co04", nexios=r"awaited the application's end|\[1003, 1011\] == \[1003\]"
)
@pytest.mark.parametrize(("consumer", "frame"), WRONG_KIND)
async def test_a_frame_of_the_wrong_kind_closes_once(
    server: Server, consumer: type[Echo], frame: dict[str, Any]
) -> None:
    """Hypercorn names both keys, and Nexios hands the None to the handler; else it closes twice."""
    client = await server.connect(server.serve(consumer), consumer)
    client.deliver(**frame)
    await assert_closed_once(client, 1003)


@pytest.mark.parametrize("also", [{}, {"text": None}, {"bytes": None}])
async def test_a_frame_of_the_right_kind_is_read_on_any_server(server: Server, also: dict[str, None]) -> None:
    """With one key or both."""
    app = server.serve(Text, Bytes, Json)
    for consumer, frame, heard in (
        (Text, {"text": "hi"}, "'hi'"),
        (Bytes, {"bytes": b"hi"}, "b'hi'"),
        (Json, {"text": "[1]"}, "[1]"),
        (Json, {"bytes": b"[1]"}, "[1]"),
    ):
        client = await server.connect(app, consumer)
        client.deliver(**(also | frame))
        assert await client.hear() == heard


@pytest.mark.defect("co03", nexios="awaited a frame.*'code': 1011|assert 'None' == \"''\"")
@pytest.mark.parametrize("also", [{}, {"bytes": None}], ids=["one key", "both keys"])
async def test_an_empty_text_frame_is_an_empty_text(server: Server, also: dict[str, None]) -> None:
    """Nexios looks for bytes then."""
    client = await server.connect(server.serve(Echo), Echo)
    client.deliver(text="", **also)
    assert await client.hear() == "''"


@pytest.mark.defect("co04", "s01", nexios=r"\[1003, 1011\] == \[1003\]")
@pytest.mark.parametrize("text", ["", "{", "hi", "{'a': 1}", '{"a": 1} x'])
async def test_a_frame_that_is_no_json_closes_once(server: Server, text: str) -> None:
    """Nexios closes with 1003 and then with 1011, and tells the consumer the latter."""
    client = await server.connect(server.serve(Json), Json)
    client.deliver(text=text)
    await assert_closed_once(client, 1003)


@pytest.mark.defect("co04", nexios="Traceback")
async def test_a_malformed_frame_is_no_error_of_the_program(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Any client could fill the log with tracebacks."""
    client = await server.connect(server.serve(Json), Json)
    client.deliver(text="{")
    await client.end()
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.defect("co05", nexios=r"\[1011\] == \[1007\]")
@pytest.mark.parametrize("data", [b"\xff", b'"\xc3"', b'"\xed\xa0\x80"'])
async def test_a_binary_frame_that_is_no_utf_8_closes_with_1007(server: Server, data: bytes) -> None:
    """The code that RFC 6455 has for it."""
    client = await server.connect(server.serve(Json), Json)
    client.deliver(bytes=data)
    await assert_closed_once(client, 1007)


BAD_JSON = {
    "depth 30000": "[" * 30_000 + "]" * 30_000,
    "depth 65": "[" * 65 + "]" * 65,
    "5000 digits": "1" * 5000,
    "NaN": "NaN",
    "Infinity": '{"a": Infinity}',
    "-Infinity": "[-Infinity]",
    "half a pair": '"\\ud800"',
}


@pytest.mark.defect(
    "co05", "ch05", nexios=r"awaited the application's end|\[1011\] == \[1003\]|\[1003, 1011\] == \[1003\]"
)
@pytest.mark.parametrize("what", BAD_JSON)
async def test_json_that_no_program_should_see_closes_once(server: Server, what: str) -> None:
    """Nexios lets it through, or closes with 1011 as if it was the program's fault."""
    client = await server.connect(server.serve(Json), Json)
    client.deliver(text=BAD_JSON[what])
    await assert_closed_once(client, 1003)


TOO_LARGE = [
    pytest.param(Text, {"text": "x" * 1001}, id="text"),
    pytest.param(Text, {"text": "\u00e9" * 501}, id="text, measured as it is sent"),
    pytest.param(Bytes, {"bytes": b"x" * 1001}, id="bytes"),
    pytest.param(Json, {"text": '"' + "x" * 999 + '"'}, id="json"),
    pytest.param(Json, {"bytes": b'"' + b"x" * 999 + b'"'}, id="json in bytes"),
    pytest.param(Echo, {"text": None, "bytes": b"x" * 1001}, id="either"),
]


@pytest.mark.defect("co27", nexios="awaited the application's end")
@pytest.mark.parametrize(("consumer", "frame"), TOO_LARGE)
async def test_a_frame_that_is_too_large_closes_with_1009(
    server: Server, consumer: type[Echo], frame: dict[str, Any]
) -> None:
    """Nexios reads whatever the server lets through."""
    client = await server.connect(server.serve(consumer, limits=Limits(frame_bytes=1000)), consumer)
    client.deliver(**frame)
    await assert_closed_once(client, 1009)


@pytest.mark.defect("co22", nexios="the class was made")
@pytest.mark.parametrize("encoding", ["xml", "JSON", b"json", ["json"]], ids=repr)
async def test_an_encoding_that_nobody_speaks_fails_with_the_class(server: Server, encoding: object) -> None:
    """Nexios finds out when the first client sends something."""
    try:
        type("Wrong", (server.on_base(WebSocketConsumer),), {"encoding": encoding})
    except EncodingError:
        return
    raise AssertionError("the class was made")
