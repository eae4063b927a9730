"""What the document says of the handshake, and that the server keeps to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator
from nexios import NexiosApp
from nexios.auth.backends.apikey import APIKeyAuthBackend
from pydantic import BaseModel, ConfigDict, Field

from nexws import EventConsumer, HandshakeRefusedError, Nexws, build_asyncapi, cookies, headers, query
from nexws.asyncapi.lint import lint
from nexws.testing import connect
from tests.asyncapi.applications import application, documented
from tests.asyncapi.instances import instances

Json = dict[str, Any]

ASKING = documented("torture")["channels"]["Asking"]
UNDESCRIBED = {"price"}
"""Of a Decimal as text, no JSON Schema says the limits."""


def test_the_query_is_in_the_binding() -> None:
    """Each parameter is described where it stands, and none may be null: there is no text for that."""
    schema = ASKING["bindings"]["ws"]["query"]
    Draft7Validator.check_schema(schema)
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == (
        "object",
        ["share"],
        False,
    )
    assert list(schema["properties"])[:3] == ["page", "text", "number"]
    shown = ("text", "number", "flag", "at", "colour", "maybe", "one", "either", "with", "whole")
    assert {name: schema["properties"][name] for name in shown} == {
        "text": {"type": "string", "default": "x", "maxLength": 5, "description": "Some *text*."},
        "number": {"type": "integer", "minimum": 0},
        "flag": {"type": "boolean", "default": False},
        "at": {"type": "string", "format": "date-time"},
        "colour": {"title": "Colour", "type": "string", "enum": ["red", "blue"], "default": "red"},
        "maybe": {"title": "Colour", "type": "string", "enum": ["red", "blue"]},
        "one": {"enum": ["all", 1], "default": "all"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
        "with": {
            "type": "array",
            "items": {"title": "Colour", "type": "string", "enum": ["red", "blue"]},
            "maxItems": 3,
            "default": [],
        },
        "whole": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
    }


def test_headers_stand_beside_those_of_subprotocols_and_keys() -> None:
    """A declared one goes before a key of the same name, in whatever case."""
    schema = ASKING["bindings"]["ws"]["headers"]
    assert list(schema["properties"]) == [
        "Sec-WebSocket-Protocol",
        "X-Other-Key",
        "X-Device-Id",
        "Accept-Language",
        "X-Key",
    ]
    assert schema["required"] == ["X-Device-Id"]
    assert schema["properties"]["X-Key"] == {"type": "string", "minLength": 2, "default": "xx"}
    assert schema["properties"]["X-Device-Id"] == {"type": "string", "format": "uuid"}


def test_cookies_stand_beside_the_binding() -> None:
    assert ASKING["x-nexws-cookies"] == {
        "type": "object",
        "properties": {
            "session": {"type": "string", "minLength": 2},
            "site-theme": {"title": "Colour", "type": "string", "enum": ["red", "blue"], "default": "red"},
        },
        "required": ["session"],
    }
    assert "x-nexws-cookies" not in documented("torture")["channels"]["Torture"]


def test_what_nothing_is_declared_of_is_not_in_the_binding() -> None:
    class Silent(EventConsumer):
        pass

    app = NexiosApp()
    app.add_ws_route(Silent.as_route("/"))
    (channel,) = build_asyncapi(app)["channels"].values()
    assert channel["bindings"]["ws"] == {"method": "GET", "bindingVersion": "0.1.0"}


def test_parameters_take_no_name_from_a_payload() -> None:
    """They are no components, however they are called."""
    document = documented("torture")
    assert {"AskedOutput", "Colour"} <= document["components"]["schemas"].keys()  # which are payloads too
    assert not {"Paged", "Device", "Visit"} & document["components"]["schemas"].keys()


def test_only_a_query_can_be_closed() -> None:
    """Further headers and cookies are always sent."""

    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str = Field(description="Of somebody.")

    class Served(EventConsumer):
        wanted = query(Closed)
        client = headers(Closed)
        visit = cookies(Closed)

    app = NexiosApp()
    Nexws(app, auth=[APIKeyAuthBackend("name")])
    app.add_ws_route(Served.as_route("/"))
    document = build_asyncapi(app)
    channel = document["channels"]["Served"]
    described: Json = {"type": "string", "description": "Of somebody."}
    closed: Json = {"type": "object", "properties": {"name": described}, "required": ["name"]}
    assert channel["bindings"]["ws"]["query"] == {**closed, "additionalProperties": False}
    assert channel["bindings"]["ws"]["headers"] == {
        **closed,
        "properties": {"Name": described},
        "required": ["Name"],
    }
    assert channel["x-nexws-cookies"] == closed
    assert [str(each) for each in lint(document) if each.severity == "error"] == []


# -- the server keeps to it


def modern(schema: Json) -> Json:
    """Write tuples as ``instances`` knows them."""
    properties = {
        name: {**each, "prefixItems": each["items"], "items": False}
        if isinstance(each.get("items"), list)
        else each
        for name, each in schema["properties"].items()
        if name not in UNDESCRIBED
    }
    return {**schema, "properties": properties, "additionalProperties": False}


def texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        yield each if isinstance(each, str) else json.dumps(each)


QUERIES = instances(modern(ASKING["bindings"]["ws"]["query"]), {})
HEADERS = instances(modern(ASKING["bindings"]["ws"]["headers"]), {})
COOKIES = instances(modern(ASKING["x-nexws-cookies"]), {})


@settings(max_examples=60, deadline=None, derandomize="CI" in os.environ)
@given(asked=QUERIES, device=HEADERS, visit=COOKIES)
async def test_whatever_the_document_allows_is_read(asked: Json, device: Json, visit: Json) -> None:
    path = "/asking?" + urlencode([(name, text) for name, each in asked.items() for text in texts(each)])
    given = {name: ", ".join(texts(each)) for name, each in device.items()}
    offered = [given.pop("Sec-WebSocket-Protocol")] if "Sec-WebSocket-Protocol" in given else []
    stored = {name: str(each) for name, each in visit.items()}
    async with connect(
        application("torture"), path, headers=given, cookies=stored, subprotocols=offered
    ) as client:
        assert (await client.call("what"))["share"] == asked["share"]


@pytest.mark.parametrize(
    ("path", "device", "visit"),
    [
        ("/asking", {"X-Device-Id": "0b1c9d263f5e4bb19d5e6a9fd6a3b1c2"}, {"session": "abc"}),
        ("/asking?share=1", {}, {"session": "abc"}),
        ("/asking?share=1", {"X-Device-Id": "0b1c9d263f5e4bb19d5e6a9fd6a3b1c2"}, {}),
        (
            "/asking?share=1&nothing=1",
            {"X-Device-Id": "0b1c9d263f5e4bb19d5e6a9fd6a3b1c2"},
            {"session": "abc"},
        ),
    ],
    ids=["no query", "no header", "no cookie", "one too many"],
)
async def test_whatever_the_document_requires_is_needed(
    path: str, device: dict[str, str], visit: dict[str, str]
) -> None:
    with pytest.raises(HandshakeRefusedError):
        async with connect(application("torture"), path, headers=device, cookies=visit):
            pass
