"""``Nexws``: settings reach every connection of the application, and of no other."""

from __future__ import annotations

from typing import Any

import pytest
from nexios import NexiosApp
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.exceptions import AuthenticationFailed
from nexios.auth.model import AuthResult
from nexios.auth.users.base import BaseUser
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket

from nexws import EventConsumer, EventFailed, HandshakeRefusedError, Limits, Nexws, SetupError, on
from nexws.testing import connect


class Who(EventConsumer):
    """Says who the server thinks you are."""

    @on("who")
    async def who(self) -> list[Any]:
        user, scope = self.user, self.websocket.scope
        name = user if isinstance(user, (str, type(None))) else user.display_name
        return [name, scope.get("auth"), scope.get("seen", [])]


class Token(AuthenticationBackend):
    """Knows the tokens of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def authenticate(self, request: Any) -> AuthResult:
        kind, _, name = (request.headers.get("authorization") or "").partition(" ")
        if kind == "raise":
            raise AuthenticationFailed("bad token")
        if kind == "crash":
            raise KeyError("secret")
        return AuthResult(success=kind == self.kind, identity=name, scope=self.kind)


class Member(BaseUser):
    """A user of a product."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def identity(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        return f"member {self.name}"

    @classmethod
    async def load_user(cls, identity: str) -> Member:
        return cls(identity)


def app_with(**settings: Any) -> NexiosApp:
    """Make an application with these settings."""
    app = NexiosApp()
    Nexws(app, **settings)
    app.add_ws_route(Who.as_route("/"))
    return app


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("a ann", ["member ann", "a", []]),
        ("b bob", ["member bob", "b", []]),
        ("c cid", ["", None, []]),
        ("raise", ["", None, []]),
        (None, ["", None, []]),
    ],
)
async def test_backends_are_asked_in_order(token: str | None, expected: list[Any]) -> None:
    """The first that knows the client wins; one that does not, or refuses a token, leaves it to the next."""
    app = app_with(auth=[Token("a"), Token("b")], user_model=Member)
    headers = {} if token is None else {"Authorization": token}
    async with connect(app, "/", headers=headers) as client:
        assert await client.call("who") == expected


async def test_a_backend_that_breaks_refuses_the_client(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody comes in because a check did not work; the client is not told why."""
    app = app_with(auth=[Token("a")])
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/", headers={"Authorization": "crash"}):
            pass
    assert (refused.value.status, "secret" in refused.value.body) == (403, False)


async def test_a_user_that_a_middleware_has_set_stays() -> None:
    """Unless a backend knows better."""
    app = app_with(auth=[Token("a")], user_model=Member)
    async with connect(app, "/", user="from middleware") as client:
        assert (await client.call("who"))[0] == "from middleware"
    async with connect(app, "/", user="from middleware", headers={"Authorization": "a ann"}) as client:
        assert (await client.call("who"))[0] == "member ann"


class Seen:
    """Middleware that leaves its mark."""

    def __init__(self, app: ASGIApp, mark: str = "plain") -> None:
        self.app, self.mark = app, mark

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "seen": [*scope.get("seen", []), self.mark]}, receive, send)


async def test_middleware_of_the_application_is_outside_of_the_class() -> None:
    """The first is outermost; classes and nexios' definitions both serve."""
    from nexios._internals._middleware import DefineMiddleware

    class Marked(Who):
        middleware = [DefineMiddleware(Seen, "class 1"), DefineMiddleware(Seen, mark="class 2")]

    app = app_with(middleware=[Seen, DefineMiddleware(Seen, "app 2")])
    app.add_ws_route(Marked.as_route("/marked"))
    async with connect(app, "/marked") as client:
        assert (await client.call("who"))[2] == ["plain", "app 2", "class 1", "class 2"]


async def test_limits_hold_for_the_application_and_no_other() -> None:
    """Two applications in one process have their own."""
    narrow, wide = app_with(limits=Limits(frame_bytes=100)), app_with()
    frame = {"data": "x" * 200}
    async with connect(narrow, "/") as one, connect(wide, "/") as other:
        await one.send("who", frame)
        assert "100 bytes" in (await one.expect_failure("too_large")).message
        with pytest.raises(EventFailed, match="invalid_payload"):
            await other.call("who", frame)


async def test_settings_made_after_a_route_count() -> None:
    """The order of set-up does not matter."""
    app = NexiosApp()
    app.add_ws_route(Who.as_route("/"))
    Nexws(app, middleware=[Seen])
    async with connect(app, "/") as client:
        assert (await client.call("who"))[2] == ["plain"]


def test_one_application_has_one_nexws() -> None:
    """Two would each believe to be in charge."""
    app = app_with()
    with pytest.raises(SetupError, match="has a Nexws already"):
        Nexws(app)


async def test_a_refused_client_sees_the_status_that_the_hook_chose() -> None:
    """Nexios' HTTP exceptions say which."""

    class Closed(Who):
        async def on_connect(self, websocket: WebSocket) -> None:
            raise AuthenticationFailed("show a token")

    app = NexiosApp()
    app.add_ws_route(Closed.as_route("/"))
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/"):
            pass
    assert (refused.value.status, refused.value.body) == (401, "show a token")
