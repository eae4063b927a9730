"""What Nexios gets wrong about the end of a connection."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from tests.defects.driver import Server


class Remembers(WebSocketConsumer):
    """Accepts, and notes the codes that ``on_disconnect`` was told."""

    codes: list[int] = []

    async def on_connect(self, websocket: WebSocket) -> None:
        self.codes.clear()
        await websocket.accept()

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        await anyio.lowlevel.checkpoint()
        self.codes.append(close_code)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List what was logged as an error."""
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.defect("co09", nexios=r"\[4000, 1011\] == \[4000\]")
async def test_an_error_after_a_close_sends_no_second_close(server: Server) -> None:
    """Nexios' error middleware does not know what was sent before."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.close(4000)
            raise RuntimeError("on purpose")

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    await client.end()
    assert client.closes == [4000]
    assert Room.codes == [4000]


@pytest.mark.defect("co10", nexios=r"assert \[1011\] == \[\]")
async def test_an_error_in_on_disconnect_is_logged_and_sends_nothing(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The client has gone."""

    class Room(Remembers):
        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            raise RuntimeError("on purpose")

    client = await server.connect(server.serve(Room), Room)
    client.leave()
    await client.end()
    assert client.closes == []
    assert client.error is None
    assert len(errors(caplog)) == 1


@pytest.mark.defect("co10", nexios=r"\[1003, 1011\] == \[1003\]")
async def test_an_error_in_on_disconnect_does_not_close_again(server: Server) -> None:
    """One reason, told once."""

    class Room(Remembers):
        encoding = "json"

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            raise RuntimeError("on purpose")

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="{")
    await client.end()
    assert client.closes == [1003]


@pytest.mark.defect("co10", nexios="assert 1 == 2")
async def test_an_error_in_on_disconnect_does_not_hide_the_first(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is logged for itself."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise RuntimeError("the first")

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            raise RuntimeError("the second")

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    await client.end()
    assert client.closes == [1011]
    assert len(errors(caplog)) == 2


@pytest.mark.defect("co11", "s10", nexios="Traceback")
@pytest.mark.parametrize("code", [1000, 1001, 1006, None])
async def test_a_client_that_leaves_is_no_error(
    server: Server, caplog: pytest.LogCaptureFixture, code: int | None
) -> None:
    """Not even while a hook reads the socket by itself; co18: and not without a code either."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.receive_text()

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    client.leave(code)
    await client.end()
    assert errors(caplog) == []
    assert client.closes == []
    assert Room.codes == [code or 1006]


@pytest.mark.defect("co11", "ch03", nexios="Traceback")
async def test_a_send_to_a_client_that_is_gone_is_no_error(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The hook could not know, and the client does not need to."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_text("hi")

    client = await server.connect(server.serve(Room), Room)
    client.vanish()
    client.deliver(text="go")
    client.leave(1006)
    await client.end()
    assert errors(caplog) == []
    assert client.closes == []
    assert Room.codes == [1006]


@pytest.mark.defect("co12", nexios="WebSocket 4001: nope")
async def test_the_reason_of_an_exception_is_what_it_says(server: Server) -> None:
    """Nexios writes the code into it."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise WebSocketException(4001, "nope")

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    assert await client.closed() == 4001
    assert client.told[-1]["reason"] == "nope"
    await client.end()
    assert Room.codes == [4001]


@pytest.mark.defect("co12", nexios="assert .* <= 123")
@pytest.mark.parametrize("raises", [True, False])
async def test_a_reason_fits_into_a_close_frame(server: Server, raises: bool) -> None:
    """It has room for 123 bytes, and no half characters."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            if raises:
                raise WebSocketException(4001, "\u20ac" * 60)
            await websocket.close(4001, "\u20ac" * 60)

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    await client.closed()
    reason = client.told[-1]["reason"]
    assert len(reason.encode()) <= 123
    assert reason == "\u20ac" * 41


@pytest.mark.defect("co16", nexios="awaited the application's end")
async def test_a_client_that_leaves_is_noticed_while_a_handler_runs(server: Server) -> None:
    """The handler is cancelled, once: it may await what it needs to clean up."""
    cleaned: list[str] = []

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                await anyio.lowlevel.checkpoint()
                cleaned.append("cleaned")

    client = await server.connect(server.serve(Room), Room)
    client.deliver(text="go")
    client.leave(4321)
    await client.end()
    assert cleaned == ["cleaned"]
    assert Room.codes == [4321]


@pytest.mark.defect("co17", "s12", nexios=r"\[\] == \[1012\]|\[1000\] == \[1012\]")
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in a handler"])
@pytest.mark.parametrize("how", ["task", "scope"])
async def test_a_cancelled_connection_is_closed_with_1012(server: Server, how: str, busy: bool) -> None:
    """The client is told, and ``on_disconnect``, which may await, runs to its end."""

    class Room(Remembers):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json("begun")
            await anyio.sleep_forever()

    client = await server.connect(server.serve(Room), Room)
    if busy:
        client.deliver(text="go")
        await client.hear()
    if how == "task":
        assert client.task is not None
        client.task.cancel()
    else:
        client.scope.cancel()
    await client.end()
    assert Room.codes == [1012]
    assert client.closes == [1012]
    assert how == "scope" or isinstance(client.error, asyncio.CancelledError)


@pytest.mark.defect("co18", nexios=r"\[1000\] == \[1006\]")
@pytest.mark.parametrize("code", [None, 0])
async def test_a_client_that_leaves_without_a_code_has_left_with_none(
    server: Server, code: int | None
) -> None:
    """No close frame came, which RFC 6455 section 7.1.5 calls 1006; Nexios takes it for a normal end."""
    client = await server.connect(server.serve(Remembers), Remembers)
    client.leave(code)
    await client.end()
    assert Remembers.codes == [1006]


@pytest.mark.defect("co30", nexios="late")
async def test_nothing_is_sent_to_a_client_that_has_left(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Servers raise for it, or log it."""

    class Room(Remembers):
        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            await websocket.send_text("late")

    client = await server.connect(server.serve(Room), Room)
    client.leave()
    await client.end()
    assert client.frames == []
    assert errors(caplog) == []


@pytest.mark.defect("s11", nexios="awaited the application's end")
@pytest.mark.parametrize("where", ["on_connect", "on_receive"])
async def test_a_close_of_the_consumers_own_is_the_end(server: Server, where: str) -> None:
    """Nexios waits for the client, and hears a code from some servers, none from others."""

    class Room(Remembers):
        async def on_connect(self, websocket: WebSocket) -> None:
            self.codes.clear()
            await websocket.accept()
            if where == "on_connect":
                await websocket.close(4000)

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.close(4000)

    client = await server.connect(server.serve(Room), Room, answers_close=False)
    if where == "on_receive":
        client.deliver(text="go")
    await client.end()
    assert client.closes == [4000]
    assert Room.codes == [4000]


async def test_an_error_about_another_client_is_an_error_of_the_program(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """That somebody else has left says nothing about this client."""

    class Room(Remembers):
        first: WebSocket | None = None

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            type(self).first = self.first or websocket

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            assert self.first is not None
            await self.first.send_text("hi")

    Room.codes.clear()
    other, client = await server.connect_all(server.serve(Room), Room, 2)
    other.leave()
    await other.end()
    client.deliver(text="go")
    await client.end()
    assert client.closes == [1011]
    assert Room.codes == [1000, 1011]
    assert len(errors(caplog)) == 1
