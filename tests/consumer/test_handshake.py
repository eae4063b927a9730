"""Parameters of the handshake: read before anybody is asked who the client is, or refused."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexios import NexiosApp
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.model import AuthResult
from nexios.http import Request
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket
from pydantic import BaseModel, ConfigDict, Field

from nexws import (
    EventConsumer,
    EventRouter,
    HandshakeRefusedError,
    Nexws,
    NotServingError,
    ParameterError,
    WebSocketConsumer,
    cookies,
    headers,
    on,
    query,
)
from nexws.testing import connect
from nexws.testing.server import Server, make_scope

SOME = settings(max_examples=60, deadline=None, derandomize="CI" in os.environ)


class Filter(BaseModel):
    symbol: list[str] = []
    since: int = Field(0, ge=0)


class Client(BaseModel):
    x_client_version: str
    accept_language: list[str] = []


class Visit(BaseModel):
    session: str


router = EventRouter()


@router.on("since")
async def since(consumer: Feed) -> int:
    """Read what the class of the consumer declares, with its type."""
    return consumer.wanted.since


class Feed(EventConsumer):
    include = [router]
    wanted = query(Filter)
    client = headers(Client)
    visit = cookies(Visit)
    gone: list[int] = []

    async def on_connect(self, websocket: WebSocket) -> None:
        if self.wanted.since == 13:
            await websocket.close(reason="not today")
            return
        await websocket.accept()

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.gone.append(close_code)

    @on("all")
    async def all_of_it(self) -> list[Any]:
        return [
            self.wanted.symbol,
            self.client.x_client_version,
            self.client.accept_language,
            self.visit.session,
        ]


def serve(*consumers: type[WebSocketConsumer], **settings: Any) -> NexiosApp:
    app = NexiosApp()
    Nexws(app, **settings)
    for each in consumers:
        app.add_ws_route(each.as_route(f"/{each.__name__.lower()}"))
    return app


APP = serve(Feed)
SENT: dict[str, Any] = {"headers": {"x-CLIENT-version": "7"}, "cookies": {"session": "s3cret"}}


async def refusal(app: NexiosApp, path: str, **sent: Any) -> Any:
    """Connect in vain; gives the error of the body."""
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, path, **sent):
            pass
    assert refused.value.status == 400
    body = json.loads(refused.value.body)
    assert (body.keys(), body["status"]) == ({"status", "error"}, "error")
    return body["error"]


class Twice:
    """Sends what the client does not: headers more than once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [*scope["headers"], *self.more]
        await self.app(scope, receive, send)

    more: list[tuple[bytes, bytes]] = []


def sending(consumer: type[WebSocketConsumer], *more: tuple[bytes, bytes]) -> NexiosApp:
    """Serve *consumer*, and send these headers beside what a client does."""
    return serve(consumer, middleware=[type("More", (Twice,), {"more": [*more]})])


# -- what is read


async def test_what_was_sent_is_on_the_instance_and_typed() -> None:
    async with connect(APP, "/feed?symbol=A&symbol=B%20%C3%A9&since=3&other=1", **SENT) as client:
        assert await client.call("all") == [["A", "B é"], "7", [], "s3cret"]
        assert await client.call("since") == 3


async def test_a_plain_consumer_has_parameters_too() -> None:
    class Plain(WebSocketConsumer):
        encoding = "json"
        wanted = query(Filter)

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json(self.wanted.since)

    app = serve(Plain)
    async with connect(app, "/plain?since=5") as client:
        await client.send_raw("1")
        assert await client.receive_raw() == "5"
    assert (await refusal(app, "/plain?since=x"))["details"][0]["loc"] == ["query", "since"]


async def test_each_connection_has_its_own() -> None:
    async with connect(APP, "/feed?since=1", **SENT) as ann, connect(APP, "/feed?since=2", **SENT) as bob:
        assert [await ann.call("since"), await bob.call("since")] == [1, 2]
    with pytest.raises(NotServingError):
        _ = Feed().wanted


async def test_the_members_of_a_list_may_stand_in_one_header_or_in_several() -> None:
    """Proxies make one of them."""
    app = sending(Feed, (b"accept-language", b"en,,"), (b"Accept-Language", b" fr "))
    sent = {**SENT, "headers": {**SENT["headers"], "Accept-Language": "de, nl"}}
    async with connect(app, "/feed", **sent) as client:
        assert (await client.call("all"))[2] == ["de", "nl", "en", "fr"]


async def test_cookies_are_found_among_others() -> None:
    other = {"cookie": 'a=b; broken; session="in quotes"; =x; theme=dark'}
    async with connect(APP, "/feed", headers={**SENT["headers"], **other}) as client:
        assert (await client.call("all"))[3] == "in quotes"
    async with connect(
        APP, "/feed", headers={**SENT["headers"], "cookie": "a=1"}, cookies={"session": "="}
    ) as client:
        assert (await client.call("all"))[3] == "="


async def test_declarations_of_several_classes_stand_side_by_side() -> None:
    """What one declares is nothing unknown to the other."""

    class Page(BaseModel):
        model_config = ConfigDict(extra="forbid")
        page: int = 1

    class Paged:
        paged = query(Page)

    class Served(Paged, EventConsumer):
        wanted = query(Filter)

        @on("both")
        async def both(self) -> list[int]:
            return [self.paged.page, self.wanted.since]

    app = serve(Served)
    async with connect(app, "/served?page=2&since=4") as client:
        assert await client.call("both") == [2, 4]
    (only,) = (await refusal(app, "/served?pages=2"))["details"]
    assert (only["loc"], only["type"]) == (["query", "pages"], "extra_forbidden")


async def test_a_subclass_declares_anew() -> None:
    class Other(BaseModel):
        since: datetime

    class Later(Feed):
        wanted = query(Other)  # type: ignore[assignment]
        client = None  # type: ignore[assignment]

        @on("when")
        async def when(self) -> Any:
            return self.wanted

    app = serve(Later)
    async with connect(app, "/later?since=2030-01-01T00:00:00Z", cookies={"session": "1"}) as client:
        assert await client.call("when") == {"since": "2030-01-01T00:00:00Z"}


# -- what is refused


async def test_all_that_is_wrong_is_told_at_once() -> None:
    """As a failure's frame tells it, and without what was sent."""
    error = await refusal(APP, "/feed?since=secret&since2=1")
    assert error == {
        "code": "invalid_payload",
        "message": "the handshake is not valid",
        "details": [
            {
                "loc": ["query", "since"],
                "type": "int_parsing",
                "msg": "Input should be a valid integer, unable to parse string as an integer",
            },
            {"loc": ["headers", "X-Client-Version"], "type": "missing", "msg": "Field required"},
            {"loc": ["cookies", "session"], "type": "missing", "msg": "Field required"},
        ],
        "retryable": False,
    }


async def test_nobody_hears_of_a_client_whose_handshake_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    """No backend, no hook, no log."""
    asked: list[str] = []

    class Backend(AuthenticationBackend):
        async def authenticate(self, request: Request) -> AuthResult:
            asked.append("backend")
            return AuthResult(success=False, identity="", scope="")

    class Heard(Feed):
        async def on_connect(self, websocket: WebSocket) -> None:
            asked.append("on_connect")
            await super().on_connect(websocket)

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            asked.append("on_disconnect")

    app = serve(Heard, auth=[Backend()])
    await refusal(app, "/heard?since=-1", **SENT)
    assert asked == []
    assert caplog.records == []
    async with connect(app, "/heard", **SENT):
        pass
    assert asked == ["backend", "on_connect", "on_disconnect"]


async def test_on_connect_still_decides() -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(APP, "/feed?since=13", **SENT):
            pass
    assert (refused.value.status, refused.value.body) == (403, "not today")


@pytest.mark.parametrize(
    ("path", "more", "loc"),
    [
        ("/feed?since=1&since=1", [], ["query", "since"]),
        ("/feed", [(b"X-Client-Version", b"8")], ["headers", "X-Client-Version"]),
        ("/feed", [(b"cookie", b"session=other")], ["cookies", "session"]),
    ],
)
async def test_what_is_no_list_is_sent_once(
    path: str, more: list[tuple[bytes, bytes]], loc: list[str]
) -> None:
    """Or the program would read another one than what stands before it."""
    (only,) = (await refusal(sending(Feed, *more), path, **SENT))["details"]
    assert only == {"loc": loc, "type": "repeated_parameter", "msg": "Parameter may be sent once"}


@pytest.mark.parametrize("text", ["%FF", "since=1&a=%ED%A0%80"])
async def test_a_query_is_utf_8(text: str) -> None:
    (only,) = (await refusal(APP, f"/feed?{text}", **SENT))["details"]
    assert only == {"loc": ["query"], "type": "string_unicode", "msg": "Input should be UTF-8"}


async def test_where_no_response_can_be_sent_the_server_refuses_as_ever() -> None:
    scope = {**make_scope("/feed", {}, {}, (), None), "extensions": {}}
    server = Server(scope, 2.0)
    await server.run(APP)
    assert (server.error, server.refusal) == (None, (403, ""))


# -- what is a mistake


@pytest.mark.parametrize("name", ["user", "channel", "websocket", "history"])
@pytest.mark.parametrize("base", [WebSocketConsumer, EventConsumer])
def test_what_every_consumer_has_is_not_replaced(base: type, name: str) -> None:
    with pytest.raises(ParameterError) as error:
        type("Shop", (base,), {name: query(Filter)})
    assert str(error.value) == f"Shop.{name} has the name of what each consumer has; rename it"


def test_what_event_consumers_have_is_not_replaced() -> None:
    with pytest.raises(ParameterError, match=r"Shop\.pushes has the name"):
        type("Shop", (EventConsumer,), {"pushes": query(Filter)})
    type("Shop", (WebSocketConsumer,), {"pushes": query(Filter)})  # it has none


def test_two_declarations_of_one_name_fail_with_the_class() -> None:
    with pytest.raises(ParameterError, match="declares 'symbol' in the query, as 'first' does"):
        type("Shop", (EventConsumer,), {"first": query(Filter), "second": query(Filter)})


# -- anything


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Number(Enum):
    ONE = 1
    HALF = 0.5


class Anything(BaseModel):
    model_config = ConfigDict(strict=True)

    text: str = ""
    whole: int = 0
    share: float = 0.0
    flag: bool = False
    colour: Colour | None = None
    number: Number = Number.ONE
    one: Literal["all", 1, 2] = "all"
    at: datetime | None = None
    id: uuid.UUID | None = None
    texts: list[str] = []
    wholes: set[int] = set()
    pair: tuple[int, bool] = (0, False)


ANYTHING = st.builds(
    Anything,
    text=st.text(),
    whole=st.integers(-(10**30), 10**30),
    share=st.floats(allow_nan=False, allow_infinity=False),
    flag=st.booleans(),
    colour=st.none() | st.sampled_from(Colour),
    number=st.sampled_from(Number),
    one=st.sampled_from(["all", 1, 2]),
    at=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
    id=st.none() | st.uuids(),
    texts=st.lists(st.text()),
    wholes=st.sets(st.integers()),
    pair=st.tuples(st.integers(), st.booleans()),
)


class Everything(EventConsumer):
    sent = query(Anything)

    async def on_connect(self, websocket: WebSocket) -> None:
        READ.append(self.sent)
        await websocket.accept()


READ: list[Anything] = []
EVERYTHING = serve(Everything)


def written(sent: Anything) -> str:
    """Write the query that a client would."""

    def texts(value: Any) -> Iterable[str]:
        for each in value if isinstance(value, list) else [value]:
            yield each if isinstance(each, str) else json.dumps(each)

    fields = {name: each for name, each in sent.model_dump(mode="json").items() if each is not None}
    return urlencode([(name, text) for name, each in fields.items() for text in texts(each)])


@SOME
@given(sent=ANYTHING)
async def test_what_is_written_as_a_query_is_read_back(sent: Anything) -> None:
    READ.clear()
    async with connect(EVERYTHING, f"/everything?{written(sent)}"):
        pass
    (read,) = READ
    assert read == sent


NAMES = st.sampled_from([*Anything.model_fields, "other"])
TEXTS = st.sampled_from(["", "1", "-1", "1.5", "true", "red", "all", "x", "%FF", "%00", "%22", "1&1", "NaN"])


@SOME
@given(
    text=st.lists(st.tuples(NAMES, TEXTS).map("=".join)).map("&".join)
    | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"))
)
async def test_any_query_is_read_or_refused(text: str) -> None:
    READ.clear()
    refused: HandshakeRefusedError | None = None
    try:
        async with connect(EVERYTHING, f"/everything?{text}"):
            pass
    except HandshakeRefusedError as error:
        refused = error
    if refused is None:
        (read,) = READ
        Anything.model_validate(read.model_dump())
    else:
        assert refused.status == 400
        assert {each["loc"][0] for each in json.loads(refused.body)["error"]["details"]} == {"query"}
        assert not READ
