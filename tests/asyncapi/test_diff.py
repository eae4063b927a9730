"""What a change of a document means for its clients: a table of pairs, each read both ways."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import pytest

from nexws.asyncapi.diff import (
    Change,
    DocumentError,
    Verdict,
    as_json,
    as_markdown,
    as_text,
    diff,
    has_breaking,
)
from tests.asyncapi.documents import MISSING, chat, edited, plain, swapped

S = "components/schemas/"
M = "components/messages/Chat."
C = "channels/Chat/"
IN = f"{S}SendMessage/"
OUT = f"{S}Posted/"
REPLY = f"{S}Receipt/"
SENT, PUSHED, REPLIED = "chat.message", "chat.posted push", "chat.message reply"

B: Verdict = "breaking"
K: Verdict = "compatible"
D: Verdict = "documentation"


@dataclass(frozen=True)
class Pair:
    """What is made of the chat, and what a reviewer says of that and of taking it back."""

    why: str
    edits: dict[str, Any]
    there: Verdict
    back: Verdict
    where: str
    says: str
    says_back: str
    before: dict[str, Any] | None = None
    """What the old document has besides."""

    @property
    def old(self) -> Any:
        return edited(chat(), self.before or {})

    @property
    def new(self) -> Any:
        return edited(self.old, self.edits)


def sent(why: str, edits: dict[str, Any], there: Verdict, back: Verdict, field: str, *says: str, **before: Any) -> Pair:
    """A pair of documents that differ in what the client sends with chat.message."""
    own = {f"{IN}{path}": value for path, value in edits.items()}
    return Pair(why, own, there, back, f"Chat / {SENT} / {field}", says[0], says[1], before.get("before"))


def pushed(why: str, edits: dict[str, Any], there: Verdict, back: Verdict, field: str, *says: str, **before: Any) -> Pair:
    """A pair of documents that differ in what the client receives with chat.posted."""
    own = {f"{OUT}{path}": value for path, value in edits.items()}
    return Pair(why, own, there, back, f"Chat / {PUSHED} / {field}", says[0], says[1], before.get("before"))


P = "properties/"
TEXT = {"type": "string"}
CIRCLE = {"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}, "required": ["kind"]}
SQUARE = {"type": "object", "properties": {"kind": {"const": "square"}, "a": {"type": "number"}}, "required": ["kind"]}
SHAPE_IN = {f"{IN}properties/shape": {"oneOf": [CIRCLE]}}
SHAPE_OUT = {f"{OUT}properties/shape": {"oneOf": [CIRCLE]}}

WHAT_CLIENTS_SEND = [
    sent("a required field", {f"{P}at": TEXT, "required/-": "at"}, B, B, "data.at", "is new and required", "is gone, and refused"),
    sent("an optional field", {f"{P}at": TEXT}, K, B, "data.at", "is new", "is gone, and refused"),
    sent("an optional field is required", {"required/-": "priority"}, B, K, "data.priority", "is now required", "is no longer required"),
    sent("a type more", {f"{P}text/type": ["string", "null"]}, K, B, "data.text", "was string, is now string or null", "was string or null, is now string"),
    sent("another type", {f"{P}group": {"type": "integer"}}, B, B, "data.group", "was string, is now integer", "was integer, is now string"),
    sent("a value less", {f"{P}priority/enum": ["low"]}, B, K, "data.priority", 'no longer allows "high"', 'also allows "high"'),
    sent("a value more", {f"{P}priority/enum/-": "now"}, K, B, "data.priority", 'also allows "now"', 'no longer allows "now"'),
    sent("another value", {f"{P}v": {"const": 2}}, B, B, "data.v", "was 1, is now 2", "was 2, is now 1", before={f"{IN}{P}v": {"const": 1}}),
    sent("any text in place of values", {f"{P}priority/enum": MISSING, f"{P}priority/type": "string"}, K, B, "data.priority", 'is no longer limited to "low" or "high"', 'is now limited to "low" or "high"'),
    sent("a shorter text", {f"{P}text/maxLength": 500}, B, K, "data.text", "greatest length was 2000, is now 500", "was 500, is now 2000"),
    sent("a text of any length", {f"{P}text/maxLength": MISSING}, K, B, "data.text", "was 2000, is now unlimited", "was unlimited, is now 2000"),
    sent("a longer least text", {f"{P}text/minLength": 3}, B, K, "data.text", "least length was 1, is now 3", "was 3, is now 1"),
    sent("another pattern", {f"{P}group/pattern": "^[a-z]+$"}, B, B, "data.group", "pattern was", "pattern was"),
    sent("a pattern", {f"{P}text/pattern": "x"}, B, K, "data.text", 'pattern was none, is now "x"', 'pattern was "x", is now none'),
    sent("a format", {f"{P}text/format": "uuid"}, B, K, "data.text", 'format was none, is now "uuid"', 'was "uuid", is now none'),
    sent("numbers that were integers", {f"{P}n/type": "number"}, K, B, "data.n", "was integer, is now number", "was number, is now integer", before={f"{IN}{P}n": {"type": "integer"}}),
    sent("a lower maximum", {f"{P}n/maximum": 5}, B, K, "data.n", "greatest value was 9, is now 5", "was 5, is now 9", before={f"{IN}{P}n": {"type": "integer", "maximum": 9}}),
    sent("a limit that is left out itself", {f"{P}n": {"type": "number", "exclusiveMaximum": 9}}, B, K, "data.n", "was 9, is now just below 9", "was just below 9, is now 9", before={f"{IN}{P}n": {"type": "number", "maximum": 9}}),
    sent("multiples of more", {f"{P}n/multipleOf": 10}, B, K, "data.n", "multipleOf was 5, is now 10", "was 10, is now 5", before={f"{IN}{P}n": {"type": "integer", "multipleOf": 5}}),
    sent("multiples of something else", {f"{P}n/multipleOf": 3}, B, B, "data.n", "multipleOf was 2, is now 3", "was 3, is now 2", before={f"{IN}{P}n": {"type": "integer", "multipleOf": 2}}),
    sent("fewer items", {f"{P}tags/maxItems": 3}, B, K, "data.tags", "greatest number of items was unlimited, is now 3", "was 3", before={f"{IN}{P}tags": {"type": "array"}}),
    sent("each item once", {f"{P}tags/uniqueItems": True}, B, K, "data.tags", "uniqueItems was none, is now true", "was true", before={f"{IN}{P}tags": {"type": "array"}}),
    sent("items of a type", {f"{P}tags/items": TEXT}, B, K, "data.tags[]", "was anything, is now string", "was string, is now anything", before={f"{IN}{P}tags": {"type": "array"}}),
    sent("a tuple's second item", {f"{P}pair/items/1": {"type": "integer"}}, B, B, "data.pair[1]", "was string, is now integer", "was integer, is now string", before={f"{IN}{P}pair": {"type": "array", "items": [TEXT, TEXT]}}),
    sent("a longer tuple", {f"{P}pair/items/-": TEXT}, K, B, "data.pair[1]", "was nothing, is now string", "was string, is now nothing", before={f"{IN}{P}pair": {"type": "array", "items": [TEXT], "additionalItems": False}}),
    sent("nothing but what is described", {f"{P}more/additionalProperties": False}, B, K, "data.more", "no longer allows further properties", "allows further properties", before={f"{IN}{P}more": {"type": "object"}}),
    sent("a map of other values", {f"{P}more/additionalProperties/type": "integer"}, B, B, "data.more.*", "was string, is now integer", "was integer, is now string", before={f"{IN}{P}more": {"type": "object", "additionalProperties": TEXT}}),
    sent("an alternative more", {f"{P}shape/oneOf/-": SQUARE}, K, B, "data.shape", 'also allows kind="square"', 'no longer allows kind="square"', before=SHAPE_IN),
    sent("an alternative's field", {f"{P}shape/oneOf": [{**CIRCLE, "required": ["kind", "r"]}, SQUARE]}, B, K, 'data.shape(kind="circle").r', "is now required", "is no longer required", before={f"{IN}properties/shape": {"oneOf": [CIRCLE, SQUARE]}}),
    sent("another default", {f"{P}priority/default": "high"}, K, K, "data.priority", 'default was "low", is now "high"', 'was "high"'),
    sent("a keyword that is not understood", {f"{P}text/unevaluatedItems": False}, B, B, "data.text", "'unevaluatedItems' changed", "not understood"),
    sent("something that it must not be", {f"{P}text/not": {"const": "x"}}, B, K, "data.text", "'not' is new", "'not' is gone"),
    sent("a condition", {f"{P}text/if": {"minLength": 2}}, B, K, "data.text", "'if' is new", "'if' is gone"),
    sent("names of properties", {f"{P}more/propertyNames": {"maxLength": 3}}, B, K, "data.more", "'propertyNames' is new", "is gone", before={f"{IN}{P}more": {"type": "object"}}),
    sent("properties by pattern", {f"{P}more/patternProperties/^b": TEXT}, B, B, "data.more./^b/", "is new", "is gone", before={f"{IN}{P}more": {"type": "object"}}),
    sent("other values by pattern", {f"{P}more/patternProperties/^a/type": "integer"}, B, B, "data.more./^a/", "was string, is now integer", "was integer", before={f"{IN}{P}more": {"type": "object", "patternProperties": {"^a": TEXT}}}),
    sent("a value less, and one more", {f"{P}priority/enum": ["low", "now"]}, B, B, "data.priority", 'no longer allows "high"', 'no longer allows "now"'),
]  # fmt: skip

WHAT_CLIENTS_RECEIVE = [
    pushed("a required field", {f"{P}at": TEXT, "required/-": "at"}, K, B, "data.at", "is new and required", "is gone"),
    pushed("an optional field", {f"{P}at": TEXT}, K, B, "data.at", "is new", "is gone"),
    pushed("a field that may be left out", {"required": ["text"]}, B, K, "data.user", "is no longer required", "is now required"),
    pushed("a field that may be null", {f"{P}user/type": ["string", "null"]}, B, K, "data.user", "was string, is now string or null", "was string or null"),
    pushed("a value more", {f"{P}mood/enum/-": "mad"}, B, K, "data.mood", 'also allows "mad"', 'no longer allows "mad"'),
    pushed("a text for values", {f"{P}mood": TEXT}, B, K, "data.mood", 'is no longer limited to "glad" or "sad"', "is now limited"),
    pushed("a longer text", {f"{P}user/maxLength": 9}, B, K, "data.user", "greatest length was 5, is now 9", "was 9, is now 5", before={f"{OUT}{P}user": {"type": "string", "maxLength": 5}}),
    pushed("integers that were numbers", {f"{P}n/type": "integer"}, K, B, "data.n", "was number, is now integer", "was integer, is now number", before={f"{OUT}{P}n": {"type": "number"}}),
    pushed("another type", {f"{P}text/type": "integer"}, B, B, "data.text", "was string, is now integer", "was integer"),
    pushed("an alternative more", {f"{P}shape/oneOf/-": SQUARE}, B, K, "data.shape", 'also allows kind="square"', 'no longer allows kind="square"', before=SHAPE_OUT),
    pushed("further properties refused", {"additionalProperties": False}, K, K, "data", "no longer allows further properties", "allows further properties"),
    pushed("a map of anything", {f"{P}more/additionalProperties": True}, B, K, "data.more.*", "was string, is now anything", "was anything, is now string", before={f"{OUT}{P}more": {"type": "object", "additionalProperties": TEXT}}),
    pushed("a map of fewer types", {f"{P}more/additionalProperties": {"type": "integer"}}, K, B, "data.more.*", "was anything, is now integer", "was integer, is now anything", before={f"{OUT}{P}more": {"type": "object"}}),
    pushed("a field deep in a recursive schema", {f"{P}answers/items": {"type": "array", "items": {"$ref": "#/components/schemas/Posted"}}}, B, B, "data.answers[]", "was object, is now array", "was array, is now object"),
    Pair("a reply's field", {f"{REPLY}properties/at": TEXT}, K, B, f"Chat / {REPLIED} / data.at", "is new", "is gone"),
    Pair("a reply's type", {f"{REPLY}properties/length/type": ["integer", "null"]}, B, K, f"Chat / {REPLIED} / data.length", "was integer, is now integer or null", "was integer or null"),
    Pair("a stream item's field", {f"{S}Tick/required": []}, B, K, "Chat / chat.count item / data.n", "is no longer required", "is now required"),
    Pair("a failure's code", {f"{M}chat.message.error/payload/properties/error/properties/code/enum/-": "slow"}, K, K, "Chat / chat.message failure / error.code", 'also allows "slow"', 'no longer allows "slow"'),
    Pair("a failure's message left out", {f"{M}chat.message.error/payload/properties/error/required": ["code"]}, B, K, "Chat / chat.message failure / error.message", "is no longer required", "is now required"),
    Pair("headers", {f"{M}chat.posted.push/headers": {"type": "object", "properties": {"x": TEXT}, "required": ["x"]}}, K, B, "Chat / chat.posted push / headers.x", "is new and required", "is gone"),
]  # fmt: skip

AROUND = [
    Pair("an event less", {"operations/Chat.chat.message": MISSING, f"{C}messages/chat.message": MISSING, f"{C}messages/chat.message.ok": MISSING, f"{C}messages/chat.message.error": MISSING}, B, K, "Chat / chat.message", "is no longer served", "is new"),
    Pair("a push less", {"operations/Chat.chat.posted.push": MISSING, f"{C}messages/chat.posted.push": MISSING}, B, K, "Chat / chat.posted push", "is no longer sent", "is new: it may be sent"),
    Pair("no answer", {"operations/Chat.chat.message/reply/messages": [{"$ref": "#/channels/Chat/messages/chat.message.error"}], f"{C}messages/chat.message.ok": MISSING}, B, K, "Chat / chat.message", "is no longer answered", "is now answered"),
    Pair("a stream in place of a reply", {"operations/Chat.chat.message/reply/messages/0/$ref": "#/channels/Chat/messages/chat.count.next", f"{C}messages/chat.message.ok": MISSING}, B, B, "Chat / chat.message", "was answered with one reply, is now with a stream", "was answered with a stream, is now with one reply"),
    Pair("an answer of another kind besides", {"operations/Chat.chat.message/reply/messages/-": {"$ref": "#/channels/Chat/messages/also"}, f"{C}messages/also": {"payload": {"const": 1}, "x-nexws-kind": "reply"}}, B, B, "Chat / chat.message", "may also be answered with also", "is no longer answered with also"),
    Pair("no failure", {"operations/Chat.chat.message/reply/messages": [{"$ref": "#/channels/Chat/messages/chat.message.ok"}], f"{C}messages/chat.message.error": MISSING}, K, K, "Chat / chat.message", "no longer fails", "can now fail"),
    Pair("a channel more", {"channels/Other": {"address": "/other"}}, K, B, "Other", "is new (/other)", "is gone (/other)"),
    Pair("another address", {f"{C}address": "/room/{group}"}, B, B, "Chat / address", "was /chat/{group}, is now /room/{group}", "was /room/{group}"),
    Pair("a parameter more", {f"{C}address": "/chat/{group}/{page}", f"{C}parameters/page": {}}, B, B, "Chat / address", "is now /chat/{group}/{page}", "is now /chat/{group}"),
    Pair("another name of a parameter", {f"{C}address": "/chat/{room}", f"{C}parameters": {"room": {"description": "str", "enum": ["lobby", "attic"]}}}, D, D, "Chat / address", "parameter {group} is now called {room}", "is now called {group}"),
    Pair("a parameter's value less", {f"{C}parameters/group/enum": ["lobby"]}, B, K, "Chat / address", "{group} may no longer be attic", "{group} may also be attic"),
    Pair("any value of a parameter", {f"{C}parameters/group/enum": MISSING}, K, B, "Chat / address", "{group} may now be anything", "{group} must now be lobby or attic"),
    Pair("a parameter's default", {f"{C}parameters/group/default": "attic"}, K, K, "Chat / address", "{group} default was none, is now attic", "is now none"),
    Pair("a parameter's description", {f"{C}parameters/group/description": "x"}, D, D, "Chat / address", "{group} description changed", "description changed"),
    Pair("a query parameter's value less", {f"{C}bindings/ws/query/properties/lang/enum": ["en"]}, B, K, "Chat / query.lang", 'no longer allows "de"', 'also allows "de"'),
    Pair("a query parameter required", {f"{C}bindings/ws/query/required": ["lang"]}, B, K, "Chat / query.lang", "is now required", "is no longer required"),
    Pair("a header required", {f"{C}bindings/ws/headers": {"type": "object", "properties": {"X-Key": TEXT}, "required": ["X-Key"]}}, B, K, "Chat / headers.X-Key", "is new and required", "is gone"),
    Pair("another method", {f"{C}bindings/ws/method": "POST"}, B, B, "Chat / method", "was GET, is now POST", "was POST, is now GET"),
    Pair("another encoding", {f"{C}x-nexws-encoding": "msgpack"}, B, B, "Chat / encoding", "was json, is now msgpack", "was msgpack"),
    Pair("a subprotocol more", {f"{C}x-nexws-subprotocols/-": "nexws.msgpack"}, K, B, "Chat / subprotocols", "nexws.msgpack is spoken too", "nexws.msgpack is no longer spoken"),
    Pair("another envelope", {f"{C}x-nexws-envelope/data": None}, B, B, "Chat / envelope", "'data' was 'data', is now flat in the frame", "was flat in the frame, is now 'data'"),
    Pair("a close code more", {f"{C}x-nexws-close-codes/-": {"code": 4001, "name": "DRAIN"}}, K, K, "Chat / close codes", "4001 (DRAIN) is new", "4001 is no longer used"),
    Pair("a close code that means to stay away", {f"{C}x-nexws-close-codes/0/reconnect": False}, B, B, "Chat / close codes", "4008 now tells the client to stay away", "to come back"),
    Pair("words for a close code", {f"{C}x-nexws-close-codes/0/description": "x"}, D, D, "Chat / close codes", "4008 is described in other words", "other words"),
    Pair("close codes that nobody told of", {f"{C}x-nexws-close-codes": MISSING}, D, D, "Chat / close codes", "are no longer documented", "are now documented"),
    Pair("a lower limit", {f"{C}x-nexws-limits/frame_bytes": 1024}, B, K, "Chat / limits", "frame_bytes was 65536, is now 1024", "was 1024, is now 65536"),
    Pair("a limit more", {f"{C}x-nexws-limits/events": 5}, B, K, "Chat / limits", "events was none, is now 5", "was 5, is now none"),
    Pair("limits that nobody told of", {f"{C}x-nexws-limits": MISSING}, D, D, "Chat / limits", "are no longer documented", "are now documented"),
    Pair("an envelope that nobody told of", {f"{C}x-nexws-envelope": MISSING}, D, D, "Chat / envelope", "is no longer documented", "is now documented"),
    Pair("no security", {"servers/default/security": MISSING}, K, B, "server default", "no longer asks who the client is", "now asks for http bearer"),
    Pair("security in another way besides", {"servers/default/security/-": {"type": "httpApiKey", "in": "query", "name": "key"}}, K, B, "server default", "also takes httpApiKey query key", "no longer takes httpApiKey query key"),
    Pair("security of an operation", {"operations/Chat.chat.message/security": [{"type": "http", "scheme": "basic"}]}, B, K, "Chat / chat.message", "now asks for http basic", "no longer asks"),
    Pair("another host", {"servers/default/host": "example.com"}, B, B, "server default", "was at ws://localhost:8000, is now at ws://example.com", "was at ws://example.com"),
    Pair("a server more", {"servers/other": {"host": "h", "protocol": "wss", "pathname": "/p"}}, K, B, "server other", "is new, at wss://h/p", "is gone, which was at wss://h/p"),
    Pair("a server variable's value less", {"servers/default/variables/r/enum": ["a"]}, B, K, "server default", "variable {r} may no longer be b", "may also be b", {"servers/default/variables": {"r": {"enum": ["a", "b"]}}}),
    Pair("a server's words", {"servers/default/description": "x"}, D, D, "server default", "description changed", "description changed"),
    Pair("servers that nobody told of", {"servers": MISSING}, D, D, "servers", "no longer says where the servers are", "now says"),
    Pair("another content type", {f"{M}chat.posted.push/contentType": "text/plain"}, B, B, "Chat / chat.posted push", "content type was application/json, is now text/plain", "was text/plain"),
    Pair("another content type for all", {"defaultContentType": "application/msgpack"}, B, B, "Chat / chat.posted push", "is now application/msgpack", "is now application/json", {f"{M}chat.posted.push/contentType": MISSING}),
    Pair("a binary frame", {f"{M}chat.posted.push/x-nexws-binary": True}, B, B, "Chat / chat.posted push", "is now a binary frame", "is now a text frame"),
    Pair("no correlation id", {f"{M}chat.count/correlationId": MISSING}, B, K, "Chat / chat.count", "correlation id was $message.payload#/ref, is now none", "was none, is now $message.payload#/ref"),
    Pair("a deprecated event", {"operations/Chat.chat.message/x-nexws-deprecated": True}, D, D, "Chat / chat.message", "is now deprecated", "is no longer deprecated"),
    Pair("a deprecated message", {f"{M}chat.posted.push/deprecated": True}, D, D, "Chat / chat.posted push", "is now deprecated", "is no longer deprecated"),
    Pair("a deprecated field", {f"{IN}properties/priority/deprecated": True}, D, D, "Chat / chat.message / data.priority", "is now deprecated", "is no longer deprecated"),
    Pair("words of the document", {"info/description": "x", "info/license": {"name": "MIT"}}, D, D, "info", "description and license changed", "description and license changed"),
    Pair("words of a channel", {f"{C}description": "x"}, D, D, "Chat", "description changed", "description changed"),
    Pair("words of an operation", {"operations/Chat.chat.message/summary": "x", "operations/Chat.chat.message/tags": [{"name": "a"}]}, D, D, "Chat / chat.message", "summary and tags changed", "tags"),
    Pair("words and examples of a message", {f"{M}chat.message/summary": "x", f"{M}chat.message/examples": []}, D, D, "Chat / chat.message", "examples and summary changed", "changed"),
    Pair("words of a field", {f"{IN}properties/text/description": "x", f"{IN}properties/text/title": "T"}, D, D, "Chat / chat.message / data.text", "title and description changed", "changed"),
    Pair("an extension that is not known", {f"{C}x-owner": "me"}, D, D, "Chat", "x-owner changed", "x-owner changed"),
]  # fmt: skip

PAIRS = [*WHAT_CLIENTS_SEND, *WHAT_CLIENTS_RECEIVE, *AROUND]

BOTH_AT_ONCE = {"a value less, and one more"}
"""Pairs of which one change is two."""


def worst(changes: list[Change]) -> Change:
    return min(changes, key=lambda change: ["breaking", "compatible", "documentation"].index(change.verdict))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.where.split(' / ')[-1]}: {pair.why}")
def test_a_change_has_the_verdict_of_a_careful_reviewer(pair: Pair) -> None:
    changes = diff(pair.old, pair.new)
    assert len(changes) == (2 if pair.why in BOTH_AT_ONCE else 1), changes
    change = worst(changes)
    assert (change.verdict, change.where) == (pair.there, pair.where)
    assert pair.says in change.message


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.where.split(' / ')[-1]}: {pair.why}")
def test_taking_a_change_back_has_its_own_verdict(pair: Pair) -> None:
    changes = diff(pair.new, pair.old)
    assert len(changes) == (2 if pair.why in BOTH_AT_ONCE else 1), changes
    change = worst(changes)
    assert (change.verdict, change.where) == (pair.back, pair.where)
    assert pair.says_back in change.message


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.why)
def test_the_clients_view_tells_the_same(pair: Pair) -> None:
    """Whichever of the two documents is written from whichever side."""
    changes = diff(pair.old, pair.new)
    assert diff(swapped(pair.old), swapped(pair.new)) == changes
    assert diff(pair.old, swapped(pair.new)) == changes


def test_the_table_is_long_enough_to_lean_on() -> None:
    assert len(PAIRS) >= 50
    assert {(pair.there, pair.back) for pair in PAIRS} >= {(B, B), (B, K), (K, B), (K, K), (D, D)}


def reordered(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: reordered(node[key]) for key in reversed(node)}
    return [reordered(each) for each in node] if isinstance(node, list) else node


def renamed(document: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(document).replace(old, new))


SAME: dict[str, tuple[Any, Any]] = {
    "itself": (chat(), chat()),
    "keys in another order": (chat(), reordered(chat())),
    "another version of itself": (chat(), edited(chat(), {"info/version": "2.0.0"})),
    "another version of AsyncAPI": (chat(), {**chat(), "asyncapi": "3.0.0"}),
    "a schema of another name": (chat(), renamed(chat(), "#/components/schemas/Posted", "#/components/schemas/Post") | {"components": edited(chat()["components"], {"schemas/Post": renamed(chat()["components"]["schemas"]["Posted"], "schemas/Posted", "schemas/Post"), "messages": renamed(chat()["components"]["messages"], "schemas/Posted", "schemas/Post")})}),
    "a message of another name": (chat(), renamed(chat(), "Chat.chat.message", "Room.chat.message")),
    "a channel of another name": (chat(), renamed(renamed(chat(), "#/channels/Chat", "#/channels/Room"), '"channels": {"Chat"', '"channels": {"Room"')),
    "a message of another name within its channel": (chat(), renamed(renamed(chat(), "messages/chat.posted.push", "messages/posted"), '"chat.posted.push": {"$ref"', '"posted": {"$ref"')),
    "a server of another name": (chat(), renamed(chat(), '"default": {"host"', '"main": {"host"')),
    "a component that nobody uses": (chat(), edited(chat(), {f"{S}Forgotten": {}})),
    "a schema written in place": (chat(), edited(chat(), {f"{M}chat.count.next/payload/properties/data": chat()["components"]["schemas"]["Tick"]})),
    "allOf around a reference": (chat(), edited(chat(), {f"{M}chat.count.next/payload/properties/data": {"allOf": [{"$ref": "#/components/schemas/Tick"}]}})),
    "anyOf with null for a list of types": (edited(chat(), {f"{S}Tick/properties/n": {"type": ["integer", "null"]}}), edited(chat(), {f"{S}Tick/properties/n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}})),
    "oneOf of constants for an enum": (chat(), edited(chat(), {f"{OUT}properties/mood": {"oneOf": [{"const": "glad"}, {"const": "sad"}]}})),
    "values and types in another order": (edited(chat(), {f"{OUT}properties/mood": {"enum": ["sad", "glad"]}, f"{S}Tick/properties/n/type": ["null", "integer"]}), edited(chat(), {f"{S}Tick/properties/n/type": ["integer", "null"]})),
    "an exclusive limit of an integer": (edited(chat(), {f"{S}Tick/properties/n/minimum": 1}), edited(chat(), {f"{S}Tick/properties/n/exclusiveMinimum": 0})),
    "a limit as a float": (edited(chat(), {f"{S}Tick/properties/n/minimum": 1}), edited(chat(), {f"{S}Tick/properties/n/minimum": 1.0})),
    "limits that say nothing": (chat(), edited(chat(), {f"{OUT}properties/user/minLength": 0, f"{OUT}additionalProperties": True})),
    "a merged allOf": (edited(chat(), {f"{S}Tick": {"type": "object", "properties": {"n": {"type": "integer"}, "m": {"type": "string"}}, "required": ["n", "m"]}}), edited(chat(), {f"{S}Tick": {"allOf": [{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, {"properties": {"m": {"type": "string"}}, "required": ["m"]}]}})),
    "limits beside values that fit them": (edited(chat(), {f"{OUT}properties/mood": {"enum": ["glad", "sad"], "maxLength": 9}}), edited(chat(), {f"{OUT}properties/mood": {"enum": ["glad", "sad", "melancholic"], "maxLength": 5}})),
    "an operation that names no messages for one that names all": (plain(channels={"c": {"address": "/", "messages": {"m": {"payload": TEXT}}}}, operations={"o": {"action": "send", "channel": {"$ref": "#/channels/c"}}}), plain(channels={"c": {"address": "/", "messages": {"m": {"payload": TEXT}}}}, operations={"o": {"action": "send", "channel": {"$ref": "#/channels/c"}, "messages": [{"$ref": "#/channels/c/messages/m"}]}})),
    "a trait for its text": (plain(channels={"c": {"messages": {"m": {"contentType": "a/b", "headers": TEXT}}}}), plain(channels={"c": {"messages": {"m": {"contentType": "a/b", "traits": [{"$ref": "#/components/messageTraits/t"}]}}}}, components={"messageTraits": {"t": {"contentType": "c/d", "headers": TEXT}}})),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_what_means_the_same_is_no_change(old: Any, new: Any) -> None:
    assert diff(old, new) == []
    assert diff(new, old) == []


def operation(action: str, *messages: str, reply: tuple[str, ...] | None = None) -> dict[str, Any]:
    def references(keys: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/c/messages/{key}"} for key in keys]

    own = {"action": action, "channel": {"$ref": "#/channels/c"}, "messages": references(messages)}
    return own if reply is None else {**own, "reply": {"channel": own["channel"], "messages": references(reply)}}


def foreign(**operations: Any) -> dict[str, Any]:
    """Return a document of somebody else, with messages a, b, c and d."""
    messages = {key: {"payload": {"type": "object", "properties": {key: TEXT}}} for key in "abcd"}
    return plain(channels={"c": {"address": "c", "messages": messages}}, operations=operations)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # a server that asks its clients
        (operation("send", "a"), operation("send", "a", reply=("b",)), [(B, "is now answered")]),
        (operation("send", "a", reply=("b",)), operation("send", "a"), [(K, "is no longer answered")]),
        (
            operation("send", "a", reply=("b",)),
            operation("send", "a", reply=("b", "c")),
            [(K, "may also be answered with c")],
        ),
        (
            operation("send", "a", reply=("b", "c")),
            operation("send", "a", reply=("b",)),
            [(B, "is no longer answered with c")],
        ),
        # a server that is asked
        (operation("receive", "a"), operation("receive", "a", reply=("b",)), [(K, "is now answered")]),
        (
            operation("receive", "a", reply=("b",)),
            operation("receive", "a", reply=("b", "c")),
            [(B, "may also be answered with c")],
        ),
        # the other way round
        (operation("receive", "a"), operation("send", "a"), [(B, "is no longer served"), (K, "is new: it may be sent")]),
    ],
)
def test_operations_of_others_are_understood(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    rest = operation("send", "d")
    unspoken = {"a", "b", "c"}
    changes = diff(foreign(o=old, rest=rest), foreign(o=new, rest=rest))
    told = [(change.verdict, change.message) for change in changes if change.event in unspoken]
    assert [each for each in expected if each not in told] == []


def test_messages_that_no_operation_speaks_of_may_not_change_either_way() -> None:
    old = plain(channels={"c": {"address": "c", "messages": {"m": {"payload": {"type": "integer"}}}}})
    for new in ({"type": "number"}, {"type": "integer", "maximum": 5}):
        changes = diff(old, edited(old, {"channels/c/messages/m/payload": new}))
        assert [change.verdict for change in changes] == [B]


def test_payloads_of_other_formats_are_compared_as_they_are_written() -> None:
    avro = {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": {"type": "record", "name": "R"}}
    old = plain(channels={"c": {"address": "c", "messages": {"m": {"payload": avro}}}})
    assert diff(old, copy.deepcopy(old)) == []
    assert has_breaking(diff(old, edited(old, {"channels/c/messages/m/payload/schema/name": "S"})))


@pytest.mark.parametrize(
    "document",
    [
        plain(),
        plain(channels=None, servers={}, operations={}),
        plain(channels={"c": {}}),
        plain(channels={"c": {"address": None, "messages": {"m": {}}}}),
        plain(channels={"c": {"$ref": "#/components/channels/c"}}, components={"channels": {"c": {"messages": {}}}}),
        plain(operations={"o": {"action": "send", "channel": {"$ref": "#/components/channels/c"}}}),
        plain(operations={"o": {"$ref": "#/components/operations/o"}}),
        plain(channels={"c": {"messages": {"m": {"payload": {"$ref": "https://example.com/x.json"}}}}}),
        plain(channels={"c": {"messages": {"m": {"traits": [[{"$ref": "#/nowhere"}, {}], {"name": "x"}]}}}}),
        plain(servers={"s": {"host": "h", "protocol": "kafka", "security": [{"type": "X509"}]}}),
        foreign(o={"action": "receive", "channel": {"$ref": "#/channels/c"}, "reply": {}}),
        foreign(o={"action": "receive", "channel": {"$ref": "#/channels/c"}, "reply": {"$ref": "#/components/replies/r"}}),
        foreign(o=operation("receive", "a", "nowhere")),
    ],
)
def test_no_document_of_somebody_else_makes_it_fail(document: Any) -> None:
    assert diff(document, copy.deepcopy(document)) == []
    diff(document, chat())
    diff(chat(), document)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ({}, chat(), "the old document names no version of AsyncAPI; compare AsyncAPI 3 documents"),
        (chat(), {"asyncapi": "2.6.0"}, "the new document names version '2.6.0'; compare AsyncAPI 3 documents"),
        ([], chat(), "the old document names no version of AsyncAPI; compare AsyncAPI 3 documents"),
        (chat(), {"asyncapi": 3.0}, "the new document names version 3.0; compare AsyncAPI 3 documents"),
    ],
)
def test_what_is_no_document_is_refused(old: Any, new: Any, says: str) -> None:
    with pytest.raises(DocumentError) as error:
        diff(old, new)
    assert str(error.value) == says


def test_a_changed_envelope_is_told_once_and_not_for_every_message() -> None:
    new = edited(chat(), {f"{C}x-nexws-envelope/event": "type", f"{OUT}properties/text": MISSING})
    [change] = diff(chat(), new)
    assert change.message == (
        "'event' was 'event', is now 'type': every frame is another, so its messages are not compared"
    )


def test_the_documents_are_not_changed() -> None:
    old, new = chat(), edited(chat(), {f"{OUT}properties/at": TEXT})
    before = json.dumps([old, new])
    diff(old, new)
    assert json.dumps([old, new]) == before


CHANGES = [
    Change("Chat", "chat.message", "data.text", "was string, is now integer", "breaking"),
    Change("", "", "info", "title changed", "documentation"),
    Change("Chat", "chat.posted push", "", "is new: it may be sent", "compatible"),
    Change("Chat", "chat.message", "data.`|<b>", "is new\n\x1b[31m", "compatible"),
]


def test_the_text_is_grouped_by_channel_the_worst_first() -> None:
    assert as_text(CHANGES) == (
        "Chat\n"
        "  breaking       chat.message      data.text   was string, is now integer\n"
        "  compatible     chat.posted push              is new: it may be sent\n"
        "  compatible     chat.message      data.`|<b>  is new\\n\\x1b[31m\n"
        "\n"
        "document\n"
        "  documentation                    info        title changed\n"
        "\n"
        "1 breaking, 2 compatible, 1 documentation"
    )
    assert as_text([]) == "no changes"


def test_the_texts_verdicts_can_be_painted() -> None:
    painted = as_text(CHANGES[:1], paint=lambda text, verdict: f"<{verdict}>{text}</>")
    assert "  <breaking>breaking     </>  chat.message  data.text  was" in painted


def test_markdown_shows_what_breaks_and_folds_the_rest() -> None:
    assert as_markdown(CHANGES) == (
        "### 1 breaking change\n\n"
        "| channel | event | field | change |\n|---|---|---|---|\n"
        "| Chat | chat.message | data.text | was string, is now integer |\n\n"
        "<details><summary>2 compatible changes</summary>\n\n"
        "| channel | event | field | change |\n|---|---|---|---|\n"
        "| Chat | chat.posted push |  | is new: it may be sent |\n"
        "| Chat | chat.message | data.\\`\\|\\<b\\> | is new\\\\n\\\\x1b\\[31m |\n\n"
        "</details>\n\n"
        "<details><summary>1 documentation change</summary>\n\n"
        "| channel | event | field | change |\n|---|---|---|---|\n"
        "|  |  | info | title changed |\n\n"
        "</details>"
    )
    assert as_markdown([]) == "No changes."
    assert as_markdown(CHANGES[1:2]).startswith("### No breaking changes\n\n<details>")


def test_json_has_everything() -> None:
    written = json.loads(as_json(CHANGES))
    assert written["breaking"] is True
    assert written["changes"][0] == {
        "where": "Chat / chat.message / data.text",
        "channel": "Chat",
        "event": "chat.message",
        "field": "data.text",
        "message": "was string, is now integer",
        "verdict": "breaking",
    }
    assert json.loads(as_json([])) == {"breaking": False, "changes": []}


def test_a_change_reads_as_one_line() -> None:
    assert str(CHANGES[0]) == "breaking: Chat / chat.message / data.text: was string, is now integer"


def test_only_breaking_changes_break() -> None:
    assert has_breaking(CHANGES)
    assert not has_breaking(CHANGES[1:])
