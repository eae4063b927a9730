"""The test client itself: strict, patient to a point, and clear about what did not come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.types import Receive, Scope, Send
from nexios.websockets import WebSocket
from pydantic import BaseModel
from pydantic_core import from_json

from nexws import (
    EventConsumer,
    EventFailed,
    ExpectationError,
    HandshakeRefusedError,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.testing import connect

Script = Callable[[Receive, Send], Awaitable[None]]


class Tick(BaseModel):
    n: int


class Clock(EventConsumer):
    tick = emits("tick", Tick)
    bare = emits("bare")

    @on("count")
    async def count(self, data: int) -> int:
        for n in range(data):
            await self.tick.send(Tick(n=n))
        return data

    @on("bare")
    async def send_bare(self) -> None:
        await self.bare.send(None)

    @on("leave")
    async def leave(self, data: int) -> None:
        await self.websocket.close(data)


APP = NexiosApp()
APP.add_ws_route(Clock.as_route("/clock/{zone}"))


def scripted(script: Script) -> Any:
    """Make an ASGI application of a script that runs behind the handshake."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await script(receive, send)

    return app


async def test_replies_and_pushes_are_taken_in_any_order() -> None:
    """A test says what it awaits, not what comes first."""
    async with connect(APP, "/clock/utc?x=1") as client:
        assert await client.call("count", 3) == 3
        assert [await client.expect(Clock.tick) for _ in range(2)] == [Tick(n=0), Tick(n=1)]
        assert await client.expect("tick") == {"n": 2}
        await client.send("bare")
        await client.expect(Clock.bare)
        await client.expect_nothing()


async def test_the_handshake_has_a_query_headers_and_cookies() -> None:
    """As a browser sends them: one header for all cookies."""

    class Told(WebSocketConsumer):
        encoding = "json"

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            found = [[*websocket.query_params.items()], websocket.headers["x-a"], websocket.cookies]
            await websocket.send_json(found)

    app = NexiosApp()
    app.add_ws_route(Told.as_route("/"))
    cookies = {"session": "s", "theme": "dark"}
    async with connect(app, "/?a=1&b=%C3%A9", headers={"X-A": "1"}, cookies=cookies) as client:
        await client.send_raw("0")
        assert from_json(await client.receive_raw()) == [[["a", "1"], ["b", "é"]], "1", cookies]


async def test_what_is_missed_is_named_with_what_came() -> None:
    """So the test's output tells the story."""
    async with connect(APP, "/clock/utc", timeout=0.02) as client:
        await client.send("count", 1)
        with pytest.raises(ExpectationError) as missed:
            await client.expect("tock")
        assert str(missed.value) == 'awaited push \'tock\'; arrived:\n  {"event":"tick","data":{"n":0}}'
        with pytest.raises(ExpectationError, match="awaited nothing"):
            await client.expect_nothing()
        with pytest.raises(ExpectationError, match="awaited failure 'internal'"):
            await client.expect_failure("internal")
        with pytest.raises(ExpectationError, match="awaited a close"):
            await client.expect_close()


async def test_a_wait_may_be_shorter_than_the_limit_of_the_connection() -> None:
    """``within`` is for one wait."""
    async with connect(APP, "/clock/utc", timeout=60) as client:
        began = anyio.current_time()
        with pytest.raises(ExpectationError):
            await client.expect("tick", within=0.01)
        assert anyio.current_time() - began < 5


async def test_another_failure_than_the_awaited_one_is_an_error() -> None:
    """Its text is shown."""
    async with connect(APP, "/clock/utc") as client:
        await client.send("count", "x")
        with pytest.raises(ExpectationError, match="arrived:\n  invalid_payload: "):
            await client.expect_failure("unknown_event")


async def test_a_failed_call_raises_what_the_server_said() -> None:
    """With the code."""
    async with connect(APP, "/clock/utc") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("nope")
        assert failed.value.code == "unknown_event"


async def test_a_close_ends_each_wait_at_once() -> None:
    """Nothing can come any more; the code is there to see."""
    async with connect(APP, "/clock/utc", timeout=60) as client:
        await client.send("leave", 4007)
        assert await client.expect_close() == 4007
        with pytest.raises(ExpectationError, match="close 4007"):
            await client.expect("tick")
        assert client.is_over


async def test_leaving_the_block_waits_for_the_clean_up() -> None:
    """What ``on_disconnect`` does is done when the test goes on."""
    cleaned: list[int] = []

    class Tidy(Clock):
        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            for _ in range(10):
                await checkpoint()
            cleaned.append(close_code)

    app = NexiosApp()
    app.add_ws_route(Tidy.as_route("/"))
    async with connect(app, "/"):
        pass
    async with connect(app, "/") as client:
        await client.close(4321)
        assert cleaned == [1000, 4321]
    assert cleaned == [1000, 4321]


async def test_an_application_that_does_not_end_is_an_error() -> None:
    """And is cancelled, so that the next test is not disturbed."""
    cancelled = []

    async def hang(receive: Receive, send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.append(True)

    with pytest.raises(ExpectationError, match="awaited the application's end"):
        async with connect(scripted(hang), "/", timeout=0.02):
            pass
    assert cancelled


async def test_what_the_application_raises_reaches_the_test() -> None:
    """Nothing is swallowed, or wrapped."""

    async def fail(receive: Receive, send: Send) -> None:
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        async with connect(scripted(fail), "/"):
            pass
    with pytest.raises(KeyError, match="here"):
        async with connect(scripted(fail), "/") as client:
            await client.receive_raw()


async def test_an_error_of_the_test_itself_comes_out_as_it_is() -> None:
    """Not in a group of exceptions."""
    with pytest.raises(ZeroDivisionError):
        async with connect(APP, "/clock/utc"):
            raise ZeroDivisionError


async def test_an_outcome_of_pytest_comes_out_as_it_is() -> None:
    """``pytest.raises`` that saw nothing, and ``pytest.fail``, are no ordinary exceptions."""
    with pytest.raises(pytest.fail.Exception, match="as it is"):
        async with connect(APP, "/clock/utc"):
            pytest.fail("as it is")


async def test_an_error_of_the_test_is_not_hidden_by_an_application_that_does_not_end() -> None:
    """What went wrong first is what the test's author looks for."""

    async def hang(receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    with pytest.raises(ZeroDivisionError):
        async with connect(scripted(hang), "/", timeout=0.02):
            raise ZeroDivisionError


async def test_a_refusal_tells_the_status() -> None:
    """As a client would see it."""
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(APP, "/nowhere"):
            pass
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{"type": "websocket.accept"}], "unexpected 'websocket.accept' on an open connection"),
        ([{"type": "websocket.send", "text": "a", "bytes": b"a"}], "either text"),
        ([{"type": "websocket.send", "bytes": "a"}], "either text"),
        ([{"type": "websocket.send"}], "either text"),
        ([{"type": "websocket.close"}] * 2, "unexpected 'websocket.close' after the end"),
        ([{"type": "websocket.close"}, {"type": "websocket.send", "text": "a"}], "after the end"),
        ([{"type": "websocket.http.response.start", "status": 200}], "on an open connection"),
    ],
)
async def test_what_asgi_forbids_is_an_error(messages: list[dict[str, Any]], complaint: str) -> None:
    """Some servers would let it pass, others not."""

    async def misbehave(receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with pytest.raises(RuntimeError, match=complaint):
        async with connect(scripted(misbehave), "/") as client:
            await client.receive_raw()
            await client.receive_raw()


async def test_an_application_that_never_decides_is_an_error() -> None:
    """Servers answer 500."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        return

    with pytest.raises(RuntimeError, match="ended without accepting or refusing"):
        async with connect(app, "/"):
            pass


async def test_only_an_offered_subprotocol_may_be_chosen() -> None:
    """RFC 6455 section 4.2.2."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "one"})
        await receive()

    async with connect(app, "/", subprotocols=["one", "two"]) as client:
        assert client.subprotocol == "one"
    with pytest.raises(RuntimeError, match="did not offer"):
        async with connect(app, "/"):
            pass


async def test_a_paused_client_takes_nothing_until_it_reads_on() -> None:
    """As a stalled one does not."""
    async with connect(APP, "/clock/utc") as client:
        client.pause()
        await client.send("count", 3)
        client.pause()
        await client.expect_nothing()
        client.resume()
        assert [(await client.expect(Clock.tick)).n for _ in range(3)] == [0, 1, 2]


async def test_headers_and_path_reach_the_application() -> None:
    """As a server hands them over."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async with connect(app, "/a%20b?q=1", headers={"Origin": "http://here", "Host": "there"}):
        pass
    [scope] = seen
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/a b", b"/a%20b", b"q=1")
    assert scope["headers"] == [(b"origin", b"http://here"), (b"host", b"there")]
