"""What the linter says about documents: wrong ones one by one, and odd ones that are right."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from nexws.asyncapi.lint import VERSIONS, Problem, lint
from tests.asyncapi.documents import MISSING, chat, edited, plain, swapped

S = "components/schemas/"
M = "components/messages/"
C = "channels/Chat/"
O = "operations/Chat.chat.message/"  # noqa: E741 - beside S, M and C


@dataclass(frozen=True)
class Wrong:
    """What is made of the right document, and the problem that it must get, alone of its severity."""

    why: str
    edits: dict[str, Any]
    rule: str
    where: str
    says: str


SHAPE = {"type": "object", "properties": {"kind": {"const": "a"}, "size": {"type": "integer"}}}

WRONG = [
    # the official schema
    Wrong("no title", {"info/title": MISSING}, "structure", "/info", "'title' is missing"),
    Wrong(
        "version as a number",
        {"info/version": 1.0},
        "structure",
        "/info/version",
        "must be a string, is a number",
    ),
    Wrong("unknown key at the root", {"chanels": {}}, "structure", "/chanels", "is 'channels' meant?"),
    Wrong(
        "unknown key in a channel",
        {f"{C}adress": "/"},
        "structure",
        "/channels/Chat/adress",
        "'address' meant?",
    ),
    Wrong("address as a list", {f"{C}address": []}, "structure", "/channels/Chat/address", "is an array"),
    Wrong(
        "action of AsyncAPI 2",
        {f"{O}action": "publish"},
        "structure",
        f"/{O}action",
        'must be "send" or "receive"',
    ),
    Wrong(
        "operation without channel",
        {f"{O}channel": MISSING},
        "structure",
        f"/{O}"[:-1],
        "'channel' is missing",
    ),
    Wrong(
        "parameter with a schema, as in AsyncAPI 2",
        {f"{C}parameters/group/schema": {"type": "string"}},
        "structure",
        "/channels/Chat/parameters/group/schema",
        "'schema' is not known here",
    ),
    Wrong(
        "message in place of a list",
        {f"{O}messages": {"$ref": "#/channels/Chat/messages/chat.message"}},
        "structure",
        f"/{O}messages",
        "must be an array, is an object",
    ),
    Wrong(
        "server without host",
        {"servers/default/host": MISSING},
        "structure",
        "/servers/default",
        "'host' is missing",
    ),
    Wrong(
        "server with a url, as in AsyncAPI 2",
        {"servers/default/url": "ws://localhost"},
        "structure",
        "/servers/default/url",
        "'url' is not known here",
    ),
    Wrong(
        "unknown type in a schema",
        {f"{S}Tick/properties/n/type": "int"},
        "structure",
        "/components/schemas/Tick/properties/n/type",
        'must be "array"',
    ),
    Wrong(
        "discriminator of OpenAPI",
        {f"{S}Tick/discriminator": {"propertyName": "n"}},
        "structure",
        "/components/schemas/Tick/discriminator",
        "must be a string, is an object",
    ),
    Wrong(
        "property that is no schema",
        {f"{S}Tick/properties/n": 5},
        "structure",
        "/components/schemas/Tick/properties/n",
        "must be an object or a boolean, is an integer",
    ),
    Wrong(
        "no method of WebSockets",
        {f"{C}bindings/ws/method": "PUT"},
        "structure",
        "/channels/Chat/bindings/ws/method",
        'must be "GET" or "POST", is "PUT"',
    ),
    Wrong(
        "unknown key in the ws binding",
        {f"{C}bindings/ws/cookies": {}},
        "structure",
        "/channels/Chat/bindings/ws/cookies",
        "'cookies' is not known here",
    ),
    Wrong(
        "unknown kind of security",
        {"components/securitySchemes/token": {"type": "htp", "scheme": "bearer"}},
        "structure",
        "/components/securitySchemes/token/type",
        'is "htp"',
    ),
    Wrong(
        "security of a known kind with a wrong key",
        {"components/securitySchemes/token/bearer": "JWT"},
        "structure",
        "/components/securitySchemes/token/bearer",
        "'bearer' is not known here",
    ),
    Wrong(
        "API key in a place that only httpApiKey has",
        {"components/securitySchemes/token": {"type": "apiKey", "in": "query"}},
        "structure",
        "/components/securitySchemes/token/in",
        'must be "user" or "password", is "query"',
    ),
    Wrong(
        "correlation id that is no expression",
        {"components/correlationIds/ref/location": "payload.ref"},
        "structure",
        "/components/correlationIds/ref/location",
        'is "payload.ref"',
    ),
    Wrong(
        "example without payload",
        {f"{M}Chat.chat.message/examples": [{"name": "x"}]},
        "structure",
        f"/{M}Chat.chat.message/examples/0",
        "'payload' is missing",
    ),
    Wrong(
        "payload that is no object",
        {f"{M}Chat.chat.count/payload": True},
        "structure",
        f"/{M}Chat.chat.count/payload",
        "must be an object, is a boolean",
    ),
    # references
    Wrong(
        "reference to nothing",
        {f"{S}Tick/properties/n": {"$ref": "#/components/schemas/Nope"}},
        "dangling-reference",
        "/components/schemas/Tick/properties/n",
        "'#/components/schemas/Nope' points at nothing",
    ),
    Wrong(
        "reference into definitions beside it",
        {f"{S}Tick": {"$defs": {"N": {}}, "properties": {"n": {"$ref": "#/$defs/N"}}}},
        "dangling-reference",
        "/components/schemas/Tick/properties/n",
        "points at nothing",
    ),
    Wrong(
        "reference into the net",
        {f"{S}Tick/properties/n": {"$ref": "https://example.com/n.json"}},
        "remote-reference",
        "/components/schemas/Tick/properties/n",
        "outside of this document",
    ),
    Wrong(
        "reference into another file",
        {f"{C}messages/chat.message": {"$ref": "./messages.yaml#/hello"}},
        "remote-reference",
        "/channels/Chat/messages/chat.message",
        "'./messages.yaml#/hello'",
    ),
    Wrong(
        "reference to itself",
        {f"{S}Tick/properties/n": {"$ref": "#/components/schemas/Tick/properties/n"}},
        "circular-reference",
        "/components/schemas/Tick/properties/n",
        "without end",
    ),
    Wrong(
        "schema that includes itself",
        {f"{S}Tick": {"allOf": [{"$ref": "#/components/schemas/Tick"}]}},
        "circular-reference",
        "/components/schemas/Tick/allOf/0",
        "without end",
    ),
    Wrong(
        "schema that depends on itself",
        {f"{S}Tick/dependencies": {"n": {"$ref": "#/components/schemas/Tick"}}},
        "circular-reference",
        "/components/schemas/Tick/dependencies/n",
        "without end",
    ),
    Wrong(
        "property called $ref",
        {f"{S}Tick/properties/$ref": {"type": "string"}},
        "reference",
        "/components/schemas/Tick/properties",
        "kept for references",
    ),
    Wrong(
        "message that is a schema",
        {f"{C}messages/chat.message": {"$ref": "#/components/schemas/SendMessage"}},
        "reference-kind",
        "/channels/Chat/messages/chat.message",
        "points at no message",
    ),
    Wrong(
        "correlation id that is a message",
        {f"{M}Chat.chat.count/correlationId": {"$ref": "#/components/messages/Chat.chat.message"}},
        "reference-kind",
        f"/{M}Chat.chat.count/correlationId",
        "points at no correlation id",
    ),
    Wrong(
        "operation that is nothing at all",
        {"operations/o": {"$ref": "#/components/schemas/Empty"}, f"{S}Empty": {}},
        "reference-kind",
        "/operations/o",
        "points at no operation",
    ),
    Wrong(
        "key of a component",
        {f"{S}Send Message": {}},
        "component-key",
        "/components/schemas/Send Message",
        "only A-Z a-z 0-9 . - _",
    ),
    # channels and servers
    Wrong(
        "parameter that nobody explains",
        {f"{C}address": "/chat/{group}/{page}"},
        "address-parameters",
        "/channels/Chat",
        "{page} is not explained",
    ),
    Wrong(
        "parameters left out altogether",
        {f"{C}parameters": MISSING},
        "address-parameters",
        "/channels/Chat",
        "{group} is not explained",
    ),
    Wrong(
        "parameter that is not in the address",
        {f"{C}parameters/page": {}},
        "address-parameters",
        "/channels/Chat/parameters/page",
        "{page} is not in the address",
    ),
    Wrong(
        "parameter whose default is not allowed",
        {f"{C}parameters/group/default": "cellar"},
        "default",
        "/channels/Chat/parameters/group/default",
        'must be "lobby" or "attic", is "cellar"',
    ),
    Wrong(
        "parameter whose example is not allowed",
        {f"{C}parameters/group/examples": ["attic", "cellar"]},
        "example",
        "/channels/Chat/parameters/group/examples/1",
        'is "cellar"',
    ),
    Wrong(
        "query in an address",
        {f"{C}address": "/chat/{group}?lang=de"},
        "address-query",
        "/channels/Chat/address",
        "ws binding",
    ),
    Wrong(
        "fragment in an address",
        {f"{C}address": "/chat/{group}#top"},
        "address-query",
        "/channels/Chat/address",
        "has a query or a fragment",
    ),
    Wrong(
        "channel on a server of the components",
        {
            "components/servers": {"other": {"host": "h", "protocol": "ws"}},
            f"{C}servers": [{"$ref": "#/components/servers/other"}],
        },
        "channel-servers",
        "/channels/Chat/servers/0",
        "one of '#/servers'",
    ),
    Wrong(
        "server variable that nobody explains",
        {"servers/default/host": "{region}.example.com"},
        "server-variables",
        "/servers/default",
        "{region} is not explained",
    ),
    Wrong(
        "server variable whose default is not allowed",
        {
            "servers/default/pathname": "/{base}",
            "servers/default/variables": {"base": {"enum": ["v1"], "default": "v2"}},
        },
        "default",
        "/servers/default/variables/base/default",
        'must be "v1"',
    ),
    # operations
    Wrong(
        "channel of the components",
        {
            "components/channels": {"c": {}},
            f"{O}channel": {"$ref": "#/components/channels/c"},
            f"{O}messages": [],
        },
        "operation-channel",
        f"/{O}channel",
        "one of '#/channels'",
    ),
    Wrong(
        "message of the components",
        {f"{O}messages/0": {"$ref": "#/components/messages/Chat.chat.message"}},
        "operation-messages",
        f"/{O}messages/0",
        "no reference to a message of '#/channels/Chat'",
    ),
    Wrong(
        "message of another channel",
        {
            "channels/Other": {"messages": {"x": {"$ref": "#/components/messages/Chat.chat.message"}}},
            f"{O}messages/0": {"$ref": "#/channels/Other/messages/x"},
        },
        "operation-messages",
        f"/{O}messages/0",
        "'#/channels/Other/messages/x'",
    ),
    Wrong(
        "reply with a message of another channel",
        {
            "channels/Other": {"messages": {"x": {"$ref": "#/components/messages/Chat.chat.message.ok"}}},
            f"{O}reply/messages/0": {"$ref": "#/channels/Other/messages/x"},
        },
        "reply-messages",
        f"/{O}reply/messages/0",
        "'#/channels/Other/messages/x'",
    ),
    Wrong(
        "reply with messages of no channel",
        {f"{O}reply/channel": MISSING},
        "reply-messages",
        f"/{O}reply",
        "no 'channel'",
    ),
    Wrong(
        "reply of the components with a message of the components",
        {
            "components/replies": {
                "r": {
                    "channel": {"$ref": "#/channels/Chat"},
                    "messages": [{"$ref": "#/components/messages/Chat.chat.message.ok"}],
                }
            },
            f"{O}reply": {"$ref": "#/components/replies/r"},
        },
        "reply-messages",
        "/components/replies/r/messages/0",
        "no reference to a message of",
    ),
    Wrong(
        "address of a reply on a channel that has one",
        {f"{O}reply/address": {"location": "$message.header#/replyTo"}},
        "reply-address",
        f"/{O}reply/address",
        "must be null",
    ),
    # bindings
    Wrong(
        "query that is no object",
        {f"{C}bindings/ws/query": {"type": "string"}},
        "ws-binding",
        "/channels/Chat/bindings/ws/query",
        "type object with 'properties'",
    ),
    Wrong(
        "query without properties",
        {f"{C}bindings/ws/query": {"type": "object"}},
        "ws-binding",
        "/channels/Chat/bindings/ws/query",
        "type object with 'properties'",
    ),
    Wrong(
        "header that is an object",
        {
            f"{C}bindings/ws/headers": {
                "type": "object",
                "properties": {"X-A": {"$ref": "#/components/schemas/Tick"}},
            }
        },
        "ws-binding",
        "/channels/Chat/bindings/ws/headers/properties/X-A",
        "a text, a number or a boolean",
    ),
    Wrong(
        "query parameter that may be a list",
        {f"{C}bindings/ws/query/properties/lang": {"anyOf": [{"type": "array"}, {"type": "null"}]}},
        "ws-binding",
        "/channels/Chat/bindings/ws/query/properties/lang",
        "a text, a number or a boolean",
    ),
    Wrong(
        "query parameter that is a list of objects",
        {f"{C}bindings/ws/query/properties/lang": {"type": "array", "items": {"type": "object"}}},
        "ws-binding",
        "/channels/Chat/bindings/ws/query/properties/lang",
        "or a list of such",
    ),
    Wrong(
        "ws binding of an operation",
        {f"{O}bindings": {"ws": {"method": "GET"}}},
        "ws-reserved",
        f"/{O}bindings/ws",
        "must be empty",
    ),
    Wrong(
        "ws binding of a message",
        {f"{M}Chat.chat.count/bindings": {"ws": {"opcode": 1}}},
        "ws-reserved",
        f"/{M}Chat.chat.count/bindings/ws",
        "must be empty",
    ),
    Wrong(
        "ws binding of a server",
        {"servers/default/bindings": {"ws": {"timeout": 1}}},
        "ws-reserved",
        "/servers/default/bindings/ws",
        "must be empty",
    ),
    # values that claim to fit
    Wrong(
        "example that does not fit its payload",
        {f"{M}Chat.chat.message/examples/0/payload/data/text": ""},
        "example",
        f"/{M}Chat.chat.message/examples/0/payload/data/text",
        'is "", which does not fit minLength 1',
    ),
    Wrong(
        "example with a property too many",
        {f"{M}Chat.chat.message/examples/0/payload/dat": {}},
        "example",
        f"/{M}Chat.chat.message/examples/0/payload/dat",
        "is 'data' meant?",
    ),
    Wrong(
        "example that does not fit its headers",
        {
            f"{M}Chat.chat.message/headers": {"type": "object", "properties": {"trace": {"type": "string"}}},
            f"{M}Chat.chat.message/examples/0/headers": {"trace": 1},
        },
        "example",
        f"/{M}Chat.chat.message/examples/0/headers/trace",
        "must be a string, is an integer",
    ),
    Wrong(
        "example of a schema that does not fit it",
        {f"{S}Tick/examples": [{"n": 1}, {}]},
        "example",
        "/components/schemas/Tick/examples/1",
        "'n' is missing",
    ),
    Wrong(
        "default of another type",
        {f"{S}SendMessage/properties/text/default": None},
        "default",
        "/components/schemas/SendMessage/properties/text/default",
        "must be a string, is null",
    ),
    Wrong(
        "default that is of no type",
        {
            f"{S}Tick/properties/n": {
                "anyOf": [{"type": "string"}, {"type": ["integer", "null"]}],
                "default": [],
            }
        },
        "default",
        "/components/schemas/Tick/properties/n/default",
        "must be a string, an integer or null, is an array",
    ),
    Wrong(
        "default that is of two kinds at once",
        {f"{S}Tick/properties/n": {"oneOf": [{"minimum": 1}, {"minimum": 2}], "default": 3}},
        "default",
        "/components/schemas/Tick/properties/n/default",
        "fits more than one of the alternatives",
    ),
    Wrong(
        "default that is what it must not be",
        {
            f"{S}Tick/properties/n": {
                "oneOf": [{"not": {"const": 1}}, {"not": {"type": "integer"}}],
                "default": 1,
            }
        },
        "default",
        "/components/schemas/Tick/properties/n/default",
        "fits none of the alternatives",
    ),
    Wrong(
        "default of an alternative that is nearly right",
        {
            f"{S}Tick/properties/n": {
                "oneOf": [SHAPE, {"type": "string"}],
                "default": {"kind": "a", "size": "x"},
            }
        },
        "default",
        "/components/schemas/Tick/properties/n/default/size",
        "must be an integer, is a string",
    ),
    Wrong(
        "default that is no multiple",
        {f"{S}Tick/properties/n": {"multipleOf": 5, "default": 3}},
        "default",
        "/components/schemas/Tick/properties/n/default",
        "3 is not a multiple of 5",
    ),
    Wrong(
        "default that is long",
        {f"{S}Tick/properties/n": {"not": {"type": "string"}, "default": "x" * 200}},
        "default",
        "/components/schemas/Tick/properties/n/default",
        "does not fit not",
    ),
    Wrong(
        "default of a query parameter",
        {f"{C}bindings/ws/query/properties/lang/default": "fr"},
        "default",
        "/channels/Chat/bindings/ws/query/properties/lang/default",
        'must be "de" or "en"',
    ),
    Wrong(
        "default deep in a payload of its own",
        {f"{M}Chat.chat.count/payload/properties/ref/default": 1.5},
        "default",
        f"/{M}Chat.chat.count/payload/properties/ref/default",
        "must be a string or an integer, is a number",
    ),
]

WARNED = [
    Wrong(
        "words beside a reference",
        {f"{S}Posted/properties/receipt": {"$ref": "#/components/schemas/Receipt", "description": "x"}},
        "reference-siblings",
        "/components/schemas/Posted/properties/receipt",
        "'description' beside '$ref' means nothing",
    ),
    Wrong(
        "component that nobody uses",
        {f"{S}Forgotten": {"type": "string"}},
        "unused-component",
        "/components/schemas/Forgotten",
        "is used nowhere",
    ),
    Wrong(
        "component that only itself uses",
        {f"{S}Forgotten": {"properties": {"next": {"$ref": "#/components/schemas/Forgotten"}}}},
        "unused-component",
        "/components/schemas/Forgotten",
        "is used nowhere",
    ),
    Wrong(
        "server variable that is not in the address",
        {"servers/default/variables": {"base": {}}},
        "server-variables",
        "/servers/default/variables/base",
        "neither in the host nor in the pathname",
    ),
    Wrong(
        "message that looks like another because its event is not required",
        {
            f"{M}Chat.chat.count/payload/required": ["ref"],
            f"{M}Chat.chat.count/payload/additionalProperties": True,
            f"{M}Chat.chat.message/payload/additionalProperties": True,
        },
        "ambiguous-messages",
        "/channels/Chat/messages/chat.count",
        "the other side sends both 'chat.count' and 'chat.message'",
    ),
    Wrong(
        "reply that looks like the failure",
        {
            f"{M}Chat.chat.message.error/payload/properties/status": {"enum": ["ok", "error"]},
            f"{M}Chat.chat.message.error/payload/additionalProperties": True,
            f"{M}Chat.chat.message.ok/payload/additionalProperties": True,
        },
        "ambiguous-messages",
        "/channels/Chat/messages/chat.message.error",
        "the application sends both 'chat.message.error' and 'chat.message.ok'",
    ),
    Wrong(
        "pattern that only Python reads",
        {f"{S}SendMessage/properties/text/pattern": r"(?P<word>\w+)"},
        "pattern",
        "/components/schemas/SendMessage/properties/text/pattern",
        "only Python reads this pattern",
    ),
]

TICK = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

RIGHT: dict[str, Any] = {
    "the least document": plain(),
    "a document of nexws": chat(),
    "the client's view": swapped(chat()),
    "version 3.0.0": {**chat(), "asyncapi": "3.0.0"},
    "extensions of any kind": plain(**{"x-nexws-view": "server", "x-a": [1, None, {"b": True}]}),
    "a recursive schema with words": edited(chat(), {f"{S}Posted/description": "A post and its answers."}),
    "a channel that is a component, its messages named through it": plain(
        channels={"c": {"$ref": "#/components/channels/c"}},
        operations={
            "o": {
                "action": "send",
                "channel": {"$ref": "#/channels/c"},
                "messages": [{"$ref": "#/channels/c/messages/m"}],
            }
        },
        components={"channels": {"c": {"address": "a", "messages": {"m": {"payload": {"type": "string"}}}}}},
    ),
    "an address that is not known": plain(channels={"c": {"address": None}}),
    "a reply to an address that the message names": plain(
        channels={"c": {"address": "/c"}, "back": {"address": None, "messages": {"m": {}}}},
        operations={
            "o": {
                "action": "receive",
                "channel": {"$ref": "#/channels/c"},
                "reply": {
                    "address": {"location": "$message.header#/replyTo"},
                    "channel": {"$ref": "#/channels/back"},
                    "messages": [{"$ref": "#/channels/back/messages/m"}],
                },
            }
        },
    ),
    "keys that pointers escape": plain(
        channels={"/a~{b}": {"address": "/a/{b}", "parameters": {"b": {}}, "messages": {"m/m": {}}}},
        operations={
            "o": {
                "action": "send",
                "channel": {"$ref": "#/channels/~1a~0%7Bb%7D"},
                "messages": [{"$ref": "#/channels/~1a~0%7Bb%7D/messages/m~1m"}],
            }
        },
    ),
    "query and headers behind references": plain(
        channels={
            "c": {
                "bindings": {"$ref": "#/components/channelBindings/b"},
            }
        },
        components={
            "channelBindings": {"b": {"ws": {"query": {"$ref": "#/components/schemas/Query"}}}},
            "schemas": {
                "Query": {
                    "type": "object",
                    "properties": {"a": {"type": ["string", "null"]}, "b": {"const": 1}, "c": True},
                }
            },
        },
    ),
    "query parameters that may be sent several times": edited(
        chat(),
        {
            f"{C}bindings/ws/query/properties/many": {"type": "array", "items": {"type": "string"}},
            f"{C}bindings/ws/query/properties/pair": {
                "type": "array",
                "items": [{"type": "integer"}, {"enum": ["a", "b"]}],
            },
        },
    ),
    "an empty ws binding where it is reserved": edited(chat(), {f"{O}bindings": {"ws": {}}}),
    "a reply of which nothing is known": edited(
        chat(),
        {
            f"{O}reply": {},
            "components/messages/Chat.chat.message.ok": MISSING,
            f"{C}messages/chat.message.ok": {},
        },
    ),
    "a channel on one of the servers": edited(chat(), {f"{C}servers": [{"$ref": "#/servers/default"}]}),
    "one message under two keys": edited(
        chat(),
        {
            f"{C}messages/again": {"$ref": f"#/{M}Chat.chat.count"},
            f"{O}messages/-": {"$ref": f"#/{C}messages/again"},
        },
    ),
    "a reference to the whole document": plain(**{"x-all": {"$ref": "#"}}),
    "bindings of other protocols": plain(
        channels={"c": {"bindings": {"kafka": {"topic": "t", "partitions": 3, "bindingVersion": "0.5.0"}}}}
    ),
    "payloads of other schema formats": plain(
        channels={
            "c": {
                "messages": {
                    "m": {
                        "payload": {
                            "schemaFormat": "application/vnd.apache.avro;version=1.9.0",
                            "schema": {"type": "record", "name": "R", "fields": []},
                        },
                        "examples": [{"payload": 5}],
                    }
                }
            }
        }
    ),
    "a payload in an envelope of its format": plain(
        channels={
            "c": {
                "messages": {
                    "m": {
                        "payload": {
                            "schemaFormat": "application/schema+json;version=draft-07",
                            "schema": TICK,
                        },
                        "examples": [{"payload": {"n": 1}}],
                    }
                }
            }
        }
    ),
    "a schema that names its dialect, with references": edited(
        chat(),
        {
            f"{S}SendMessage/$schema": "http://json-schema.org/draft-07/schema#",
            f"{S}SendMessage/properties/tick": {"$ref": "#/components/schemas/Tick"},
            f"{M}Chat.chat.message/examples/0/payload/data/tick": {"n": 1},
        },
    ),
    "patterns that Python cannot read": edited(
        chat(),
        {
            f"{S}Receipt/properties/name": {"type": "string", "pattern": r"^\p{L}+$", "default": "x"},
            f"{S}Receipt/patternProperties": {r"^\p{L}$": {"type": "string"}},
            f"{S}Receipt/examples": [{"length": 1, "é": "x"}],
        },
    ),
    "tuples": edited(
        chat(),
        {
            f"{S}Tick/properties/pair": {
                "items": [{"type": "integer"}],
                "additionalItems": False,
                "default": [1],
            },
        },
    ),
    "an operation without messages, which may use all": edited(
        chat(),
        {
            "operations/Chat.chat.posted.push": MISSING,
            "operations/all": {"action": "send", "channel": {"$ref": "#/channels/Chat"}},
        },
    ),
    "messages that only their enum tells apart": edited(
        chat(),
        {
            f"{M}Chat.chat.count/payload/properties/event": {"enum": ["chat.count", "chat.recount"]},
        },
    ),
    "messages that a nested constant tells apart": edited(
        chat(),
        {
            f"{M}Chat.chat.count/payload": {
                "allOf": [
                    {
                        "properties": {
                            "meta": {"properties": {"kind": {"const": "count"}}, "required": ["kind"]}
                        }
                    },
                    {"required": ["meta"], "type": "object"},
                ]
            },
            f"{M}Chat.chat.message/payload/properties/meta": {
                "oneOf": [
                    {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
                    {"properties": {"kind": {"const": "b"}, "at": {"const": 1}}, "required": ["kind", "at"]},
                ]
            },
            f"{M}Chat.chat.message/payload/required": ["meta", "data"],
            f"{M}Chat.chat.message/examples": [],
        },
    ),
    "a binary frame beside text frames": edited(
        chat(),
        {
            f"{M}Chat.chat.count/contentType": "application/octet-stream",
            f"{M}Chat.chat.count/payload": {"type": "string", "format": "binary"},
        },
    ),
}


def problems(document: Any, severity: str) -> list[Problem]:
    return [problem for problem in lint(document) if problem.severity == severity]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.why)
def test_a_wrong_document_has_one_error_that_says_where_and_why(wrong: Wrong) -> None:
    [problem] = problems(edited(chat(), wrong.edits), "error")
    assert (problem.rule, problem.where) == (wrong.rule, wrong.where)
    assert wrong.says in problem.message


@pytest.mark.parametrize("wrong", WARNED, ids=lambda wrong: wrong.why)
def test_a_trap_has_one_warning_and_no_error(wrong: Wrong) -> None:
    document = edited(chat(), wrong.edits)
    assert problems(document, "error") == []
    [problem] = problems(document, "warning")
    assert (problem.rule, problem.where) == (wrong.rule, wrong.where)
    assert wrong.says in problem.message


@pytest.mark.parametrize("document", RIGHT.values(), ids=RIGHT)
def test_an_odd_document_that_is_right_has_no_errors(document: Any) -> None:
    assert problems(document, "error") == []


@pytest.mark.parametrize("name", [name for name in RIGHT if "messages that" in name or "binary" in name])
def test_messages_that_can_be_told_apart_are_not_warned_of(name: str) -> None:
    assert lint(RIGHT[name]) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_nexws_writes_has_no_problems(version: str) -> None:
    assert lint({**chat(), "asyncapi": version}) == []


@pytest.mark.parametrize(
    ("document", "where", "says"),
    [
        (None, "", "must be an object"),
        ([], "", "must be an object"),
        ({}, "", "'asyncapi' must say 3.0.0 or 3.1.0"),
        ({"asyncapi": "2.6.0"}, "/asyncapi", "is '2.6.0', must be 3.0.0 or 3.1.0"),
        ({"asyncapi": 3.1}, "/asyncapi", "is 3.1, must be"),
        ({"openapi": "3.1.0"}, "", "is no AsyncAPI document"),
    ],
)
def test_what_is_no_document_of_a_known_version_gets_no_other_problem(
    document: Any, where: str, says: str
) -> None:
    [problem] = lint(document)
    assert (problem.rule, problem.where) == ("version", where)
    assert says in problem.message


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({200: "ok"}, "key 200 is no text"),
        (float("nan"), "nan is no number"),
        (float("-inf"), "-inf is no number"),
        ({1, 2}, "a set is nothing that JSON can write"),
    ],
)
def test_what_json_cannot_hold_is_named(value: Any, says: str) -> None:
    """YAML can hold it, and so can a dictionary."""
    [problem] = lint(plain(**{"x-a": value}))
    assert (problem.rule, problem.where) == ("json", "/x-a")
    assert says in problem.message


@pytest.mark.parametrize("depth", [100_000, None])
def test_a_bottomless_document_is_a_problem_and_no_crash(depth: int | None) -> None:
    bottomless: list[Any] = []
    if depth is None:
        bottomless.append(bottomless)
    for _ in range(depth or 0):
        bottomless = [bottomless]
    [problem] = lint(plain(**{"x-a": bottomless}))
    assert "too deeply" in problem.message


def test_a_value_too_deep_for_the_validator_is_a_problem_and_no_crash() -> None:
    """The walk through the document needs less of the stack than the check of a recursive schema."""
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Nested"}, "default": deep}
    [problem] = lint(plain(components={"schemas": {"Nested": schema}}))
    assert "too deeply" in problem.message


def test_constants_deep_down_do_not_tell_messages_apart() -> None:
    """A reader would have to look at all of a frame to know what it is."""

    def nested(value: str, depth: int) -> Any:
        inner = {"const": value} if depth == 0 else nested(value, depth - 1)
        return {"properties": {"in": inner}, "required": ["in"]} if depth else inner

    for depth, expected in ((4, []), (5, ["ambiguous-messages"])):
        messages = {key: {"payload": nested(key, depth)} for key in ("a", "b")}
        operation = {"action": "send", "channel": {"$ref": "#/channels/c"}}
        document = plain(channels={"c": {"messages": messages}}, operations={"o": operation})
        assert [problem.rule for problem in lint(document)] == expected


@pytest.mark.parametrize(
    ("one", "other", "are_told_apart"),
    [
        ({"pattern": r"^a\.[a-z.]+$"}, {"pattern": "^b:[a-z]+$"}, True),
        ({"pattern": r"^a\.b\."}, {"pattern": "^a-b[a-z]"}, True),
        ({"pattern": r"^a\.[a-z.]+$"}, {"pattern": r"^a\.b\.[a-z]+$"}, False),
        ({"pattern": "^a"}, {"pattern": "^b|a$"}, False),
        ({"pattern": "^ab*"}, {"pattern": "^ac"}, False),
        ({"type": ["string", "null"], "pattern": "^a"}, {"pattern": "^b"}, False),
        ({"not": {"pattern": r"^nexws\."}}, {"const": "nexws.error"}, True),
        ({"not": {"anyOf": [{"enum": ["a"]}, {"pattern": "^b"}]}}, {"enum": ["a", "bc"]}, True),
        ({"not": {"anyOf": [{"enum": ["a"]}, {"pattern": "^b"}]}}, {"enum": ["a", "c"]}, False),
        ({"not": {"pattern": r"^\p{L}"}}, {"const": "a"}, False),
    ],
)
def test_families_are_told_apart_by_how_their_names_begin(
    one: dict[str, Any], other: dict[str, Any], are_told_apart: bool
) -> None:
    """And names by what a family leaves out."""
    messages = {
        key: {"payload": {"properties": {"event": {"type": "string", **name}}, "required": ["event"]}}
        for key, name in (("one", one), ("other", other))
    }
    operation = {"action": "send", "channel": {"$ref": "#/channels/c"}}
    document = plain(channels={"c": {"messages": messages}}, operations={"o": operation})
    found = [problem.rule for problem in lint(document) if problem.rule == "ambiguous-messages"]
    assert found == ([] if are_told_apart else ["ambiguous-messages"])


def test_several_problems_are_all_told_the_errors_first() -> None:
    edits = {
        f"{S}Forgotten": {"type": "string", "default": 1},
        f"{C}address": "/chat?x",
        "servers/default/variables": {"base": {}},
    }
    found = [(problem.severity, problem.rule) for problem in lint(edited(chat(), edits))]
    assert found == [
        ("error", "address-query"),
        ("error", "address-parameters"),
        ("error", "default"),
        ("warning", "server-variables"),
        ("warning", "unused-component"),
    ]


def test_one_mistake_in_a_component_is_one_problem_however_often_it_is_used() -> None:
    document = edited(
        chat(), {f"{M}Chat.chat.message/nmae": "x", f"{C}messages/again": {"$ref": f"#/{M}Chat.chat.message"}}
    )
    assert [problem.where for problem in lint(document)] == [f"/{M}Chat.chat.message/nmae"]


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("/info", "'title' is missing", "structure")) == "/info: 'title' is missing [structure]"
    assert str(Problem("", "must be an object", "version")) == "/: must be an object [version]"


def test_a_document_is_not_changed() -> None:
    document = edited(chat(), {f"{S}Tick/$schema": "http://json-schema.org/draft-07/schema#"})
    before = json.dumps(document)
    lint(document)
    assert json.dumps(document) == before


def test_the_validator_is_loaded_only_when_it_is_needed() -> None:
    program = (
        "import sys; from nexws.asyncapi.lint import lint; print('jsonschema' in sys.modules);"
        "sys.modules['jsonschema'] = None\n"
        "try: lint({'asyncapi': '3.1.0'})\n"
        "except ModuleNotFoundError as error: print(error.name)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True
    )
    assert result.stdout.split() == ["False", "jsonschema"]
