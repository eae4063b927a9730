"""A table of pairs of documents, with the verdicts of a careful reviewer on the way there and on the way back."""
# ruff: noqa: E501 - one pair is one line

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexws.asyncapi.diff import Verdict
from tests.asyncapi.documents import MISSING, chat, edited

__all__ = ["OUT", "PAIRS", "TEXT", "TWO_CHANGES", "B", "C", "D", "K", "M", "Pair", "S"]

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


def sent(
    why: str, edits: dict[str, Any], there: Verdict, back: Verdict, field: str, *says: str, **before: Any
) -> Pair:
    """A pair of documents that differ in what the client sends with chat.message."""
    own = {f"{IN}{path}": value for path, value in edits.items()}
    return Pair(why, own, there, back, f"Chat / {SENT} / {field}", says[0], says[1], before.get("before"))


def pushed(
    why: str, edits: dict[str, Any], there: Verdict, back: Verdict, field: str, *says: str, **before: Any
) -> Pair:
    """A pair of documents that differ in what the client receives with chat.posted."""
    own = {f"{OUT}{path}": value for path, value in edits.items()}
    return Pair(why, own, there, back, f"Chat / {PUSHED} / {field}", says[0], says[1], before.get("before"))


P = "properties/"
TEXT = {"type": "string"}
CIRCLE = {
    "type": "object",
    "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}},
    "required": ["kind"],
}
SQUARE = {
    "type": "object",
    "properties": {"kind": {"const": "square"}, "a": {"type": "number"}},
    "required": ["kind"],
}
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

HISTORY = {"events": 10, "seconds": 60}
NAMES = {"type": "string", "not": {"enum": ["chat.message", "chat.count"]}}
NOBODY = {
    f"{C}messages/nexws.unknown.error": {"$ref": "#/components/messages/Chat.nexws.unknown.error"},
    f"{M}nexws.unknown.error": {
        "payload": {"type": "object", "properties": {"event": NAMES}},
        "x-nexws-kind": "failure",
        "x-nexws-event": "*",
    },
    "operations/Chat.nexws.error": {
        "action": "send",
        "channel": {"$ref": "#/channels/Chat"},
        "messages": [{"$ref": "#/channels/Chat/messages/nexws.unknown.error"}],
    },
}


def reserved(event: str, action: str, kind: str) -> dict[str, Any]:
    """Add a message of the protocol itself."""
    return {
        f"{C}messages/{event}": {"$ref": f"#/components/messages/Chat.{event}"},
        f"{M}{event}": {
            "payload": {},
            "x-nexws-kind": kind,
            "x-nexws-event": event,
            "x-nexws-reserved": True,
        },
        f"operations/Chat.{event}": {
            "action": action,
            "channel": {"$ref": "#/channels/Chat"},
            "messages": [{"$ref": f"#/channels/Chat/messages/{event}"}],
        },
    }


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
    Pair("a query parameter more", {f"{C}bindings/ws/query/properties/page": {"type": "integer"}}, K, K, "Chat / query.page", "is new", "is gone"),
    Pair("a query parameter more, and required", {f"{C}bindings/ws/query/properties/page": {"type": "integer"}, f"{C}bindings/ws/query/required": ["page"]}, B, K, "Chat / query.page", "is new and required", "is gone"),
    Pair("a query parameter less, and refused", {f"{C}bindings/ws/query/properties/page": MISSING}, B, K, "Chat / query.page", "is gone, and refused", "is new", {f"{C}bindings/ws/query": {"type": "object", "properties": {"lang": TEXT, "page": TEXT}, "additionalProperties": False}}),
    Pair("a query parameter of less", {f"{C}bindings/ws/query/properties/page/maximum": 9}, B, K, "Chat / query.page", "greatest value was unlimited, is now 9", "was 9, is now unlimited", {f"{C}bindings/ws/query/properties/page": {"type": "integer"}}),
    Pair("a query parameter's default", {f"{C}bindings/ws/query/properties/lang/default": "de"}, K, K, "Chat / query.lang", 'default was none, is now "de"', "is now none"),
    Pair("no query at all", {f"{C}bindings/ws/query": MISSING}, K, K, "Chat / query.lang", "is gone", "is new"),
    Pair("a list in the query of less", {f"{C}bindings/ws/query/properties/tags/items/enum": ["a"]}, B, K, "Chat / query.tags[]", 'is now limited to "a"', "is no longer limited", {f"{C}bindings/ws/query/properties/tags": {"type": "array", "items": TEXT}}),
    Pair("a cookie required", {f"{C}x-nexws-cookies": {"type": "object", "properties": {"session": TEXT}, "required": ["session"]}}, B, K, "Chat / cookies.session", "is new and required", "is gone"),
    Pair("a cookie more", {f"{C}x-nexws-cookies/properties/theme": TEXT}, K, K, "Chat / cookies.theme", "is new", "is gone", {f"{C}x-nexws-cookies": {"type": "object", "properties": {"session": TEXT}}}),
    Pair("what somebody else notes of cookies", {f"{C}x-nexws-cookies": "none"}, D, D, "Chat / cookies", "changed", "changed", {f"{C}x-nexws-cookies": "some"}),
    Pair("words for a cookie", {f"{C}x-nexws-cookies/properties/session/description": "x"}, D, D, "Chat / cookies.session", "description changed", "description changed", {f"{C}x-nexws-cookies": {"type": "object", "properties": {"session": TEXT}}}),
    Pair("a header required", {f"{C}bindings/ws/headers": {"type": "object", "properties": {"X-Key": TEXT}, "required": ["X-Key"]}}, B, K, "Chat / headers.X-Key", "is new and required", "is gone"),
    Pair("another method", {f"{C}bindings/ws/method": "POST"}, B, B, "Chat / method", "was GET, is now POST", "was POST, is now GET"),
    Pair("another encoding", {f"{C}x-nexws-encoding": "msgpack"}, B, B, "Chat / encoding", "was json, is now msgpack", "was msgpack"),
    Pair("a subprotocol more", {f"{C}x-nexws-subprotocols/-": "nexws.msgpack"}, K, B, "Chat / subprotocols", "nexws.msgpack is spoken too", "nexws.msgpack is no longer spoken"),
    Pair("another envelope", {f"{C}x-nexws-envelope/data": None}, B, B, "Chat / envelope", "'data' was 'data', is now flat in the frame", "was flat in the frame, is now 'data'"),
    Pair("a close code more", {f"{C}x-nexws-close-codes/-": {"code": 4001, "name": "DRAIN"}}, K, K, "Chat / close codes", "4001 (DRAIN) is new", "4001 is no longer used"),
    Pair("a close code that means to stay away", {f"{C}x-nexws-close-codes/0/reconnect": False}, B, B, "Chat / close codes", "4008 now tells the client to stay away", "to come back"),
    Pair("a history", {f"{C}x-nexws-history": HISTORY}, K, B, "Chat / history", "is now kept", "is no longer kept"),
    Pair("a shorter history", {f"{C}x-nexws-history/events": 5}, K, K, "Chat / history", "events was 10, is now 5", "was 5, is now 10", {f"{C}x-nexws-history": HISTORY}),
    Pair("a bound of a history", {f"{C}x-nexws-history/bytes": 500}, K, K, "Chat / history", "bytes was none, is now 500", "was 500, is now none", {f"{C}x-nexws-history": HISTORY}),
    Pair("positions", {f"{C}x-nexws-envelope/pos": "pos"}, D, D, "Chat / envelope", "'pos' is now documented: 'pos'", "'pos', which was 'pos', is no longer documented"),
    Pair("positions elsewhere", {f"{C}x-nexws-envelope/pos": "at"}, B, B, "Chat / envelope", "'pos' was 'pos', is now 'at'", "'pos' was 'at', is now 'pos'", {f"{C}x-nexws-envelope/pos": "pos"}),
    Pair("a push with a position", {f"{M}chat.posted.push/payload/properties/pos": TEXT}, K, B, "Chat / chat.posted push / pos", "is new", "is gone"),
    Pair("an event of the protocol", reserved("nexws.ping", "receive", "event"), K, K, "Chat / nexws.ping", "is new", "is no longer served"),
    Pair("a push of the protocol", reserved("nexws.pong", "send", "push"), K, K, "Chat / nexws.pong push", "is new: it may be sent", "is no longer sent"),
    Pair("who is there", reserved("nexws.presence", "send", "push"), K, B, "Chat / nexws.presence push", "is new: it may be sent", "is no longer sent"),
    Pair("a mark of the protocol", {f"{M}chat.posted.push/payload/properties/pos": TEXT, f"{M}chat.posted.push/x-nexws-reserved": True}, K, B, "Chat / chat.posted push / pos", "is new", "is gone"),
    Pair("names that nobody serves", {"operations/Chat.chat.message": MISSING, f"{C}messages/chat.message": MISSING, f"{C}messages/chat.message.ok": MISSING, f"{C}messages/chat.message.error": MISSING, f"{M}nexws.unknown.error/payload/properties/event/not/enum": ["chat.count"]}, B, K, "Chat / chat.message", "is no longer served", "is new", NOBODY),
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

TWO_CHANGES = {"a value less, and one more"}
"""Pairs of which one change is two."""
