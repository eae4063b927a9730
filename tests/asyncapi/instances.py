"""JSON that fits a schema, JSON that nearly does, and any other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Strategy = st.SearchStrategy[Any]

_NAMES = st.sampled_from(["a", "b", "kind", "n", "x", "sku", "value", "title", "x-y", "$ref", "long name"])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-12, 12)
    | st.floats(-20, 20, allow_nan=False)
    | st.text("ab1-é ", max_size=5)
    | st.sampled_from(["cat", "dog", "red", "on", "2020-02-02", "[]"])
)
ANYTHING: Strategy = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_FORMATS: dict[str, Strategy] = {
    "date": st.dates().map(str),
    "time": st.times().map(lambda moment: moment.isoformat()),
    "date-time": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "duration": st.integers(0, 99).map("PT{}S".format),
    "uuid": st.uuids().map(str),
    "uri": st.sampled_from(["http://a.example/", "ws://b.example/x?y=1"]),
    "ipv4": st.ip_addresses(v=4).map(str),
    "fraction": st.integers(1, 9).map("1/{}".format),
}


def instances(schema: Schema | bool, root: Schema, depth: int = 3) -> Strategy:
    """Make what fits *schema*, in the words of 2020-12, as a rule: not all of its keywords are looked at."""
    if isinstance(schema, bool) or not schema:
        return ANYTHING
    if "$ref" in schema:
        return _referred(schema["$ref"], root, depth)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return st.one_of([instances(each, root, depth) for each in schema[keyword]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    make = _TYPES.get(schema.get("type", ""))
    return make(schema, root, depth) if make else ANYTHING


def _referred(reference: str, root: Schema, depth: int) -> Strategy:
    if depth == 0:
        return ANYTHING
    target: Any = root
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return instances(target, root, depth - 1)


def _integer(schema: Schema, _root: Schema, _depth: int) -> Strategy:
    step: int = schema.get("multipleOf", 1)
    lowest, highest = _bounds(schema, 1)
    return st.integers(int(lowest) // step, int(highest) // step).map(lambda number: number * step)


def _number(schema: Schema, _root: Schema, _depth: int) -> Strategy:
    lowest, highest = _bounds(schema, 0.25)
    return st.integers(int(lowest * 4), int(highest * 4)).map(lambda number: number / 4)


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    lowest: float = schema.get("minimum", schema.get("exclusiveMinimum", -15) + step)
    highest: float = schema.get("maximum", schema.get("exclusiveMaximum", 15) - step)
    return lowest, highest


def _string(schema: Schema, root: Schema, depth: int) -> Strategy:
    if "contentSchema" in schema:
        return instances(schema["contentSchema"], root, depth).map(json.dumps)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"])
    if "format" in schema:
        return _FORMATS.get(schema["format"], st.text("ab", min_size=1, max_size=4))
    return st.text("ab1é", min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 6))


def _array(schema: Schema, root: Schema, depth: int) -> Strategy:
    own = [instances(each, root, depth) for each in schema.get("prefixItems", [])]
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(own) + 3)
    if not own:
        unique = json.dumps if schema.get("uniqueItems") else None
        items = instances(schema.get("items", True), root, depth)
        return st.lists(items, min_size=least, max_size=min(most, 3), unique_by=unique)
    rest = st.lists(instances(schema.get("items", True), root, depth), max_size=max(0, most - len(own)))
    return st.builds(lambda first, more: [*first, *more], st.tuples(*own), rest)


def _object(schema: Schema, root: Schema, depth: int) -> Strategy:
    properties = {name: instances(each, root, depth) for name, each in schema.get("properties", {}).items()}
    required = {name: each for name, each in properties.items() if name in schema.get("required", [])}
    known = st.fixed_dictionaries(
        required, optional={name: each for name, each in properties.items() if name not in required}
    )
    more = schema.get("additionalProperties", True)
    keys = instances(schema.get("propertyNames", True), root, depth).filter(lambda key: isinstance(key, str))
    for pattern, each in schema.get("patternProperties", {}).items():
        keys, more = st.from_regex(pattern), each
    if more is False:
        return known
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", 2)
    extra = st.dictionaries(
        keys if "propertyNames" in schema or "patternProperties" in schema else _NAMES,
        instances(more, root, depth),
        min_size=least,
        max_size=0 if properties and "additionalProperties" not in schema else most,
    )
    return st.builds(lambda some, own: {**some, **own}, extra, known)


_TYPES: dict[str, Callable[[Schema, Schema, int], Strategy]] = {
    "array": _array,
    "boolean": lambda *_: st.booleans(),
    "integer": _integer,
    "null": lambda *_: st.none(),
    "number": _number,
    "object": _object,
    "string": _string,
}


@st.composite
def mutations(draw: st.DrawFn, originals: Strategy) -> Any:
    """Change one thing in an instance."""
    return _mutate(draw, draw(originals))


def _mutate(draw: st.DrawFn, value: Any) -> Any:
    inside = isinstance(value, (dict, list)) and bool(value) and draw(st.integers(0, 3)) > 0
    if isinstance(value, dict):
        if not inside:
            return {**value, draw(_NAMES): draw(_SCALARS)} if draw(st.booleans()) else draw(ANYTHING)
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: each for key, each in value.items() if key != name}
        return rest if draw(st.booleans()) else {**rest, name: _mutate(draw, value[name])}
    if isinstance(value, list):
        if not inside:
            return [*value, draw(_SCALARS)] if draw(st.booleans()) else draw(ANYTHING)
        at = draw(st.integers(0, len(value) - 1))
        changed = draw(st.sampled_from(["leave out", "repeat", "change", "change"]))
        new = {"leave out": [], "repeat": [value[at]] * 2}.get(changed)
        return [*value[:at], *([_mutate(draw, value[at])] if new is None else new), *value[at + 1 :]]
    if isinstance(value, str):
        return draw(st.sampled_from([value + "a", value[1:], value.upper(), "", None, 0]))
    if isinstance(value, (int, float)):
        return draw(st.sampled_from([value + 1, value - 1, value * 10, value + 0.5, str(value), None]))
    return draw(ANYTHING)
