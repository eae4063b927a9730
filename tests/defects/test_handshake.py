"""What Nexios gets wrong while a client knocks."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from nexios.exceptions import HTTPException
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from tests.defects.driver import Server

CAN_DENY = pytest.mark.parametrize(
    "extensions", [{}, {"websocket.http.response": {}}], ids=["close", "denial"]
)


@pytest.mark.defect("co06", nexios=r"assert \[\] == \[1011\]")
async def test_on_disconnect_runs_when_on_connect_fails_after_accepting(server: Server) -> None:
    """Nexios calls on_connect outside of its ``try``."""
    codes: list[int] = []

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            raise RuntimeError("on purpose")

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            codes.append(close_code)

    client = await server.connect(server.serve(Room), Room)
    await client.end()
    assert client.closes == [1011]
    assert codes == [1011]


@pytest.mark.defect("co06", nexios="assert 2 == 1")
async def test_groups_are_left_when_on_connect_fails(server: Server) -> None:
    """What on_connect has joined before it failed does not stay."""

    class Room(WebSocketConsumer):
        encoding = "json"
        connected = 0

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("a")
            type(self).connected += 1
            if self.connected == 1:
                raise RuntimeError("on purpose")

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json(len(await self.group("a")))

    app = server.serve(Room)
    await (await server.connect(app, Room)).end()
    assert await (await server.connect(app, Room)).ask("how many") == 1


@pytest.mark.defect("co07", "s08", nexios=r"assert \[1006\] == \[\]")
@CAN_DENY
async def test_on_disconnect_does_not_run_for_a_refused_client(
    server: Server, extensions: dict[str, Any]
) -> None:
    """There was never a connection."""
    codes: list[int] = []

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.close(4003)

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            codes.append(close_code)

    client = server.knock(server.serve(Room), Room, extensions=extensions)
    await client.end()
    assert not client.accepted
    assert codes == []


@pytest.mark.defect("co07", nexios="awaited the application's end")
@CAN_DENY
async def test_a_refusal_is_the_end(server: Server, extensions: dict[str, Any]) -> None:
    """Nexios waits for what the refused client may say."""

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.close()

    client = server.knock(server.serve(Room), Room, answers_close=False, extensions=extensions)
    await client.end()


@pytest.mark.defect("co08", nexios="awaited the application's end")
@CAN_DENY
async def test_a_client_that_nobody_decided_about_is_refused_and_told_to_the_log(
    server: Server, caplog: pytest.LogCaptureFixture, extensions: dict[str, Any]
) -> None:
    """With Nexios a forgotten accept() hangs without a word."""

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            pass

    client = server.knock(server.serve(Room), Room, extensions=extensions)
    await client.end()
    assert not client.accepted
    logged = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(logged) == 1
    assert logged[0].exc_info is not None
    assert "without accepting the client" in str(logged[0].exc_info[1])


@pytest.mark.defect("co13", nexios="assert 'websocket.close' == ")
async def test_an_http_exception_refuses_with_its_status(server: Server) -> None:
    """Where the server can say it; Nexios closes with 1011, which clients see as 403."""

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            raise HTTPException(401, "who are you")

    client = server.knock(server.serve(Room), Room)
    await client.end()
    assert client.told[0]["type"] == "websocket.http.response.start"
    assert client.told[0]["status"] == 401
    assert client.told[1]["body"] == b"who are you"


@pytest.mark.defect("co13", nexios="Traceback")
async def test_a_refusal_by_an_exception_is_no_error_of_the_program(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """It is what the exception is for."""

    class Room(WebSocketConsumer):
        async def on_connect(self, websocket: WebSocket) -> None:
            raise HTTPException(403)

    await server.knock(server.serve(Room), Room).end()
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


class Marks:
    """An ASGI middleware that writes into the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["mark"] = "marked"
        await self.app(scope, receive, send)


@pytest.mark.defect("co14", nexios="assert None == 'marked'")
async def test_the_middleware_of_the_class_runs(server: Server) -> None:
    """Nexios declares the attribute, and does not read it."""

    class Room(WebSocketConsumer):
        encoding = "json"
        middleware = [Marks]

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json(websocket.scope.get("mark"))

    client = await server.connect(server.serve(Room), Room)
    assert await client.ask("marked?") == "marked"


@pytest.mark.defect("co20", nexios=r"assert \['websocket.http.response'\] == ")
@pytest.mark.parametrize("offered", [[], ["tls"], ["tls", "websocket.http.response"]])
async def test_the_extensions_of_the_server_stay_in_the_scope(server: Server, offered: list[str]) -> None:
    """Nexios overwrites them, with one that the server may not have."""

    class Room(WebSocketConsumer):
        encoding = "json"

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json(sorted(websocket.scope["extensions"]))

    client = await server.connect(server.serve(Room), Room, extensions={each: {} for each in offered})
    assert await client.ask("which?") == offered
