"""Schemas in a form that can be compared: for each JSON type, what its values have to be like.

References, ``allOf``, ``anyOf``, ``oneOf``, lists of types and constants are gone from it, so that two ways of writing
one schema look alike. ``oneOf`` is read as ``anyOf``: that a value fits two alternatives is the linter's concern.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from nexws.asyncapi.diff.values import (
    UNBOUND,
    Bound,
    data_text,
    fits,
    is_multiple,
    limits,
    schema_text,
    type_of,
)
from nexws.asyncapi.references import follow, is_list, is_object

__all__ = ["Facts", "Schemas", "Shape", "Shapes", "is_closed"]

Schemas = tuple[Any, ...]
"""Schemas that a value has to fit all of; none are fitted by everything."""

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_FIXED: dict[str, list[Any]] = {"boolean": [False, True], "null": [None]}
_RULES: dict[str, tuple[str, ...]] = {
    "array": ("contains", "uniqueItems"),
    "number": ("multipleOf", "format"),
    "object": ("dependencies", "propertyNames"),
    "string": ("pattern", "format", "contentEncoding", "contentMediaType"),
}
"""Further keywords, which allow the less the more of them apply."""

_KNOWN = {
    "$comment", "$defs", "$id", "$schema", "additionalItems", "additionalProperties", "allOf", "anyOf", "const",
    "default", "definitions", "deprecated", "description", "discriminator", "else", "enum", "examples",
    "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "if", "items", "maxItems", "maxLength", "maxProperties",
    "maximum", "minItems", "minLength", "minProperties", "minimum", "not", "oneOf", "patternProperties", "properties",
    "readOnly", "required", "then", "title", "type", "writeOnly",
    *(keyword for keywords in _RULES.values() for keyword in keywords),
}  # fmt: skip
_MOST_CASES = 1000
_UNCHECKED = ("if", "not")
"""Rules that values are not checked against."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one alternative demands of the values of one type.

    ``values`` are all that it allows, by their JSON text, or ``None`` for any that fit the rest. ``rules`` are
    keywords that take values away, each with the texts of what it says; ``unknown`` those of which that is not sure.
    """

    kind: str
    members: Schemas
    values: dict[str, Any] | None = None
    lower: Bound = UNBOUND[0]
    upper: Bound = UNBOUND[1]
    rules: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    unknown: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    @property
    def only_lists(self) -> bool:
        """Whether nothing but ``values`` decides."""
        return (
            self.values is not None
            and self.kind not in {"array", "object"}
            and not (self.rules or self.unknown)
        )

    @property
    def integral(self) -> bool:
        """Whether all numbers are integers."""
        listed = self.values is not None and all(is_multiple(value, 1) for value in self.values.values())
        return listed or "integer" in self.rules

    def admits(self, value: Any) -> bool:
        """Tell whether a value of this type fits the limits and rules that can be checked on scalars."""
        if self.kind == "number":
            factors = [json.loads(text) for text in self.rules.get("multipleOf", ())]
            factors += [1] if "integer" in self.rules else []
            return self.lower <= (value, 0) <= self.upper and all(
                is_multiple(value, each) for each in factors
            )
        if self.kind == "string":
            patterns = [json.loads(text) for text in self.rules.get("pattern", ())]
            return self.lower <= (len(value), 0) <= self.upper and all(fits(each, value) for each in patterns)
        return True

    @property
    def required(self) -> frozenset[str]:
        """The properties that an object must have."""
        return frozenset(name for member in self.members for name in member.get("required", ()))

    @property
    def names(self) -> list[str]:
        """The properties that are described, in order."""
        return [*dict.fromkeys(name for member in self.members for name in member.get("properties", ()))]

    @property
    def patterns(self) -> list[str]:
        """The patterns of further names."""
        return [
            *dict.fromkeys(name for member in self.members for name in member.get("patternProperties", ()))
        ]

    def named(self, name: str) -> Schemas:
        """Return what the property *name* has to fit, described or not."""
        found: list[Any] = []
        for member in self.members:
            own = [member["properties"][name]] if name in member.get("properties", ()) else []
            own += [s for p, s in member.get("patternProperties", {}).items() if fits(p, name)]
            found += own or _present(member, "additionalProperties")
        return tuple(found)

    def describes(self, name: str) -> bool:
        """Tell whether the property *name* is spoken of, and not forbidden."""
        return (name in self.names or name in self.required) and not is_closed(self.named(name))

    def patterned(self, pattern: str) -> Schemas:
        """Return what the properties whose names fit *pattern* have to fit."""
        return tuple(
            member["patternProperties"][pattern]
            for member in self.members
            if pattern in member.get("patternProperties", ())
        )

    @property
    def others(self) -> Schemas:
        """What all further properties have to fit."""
        return tuple(each for member in self.members for each in _present(member, "additionalProperties"))

    @property
    def positions(self) -> int:
        """For how many items there is a schema of their own."""
        return max((len(m["items"]) for m in self.members if is_list(m.get("items"))), default=0)

    def item(self, position: int) -> Schemas:
        """Return what the item at *position* has to fit; beyond ``positions`` all are alike."""
        found: list[Any] = []
        for member in self.members:
            items = member.get("items", True)
            if not is_list(items):
                found += [] if items is True else [items]
            elif position < len(items):
                found.append(items[position])
            else:
                found += _present(member, "additionalItems")
        return tuple(found)


Shape = dict[str, list[Facts]]
"""The alternatives for each type; a type that is missing is not allowed. ``integer`` is a ``number`` with a rule."""


class Shapes:
    """The shapes of the schemas in one document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._known: dict[tuple[int, ...], Shape] = {}

    def identity(self, schemas: Schemas) -> tuple[int, ...]:
        """Return what is equal for equal *schemas*, as long as the document lives."""
        return tuple(dict.fromkeys(id(follow(self._document, schema)) for schema in schemas))

    def of(self, schemas: Schemas) -> Shape:
        """Return the shape of *schemas*."""
        key = self.identity(schemas)
        if key not in self._known:
            shape: Shape = {}
            for case in _product([self._cases(schema, ()) for schema in schemas]):
                for facts in self._facts(case):
                    shape.setdefault(facts.kind, []).append(facts)
            self._known[key] = {kind: [*_merged(facts)] for kind, facts in shape.items()}
        return self._known[key]

    def _cases(self, reference: Any, passed: tuple[int, ...]) -> list[Schemas]:
        """Return the ways to fit a schema, each as schemas without references and alternatives."""
        schema = follow(self._document, reference)
        if not is_object(schema):
            return [()] if schema is not False else []
        if id(schema) in passed:
            return [()]
        passed = (*passed, id(schema))
        factors: list[list[Schemas]] = [[(schema,)]]
        factors += [self._cases(member, passed) for member in schema.get("allOf", ())]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                factors.append([case for each in schema[key] for case in self._cases(each, passed)])
        if math.prod(map(len, factors)) > _MOST_CASES:
            return [(schema, {"alternatives": schema_text(self._document, schema)})]
        return _product(factors)

    def _facts(self, case: Schemas) -> Iterator[Facts]:
        types = set(_TYPES)
        for member in case:
            if "type" in member:
                named = {member["type"]} if isinstance(member["type"], str) else {*member["type"]}
                types &= named | ({"integer"} if "number" in named else set())
        kinds = dict.fromkeys("number" if each == "integer" else each for each in _TYPES if each in types)
        for kind in kinds:
            facts = self._of_kind(kind, case, integral=kind == "number" and "number" not in types)
            if facts is not None:
                yield facts

    def _of_kind(self, kind: str, case: Schemas, *, integral: bool) -> Facts | None:
        rules: dict[str, set[str]] = {"integer": {"true"}} if integral else {}
        unknown: dict[str, set[str]] = {}
        bounds = [limits(kind, {}, integral=integral)]
        for member in case:
            bounds.append(limits(kind, member, integral=integral))
            for key, value in member.items():
                if key == "not" or (key in _RULES.get(kind, ()) and value is not False):
                    rules.setdefault(key, set()).add(schema_text(self._document, value))
                elif key == "if":
                    condition = {part: member[part] for part in ("if", "then", "else") if part in member}
                    rules.setdefault(key, set()).add(schema_text(self._document, condition))
                elif key not in _KNOWN and not key.startswith("x-"):
                    unknown.setdefault(key, set()).add(schema_text(self._document, value))
        lower, upper = max(low for low, _ in bounds), min(high for _, high in bounds)
        return _settled(
            Facts(kind, case, _values(kind, case), lower, upper, _frozen(rules), _frozen(unknown))
        )


def _values(kind: str, case: Schemas) -> dict[str, Any] | None:
    values = {data_text(value): value for value in _FIXED[kind]} if kind in _FIXED else None
    for member in case:
        lists = [member["enum"]] if "enum" in member else []
        lists += [[member["const"]]] if "const" in member else []
        for each in lists:
            own = {data_text(value): value for value in each if type_of(value) == kind}
            values = own if values is None else {text: values[text] for text in values if text in own}
    return values


def _settled(facts: Facts) -> Facts | None:
    """Leave nothing to check where the values of a scalar are listed; ``None`` if no value is left at all."""
    if facts.values is None:
        return facts if facts.lower <= facts.upper else None
    values = {text: value for text, value in facts.values.items() if facts.admits(value)}
    if facts.kind in {"array", "object"}:
        return replace(facts, values=values) if values else None
    rules = {key: texts for key, texts in facts.rules.items() if key in _UNCHECKED}
    lower, upper = UNBOUND
    return replace(facts, values=values, lower=lower, upper=upper, rules=rules) if values else None


def _merged(alternatives: list[Facts]) -> Iterator[Facts]:
    """Make one of the alternatives that only list values."""
    lists = [each for each in alternatives if each.only_lists]
    if lists:
        members = {id(member): member for each in lists for member in each.members}
        values = {text: value for each in lists for text, value in (each.values or {}).items()}
        yield replace(lists[0], members=tuple(members.values()), values=values)
    yield from (each for each in alternatives if not each.only_lists)


def _frozen(sets: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in sets.items()}


def _product(factors: list[list[Schemas]]) -> list[Schemas]:
    """Combine one case of each factor in all ways, each schema once."""
    combined = ([schema for case in cases for schema in case] for cases in product(*factors))
    return [tuple({id(schema): schema for schema in schemas}.values()) for schemas in combined]


def _present(member: Any, key: str) -> list[Any]:
    """Return the subschema of a keyword, if it says anything."""
    return [member[key]] if member.get(key, True) is not True else []


def is_closed(schemas: Schemas) -> bool:
    """Tell whether nothing fits *schemas*."""
    return any(schema is False for schema in schemas)
