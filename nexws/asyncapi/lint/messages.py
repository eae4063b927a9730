"""Whether a frame can be told to be one message, and only that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final, cast

from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.payloads import schema_of
from nexws.asyncapi.references import join, key_of, object_at, table

__all__ = ["ambiguous"]

Tags = Mapping[tuple[str, ...], frozenset[str]]
"""The fixed values (as JSON) that a message always has, by the path of its required properties."""

_DEPTH = 4
_BEGINNING: Final = re.compile(r"\^((?:[\w:-]|\\\.)*)(?:\[[^|()]*)?$")
"""A pattern without choices that begins with letters that mean themselves, and goes on, if at all, with a class."""


def ambiguous(document: Any) -> Iterator[Problem]:
    """Warn of messages that one side may send on a channel, and that the other side cannot tell apart.

    "Channel Object": every message sent to a channel must be valid against one, and only one, of its messages. Two
    are told apart by a property that both require, with other constants or an other ``enum`` in each, or by their
    content type. Messages that are told apart in another way are warned of all the same.
    """
    for channel, sender, keys in _spoken(document):
        messages = table(object_at(document, document["channels"][channel]), "messages")
        known: list[tuple[str, Any, Tags]] = []
        for key in filter(messages.__contains__, keys):
            message = object_at(document, messages[key])
            tags = _tags(document, schema_of(message.get("payload")), ())
            twin = next(
                (name for name, other, known_tags in known if _alike(message, tags, other, known_tags)), None
            )
            if twin is not None:
                text = (
                    f"{sender} sends both {key!r} and {twin!r}, which no frame tells apart; "
                    f"give both a required property with a constant of its own"
                )
                yield Problem(
                    join("/channels", channel, "messages", key), text, "ambiguous-messages", "warning"
                )
            known.append((key, message, tags))


def _spoken(document: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Yield for each channel and sender the keys of the messages that it may send there, in a stable order."""
    spoken: dict[tuple[str, str], dict[str, None]] = {}
    for reference in document.get("operations", {}).values():
        operation = object_at(document, reference)
        reply = object_at(document, operation.get("reply"))
        sent = operation["action"] == "send"
        for speaker, by_application in ((operation, sent), (reply, not sent)):
            if "channel" in speaker:
                channel = key_of(speaker["channel"])
                sender = "the application" if by_application else "the other side"
                spoken.setdefault((channel, sender), {}).update(dict.fromkeys(_keys(document, speaker)))
    for (channel, sender), keys in spoken.items():
        if channel in document.get("channels", {}):
            yield channel, sender, [*keys]


def _keys(document: Any, speaker: Any) -> list[str]:
    """Return the keys of an operation's messages; one that names none may use all of its channel."""
    if "messages" in speaker:
        return [key_of(reference) for reference in speaker["messages"]]
    return [*table(object_at(document, speaker["channel"]), "messages")]


def _alike(message: Any, tags: Tags, other: Any, other_tags: Tags) -> bool:
    if message is other:
        return False
    if any(message.get(key) != other.get(key) for key in ("contentType", "x-nexws-binary")):
        return False
    if any(tags[path].isdisjoint(other_tags[path]) for path in tags.keys() & other_tags.keys()):
        return False
    payloads = message.get("payload"), other.get("payload")
    if not all(isinstance(payload, dict) for payload in payloads):
        return True
    return not (_shuts_out(*payloads) or _shuts_out(*reversed(payloads)))


def _shuts_out(schema: Any, other: Any) -> bool:
    """Whether nothing fits both: *schema* allows no key that *other* requires, or no value that it demands."""
    properties, demanded = schema.get("properties", {}), {*other.get("required", ())}
    is_closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    if is_closed and not {*properties} >= demanded:
        return True
    shared = demanded & properties.keys() & other.get("properties", {}).keys()
    return any(_refuses(properties[name], other["properties"][name]) for name in shared)


def _refuses(schema: Any, other: Any) -> bool:
    """Whether *schema* says of all values that *other* names, or of the pattern that it names, that they are none."""
    if not (isinstance(schema, dict) and isinstance(other, dict)):
        return False
    rule, named = cast("dict[str, Any]", schema), cast("dict[str, Any]", other)
    banned = rule.get("not", {})
    exceptions: list[Any] = banned.get("anyOf", [banned])
    values = {*map(str, [named["const"]] if "const" in named else named.get("enum", ()))}
    if values and all(any(_is_banned(value, each) for each in exceptions) for value in values):
        return True
    prefixes = (str(each.get("pattern", "")).rstrip(".") for each in exceptions)
    if any(prefix and str(named.get("pattern", "")).startswith(prefix) for prefix in prefixes):
        return True
    pattern = rule.get("pattern")
    if values and isinstance(pattern, str):
        return not any(_fits(pattern, value, otherwise=True) for value in values)
    return _begin_differently(rule, named)


def _is_banned(value: str, exception: Any) -> bool:
    pattern = exception.get("pattern")
    return value in {*map(str, exception.get("enum", ()))} or (
        isinstance(pattern, str) and _fits(pattern, value, otherwise=False)
    )


def _fits(pattern: str, value: str, *, otherwise: bool) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # of another dialect
        return otherwise


def _begin_differently(schema: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are texts, and the beginning of neither is one of the other."""
    if schema.get("type") != "string" or other.get("type") != "string":
        return False
    found = _BEGINNING.match(str(schema.get("pattern", ""))), _BEGINNING.match(str(other.get("pattern", "")))
    if found[0] is None or found[1] is None:
        return False
    first, second = found[0][1], found[1][1]
    return not (first.startswith(second) or second.startswith(first))


def _tags(document: Any, reference: Any, path: tuple[str, ...]) -> Tags:
    schema = object_at(document, reference)
    if len(path) > _DEPTH:
        return {}
    members = [*_conjunction(document, schema)]
    tags: dict[tuple[str, ...], frozenset[str]] = {}
    required = {*chain.from_iterable(member.get("required", ()) for member in members)}
    for member in members:
        values = [member["const"]] if "const" in member else member.get("enum")
        if values is not None:
            _narrow(tags, {path: frozenset(json.dumps(value, sort_keys=True) for value in values)})
        for name in required & member.get("properties", {}).keys():
            _narrow(tags, _tags(document, member["properties"][name], (*path, name)))
        for key in ("anyOf", "oneOf"):
            if key in member:
                _narrow(tags, _any_of([_tags(document, choice, path) for choice in member[key]]))
    return tags


def _conjunction(document: Any, schema: Any) -> Iterator[Any]:
    """Yield *schema* and what it demands beside itself in ``allOf``."""
    yield schema
    for reference in schema.get("allOf", ()):
        yield from _conjunction(document, object_at(document, reference))


def _narrow(tags: dict[tuple[str, ...], frozenset[str]], others: Tags) -> None:
    for path, values in others.items():
        tags[path] = tags[path] & values if path in tags else values


def _any_of(choices: list[Tags]) -> Tags:
    """Return what is fixed whichever of *choices* applies."""
    common = set[tuple[str, ...]].intersection(*({*choice} for choice in choices))
    return {path: frozenset[str]().union(*(choice[path] for choice in choices)) for path in common}
