"""What a change of a document means for its clients: a table of pairs, each read both ways."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from nexws.asyncapi.diff import (
    Change,
    DocumentError,
    as_json,
    as_markdown,
    as_text,
    diff,
    has_breaking,
)
from tests.asyncapi.documents import MISSING, chat, edited, plain, swapped
from tests.asyncapi.pairs import OUT, PAIRS, TEXT, TWO_CHANGES, B, C, D, K, M, Pair, S


def worst(changes: list[Change]) -> Change:
    return min(changes, key=lambda change: ["breaking", "compatible", "documentation"].index(change.verdict))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.where.split(' / ')[-1]}: {pair.why}")
def test_a_change_has_the_verdict_of_a_careful_reviewer(pair: Pair) -> None:
    changes = diff(pair.old, pair.new)
    assert len(changes) == (2 if pair.why in TWO_CHANGES else 1), changes
    change = worst(changes)
    assert (change.verdict, change.where) == (pair.there, pair.where)
    assert pair.says in change.message


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.where.split(' / ')[-1]}: {pair.why}")
def test_taking_a_change_back_has_its_own_verdict(pair: Pair) -> None:
    changes = diff(pair.new, pair.old)
    assert len(changes) == (2 if pair.why in TWO_CHANGES else 1), changes
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
    "a schema of another name": (
        chat(),
        renamed(renamed(chat(), "schemas/Posted", "schemas/Post"), '"Posted"', '"Post"'),
    ),
    "a message of another name": (chat(), renamed(chat(), "Chat.chat.message", "Room.chat.message")),
    "a channel of another name": (
        chat(),
        renamed(
            renamed(chat(), "#/channels/Chat", "#/channels/Room"),
            '"channels": {"Chat"',
            '"channels": {"Room"',
        ),
    ),
    "a message of another name within its channel": (
        chat(),
        renamed(
            renamed(chat(), "messages/chat.posted.push", "messages/posted"),
            '"chat.posted.push": {"$ref"',
            '"posted": {"$ref"',
        ),
    ),
    "a server of another name": (chat(), renamed(chat(), '"default": {"host"', '"main": {"host"')),
    "a component that nobody uses": (chat(), edited(chat(), {f"{S}Forgotten": {}})),
    "a schema written in place": (
        chat(),
        edited(
            chat(), {f"{M}chat.count.next/payload/properties/data": chat()["components"]["schemas"]["Tick"]}
        ),
    ),
    "allOf around a reference": (
        chat(),
        edited(
            chat(),
            {
                f"{M}chat.count.next/payload/properties/data": {
                    "allOf": [{"$ref": "#/components/schemas/Tick"}]
                }
            },
        ),
    ),
    "anyOf with null for a list of types": (
        edited(chat(), {f"{S}Tick/properties/n": {"type": ["integer", "null"]}}),
        edited(chat(), {f"{S}Tick/properties/n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}),
    ),
    "oneOf of constants for an enum": (
        chat(),
        edited(chat(), {f"{OUT}properties/mood": {"oneOf": [{"const": "glad"}, {"const": "sad"}]}}),
    ),
    "values and types in another order": (
        edited(
            chat(),
            {
                f"{OUT}properties/mood": {"enum": ["sad", "glad"]},
                f"{S}Tick/properties/n/type": ["null", "integer"],
            },
        ),
        edited(chat(), {f"{S}Tick/properties/n/type": ["integer", "null"]}),
    ),
    "an exclusive limit of an integer": (
        edited(chat(), {f"{S}Tick/properties/n/minimum": 1}),
        edited(chat(), {f"{S}Tick/properties/n/exclusiveMinimum": 0}),
    ),
    "a limit as a float": (
        edited(chat(), {f"{S}Tick/properties/n/minimum": 1}),
        edited(chat(), {f"{S}Tick/properties/n/minimum": 1.0}),
    ),
    "limits that say nothing": (
        chat(),
        edited(chat(), {f"{OUT}properties/user/minLength": 0, f"{OUT}additionalProperties": True}),
    ),
    "a merged allOf": (
        edited(
            chat(),
            {
                f"{S}Tick": {
                    "type": "object",
                    "properties": {"n": {"type": "integer"}, "m": {"type": "string"}},
                    "required": ["n", "m"],
                }
            },
        ),
        edited(
            chat(),
            {
                f"{S}Tick": {
                    "allOf": [
                        {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
                        {"properties": {"m": {"type": "string"}}, "required": ["m"]},
                    ]
                }
            },
        ),
    ),
    "limits beside values that fit them": (
        edited(chat(), {f"{OUT}properties/mood": {"enum": ["glad", "sad"], "maxLength": 9}}),
        edited(chat(), {f"{OUT}properties/mood": {"enum": ["glad", "sad", "melancholic"], "maxLength": 5}}),
    ),
    "an operation that names no messages for one that names all": (
        plain(
            channels={"c": {"address": "/", "messages": {"m": {"payload": TEXT}}}},
            operations={"o": {"action": "send", "channel": {"$ref": "#/channels/c"}}},
        ),
        plain(
            channels={"c": {"address": "/", "messages": {"m": {"payload": TEXT}}}},
            operations={
                "o": {
                    "action": "send",
                    "channel": {"$ref": "#/channels/c"},
                    "messages": [{"$ref": "#/channels/c/messages/m"}],
                }
            },
        ),
    ),
    "a trait for its text": (
        plain(channels={"c": {"messages": {"m": {"contentType": "a/b", "headers": TEXT}}}}),
        plain(
            channels={
                "c": {
                    "messages": {
                        "m": {"contentType": "a/b", "traits": [{"$ref": "#/components/messageTraits/t"}]}
                    }
                }
            },
            components={"messageTraits": {"t": {"contentType": "c/d", "headers": TEXT}}},
        ),
    ),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_what_means_the_same_is_no_change(old: Any, new: Any) -> None:
    assert diff(old, new) == []
    assert diff(new, old) == []


def operation(action: str, *messages: str, reply: tuple[str, ...] | None = None) -> dict[str, Any]:
    def references(keys: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/c/messages/{key}"} for key in keys]

    own = {"action": action, "channel": {"$ref": "#/channels/c"}, "messages": references(messages)}
    return (
        own if reply is None else {**own, "reply": {"channel": own["channel"], "messages": references(reply)}}
    )


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
        (
            operation("receive", "a"),
            operation("send", "a"),
            [(B, "is no longer served"), (K, "is new: it may be sent")],
        ),
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
    avro = {
        "schemaFormat": "application/vnd.apache.avro;version=1.9.0",
        "schema": {"type": "record", "name": "R"},
    }
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
        plain(
            channels={"c": {"$ref": "#/components/channels/c"}},
            components={"channels": {"c": {"messages": {}}}},
        ),
        plain(operations={"o": {"action": "send", "channel": {"$ref": "#/components/channels/c"}}}),
        plain(operations={"o": {"$ref": "#/components/operations/o"}}),
        plain(channels={"c": {"messages": {"m": {"payload": {"$ref": "https://example.com/x.json"}}}}}),
        plain(channels={"c": {"messages": {"m": {"traits": [[{"$ref": "#/nowhere"}, {}], {"name": "x"}]}}}}),
        plain(servers={"s": {"host": "h", "protocol": "kafka", "security": [{"type": "X509"}]}}),
        foreign(o={"action": "receive", "channel": {"$ref": "#/channels/c"}, "reply": {}}),
        foreign(
            o={
                "action": "receive",
                "channel": {"$ref": "#/channels/c"},
                "reply": {"$ref": "#/components/replies/r"},
            }
        ),
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
        (
            chat(),
            {"asyncapi": "2.6.0"},
            "the new document names version '2.6.0'; compare AsyncAPI 3 documents",
        ),
        ([], chat(), "the old document names no version of AsyncAPI; compare AsyncAPI 3 documents"),
        (chat(), {"asyncapi": 3.0}, "the new document names version 3.0; compare AsyncAPI 3 documents"),
    ],
)
def test_what_is_no_document_is_refused(old: Any, new: Any, says: str) -> None:
    with pytest.raises(DocumentError) as error:
        diff(old, new)
    assert str(error.value) == says


@pytest.mark.parametrize("name", ["encoding", "subprotocols", "envelope", "close-codes", "limits", "history"])
def test_what_somebody_else_notes_under_a_name_of_nexws_is_but_words(name: str) -> None:
    channel: dict[str, Any] = {"address": "c", f"x-nexws-{name}": [{}]}
    old = plain(channels={"c": channel})
    new = edited(old, {f"channels/c/x-nexws-{name}": 7})
    assert [(each.message, each.verdict) for each in diff(old, new)] == [("changed", "documentation")]


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
