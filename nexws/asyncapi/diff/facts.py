"""Two alternatives of one JSON type, keyword by keyword, and the words for it."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from nexws.asyncapi.diff.changes import ALWAYS, NARROWED, NEVER, WIDENED, Direction
from nexws.asyncapi.diff.shapes import Facts, Shape, Shapes
from nexws.asyncapi.diff.values import Bound, data_text, is_multiple

__all__ = [
    "is_integral",
    "kinds_of",
    "label",
    "limits_changed",
    "listed",
    "rules_changed",
    "values_changed",
    "words_changed",
]

Said = Iterator[tuple[str, Direction]]

_KINDS = ("string", "number", "boolean", "array", "object", "null")
_SIZES = {"array": "number of items", "object": "number of properties", "string": "length"}
_WORDS = (
    "title",
    "description",
    "examples",
    "externalDocs",
    "$comment",
    "discriminator",
    "readOnly",
    "writeOnly",
)


def listed(values: Iterable[str]) -> str:
    """Write several things, with *or* before the last."""
    *most, last = values
    return f"{', '.join(most)} or {last}" if most else last


def is_integral(shape: Shape) -> bool:
    """Tell whether all the numbers that a shape allows are integers."""
    return all(facts.integral for facts in shape.get("number", ()))


def kinds_of(shape: Shape) -> str:
    """Say which types a shape allows."""
    names = {kind: kind for kind in _KINDS if kind in shape}
    if not names:
        return "nothing"
    if "number" in names and is_integral(shape):
        names["number"] = "integer"
    elif len(names) == len(_KINDS):
        return "anything"
    return listed(names.values())


def label(shapes: Shapes, facts: Facts) -> str:
    """Name an alternative by what tells it from others: its values, or the constants that it requires."""
    if facts.values is not None:
        return listed(facts.values)
    constants: list[str] = []
    for name in facts.names:
        kinds = shapes.of(facts.named(name)) if name in facts.required else {}
        values = [text for each in kinds.values() for one in each for text in one.values or ()]
        if len(kinds) == len(values) == 1:
            constants.append(f"{name}={values[0]}")
    return ", ".join(constants)


def values_changed(old: Facts, new: Facts) -> Said:
    """Compare what is listed in ``enum`` and ``const``."""
    if old.values is None and new.values is None:
        return
    if old.values is None:
        outside = [text for text, value in (new.values or {}).items() if not old.admits(value)]
        yield f"is now limited to {listed(new.values or {})}", NARROWED | (WIDENED if outside else NEVER)
    elif new.values is None:
        outside = [text for text, value in old.values.items() if not new.admits(value)]
        yield f"is no longer limited to {listed(old.values)}", WIDENED | (NARROWED if outside else NEVER)
    else:
        gone = [text for text in old.values if text not in new.values]
        added = [text for text in new.values if text not in old.values]
        if gone and added and len(old.values) == len(new.values) == 1:
            yield f"was {gone[0]}, is now {added[0]}", ALWAYS
            return
        if gone:
            yield f"no longer allows {listed(gone)}", NARROWED
        if added:
            yield f"also allows {listed(added)}", WIDENED


def limits_changed(old: Facts, new: Facts) -> Said:
    """Compare the limits of numbers and sizes, where neither side lists its values."""
    if (old.values is None) != (new.values is None):
        return
    size = _SIZES.get(old.kind, "value")
    if old.lower != new.lower:
        said = f"least {size} was {_limit(old.lower)}, is now {_limit(new.lower)}"
        yield said, NARROWED if new.lower > old.lower else WIDENED
    if old.upper != new.upper:
        said = f"greatest {size} was {_limit(old.upper)}, is now {_limit(new.upper)}"
        yield said, NARROWED if new.upper < old.upper else WIDENED


def _limit(bound: Bound) -> str:
    value, side = bound
    if not math.isfinite(value):
        return "unlimited"
    return f"just {'above' if side > 0 else 'below'} {value}" if side else str(value)


def rules_changed(old: Facts, new: Facts, *, without: Collection[str] = ()) -> Said:
    """Compare the other keywords; of those that are not known it is only said that they changed."""
    listed_once = (old.values is None) != (new.values is None)
    for key in sorted((old.rules.keys() | new.rules.keys()).difference(without)):
        was, now = old.rules.get(key, frozenset()), new.rules.get(key, frozenset())
        if was == now or (listed_once and key not in {"if", "not"}):
            continue
        breaks = (NARROWED if now - was else NEVER) | (WIDENED if was - now else NEVER)
        if key == "multipleOf" and len(was) == len(now) == 1:
            breaks = _multiples(*was, *now)
        yield _rule(key, was, now), breaks
    for key in sorted(old.unknown.keys() | new.unknown.keys()):
        if old.unknown.get(key) != new.unknown.get(key):
            yield f"{key!r} changed, which is not understood here", ALWAYS


def _multiples(was: str, now: str) -> Direction:
    if is_multiple(json.loads(now), json.loads(was)):
        return NARROWED
    return WIDENED if is_multiple(json.loads(was), json.loads(now)) else ALWAYS


def _rule(key: str, was: frozenset[str], now: frozenset[str]) -> str:
    if key == "integer":
        return "was number, is now integer" if now else "was integer, is now number"
    if key in {"contains", "dependencies", "if", "not", "propertyNames"}:
        return f"{key!r} changed" if was and now else f"{key!r} is {'new' if now else 'gone'}"
    before, after = (" and ".join(sorted(texts)) or "none" for texts in (was, now))
    return f"{key} was {before}, is now {after}"


def words_changed(old: Facts, new: Facts) -> Iterator[tuple[str, bool]]:
    """Compare what decides about no value: descriptions, defaults; tells whether it is nothing but words."""
    changed = [key for key in _WORDS if _said(old, key) != _said(new, key)]
    extensions = {
        key for facts in (old, new) for each in facts.members for key in each if key.startswith("x-")
    }
    changed += sorted(key for key in extensions if _said(old, key) != _said(new, key))
    if changed:
        yield f"{' and '.join(changed)} changed", True
    was, now = (_said(facts, "deprecated") == ["true"] for facts in (old, new))
    if was != now:
        yield "is now deprecated" if now else "is no longer deprecated", True
    before, after = (listed(_said(facts, "default") or ["none"]) for facts in (old, new))
    if before != after:
        yield f"default was {before}, is now {after}", False


def _said(facts: Facts, key: str) -> list[str]:
    said: list[Any] = [member[key] for member in facts.members if key in member]
    return [*dict.fromkeys(data_text(value) for value in said)]
