"""The settings of an application, and of its consumers."""

# pyright: strict

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.model import AuthResult
from nexios.auth.users.simple import SimpleUser
from nexios.http import Request
from nexios.websockets import WebSocket
from typing_extensions import assert_type, override

from nexws import (
    CloseCode,
    ConsumerRoute,
    EventConsumer,
    FailureCode,
    Limits,
    Nexws,
    WebSocketConsumer,
    on,
    serve,
)
from nexws.testing import connect


class Header(AuthenticationBackend):
    @override
    async def authenticate(self, request: Request) -> AuthResult:
        name = request.headers.get("x-name")
        return AuthResult(success=name is not None, identity=name or "", scope="header")


class Passes:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Plain(WebSocketConsumer):
    encoding = "text"
    expires = 60
    subprotocols = ("chat",)

    @override
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        assert_type(await self.broadcast(data, "all", save_history=True), int)
        if data == "bye":
            await websocket.close(CloseCode.NORMAL)


class Shop(EventConsumer):
    middleware = [Passes]
    expires = None

    @on("who")
    async def who(self) -> str:
        assert_type(self.user, Any)
        return str(self.user.identity)


app = NexiosApp()
ws = Nexws(
    app,
    limits=Limits(frame_bytes=1024, handler_timeout=5),
    auth=[Header()],
    user_model=SimpleUser,
    middleware=[Passes],
    guards=(),
    strict=True,
)
route = Shop.as_route("/shop", name="shop")
app.add_ws_route(route)
app.add_ws_route(Plain.as_route("/plain"))


async def run() -> None:
    assert_type(ws.limits, Limits)
    assert_type(ws.limits.frame_bytes, int)
    assert_type(route, ConsumerRoute)
    assert_type(FailureCode("internal"), FailureCode)
    async with connect(app, "/shop", headers={"x-name": "ann"}) as client:
        assert await client.call("who") == "ann"


async def stop() -> None:
    assert_type(ws.is_draining, bool)
    await ws.drain(5.0)


def main() -> None:
    serve(app, host="0.0.0.0", port=8080, drain=10, log_level="info")
    serve("shop.main:app", workers=4, proxy_headers=True, forwarded_allow_ips=["10.0.0.1"])
