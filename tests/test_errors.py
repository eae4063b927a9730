"""Every error's text: lower case, what is wrong, what to do."""

from __future__ import annotations

import pytest

import nexws
from nexws import errors

TEXTS: list[tuple[errors.NexwsError, str]] = [
    (
        errors.AddressError("127.0.0.1", 8000),
        "port 8000 of 127.0.0.1 is taken; stop what uses it, or choose another port (0 takes a free one)",
    ),
    (
        errors.AddressError("192.0.2.1", 8000, "Cannot assign requested address"),
        "cannot listen on 192.0.2.1: Cannot assign requested address; choose an address of this machine",
    ),
    (
        errors.DuplicateEventError("chat.message", "Chat.a", "Chat.b"),
        "event 'chat.message' is declared twice, by Chat.a and Chat.b; rename one",
    ),
    (
        errors.PushDeclarationError(
            "chat.posted", "key= is for overflow='latest'; write that, or leave key= out"
        ),
        "push 'chat.posted' cannot be declared: key= is for overflow='latest'; write that, or leave key= out",
    ),
    (
        errors.EventNameError("a b", "write 1 to 128 of A-Z a-z 0-9 _ . : -"),
        "event 'a b' cannot be declared: write 1 to 128 of A-Z a-z 0-9 _ . : -",
    ),
    (
        errors.HandlerSignatureError(
            "chat.message", "Chat.a", "is no coroutine function", "write it with async def"
        ),
        "the handler of event 'chat.message', Chat.a, is no coroutine function; write it with async def",
    ),
    (
        errors.DependencyError("db", "get_db", "takes 'url', which nothing supplies"),
        "the dependency 'db' cannot be provided: get_db takes 'url', which nothing supplies",
    ),
    (
        errors.SchemaError("chat.message", object, "no schema for object\nmore"),
        "event 'chat.message' has schema object, which Pydantic cannot use; "
        "write a model, a dataclass, a TypedDict or a type of such: no schema for object",
    ),
    (
        errors.EncodingError("Chat", "xml", "'json', 'text', 'bytes' or None"),
        "consumer Chat has encoding 'xml'; use 'json', 'text', 'bytes' or None",
    ),
    (
        errors.EnvelopeError("event and ref have the same key, 'id'; rename one"),
        "the envelope cannot be used: event and ref have the same key, 'id'; rename one",
    ),
    (
        errors.RouterError("chat.", "is included already; declare its events before the consumer's class"),
        "EventRouter(prefix='chat.') is included already; declare its events before the consumer's class",
    ),
    (
        errors.ParameterError("query(Filter)", "has two fields with one alias; rename one"),
        "query(Filter) has two fields with one alias; rename one",
    ),
    (
        errors.ErrorDeclarationError("Full", "has the code 'a b'; write 1 to 128 of A-Z a-z 0-9 _ . : -"),
        "the failure Full has the code 'a b'; write 1 to 128 of A-Z a-z 0-9 _ . : -",
    ),
    (
        errors.ExampleError("chat.message", 2, "text: Field required"),
        "example 2 of event 'chat.message' does not fit its schema: text: Field required",
    ),
    (
        errors.UndeclaredEventError("Chat", "send", "chat.posted"),
        "Chat does not declare event 'chat.posted', which it is to send; "
        "write emits('chat.posted', Model) in its class, or include the router that does",
    ),
    (
        errors.SchemaConversionError(
            "event 'chat.message'", "Message.sender", "has no schema", "write a model in its place"
        ),
        "event 'chat.message' cannot be documented: Message.sender has no schema; write a model in its place",
    ),
    (
        errors.StoreUrlError("it cannot be read", "redis://host:6379/0"),
        "the URL of the store cannot be used: it cannot be read; write it like redis://host:6379/0",
    ),
    (
        errors.DocumentError("old", "2.6.0"),
        "the old document names version '2.6.0'; compare AsyncAPI 3 documents",
    ),
    (errors.EventError("group_full", "the group is full"), "group_full: the group is full"),
    (errors.EventError("group_full"), "group_full"),
    (
        errors.PayloadError("chat.posted", "text: Field required"),
        "the payload of event 'chat.posted' cannot be sent: text: Field required",
    ),
    (errors.PayloadError(None, "no text"), "the payload cannot be sent: no text"),
    (
        errors.UndeclaredEventError("Chat", "broadcast"),
        "Chat sends declared events only, so broadcast() takes no bare payload; "
        "declare posted = emits('chat.posted', Model) and call self.posted.broadcast(...)",
    ),
    (
        errors.UndeclaredEventError("", "broadcast", "chat.posted"),
        "push 'chat.posted' belongs to no consumer class, so nobody knows whose clients are meant; "
        "name it, as in posted.of(Chat).broadcast(...)",
    ),
    (
        errors.UndeclaredPresenceError("Chat", "join_group"),
        "Chat does not declare who may be present, which join_group() needs to know; "
        "write presence = Presence(Model) in its class",
    ),
    (
        errors.GroupNameError("a b"),
        "group name 'a b' is not usable; write 1 to 255 of A-Z a-z 0-9 : _ . -",
    ),
    (
        errors.GroupLimitError("lobby", 128),
        "cannot join group 'lobby': the connection is in 128 groups already; "
        "leave one or raise Limits.groups_per_connection",
    ),
    (
        errors.LayerError("the store does not answer"),
        "the channel layer cannot do that now: the store does not answer; try again later, and see health()",
    ),
    (
        errors.PositionError("7"),
        "'7' is no position; write what a push had under 'pos', as '<epoch>:<offset>'",
    ),
    (
        errors.NotAcceptedError("Chat"),
        "Chat.on_connect returned without accepting the client, which was refused; "
        "call await websocket.accept(), or await websocket.close() to refuse on purpose",
    ),
    (
        errors.NotServingError("Chat"),
        "this Chat serves no connection; route it with Chat.as_route(path)",
    ),
    (errors.ConnectionClosedError(4008), "the connection is closed (code 4008)"),
    (
        errors.HandshakeRefusedError(403, "forbidden"),
        "the server refused the connection with HTTP 403: forbidden",
    ),
    (
        errors.EventFailed("invalid_payload", "not valid", details=[{"loc": ["text"]}]),
        "invalid_payload: not valid [{'loc': ['text']}]",
    ),
    (
        errors.ExpectationError("push 'chat.posted'", ["{}", "close 1000"]),
        "awaited push 'chat.posted'; arrived:\n  {}\n  close 1000",
    ),
    (errors.ExpectationError("a close", []), "awaited a close; arrived: nothing"),
    (errors.SetupError("this application has a Nexws already"), "this application has a Nexws already"),
]


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda each: type(each).__name__)
def test_an_error_says_what_is_wrong_and_what_to_do(error: errors.NexwsError, text: str) -> None:
    """The text is a promise: users search for it."""
    assert str(error) == text


def test_each_error_has_a_row_here() -> None:
    """A new error cannot be forgotten."""
    known = {type(error).__name__ for error, _ in TEXTS} | {"NexwsError"}
    assert known == set(errors.__all__)


def test_each_error_is_public() -> None:
    """Users catch them by name."""
    assert set(errors.__all__) <= set(nexws.__all__)


def test_a_long_group_name_is_cut_in_its_error() -> None:
    """A client's text, however long, makes a short line."""
    assert len(str(errors.GroupNameError("x" * 100_000))) < 500
