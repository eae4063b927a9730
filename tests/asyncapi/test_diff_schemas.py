"""Verdicts about schemas, held against what a validator says of values."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from nexws.asyncapi.diff.changes import NARROWED, WIDENED, Direction
from nexws.asyncapi.diff.schemas import Finding, Schemata

MANY = settings(max_examples=200, deadline=None, derandomize="CI" in os.environ)
ROOT: dict[str, Any] = {
    "components": {"schemas": {"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}}
}
MIRRORED = {NARROWED: WIDENED, WIDENED: NARROWED}
TEXTS = ["", "a", "ab", "abc", "b"]
NUMBERS = [-1, 0, 1, 2, 3, 4, 0.5, 1.5]
SMALL = st.integers(0, 3)


def compared(old: Any, new: Any) -> list[Finding]:
    return Schemata(ROOT, ROOT).compare(old, new)


def breaks(old: Any, new: Any) -> Direction:
    together = Direction(0)
    for finding in compared(old, new):
        together |= finding.breaks
    return together


def some_of(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def typed(kind: Any, **keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return some_of(**keywords).map(lambda schema: {"type": kind, **schema})


TEXT = typed("string", minLength=SMALL, maxLength=SMALL, pattern=st.sampled_from(["a", "b$"]))
KINDS: list[Any] = ["integer", "number", ["number", "null"]]
NUMBER = st.sampled_from(KINDS).flatmap(
    lambda kind: typed(
        kind,
        minimum=SMALL,
        maximum=SMALL,
        exclusiveMinimum=SMALL,
        exclusiveMaximum=SMALL,
        multipleOf=st.sampled_from([1, 2, 0.5]),
    )
)
LISTED = st.lists(st.sampled_from([None, True, False, 0, 1, 2, 1.5, "a", "ab"]), min_size=1, max_size=3).map(
    lambda values: {"enum": values}
)
SCALARS = st.one_of(
    TEXT, NUMBER, LISTED, st.sampled_from([{}, {"type": "boolean"}, {"type": ["string", "null"]}])
)


def arrays(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return typed(
        "array",
        items=st.one_of(items, st.lists(items, min_size=1, max_size=2)),
        additionalItems=st.one_of(st.booleans(), items),
        minItems=SMALL,
        maxItems=SMALL,
        uniqueItems=st.booleans(),
    )


def unions(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(members, min_size=1, max_size=3)
    return st.one_of(several.map(lambda each: {"anyOf": each}), several.map(lambda each: {"allOf": each}))


def objects(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["a", "b", "c"])
    return typed(
        "object",
        properties=st.dictionaries(names, members, max_size=2),
        required=st.lists(names, unique=True, max_size=2),
        additionalProperties=st.one_of(st.booleans(), members),
        maxProperties=SMALL,
    )


FLAT = st.recursive(SCALARS, lambda inner: st.one_of(arrays(inner), unions(inner)), max_leaves=5)
SCHEMAS = st.recursive(
    SCALARS, lambda inner: st.one_of(arrays(inner), unions(inner), objects(inner)), max_leaves=6
)


@st.composite
def pairs(draw: st.DrawFn, schemas: st.SearchStrategy[Any]) -> tuple[Any, Any]:
    """Draw a schema, and what it may become: mostly something close to it."""
    old = draw(schemas)
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(0, 2))):
        places = [*_places(new)]
        node = draw(st.sampled_from(places))
        other = draw(schemas)
        if draw(st.booleans()):
            node.clear()
            node.update(copy.deepcopy(other))
        elif node:
            del node[draw(st.sampled_from(sorted(node)))]
    return (old, new) if draw(st.booleans()) else (new, old)


def _places(schema: Any) -> Iterator[Any]:
    """Yield a schema and the schemas in it."""
    if isinstance(schema, dict):
        yield schema
        members = [*schema.get("properties", {}).values()]
        for key in ("items", "allOf", "anyOf"):
            members += schema[key] if isinstance(schema.get(key), list) else [schema.get(key)]
        for member in [*members, schema.get("additionalItems"), schema.get("additionalProperties")]:
            yield from _places(member)


def values(*schemas: Any, depth: int = 0) -> list[Any]:
    """Return values that may fit *schemas* or nearly do, with only properties that the first describes."""
    found: list[Any] = [None, True, False, *NUMBERS, *TEXTS, [], {}]
    if depth > 2:
        return found
    merged = [part for schema in schemas for part in _within(schema)]
    items = [
        each for part in merged for key in ("items", "additionalItems") for each in _parts_of_items(part, key)
    ]
    inner = _few(values(*items, depth=depth + 1)) if items else [0, "a"]
    found += [[*row] for length in (1, 2, 3) for row in _few([*product(inner[:4], repeat=length)], 24)]
    own = [*_within(schemas[0])] if schemas else []
    names = sorted(
        {name for part in own for name in [*part.get("properties", {}), *part.get("required", [])]}
    )
    others = [
        part["additionalProperties"] for part in own if isinstance(part.get("additionalProperties"), dict)
    ]
    choices = [
        [*_few(values(*_called(merged, name), depth=depth + 1), 6), _LEFT_OUT]
        for name in [*names, *(["z"] if others else [])]
    ]
    for row in _few([*product(*choices)], 60) if choices else ():
        pairs_ = zip([*names, "z"], row, strict=False)
        found.append({name: value for name, value in pairs_ if value is not _LEFT_OUT})
    return found


_LEFT_OUT = object()


def _few(found: list[Any], most: int = 12) -> list[Any]:
    """Return some of *found*, from all of its length."""
    step = max(1, -(-len(found) // most))
    return found[::step] + found[-2:]


def _within(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        yield schema
        for key in ("anyOf", "allOf", "oneOf"):
            for member in schema.get(key, ()):
                yield from _within(member)


def _parts_of_items(part: Any, key: str) -> list[Any]:
    found = part.get(key)
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []


def _called(parts: list[Any], name: str) -> list[Any]:
    found = [part["properties"][name] for part in parts if name in part.get("properties", {})]
    return found + [
        part["additionalProperties"] for part in parts if isinstance(part.get("additionalProperties"), dict)
    ]


def opened(schema: Any) -> Any:
    """Return a schema that leaves unknown properties alone, as clients do."""
    if isinstance(schema, list):
        return [opened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value if key == "enum" else opened(value)
        for key, value in schema.items()
        if (key, value) != ("additionalProperties", False)
    }


def fits(schema: Any, value: Any) -> bool:
    return Draft7Validator(schema).is_valid(value)


@MANY
@given(SCHEMAS)
def test_a_schema_does_not_differ_from_itself(schema: Any) -> None:
    assert compared(schema, copy.deepcopy(schema)) == []


@settings(MANY, max_examples=300)
@given(pairs(SCHEMAS))
@example(({"enum": [1, 2]}, {"type": "integer"}))
@example(
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"z": {}}},
    )
)
def test_what_is_compatible_for_senders_takes_all_that_was_taken(pair: tuple[Any, Any]) -> None:
    old, new = pair
    if NARROWED & breaks(old, new):
        return
    for value in values(old, new):
        assert fits(new, value) or not fits(old, value), value


@settings(MANY, max_examples=300)
@given(pairs(SCHEMAS))
@example(({"type": "object", "additionalProperties": False}, {"type": "object", "properties": {"a": {}}}))
@example(({"type": "string", "maxLength": 1}, {"enum": ["ab"]}))
@example(({"enum": ["a", "ab"], "maxLength": 1}, {"enum": ["a", "ab"]}))
def test_what_is_compatible_for_readers_sends_only_what_was_sent(pair: tuple[Any, Any]) -> None:
    old, new = pair
    if WIDENED & breaks(old, new):
        return
    for value in values(new, old):
        assert fits(opened(old), value) or not fits(new, value), value


@MANY
@given(pairs(FLAT))
def test_what_narrows_one_way_widens_the_other(pair: tuple[Any, Any]) -> None:
    """For schemas without properties, which clients take less strictly one way than the other."""
    old, new = pair
    there, back = breaks(old, new), breaks(new, old)
    assert {MIRRORED[each] for each in MIRRORED if each & there} == {each for each in MIRRORED if each & back}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 1}),
        ({"type": "number"}, {"type": "integer"}),
        ({"enum": [1, 2]}, {"enum": [1]}),
        ({"type": "array", "items": {}}, {"type": "array", "items": {"type": "null"}}),
        ({"anyOf": [{"type": "null"}, {"const": "a"}]}, {"const": "a"}),
        (
            {"type": "object", "properties": {"a": {}}},
            {"type": "object", "properties": {"a": {"type": "null"}}},
        ),
        (
            {"type": "object", "properties": {"a": {}}},
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        ),
    ],
)
def test_the_values_find_a_schema_that_takes_less(old: Any, new: Any) -> None:
    """So the two tests above can fail."""
    assert any(fits(old, value) and not fits(new, value) for value in values(old, new))


NODE = {
    "type": "object",
    "properties": {"next": {"$ref": "#/components/schemas/Node"}, "v": {"type": "integer"}},
}
TREE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}]}
WRAPPED = {
    "allOf": [
        {"$ref": "#/components/schemas/Node"},
        {"properties": {"more": {"$ref": "#/components/schemas/Wrapped"}}},
    ]
}
FORMS = {
    "anyOf": [
        {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Forms"}}},
        {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/Forms"}}},
    ]
}
RECURSIVE: dict[str, Any] = {
    "components": {"schemas": {"Node": NODE, "Tree": TREE, "Wrapped": WRAPPED, "Forms": FORMS}}
}


@pytest.mark.parametrize("name", RECURSIVE["components"]["schemas"])
def test_a_recursive_schema_comes_to_an_end(name: str) -> None:
    reference = {"$ref": f"#/components/schemas/{name}"}
    changed = copy.deepcopy(RECURSIVE)
    changed["components"]["schemas"]["Node"]["properties"]["v"] = {"type": "number"}
    changed["components"]["schemas"]["Tree"]["anyOf"][0] = {"type": "null"}
    assert Schemata(RECURSIVE, copy.deepcopy(RECURSIVE)).compare(reference, reference) == []
    found = Schemata(RECURSIVE, changed).compare(reference, reference)
    assert [finding.message for finding in found] == {
        "Node": ["was integer, is now number"],
        "Wrapped": ["was integer, is now number"],
        "Tree": ["was string or array, is now array or null"],
        "Forms": [],
    }[name]


def test_a_change_that_is_met_twice_is_told_once() -> None:
    schemas = {"Id": {"type": "integer"}}
    both = {"type": "object", "properties": {"a": {"$ref": "#/schemas/Id"}, "b": {"$ref": "#/schemas/Id"}}}
    found = Schemata({"schemas": schemas}, {"schemas": {"Id": {"type": "string"}}}).compare(both, both)
    assert [finding.field for finding in found] == ["a"]


def test_a_condition_that_refers_to_itself_is_compared() -> None:
    document = {"schemas": {"N": {"not": {"properties": {"n": {"$ref": "#/schemas/N"}}}}}}
    other = {"schemas": {"M": {"not": {"properties": {"n": {"$ref": "#/schemas/M"}}}}}}
    assert Schemata(document, other).compare({"$ref": "#/schemas/N"}, {"$ref": "#/schemas/M"}) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 1}, False),
        ({"enum": ["a", 1], "type": "boolean"}, False),
        (True, {}),
        ({"type": ["integer", "number"]}, {"type": "number"}),
        ({"anyOf": [{"type": "string"}, {"const": "a"}]}, {"type": "string"}),
        (
            {"anyOf": [{"maxLength": 2, "type": "string"}, {"maxLength": 1, "type": "string"}]},
            {"type": "string", "maxLength": 2},
        ),
        ({"not": {"const": 1, "title": "x"}}, {"not": {"const": 1.0}}),
        ({"type": "string", "enum": ["a"], "pattern": "a", "maxLength": 3}, {"const": "a"}),
        ({"$ref": "#/nowhere"}, {}),
        ({"allOf": [{"$ref": "#/components/schemas/Loop"}]}, {}),
        ({"not": {"enum": [1, 2]}}, {"not": {"enum": [2, 1]}}),
    ],
)
def test_two_ways_to_write_a_schema_do_not_break(old: Any, new: Any) -> None:
    assert breaks(old, new) == breaks(new, old) == Direction(0)


def test_what_a_pattern_allows_that_python_cannot_read_is_unknown() -> None:
    """So a value that had to fit it may have been none of the values."""
    unreadable = {"type": "string", "pattern": r"^\p{L}$"}
    assert breaks(unreadable, unreadable) == Direction(0)
    assert breaks({"const": "a"}, unreadable) == NARROWED | WIDENED


def test_a_product_of_many_alternatives_is_compared_as_it_is_written() -> None:
    """Taken apart it would not end in time."""
    many = {"allOf": [{"anyOf": [{"type": "string", "maxLength": n} for n in range(40)]} for _ in range(4)]}
    assert compared(many, copy.deepcopy(many)) == []
    assert breaks(many, {**many, "type": "string"}) != Direction(0)


def test_alternatives_are_paired_by_their_constants_in_any_order() -> None:
    def form(kind: str, **more: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"const": kind}, **more}, "required": ["kind"]}

    old = {"oneOf": [form(kind, x={"type": "integer"}) for kind in "abc"]}
    new = {"oneOf": [form(kind, x={"type": "number" if kind == "b" else "integer"}) for kind in "cba"]}
    assert [(finding.field, finding.message) for finding in compared(old, new)] == [
        ('(kind="b").x', "was integer, is now number")
    ]
