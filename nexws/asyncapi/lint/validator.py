"""A JSON Schema validator that reads references as AsyncAPI does, and takes any pattern."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from nexws.asyncapi.references import is_object, pointed_at, table

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["Errors", "draft7", "is_known", "library", "matches"]

Errors = Callable[[Any, Any], "Iterator[ValidationError]"]
"""Takes a schema and a value, and yields what is wrong with the value."""


def library() -> Any:
    """Import the package ``jsonschema``, which only linting needs.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    return importlib.import_module("jsonschema")


def matches(pattern: str, text: str, *, unreadable: bool = True) -> bool:
    """Tell whether *text* fits a pattern; *unreadable* is what to say of one that only other languages can read."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return unreadable


def is_known(key: str, schema: Any) -> bool:
    """Tell whether an object schema describes the property *key*, as far as its patterns can be read."""
    patterns = table(schema, "patternProperties")
    return key in table(schema, "properties") or any(matches(pattern, key) for pattern in patterns)


def draft7(document: Any, **keywords: Any) -> Errors:
    """Return a validator for the schemas in *document*, from whose root their references are resolved.

    The Schema Object is a superset of JSON Schema draft-07. *keywords* replace what the validator does for some.

    Raises:
        ModuleNotFoundError: the package ``jsonschema`` is not installed.
    """
    jsonschema = library()
    own = {
        "$ref": partial(_reference, document),
        "additionalProperties": _additional_properties,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
    }
    kind = jsonschema.validators.extend(jsonschema.Draft7Validator, {**own, **keywords})
    return lambda schema, value: kind(schema).iter_errors(value)


def _reference(
    document: Any, validator: Any, target: str, value: Any, schema: Any
) -> Iterator[ValidationError]:
    yield from validator.descend(value, pointed_at(document, target))


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not matches(pattern, value):
        yield library().ValidationError(f"{value!r} does not fit {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    for pattern, subschema in patterns.items() if is_object(value) else ():
        for key, each in value.items():
            if matches(pattern, key, unreadable=False):
                yield from validator.descend(each, subschema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, schema: Any
) -> Iterator[ValidationError]:
    others = [key for key in value if not is_known(key, schema)] if is_object(value) else []
    if allowed is False and others:
        yield library().ValidationError(f"{', '.join(map(repr, others))} may not be there")
    for key in others if is_object(allowed) else ():
        yield from validator.descend(value[key], allowed, path=key)
