"""Single values and keywords of JSON Schema: their types, their texts, their limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from fractions import Fraction
from typing import Any

from nexws.asyncapi.references import follow, is_list, is_object, is_reference

__all__ = ["UNBOUND", "Bound", "data_text", "fits", "is_multiple", "limits", "schema_text", "type_of"]

Bound = tuple[float, int]
"""A limit, and on which side of it values end: 0 is that the limit itself is allowed."""

UNBOUND: tuple[Bound, Bound] = ((-math.inf, 0), (math.inf, 0))

_LENGTHS = {
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
    "string": ("minLength", "maxLength"),
}
_UNORDERED = ("enum", "required", "type")
_SILENT = {"$comment", "default", "deprecated", "description", "examples", "externalDocs", "title"}


def type_of(value: Any) -> str:
    """Return the JSON type of *value*; an integer is a ``number``, and what JSON does not know a ``string``."""
    if value is None:
        return "null"
    kinds = ((bool, "boolean"), (int | float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")


def data_text(value: Any) -> str:
    """Return a JSON text that is the same for values that are equal, as JSON Schema has it: 1.0 is 1."""
    return json.dumps(_plain(value), default=str, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_list(value):
        return [_plain(each) for each in value]
    if is_object(value):
        return {str(key): _plain(each) for key, each in value.items()}
    return value


def schema_text(document: Any, schema: Any, *, words: bool = False) -> str:
    """Return a text that is the same for what is written alike, but for the names of components.

    Words that decide about no value are left out, unless *words* are wanted.
    """
    return data_text(_inlined(document, schema, () if words else _SILENT, ()))


def _inlined(document: Any, node: Any, silent: Collection[str], passed: tuple[int, ...]) -> Any:
    if is_list(node):
        return [_inlined(document, each, silent, passed) for each in node]
    if is_reference(node):
        node = follow(document, node)
        if id(node) in passed:
            return {"$ref": len(passed) - passed.index(id(node))}
        passed = (*passed, id(node))
    if not is_object(node):
        return node
    inlined: dict[str, Any] = {}
    for key, value in node.items():
        if key in _UNORDERED and is_list(value):
            inlined[key] = sorted(data_text(each) for each in value)
        elif key == "const":
            inlined[key] = value
        elif key not in silent:
            inlined[key] = _inlined(document, value, silent, passed)
    return inlined


def fits(pattern: str, text: str) -> bool:
    """Tell whether *text* fits *pattern*; one that Python cannot read is fitted by nothing."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def is_multiple(value: float, of: float) -> bool:
    """Tell whether *value* is a multiple of *of*, in decimal as it is written."""
    return of != 0 and Fraction(repr(value)) % Fraction(repr(of)) == 0


def limits(kind: str, schema: Any, *, integral: bool) -> tuple[Bound, Bound]:
    """Return the limits that *schema* sets to the size of values of type *kind*, or to numbers themselves."""
    if kind in _LENGTHS:
        low, high = _LENGTHS[kind]
        return (schema.get(low, 0), 0), (schema.get(high, math.inf), 0)
    if kind != "number":
        return UNBOUND
    lower, upper = UNBOUND
    if "minimum" in schema:
        lower = max(lower, (schema["minimum"], 0))
    if _is_number(schema.get("exclusiveMinimum")):
        lower = max(lower, (schema["exclusiveMinimum"], 1))
    if "maximum" in schema:
        upper = min(upper, (schema["maximum"], 0))
    if _is_number(schema.get("exclusiveMaximum")):
        upper = min(upper, (schema["exclusiveMaximum"], -1))
    return _whole(lower, upper) if integral else (lower, upper)


def _is_number(value: Any) -> bool:
    return type_of(value) == "number"


def _whole(lower: Bound, upper: Bound) -> tuple[Bound, Bound]:
    """Return the outermost integers within the limits."""
    (low, above), (high, below) = lower, upper
    if math.isfinite(low):
        low = math.floor(low) + 1 if above else math.ceil(low)
    if math.isfinite(high):
        high = math.ceil(high) - 1 if below else math.floor(high)
    return (low, 0), (high, 0)
