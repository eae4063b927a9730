"""What a new schema allows that the old one does not, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nexws.asyncapi.diff.changes import ALWAYS, NARROWED, NEVER, WIDENED, Direction
from nexws.asyncapi.diff.facts import (
    is_integral,
    kinds_of,
    label,
    limits_changed,
    rules_changed,
    values_changed,
    words_changed,
)
from nexws.asyncapi.diff.shapes import Facts, Schemas, Shape, Shapes, is_closed

__all__ = ["Finding", "Schemata"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between two schemas.

    ``field`` is its path within the value. ``breaks`` tells in which direction values may now meet a reader that does
    not take them; ``words`` that nothing but words has changed.
    """

    field: str
    message: str
    breaks: Direction
    words: bool = False


class Schemata:
    """Compares the schemas of two documents."""

    def __init__(self, old: Any, new: Any) -> None:
        self._shapes = Shapes(old), Shapes(new)

    def compare(self, old: Any, new: Any, field: str = "") -> list[Finding]:
        """Say how *new* differs from *old*; each pair of schemas is spoken of once, where it is met first.

        Two things are not taken as strictly as JSON Schema has them, because no client does: a client leaves
        properties alone that it does not know, so that new ones break none; and it sends none that are not described.
        """
        return [*dict.fromkeys(_Comparison(self._shapes, set()).schemas((old,), (new,), field))]


class _Comparison:
    """One run, which knows the pairs that it has met, so that recursive schemas come to an end."""

    def __init__(self, shapes: tuple[Shapes, Shapes], met: set[Any]) -> None:
        self._shapes, self._met = shapes, met

    def schemas(self, old: Schemas, new: Schemas, field: str) -> Iterator[Finding]:
        was, now = self._shapes
        pair = was.identity(old), now.identity(new)
        if pair in self._met:
            return
        self._met.add(pair)
        old_shape, new_shape = was.of(old), now.of(new)
        types = [*_types(old_shape, new_shape, field)]
        yield from types
        for kind in old_shape:
            if kind in new_shape:
                yield from self._alternatives(old_shape[kind], new_shape[kind], field, typed=bool(types))

    def _alternatives(
        self, olds: list[Facts], news: list[Facts], field: str, *, typed: bool
    ) -> Iterator[Finding]:
        """Compare the alternatives of one type; *typed*: that integers became numbers, or back, has been said."""
        if len(olds) == len(news) == 1:
            yield from self._facts(olds[0], news[0], field, typed=typed)
            return
        gone, added = [*olds], [*news]
        for old, new in [*self._same(gone, added), *self._labelled(gone, added), *self._last(gone, added)]:
            inner = f"{field}({name})" if (name := self._name(old)) else field
            yield from self._facts(old, new, inner)
        for old in gone:
            if not any(self._covers(old, new, NARROWED) for new in news):
                yield Finding(field, f"no longer allows {self._name(old) or 'one of its forms'}", NARROWED)
        for new in added:
            if not any(self._covers(old, new, WIDENED) for old in olds):
                yield Finding(field, f"also allows {self._name(new) or 'another form'}", WIDENED)

    def _same(self, gone: list[Facts], added: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
        """Take out the alternatives that allow the same; what differs between them are words."""
        for old in [*gone]:
            new = next((each for each in added if self._covers(old, each, ALWAYS)), None)
            if new is not None:
                gone.remove(old)
                added.remove(new)
                yield old, new

    def _labelled(self, gone: list[Facts], added: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
        """Take out the alternatives that are told apart from the others by the same constants."""
        for old in [*gone]:
            name = self._name(old)
            same = [each for each in added if name and label(self._shapes[1], each) == name]
            if len(same) == 1:
                gone.remove(old)
                added.remove(same[0])
                yield old, same[0]

    def _last(self, gone: list[Facts], added: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
        """Take out the one alternative that is left on both sides, unless constants say that it is another."""
        if len(gone) == len(added) == 1 and not (self._name(gone[0]) and self._name(added[0])):
            yield gone.pop(), added.pop()

    def _name(self, facts: Facts) -> str:
        return label(self._shapes[0], facts) or label(self._shapes[1], facts)

    def _covers(self, old: Facts, new: Facts, breaks: Direction) -> bool:
        """Tell whether *new* instead of *old* breaks nothing in these directions."""
        trial = _Comparison(self._shapes, {*self._met})
        return not any(finding.breaks & breaks for finding in trial._facts(old, new, ""))

    def _facts(self, old: Facts, new: Facts, field: str, *, typed: bool = False) -> Iterator[Finding]:
        for message, breaks in (
            *values_changed(old, new),
            *limits_changed(old, new),
            *rules_changed(old, new, without={"integer"} if typed else set()),
        ):
            yield Finding(field, message, breaks)
        for message, words in words_changed(old, new):
            yield Finding(field, message, NEVER, words)
        if old.kind == "object":
            yield from self._properties(old, new, field)
        if old.kind == "array":
            for position in range(max(old.positions, new.positions)):
                yield from self.schemas(old.item(position), new.item(position), f"{field}[{position}]")
            last = max(old.positions, new.positions)
            yield from self.schemas(old.item(last), new.item(last), f"{field}[]")

    def _properties(self, old: Facts, new: Facts, field: str) -> Iterator[Finding]:
        for name in dict.fromkeys([*old.names, *new.names, *sorted(old.required | new.required)]):
            yield from self._property(old, new, name, f"{field}.{name}" if field else name)
        for pattern in dict.fromkeys([*old.patterns, *new.patterns]):
            at = f"{field}./{pattern}/"
            if pattern in old.patterns and pattern in new.patterns:
                yield from self.schemas(old.patterned(pattern), new.patterned(pattern), at)
            else:
                yield Finding(at, "is new" if pattern in new.patterns else "is gone", ALWAYS)
        if is_closed(new.others) and not is_closed(old.others):
            yield Finding(field, "no longer allows further properties", NARROWED)
        elif is_closed(old.others) and not is_closed(new.others):
            yield Finding(field, "allows further properties", NEVER)
        elif not is_closed(old.others):
            yield from self.schemas(old.others, new.others, f"{field}.*" if field else "*")

    def _property(self, old: Facts, new: Facts, name: str, field: str) -> Iterator[Finding]:
        was, now = old.describes(name), new.describes(name)
        if was and not now and is_closed(new.named(name)):
            yield Finding(field, "is gone, and refused", ALWAYS)
        elif was and not now:
            yield Finding(field, "is gone", WIDENED)
        elif now and not was:
            needed = name in new.required
            yield Finding(field, "is new and required" if needed else "is new", NARROWED if needed else NEVER)
        elif name in new.required - old.required:
            yield Finding(field, "is now required", NARROWED)
        elif name in old.required - new.required:
            yield Finding(field, "is no longer required", WIDENED)
        if (was and now) or (_says(old.named(name)) and _says(new.named(name))):
            yield from self.schemas(old.named(name), new.named(name), field)


def _says(schemas: Schemas) -> bool:
    """Tell whether *schemas* ask for something in particular."""
    return bool(schemas) and not is_closed(schemas)


def _types(old: Shape, new: Shape, field: str) -> Iterator[Finding]:
    was, now = kinds_of(old), kinds_of(new)
    if was != now:
        gone = old.keys() - new.keys() or (is_integral(new) and not is_integral(old))
        added = new.keys() - old.keys() or (is_integral(old) and not is_integral(new))
        breaks = (NARROWED if gone else NEVER) | (WIDENED if added else NEVER)
        yield Finding(field, f"was {was}, is now {now}", breaks)
