"""The parts that several objects of a document have: words, choices, security; and finding what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from nexws.asyncapi.diff.changes import Verdict
from nexws.asyncapi.diff.surface import Surface
from nexws.asyncapi.diff.values import schema_text

__all__ = ["Said", "choices", "deprecation", "matched", "security", "words"]

T = TypeVar("T")

Said = Iterator[tuple[str, Verdict]]
"""What is said of something that is named elsewhere, and the verdict."""

_WORDS = {"description", "examples", "externalDocs", "name", "summary", "tags", "title"}
_DECISIVE = {
    "x-nexws-binary", "x-nexws-close-codes", "x-nexws-cookies", "x-nexws-deprecated", "x-nexws-encoding",
    "x-nexws-envelope", "x-nexws-event", "x-nexws-history", "x-nexws-kind", "x-nexws-limits", "x-nexws-reserved",
    "x-nexws-subprotocols",
}  # fmt: skip
"""Extensions that are compared for what they say."""


def matched(
    olds: Iterable[T], news: Iterable[T], *likenesses: Callable[[T, T], bool]
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """Pair what is alike, by the first of *likenesses* that holds; gives the pairs, then what is left of both."""
    pairs: list[tuple[T, T]] = []
    gone, added = [*olds], [*news]
    for alike in likenesses:
        for old in [*gone]:
            new = next((each for each in added if alike(old, each)), None)
            if new is not None:
                pairs.append((old, new))
                gone.remove(old)
                added.remove(new)
    return pairs, gone, added


def words(was: Surface, now: Surface, old: Any, new: Any, *, of_all_keys: bool = False) -> str:
    """Say which of the words in two objects differ, if any do."""
    changed = [
        key
        for key in dict.fromkeys([*old, *new])
        if (of_all_keys or key in _WORDS or (key.startswith("x-") and key not in _DECISIVE))
        and _text(was, old.get(key)) != _text(now, new.get(key))
    ]
    return f"{' and '.join(changed)} changed" if changed else ""


def _text(surface: Surface, value: Any) -> str:
    return schema_text(surface.document, {"": value}, words=True)


def deprecation(old: Any, new: Any) -> Said:
    """Say whether something is no longer advised, or is again; it works as before."""
    was, now = (bool(each.get("deprecated") or each.get("x-nexws-deprecated")) for each in (old, new))
    if was != now:
        yield "is now deprecated" if now else "is no longer deprecated", "documentation"


def choices(old: Any, new: Any) -> Said:
    """Compare the values that a parameter or a variable may have: text that the client writes."""
    was, now = old.get("enum"), new.get("enum")
    if was is None and now is not None:
        yield f"must now be {' or '.join(now)}", "breaking"
    elif was is not None and now is None:
        yield "may now be anything", "compatible"
    elif was is not None and now is not None:
        gone, added = [each for each in was if each not in now], [each for each in now if each not in was]
        if gone:
            yield f"may no longer be {' or '.join(gone)}", "breaking"
        if added:
            yield f"may also be {' or '.join(added)}", "compatible"
    if old.get("default") != new.get("default"):
        before, after = (each.get("default", "none") for each in (old, new))
        yield f"default was {before}, is now {after}", "compatible"


def security(was: Surface, now: Surface, old: Any, new: Any) -> Said:
    """Compare alternative ways to identify oneself; "Server Object" and "Operation Object": one is enough."""
    olds, news = _schemes(was, old), _schemes(now, new)
    if not olds and news:
        yield f"now asks for {' or '.join(news.values())}", "breaking"
    elif olds and not news:
        yield "no longer asks who the client is", "compatible"
    else:
        for gone in olds.keys() - news.keys():
            yield f"no longer takes {olds[gone]}", "breaking"
        for added in news.keys() - olds.keys():
            yield f"also takes {news[added]}", "compatible"


def _schemes(surface: Surface, alternatives: Any) -> dict[str, str]:
    schemes = [surface.follow(each) for each in alternatives or ()]
    return {schema_text(surface.document, scheme): _name(scheme) for scheme in schemes}


def _name(scheme: Any) -> str:
    parts = (scheme.get(key) for key in ("type", "scheme", "in", "name"))
    return " ".join(part for part in parts if isinstance(part, str))
