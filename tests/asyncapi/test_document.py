"""What the document says of an application, part by part."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any, Literal

import pytest
from nexios import NexiosApp
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from pydantic import BaseModel

from nexws import (
    Envelope,
    EventConsumer,
    EventError,
    History,
    Limits,
    Nexws,
    Presence,
    SchemaConversionError,
    WebSocketConsumer,
    authenticated,
    build_asyncapi,
    emits,
    on,
)
from nexws.asyncapi.lint import lint
from nexws.protocol import CloseCode, Position
from tests.asyncapi.applications import NAMES, application, documented

Json = dict[str, Any]


class Line(BaseModel):
    text: str


class Seat(BaseModel):
    number: int


class Taken(EventError[Seat]):
    """The seat is taken."""

    code = "taken"


class Late(EventError[None]):
    """Too late."""

    code = "late"


class Chat(EventConsumer):
    """Chat for everyone.

    And for *others*:

        with code
    """

    posted = emits(
        "chat.posted", Line, summary="Posted.", tags=["x"], deprecated=True, examples=[Line(text="a")]
    )
    bell = emits("chat.bell")

    @on("chat.say", tags=["a", "b"], deprecated=True, examples=[{"text": "hi"}], errors=[Taken, Late])
    async def say(self, data: Line) -> Seat:
        """Say something.

        Loudly.
        """
        return Seat(number=len(data.text))

    @on("chat.leave")
    async def leave(self) -> None: ...


def document_of(*routes: Any, configure: Callable[[NexiosApp], object] | None = None, **options: Any) -> Json:
    app = NexiosApp(title="T", version="1.2.3")
    if configure is not None:
        configure(app)
    for route in routes:
        app.add_ws_route(route)
    return build_asyncapi(app, **options)


def consumer(name: str = "Made", **members: Any) -> type[EventConsumer]:
    return type(name, (EventConsumer,), {"__module__": __name__, **members})


def serving(*events: str, **options: Any) -> dict[str, Any]:
    async def handler(self: EventConsumer, data: Line) -> Line:
        return data

    marked: Any = handler
    for event in events:
        marked = on(event, **options)(marked)
    return {f"handler_{abs(hash(events))}": marked}


def of_event(event: str, **options: Any) -> Json:
    """Write the messages of a consumer with one event, by their keys."""
    return messages_of(document_of(consumer(**serving(event, **options)).as_route("/")))


def messages_of(document: Json, channel: str | None = None) -> Json:
    channel = channel or next(iter(document["channels"]))
    found: Json = document["components"]["messages"]
    return {
        key.removeprefix(f"{channel}."): each for key, each in found.items() if key.startswith(f"{channel}.")
    }


def codes_of(failure: Json) -> set[str]:
    error = failure["payload"]["properties"]["error"]
    codes = [each["properties"]["code"] for each in error.get("oneOf", [error])]
    return {code for each in codes for code in each.get("enum", [each.get("const")])}


@pytest.fixture(scope="module")
def chat() -> Json:
    return document_of(Chat.as_route("/chat/{group}/{number:int}"))


# -- the whole


@pytest.mark.parametrize("name", NAMES)
def test_the_linter_finds_nothing(name: str) -> None:
    """No warning either: families beside each other, and names beside families, can be told apart."""
    assert [str(each) for each in lint(documented(name))] == []


@pytest.mark.parametrize("spec", ["3.1.0", "3.0.0"])
def test_either_version_and_view_is_right(spec: Literal["3.1.0", "3.0.0"]) -> None:
    document = build_asyncapi(application("torture"), spec=spec, view="client")
    assert document["asyncapi"] == spec
    assert document["x-nexws-view"] == "client"
    assert [str(each) for each in lint(document) if each.severity == "error"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_json_and_the_same_each_time(name: str) -> None:
    again = build_asyncapi(application(name))
    assert json.dumps(again) == json.dumps(documented(name))


def test_the_title_and_the_version_are_the_nearest_that_are_given() -> None:
    def configure(app: NexiosApp) -> None:
        Nexws(app, title="N")

    assert document_of()["info"]["title"] == "T"
    assert document_of(configure=configure)["info"] | {"description": ""} == {
        "title": "N",
        "version": "1.2.3",
        "description": "",
    }
    given = document_of(configure=configure, title="G", version="9")["info"]
    assert (given["title"], given["version"]) == ("G", "9")


def test_an_application_without_consumers_has_a_document() -> None:
    class Plain(WebSocketConsumer):
        """Has no events, and so nothing to say."""

    document = document_of(Plain.as_route("/plain"))
    assert (document["channels"], document["operations"], document["components"]) == ({}, {}, {})
    assert lint(document) == []


def test_servers_are_as_given() -> None:
    servers = {"here": {"host": "localhost:8000", "protocol": "ws"}}
    assert document_of(Chat.as_route("/"), servers=servers)["servers"] == servers
    assert "servers" not in document_of(Chat.as_route("/"))


# -- a channel


def test_a_channel_says_where_it_is_and_what_it_is_for(chat: Json) -> None:
    (key,) = chat["channels"]
    channel = chat["channels"][key]
    assert (key, channel["title"], channel["address"]) == ("Chat", "Chat", "/chat/{group}/{number}")
    assert channel["parameters"] == {
        "group": {"description": "Type: str"},
        "number": {"description": "Type: int"},
    }
    assert channel["summary"] == "Chat for everyone."
    assert channel["description"] == "And for *others*:\n\n    with code"


def test_a_channel_lists_its_messages_in_the_order_of_declaration(chat: Json) -> None:
    assert list(chat["channels"]["Chat"]["messages"]) == [
        "chat.say",
        "chat.say.ok",
        "chat.say.error",
        "chat.leave",
        "chat.leave.ok",
        "chat.leave.error",
        "chat.posted.push",
        "chat.bell.push",
        "nexws.resume",
        "nexws.resume.ok",
        "nexws.resume.error",
        "nexws.ping",
        "nexws.ping.ok",
        "nexws.ping.error",
        "nexws.pong.push",
        "nexws.closing.push",
        "nexws.dropped.push",
        "nexws.error",
        "nexws.unknown.error",
        "nexws.cancel.error",
    ]
    assert list(chat["operations"]) == [
        "Chat.chat.say",
        "Chat.chat.leave",
        "Chat.chat.posted.push",
        "Chat.chat.bell.push",
        "Chat.nexws.resume",
        "Chat.nexws.ping",
        "Chat.nexws.pong.push",
        "Chat.nexws.closing.push",
        "Chat.nexws.dropped.push",
        "Chat.nexws.error",
    ]


def test_a_channel_says_how_it_is_spoken() -> None:
    """The envelope, the encoding, the limits and the close codes are nexws' own words."""

    class Spoken(EventConsumer):
        subprotocols = ["nexws.msgpack", "other"]
        encoding = "msgpack"
        envelope = Envelope(ref="id")

    def configure(app: NexiosApp) -> None:
        Nexws(app, limits=Limits(frame_bytes=1000))

    channel = document_of(Spoken.as_route("/"), configure=configure)["channels"]["Spoken"]
    limits = Limits(frame_bytes=1000)
    assert channel["x-nexws-encoding"] == "msgpack"
    assert channel["x-nexws-subprotocols"] == ["nexws.msgpack", "other"]
    assert channel["x-nexws-envelope"] == asdict(Spoken.envelope)
    assert channel["x-nexws-limits"] == {
        name: each for name, each in asdict(limits).items() if not name.startswith("history_")
    }
    assert channel["bindings"]["ws"] == {
        "method": "GET",
        "headers": {
            "type": "object",
            "properties": {"Sec-WebSocket-Protocol": {"type": "string", "enum": ["nexws.msgpack", "other"]}},
        },
        "bindingVersion": "0.1.0",
    }


def test_all_close_codes_that_a_client_may_see_are_listed(chat: Json) -> None:
    never = {
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.NO_STATUS,
        CloseCode.ABNORMAL,
    }  # events are answered; not on the wire
    listed = {each["code"]: each["reconnect"] for each in chat["channels"]["Chat"]["x-nexws-close-codes"]}
    assert set(listed) == {int(code) for code in CloseCode if code not in never}
    assert listed[CloseCode.SLOW]
    assert not listed[CloseCode.POLICY_VIOLATION]
    assert [listed[code] for code in (4010, 4012, 4507)] == [True, True, False]


def test_a_channel_says_how_much_is_kept_where_anything_is() -> None:
    class Short(EventConsumer):
        history = History(events=3, bytes=500)

    class Heir(Short): ...

    class Own(EventConsumer):
        posted = emits("posted", Line, history=True)

    def configure(app: NexiosApp) -> None:
        Nexws(app, limits=Limits(history_seconds=7))

    routes = [each.as_route(f"/{each.__name__}") for each in (Short, Heir, Own, Chat)]
    channels = document_of(*routes, configure=configure)["channels"]
    assert channels["Short"]["x-nexws-history"] == {"events": 3, "seconds": 7, "bytes": 500}
    assert channels["Heir"]["x-nexws-history"] == channels["Short"]["x-nexws-history"]
    assert channels["Own"]["x-nexws-history"] == {"events": 100, "seconds": 7, "bytes": 2**20}
    assert "x-nexws-history" not in channels["Chat"]


# -- operations and messages


def test_an_event_is_received_and_replied_to(chat: Json) -> None:
    operation = chat["operations"]["Chat.chat.say"]
    here = {"$ref": "#/channels/Chat"}

    def message(key: str) -> Json:
        return {"$ref": f"#/channels/Chat/messages/{key}"}

    assert (operation["action"], operation["channel"]) == ("receive", here)
    assert operation["messages"] == [message("chat.say")]
    assert operation["reply"] == {
        "channel": here,
        "messages": [message("chat.say.ok"), message("chat.say.error")],
    }
    push = chat["operations"]["Chat.chat.posted.push"]
    assert (push["action"], push["messages"]) == ("send", [message("chat.posted.push")])
    assert "reply" not in push


def test_what_is_written_for_people_is_there(chat: Json) -> None:
    operation, messages = chat["operations"]["Chat.chat.say"], messages_of(chat)
    assert operation["summary"] == "Say something."
    assert "Loudly." in operation["description"]
    assert operation["tags"] == [{"name": "a"}, {"name": "b"}]
    assert messages["chat.say"]["x-nexws-deprecated"] is True
    assert messages["chat.say"]["examples"] == [{"payload": {"event": "chat.say", "data": {"text": "hi"}}}]
    push = chat["operations"]["Chat.chat.posted.push"]
    assert (push["summary"], push["tags"]) == ("Posted.", [{"name": "x"}])
    assert messages["chat.posted.push"]["x-nexws-deprecated"] is True
    assert messages["chat.posted.push"]["examples"] == [
        {"payload": {"event": "chat.posted", "data": {"text": "a"}}}
    ]
    assert not {"x-nexws-deprecated", "examples"} & messages["chat.leave"].keys()
    assert not {"summary", "description", "tags"} & chat["operations"]["Chat.chat.leave"].keys()


def test_each_message_says_what_it_is(chat: Json) -> None:
    kinds = {key: each["x-nexws-kind"] for key, each in messages_of(chat).items()}
    assert kinds["chat.say"] == "event"
    assert kinds["chat.say.ok"] == "reply"
    assert kinds["chat.say.error"] == kinds["nexws.error"] == "failure"
    assert kinds["chat.posted.push"] == "push"
    assert {each["contentType"] for each in messages_of(chat).values()} == {"application/json"}


def test_what_has_a_ref_is_correlated_by_its_key() -> None:
    class Other(EventConsumer):
        envelope = Envelope(ref="$id")

    class Third(EventConsumer):
        envelope = Envelope(ref="@id")

    document = document_of(Chat.as_route("/a"), Other.as_route("/b"), Third.as_route("/c"))
    locations = {key: each["location"] for key, each in document["components"]["correlationIds"].items()}
    assert sorted(locations.values()) == [
        "$message.payload#/$id",
        "$message.payload#/@id",
        "$message.payload#/ref",
    ]
    for channel, key in (("Chat", "ref"), ("Other", "$id"), ("Third", "@id")):
        for message in messages_of(document, channel).values():
            reference = message.get("correlationId", {}).get("$ref", "").rpartition("/")[2]
            has_ref = key in message["payload"]["properties"]
            assert locations.get(reference) == (f"$message.payload#/{key}" if has_ref else None)


def test_an_event_without_a_payload_has_no_data(chat: Json) -> None:
    """But for null, which the server takes for none."""
    messages = messages_of(chat)
    for key in ("chat.leave.ok", "chat.bell.push"):
        assert "data" not in messages[key]["payload"]["properties"]
    leave = messages["chat.leave"]["payload"]
    assert (leave["properties"]["data"]["type"], leave["required"]) == ("null", ["event"])
    assert messages["chat.say"]["payload"]["required"] == ["event", "data"]


def test_a_stream_has_items_an_end_and_can_be_cancelled() -> None:
    class Counting(EventConsumer):
        @on("count", examples=[{"number": 1}])
        async def count(self, data: Seat) -> AsyncIterator[Line]:
            yield Line(text="a")

    document = document_of(Counting.as_route("/"))
    messages = messages_of(document)
    assert list(messages)[:4] == ["count", "count.next", "count.done", "count.error"]
    assert "data" not in messages["count.done"]["payload"]["properties"]
    assert "ref" in messages["count"]["payload"]["required"]
    assert messages["count"]["examples"] == [
        {"payload": {"event": "count", "ref": "1", "data": {"number": 1}}}
    ]
    assert messages["nexws.cancel"]["payload"]["required"] == ["event", "ref"]
    assert document["operations"]["Counting.nexws.cancel"]["action"] == "receive"
    assert document["operations"]["Counting.count"]["x-nexws-stream"] is True


def test_only_streams_can_be_cancelled(chat: Json) -> None:
    assert "nexws.cancel" not in messages_of(chat)
    assert "Chat.nexws.cancel" not in chat["operations"]


def test_bytes_are_a_binary_frame_in_json_and_data_in_msgpack() -> None:
    class Album(EventConsumer):
        @on("add")
        async def add(self, data: bytes) -> bytes:
            return data

    class Packed(Album):
        encoding = "msgpack"

    document = document_of(Album.as_route("/a"), Packed.as_route("/b"))
    for key in ("add", "add.ok"):
        framed, packed = messages_of(document, "Album")[key], messages_of(document, "Packed")[key]
        assert (framed["x-nexws-binary"], framed["contentType"]) == (True, "application/octet-stream")
        assert "data" not in framed["payload"]["properties"]
        assert packed["contentType"] == "application/msgpack"
        assert "x-nexws-binary" not in packed
        assert packed["payload"]["properties"]["data"]["format"] == "binary"


def test_the_examples_of_a_family_have_a_name_of_it() -> None:
    messages = messages_of(
        document_of(
            consumer(
                **serving("chat.*", examples=[{"text": "a"}]), **serving("chat.example", "chat.example2")
            ).as_route("/")
        )
    )
    (example,) = messages["chat.__any__"]["examples"]
    assert example["payload"]["event"] == "chat.example3"


# -- what is the protocol's own


class Crowd(EventConsumer):
    presence = Presence(Seat)

    shown = emits("shown", bytes)
    passing = emits("passing", Line, history=False)


def test_what_belongs_to_the_protocol_comes_last_and_is_marked(chat: Json) -> None:
    document = document_of(Chat.as_route("/a"), Crowd.as_route("/b"))
    for key in ("Chat", "Crowd"):
        messages = messages_of(document, key)
        marked = [name for name, each in messages.items() if each.get("x-nexws-reserved")]
        assert marked == [name for name in messages if name.startswith("nexws.")]
        assert list(messages)[-len(marked) :] == marked
    operations = document["operations"]
    assert {key for key, each in operations.items() if each.get("x-nexws-reserved")} == {
        key for key in operations if ".nexws." in key
    }
    assert operations["Chat.nexws.ping"]["summary"].startswith("Say that the client lives")
    assert operations["Chat.nexws.pong.push"]["action"] == "send"


def test_only_a_class_with_a_presence_tells_of_it() -> None:
    document = document_of(Chat.as_route("/a"), Crowd.as_route("/b"))
    assert "nexws.presence.push" not in messages_of(document, "Chat")
    told = messages_of(document, "Crowd")["nexws.presence.push"]["payload"]["properties"]["data"]
    assert told == {"$ref": "#/components/schemas/PresenceChange_Seat"}
    change = document["components"]["schemas"]["PresenceChange_Seat"]
    assert change["properties"]["joined"]["items"] == {"$ref": "#/components/schemas/Seat"}


def test_a_model_of_the_protocol_takes_no_name_from_the_applications() -> None:
    """Not even from that of another channel, which comes later."""

    class Resumed(BaseModel):
        minutes: int

    class Later(EventConsumer):
        @on("later")
        async def later(self, data: Resumed) -> None: ...

    schemas = document_of(Chat.as_route("/a"), Later.as_route("/b"))["components"]["schemas"]
    assert list(schemas["Resumed"]["properties"]) == ["minutes"]
    assert list(schemas["nexws.consumer.resuming.Resumed"]["properties"]) == ["recovered", "pos"]


def test_each_push_of_an_application_may_have_a_position_under_the_envelopes_key() -> None:
    """Even one with ``history=False``: a broadcast may say otherwise."""

    class Renamed(Crowd):
        envelope = Envelope(pos="at")

    class Packed(Crowd):
        encoding = "msgpack"

    document = document_of(Crowd.as_route("/a"), Renamed.as_route("/b"), Packed.as_route("/c"))
    for channel, key in (("Crowd", "pos"), ("Renamed", "at"), ("Packed", "pos")):
        for name, message in messages_of(document, channel).items():
            payload = message["payload"]
            assert (key in payload["properties"]) == (name in ("shown.push", "passing.push"))
            assert key not in payload["required"]
    (pattern,) = {
        messages_of(document, channel)["shown.push"]["payload"]["properties"][key]["pattern"]
        for channel, key in (("Crowd", "pos"), ("Renamed", "at"))
    }
    assert re.search(pattern, str(Position("e.1", 7)))
    assert not re.search(pattern, "7")


def test_a_flat_push_has_its_position_beside_its_payload() -> None:
    class Flat(EventConsumer):
        envelope = Envelope(data=None, pos="$pos")
        said = emits("said", Line)

    payload = messages_of(document_of(Flat.as_route("/")))["said.push"]["payload"]
    assert list(payload["properties"]) == ["event", "$pos", "text"]
    assert payload["required"] == ["event", "text"]


def test_no_guard_stands_before_the_protocols_events() -> None:
    class Guarded(EventConsumer):
        guards = [authenticated]

    usual = {"bad_frame", "bad_envelope", "invalid_payload", "rate_limited", "timeout", "internal"}
    messages = messages_of(document_of(Guarded.as_route("/")))
    for event in ("nexws.resume", "nexws.ping"):
        codes = codes_of(messages[f"{event}.error"])
        assert codes >= usual
        assert not codes & {"unauthenticated", "forbidden", "unknown_event"}


def test_what_serves_all_the_rest_does_not_serve_the_protocols_events() -> None:
    async def rest(self: Any) -> None: ...

    messages = messages_of(document_of(consumer(rest=on.unknown(rest)).as_route("/")))
    name = messages["__any__"]["payload"]["properties"]["event"]
    assert name["not"] == {"pattern": "^nexws\\."}
    nobody = messages["nexws.unknown.error"]["payload"]["properties"]["event"]
    assert nobody["pattern"].startswith("^nexws\\.")
    assert nobody["not"] == {"enum": ["nexws.resume", "nexws.ping", "nexws.error", "nexws.cancel"]}


# -- failures


def test_an_event_fails_with_the_codes_that_it_can_have() -> None:
    usual = {
        "bad_frame",
        "bad_envelope",
        "invalid_payload",
        "unauthenticated",
        "forbidden",
        "rate_limited",
        "timeout",
        "unavailable",
        "internal",
    }
    assert codes_of(of_event("a")["a.error"]) == usual
    assert codes_of(of_event("a", guards=[authenticated])["a.error"]) == usual
    assert codes_of(of_event("a", concurrency="latest")["a.error"]) == usual | {"cancelled"}
    assert codes_of(of_event("a.*")["a.__any__.error"]) == usual | {"unknown_event"}
    assert codes_of(of_event("a", errors=[Late, Taken])["a.error"]) == usual | {"late", "taken"}


def test_a_declared_failure_has_its_own_data(chat: Json) -> None:
    kinds = messages_of(chat)["chat.say.error"]["payload"]["properties"]["error"]["oneOf"]
    (taken,) = (each for each in kinds if each["properties"]["code"] == {"const": "taken"})
    assert taken["properties"]["data"] == {"$ref": "#/components/schemas/Seat"}
    assert "details" not in taken["properties"]


def test_a_code_of_nexws_may_have_data_of_its_own() -> None:
    class Barred(EventError[Seat]):
        code = "forbidden"

    class Busy(EventError[None]):
        code = "rate_limited"

    error = of_event("a", errors=[Barred, Busy])["a.error"]["payload"]["properties"]["error"]
    plain, typed = error["oneOf"]
    assert "forbidden" not in plain["properties"]["code"]["enum"]
    assert plain["properties"]["code"]["enum"].count("rate_limited") == 1
    assert typed["properties"].keys() >= {"details", "retry_after", "data"}


def test_what_nobody_serves_fails_too(chat: Json) -> None:
    operation = chat["operations"]["Chat.nexws.error"]
    assert (operation["action"], len(operation["messages"])) == ("send", 3)
    name = messages_of(chat)["nexws.unknown.error"]["payload"]["properties"]["event"]
    served = ["chat.say", "chat.leave", "nexws.resume", "nexws.ping"]
    assert name["not"] == {"enum": [*served, "nexws.error", "nexws.cancel"]}


# -- views and security


def test_the_view_of_a_client_swaps_who_sends() -> None:
    server, client = (document_of(Chat.as_route("/"), view=view) for view in ("server", "client"))
    swapped = copy.deepcopy(server)
    swapped["x-nexws-view"] = "client"
    for operation in swapped["operations"].values():
        operation["action"] = {"send": "receive", "receive": "send"}[operation["action"]]
    assert client == swapped


class Home(AuthenticationBackend):
    async def authenticate(self, request: Any) -> Any: ...


def test_each_way_to_be_known_is_a_scheme_and_any_will_do() -> None:
    def configure(app: NexiosApp) -> None:
        backends = [APIKeyAuthBackend("X-A"), JWTAuthBackend(), SessionAuthBackend(), Home()]
        Nexws(app, auth=[*backends, APIKeyAuthBackend("X-B"), APIKeyAuthBackend("X-A")])

    document = document_of(Chat.as_route("/"), configure=configure)
    schemes = document["components"]["securitySchemes"]
    assert {key: each["type"] for key, each in schemes.items()} == {
        "apiKey": "httpApiKey",
        "bearer": "http",
        "session": "httpApiKey",
        "Home": "http",
        "apiKey_2": "httpApiKey",
    }
    assert (schemes["apiKey"]["name"], schemes["apiKey_2"]["name"]) == ("X-A", "X-B")
    for operation in document["operations"].values():
        assert operation["security"] == [{"$ref": f"#/components/securitySchemes/{each}"} for each in schemes]
    headers = document["channels"]["Chat"]["bindings"]["ws"]["headers"]["properties"]
    assert set(headers) == {"X-A", "X-B"}
    assert [str(each) for each in lint(document) if each.severity == "error"] == []


def test_without_backends_there_is_no_security(chat: Json) -> None:
    assert "securitySchemes" not in chat["components"]
    assert all("security" not in each for each in chat["operations"].values())


# -- names


def same_but_for_what_is_new(before: Json, after: Json) -> None:
    """See that *after* has all that *before* has, under the same names; names that nobody serves have become fewer."""
    for part in ("operations", "channels"):
        assert before[part].keys() <= after[part].keys()
    for part, each in before["components"].items():
        for key, old in each.items():
            new = after["components"][part][key]
            assert old == new or key.endswith("nexws.unknown.error"), key


@pytest.mark.parametrize(
    "new",
    ["a", "a.ok.ok", "say.ok", "say.error", "say.push", "said.push", "unknown", "a_b", "a__colon__b", "z"],
)
def test_a_new_event_renames_nothing(new: str) -> None:
    """Not even one that is named as the document names other messages, written before all others."""
    old = {**serving("say", "unknown.error", "a:b", "say.event"), "said": emits("said", Line)}
    before = document_of(consumer(**old).as_route("/"))
    after = document_of(consumer(**serving(new), **old).as_route("/"))
    same_but_for_what_is_new(before, after)
    assert len(after["operations"]) == len(before["operations"]) + 1
    assert len(after["components"]["messages"]) == len(before["components"]["messages"]) + 3


def test_consumers_of_one_name_are_told_apart_by_their_modules() -> None:
    other = consumer("Chat", __module__="shop.chat", **serving("chat.say"))
    document = document_of(
        Chat.as_route("/a"), other.as_route("/b"), Chat.as_route("/c"), other.as_route("/d")
    )
    assert {key: each["address"] for key, each in document["channels"].items()} == {
        "Chat": "/a",
        "shop_chat_Chat": "/b",
        f"{__name__.replace('.', '_')}_Chat": "/c",
        "Chat_2": "/d",
    }
    own = [key for key, each in document["operations"].items() if "x-nexws-reserved" not in each]
    assert len(own) == 4 + 1 + 4 + 1


def test_the_channels_share_no_names_whatever_they_are_called() -> None:
    """A dot in the name of a route is no dot in that of its channel."""
    inner, outer = consumer(**serving("b.c")), consumer(**serving("c"))
    document = document_of(inner.as_route("/a", name="A"), outer.as_route("/b", name="A.b"))
    assert list(document["channels"]) == ["A", "A_b"]
    assert {"A.b.c", "A_b.c"} <= document["operations"].keys()
    assert document["channels"]["A_b"]["title"] == "A.b"


# -- what cannot be documented


def test_a_type_without_a_schema_is_refused_with_its_event() -> None:
    class Odd(EventConsumer):
        @on("odd.one")
        async def odd(self, data: Callable[[], int]) -> None: ...

    with pytest.raises(SchemaConversionError, match=r"event 'odd\.one'"):
        document_of(Odd.as_route("/"))


def test_a_reply_a_push_and_a_failure_are_refused_so_too() -> None:
    odd: Any = Callable[[], int]

    class Failing(EventError[odd]):
        code = "failing"

    async def reply(self: Any) -> Any: ...

    async def plain(self: Any) -> None: ...

    for where, members in (
        ("the reply to event 'a'", {"reply": on("a", reply=odd)(reply)}),
        ("push 'b'", {"push": emits("b", odd)}),
        ("failure 'failing' of event 'c'", {"plain": on("c", errors=[Failing])(plain)}),
    ):
        with pytest.raises(SchemaConversionError) as error:
            document_of(consumer("Made", **members).as_route("/"))
        assert error.value.where == where


# -- patterns


@pytest.mark.parametrize("family", ["a-b.*", "a-b:*"])
def test_the_pattern_of_a_family_is_one_in_javascript_too(family: str) -> None:
    r"""A needless escape (``\-``) is an error there."""
    messages = messages_of(document_of(consumer(**serving(family)).as_route("/")))
    pattern = next(iter(messages.values()))["payload"]["properties"]["event"]["pattern"]
    assert pattern == "^" + family[:-1].replace(".", r"\.") + "[A-Za-z0-9_.:-]+$"
