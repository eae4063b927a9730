"""Two events: the messages themselves, and how they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nexws.asyncapi.diff.changes import WIDENED, Change, Direction, Verdict
from nexws.asyncapi.diff.parts import Said, deprecation, matched, security, words
from nexws.asyncapi.diff.schemas import Finding, Schemata
from nexws.asyncapi.diff.surface import Event, Message, Surface
from nexws.protocol import UNKNOWN

__all__ = ["event_changes", "findings", "name_of", "same_message"]


def name_of(message: Message) -> str:
    """Name a message as its readers know it: the event's name on the wire, and what it is there."""
    if not message.event or not message.kind:
        return message.key
    return message.event if message.kind == "event" else f"{message.event} {message.kind}"


def same_message(schemata: Schemata, old: Message, new: Message) -> bool:
    """Tell whether two messages look alike on the wire, whatever they are called."""
    return (
        old.kind == new.kind
        and old.content_type == new.content_type
        and not any(
            finding.breaks
            for part in ("payload", "headers")
            for finding in schemata.compare(old.schema(part), new.schema(part))
        )
    )


def findings(
    schemata: Schemata, old: Any, new: Any, direction: Direction, *, field: str = ""
) -> Iterator[tuple[Finding, Verdict]]:
    """Compare two schemas and judge what values going that way mean for a client."""
    for finding in schemata.compare(old, new, field):
        if finding.words:
            yield finding, "documentation"
        else:
            yield finding, "breaking" if finding.breaks & direction else "compatible"


def event_changes(
    schemata: Schemata, was: Surface, now: Surface, old: Event, new: Event, *, channel: str, envelope: Any
) -> Iterator[Change]:
    """Say how one event changed, with its replies."""
    name = name_of(old.message)
    spoken = _Messages(schemata, was, now, channel, envelope)
    yield from spoken.changes(old.message, new.message, old.direction)
    operations = old.operation, new.operation
    for message, verdict in (
        *deprecation(*operations),
        *security(was, now, *(each.get("security") for each in operations)),
    ):
        yield Change(channel, name, "", message, verdict)
    if changed := words(was, now, *operations):
        yield Change(channel, name, "", changed, "documentation")
    back = old.direction.back
    pairs: list[tuple[Message, Message]] = []
    for failing in (False, True):
        olds, news = _replies(old, failing=failing), _replies(new, failing=failing)
        same, gone, added = matched(
            olds, news, _same_key, lambda one, other: same_message(schemata, one, other)
        )
        pairs += same
        compare = _failures if failing else _answers
        for message, verdict in compare(olds, news, gone, added, back):
            yield Change(channel, name, "", message, verdict)
    for one, other in pairs:
        yield from spoken.changes(one, other, back)


def _same_key(old: Message, new: Message) -> bool:
    return old.key == new.key


def _replies(event: Event, *, failing: bool) -> list[Message]:
    return [each for each in (event.replies or {}).values() if (each.kind == "failure") is failing]


def _failures(
    olds: list[Message], news: list[Message], gone: list[Message], added: list[Message], back: Direction
) -> Said:
    """Say whether an event can fail at all; every client has to expect that it does."""
    if bool(olds) != bool(news):
        yield "can now fail" if news else "no longer fails", "compatible"


def _answers(
    olds: list[Message], news: list[Message], gone: list[Message], added: list[Message], back: Direction
) -> Said:
    """Say whether the kind of answer changed, and which are new; the pairs are compared elsewhere.

    To be answered, or no longer, breaks the side that has to answer now, or waits in vain.
    """
    if not olds and news:
        yield "is now answered", "breaking" if back & Direction.TO_SERVER else "compatible"
    elif olds and not news:
        yield "is no longer answered", "breaking" if back & Direction.TO_CLIENT else "compatible"
    elif _is_stream(olds) != _is_stream(news):
        kinds = ("a stream" if _is_stream(each) else "one reply" for each in (olds, news))
        yield "was answered with {}, is now with {}".format(*kinds), "breaking"
    else:
        for message in gone:
            yield f"is no longer answered with {name_of(message)}", "breaking"
        for message in added:
            verdict: Verdict = "breaking" if back & Direction.TO_CLIENT else "compatible"
            yield f"may also be answered with {name_of(message)}", verdict


def _is_stream(answers: list[Message]) -> bool:
    return any(message.kind in {"done", "item"} for message in answers)


class _Messages:
    """Compares the messages of one channel."""

    def __init__(self, schemata: Schemata, was: Surface, now: Surface, channel: str, envelope: Any) -> None:
        self._schemata, self._was, self._now, self._channel = schemata, was, now, channel
        self._code = f"{envelope.get('error') or 'error'}.code"
        self._event = str(envelope.get("event") or "event")

    def changes(self, old: Message, new: Message, direction: Direction) -> Iterator[Change]:
        name = name_of(old)
        is_failure = old.kind == "failure"
        for message, verdict in self._message(old, new):
            yield Change(self._channel, name, "", message, verdict)
        for part, field in (("payload", ""), ("headers", "headers")):
            pair = old.schema(part), new.schema(part)
            for finding, verdict in findings(self._schemata, *pair, direction, field=field):
                if is_failure and old.event == UNKNOWN and finding.field == self._event:
                    continue  # what nobody serves is told by what is new, or gone
                if is_failure and finding.field == self._code and finding.breaks == WIDENED:
                    # Every client has to expect codes that it has no plan for: any event can end in an internal one.
                    yield Change(self._channel, name, finding.field, finding.message, "compatible")
                else:
                    yield Change(self._channel, name, finding.field, finding.message, verdict)

    def _message(self, old: Message, new: Message) -> Said:
        if old.content_type != new.content_type:
            yield f"content type was {old.content_type}, is now {new.content_type}", "breaking"
        binary = [bool(message.raw.get("x-nexws-binary")) for message in (old, new)]
        if binary[0] != binary[1]:
            yield f"is now a {'binary' if binary[1] else 'text'} frame", "breaking"
        before, after = self._correlation(self._was, old), self._correlation(self._now, new)
        if before != after:
            verdict: Verdict = "breaking" if before else "compatible"
            yield f"correlation id was {before or 'none'}, is now {after or 'none'}", verdict
        yield from deprecation(old.raw, new.raw)
        if changed := words(self._was, self._now, old.raw, new.raw):
            yield changed, "documentation"

    @staticmethod
    def _correlation(surface: Surface, message: Message) -> str:
        return str(surface.follow(message.raw.get("correlationId")).get("location", ""))
