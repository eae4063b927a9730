"""Two channels: how a client reaches them, and what holds for all that crosses them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from nexws.asyncapi.diff.changes import Change, Direction, Verdict
from nexws.asyncapi.diff.events import event_changes, findings, name_of, same_message
from nexws.asyncapi.diff.parts import Said, choices, matched, words
from nexws.asyncapi.diff.schemas import Schemata
from nexws.asyncapi.diff.surface import Channel, Message, Surface
from nexws.asyncapi.references import is_list, is_object, table
from nexws.protocol import PRESENCE_EVENT, RESERVED_PREFIX

__all__ = ["channel_changes"]

_ANYTHING: dict[str, Any] = {"type": "object"}
"""What a channel asks for in a part of the handshake that it says nothing of."""


def channel_changes(
    schemata: Schemata, was: Surface, now: Surface, old: Channel, new: Channel
) -> Iterator[Change]:
    """Say how one channel changed, with everything that crosses it."""
    say = partial(Change, old.key, "")
    for message, verdict in _address(was, now, old, new):
        yield say("address", message, verdict)
    ws, new_ws = _ws(was, old), _ws(now, new)
    if ws.get("method", "GET") != new_ws.get("method", "GET"):
        message = f"was {ws.get('method', 'GET')}, is now {new_ws.get('method', 'GET')}"
        yield say("method", message, "breaking")
    for part, before, after in (*_asked(ws, new_ws), ("cookies", *_cookies(old, new))):
        for finding, verdict in findings(schemata, before, after, Direction.TO_SERVER, field=part):
            yield say(finding.field, finding.message, verdict)
    for extension in _EXTENSIONS:
        before, after = old.raw.get(f"x-nexws-{extension}"), new.raw.get(f"x-nexws-{extension}")
        for message, verdict in _extension(extension, before, after):
            yield say(extension.replace("-", " "), message, verdict)
    if changed := words(was, now, old.raw, new.raw):
        yield say("", changed, "documentation")
    if _has_same_keys(_keys(old), _keys(new)):
        yield from _events(schemata, was, now, old, new)


def _ws(surface: Surface, channel: Channel) -> Any:
    return table(surface.follow(channel.raw.get("bindings")), "ws")


def _asked(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give what two bindings ask of the handshake, part by part."""
    for part in ("query", "headers"):
        yield part, old.get(part, _ANYTHING), new.get(part, _ANYTHING)


def _cookies(old: Channel, new: Channel) -> tuple[Any, Any]:
    """Give what nexws notes of cookies, which the binding has no place for."""
    before, after = (each.raw.get("x-nexws-cookies", _ANYTHING) for each in (old, new))
    return (before, after) if is_object(before) and is_object(after) else (_ANYTHING, _ANYTHING)


def _address(was: Surface, now: Surface, old: Channel, new: Channel) -> Said:
    if old.path != new.path:
        before, after = (each.address or "unknown" for each in (old, new))
        yield f"was {before}, is now {after}", "documentation" if old.address is None else "breaking"
        return
    for before, after in zip(old.parameters, new.parameters, strict=True):
        if before != after:
            yield f"parameter {{{before}}} is now called {{{after}}}", "documentation"
        parameter = was.follow(table(old.raw, "parameters").get(before, {}))
        pair = parameter, now.follow(table(new.raw, "parameters").get(after, {}))
        for message, verdict in choices(*pair):
            yield f"{{{after}}} {message}", verdict
        if changed := words(was, now, *pair):
            yield f"{{{after}}} {changed}", "documentation"


def _extension(name: str, old: Any, new: Any) -> Said:
    """Compare what nexws notes at a channel; what somebody else has noted under that name is but words."""
    is_ours, compare = _EXTENSIONS[name]
    if all(each is None or is_ours(each) for each in (old, new)):
        yield from compare(old, new)
    elif old != new:
        yield "changed", "documentation"


def _nothing(_old: Any, _new: Any) -> Said:
    """Leave to the rest what is compared as the query is."""
    yield from ()


def _encoding(old: Any, new: Any) -> Said:
    before, after = old or "json", new or "json"
    if before != after:
        yield f"was {before}, is now {after}", "breaking"


def _subprotocols(old: Any, new: Any) -> Said:
    for gone in [each for each in old or () if each not in (new or ())]:
        yield f"{gone} is no longer spoken", "breaking"
    for added in [each for each in new or () if each not in (old or ())]:
        yield f"{added} is spoken too", "compatible"


def _envelope(old: Any, new: Any) -> Said:
    if old is None or new is None:
        if old != new:
            yield f"is {'no longer' if new is None else 'now'} documented", "documentation"
        return
    changed = [key for key in old if key in new and old[key] != new[key]]
    if changed:
        parts = [f"{key!r} was {_key(old[key])}, is now {_key(new[key])}" for key in changed]
        yield f"{'; '.join(parts)}: every frame is another, so its messages are not compared", "breaking"
    for key in [each for each in old if each not in new]:
        yield f"{key!r}, which was {_key(old[key])}, is no longer documented", "documentation"
    for key in [each for each in new if each not in old]:
        yield f"{key!r} is now documented: {_key(new[key])}", "documentation"


def _key(name: Any) -> str:
    return "flat in the frame" if name is None else repr(name)


def _keys(channel: Channel) -> dict[str, Any]:
    envelope = channel.raw.get("x-nexws-envelope")
    return envelope if is_object(envelope) else {}


def _has_same_keys(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Tell whether frames are laid out alike, as far as both say."""
    return bool(old) == bool(new) and all(old[key] == new[key] for key in old if key in new)


def _close_codes(old: Any, new: Any) -> Said:
    if old is None or new is None:
        if old != new:
            yield f"are {'no longer' if new is None else 'now'} documented", "documentation"
        return
    olds, news = ({each["code"]: each for each in codes} for codes in (old, new))
    for code in dict.fromkeys([*olds, *news]):
        if code not in news:
            yield f"{code} is no longer used", "compatible"
        elif code not in olds:
            yield f"{code} ({news[code].get('name', 'no name')}) is new", "compatible"
        elif olds[code].get("reconnect") != news[code].get("reconnect"):
            back = "to come back" if news[code].get("reconnect") else "to stay away"
            yield f"{code} now tells the client {back}", "breaking"
        elif olds[code] != news[code]:
            yield f"{code} is described in other words", "documentation"


def _limits(old: Any, new: Any) -> Said:
    if old is None or new is None:
        if old != new:
            yield f"are {'no longer' if new is None else 'now'} documented", "documentation"
        return
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before != after:
            lowered = _height(after) < _height(before)
            said = ("none" if each is None else each for each in (before, after))
            yield "{} was {}, is now {}".format(name, *said), "breaking" if lowered else "compatible"


def _history(old: Any, new: Any) -> Said:
    """Compare what is kept; to come back too late is what every client has to cope with, however much that is."""
    if old is None or new is None:
        if old != new:
            yield ("is no longer kept", "breaking") if new is None else ("is now kept", "compatible")
        return
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{name} was {old.get(name, 'none')}, is now {new.get(name, 'none')}", "compatible"


def _height(limit: Any) -> float:
    """Return a limit as a number; none is higher than all, and what is no number counts as lowered."""
    if limit is None:
        return math.inf
    return limit if isinstance(limit, int | float) else -math.inf


def _are_close_codes(value: Any) -> bool:
    return is_list(value) and all(is_object(each) and isinstance(each.get("code"), int) for each in value)


_EXTENSIONS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], Said]]] = {
    "cookies": (is_object, _nothing),
    "encoding": (lambda value: isinstance(value, str), _encoding),
    "subprotocols": (is_list, _subprotocols),
    "envelope": (is_object, _envelope),
    "close-codes": (_are_close_codes, _close_codes),
    "limits": (is_object, _limits),
    "history": (is_object, _history),
}


def _events(schemata: Schemata, was: Surface, now: Surface, old: Channel, new: Channel) -> Iterator[Change]:
    pairs, gone, added = matched(
        old.events.items(),
        new.events.items(),
        lambda one, other: one[0] == other[0],
        lambda one, other: (
            one[0][0] == other[0][0] and same_message(schemata, one[1].message, other[1].message)
        ),
    )
    for (_, before), (_, after) in pairs:
        yield from event_changes(schemata, was, now, before, after, channel=old.key, envelope=_keys(old))
    for (direction, _), event in gone:
        way = "is no longer sent" if direction == Direction.TO_CLIENT else "is no longer served"
        yield Change(old.key, name_of(event.message), "", way, _without(event.message))
    for (direction, _), event in added:
        way = "is new: it may be sent" if direction == Direction.TO_CLIENT else "is new"
        yield Change(old.key, name_of(event.message), "", way, "compatible")


def _without(message: Message) -> Verdict:
    """Judge that an event is gone. The protocol's own follow the version of nexws, but ``Presence`` the class."""
    is_protocols = message.event.startswith(RESERVED_PREFIX) and message.event != PRESENCE_EVENT
    return "compatible" if is_protocols else "breaking"
