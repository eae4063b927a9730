"""Data that stands in a schema: defaults, examples, constants, extensions."""

from __future__ import annotations

import math
from typing import Any, Final, cast

from pydantic_core import to_jsonable_python

__all__ = ["copy_literal", "is_masked"]

_MASK: Final = "**********"  # what Pydantic writes for a secret


def copy_literal(value: object) -> Any:
    """Copy *value* as JSON.

    Raises:
        ValueError: it has no JSON, or a key ``$ref``, which the readers of a document would follow.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    copy = to_jsonable_python(value)
    _check(copy)
    return copy


def _check(copy: object) -> None:
    if isinstance(copy, dict):
        members = cast("dict[str, object]", copy)
        if "$ref" in members:
            raise ValueError("a key $ref")
        for each in members.values():
            _check(each)
    elif isinstance(copy, list):
        for each in cast("list[object]", copy):
            _check(each)
    elif isinstance(copy, float) and not math.isfinite(copy):
        raise ValueError("no number of JSON")


def is_masked(value: object) -> bool:
    """Whether a secret is anywhere in *value*: it stands as asterisks there, which are no value of it."""
    if isinstance(value, dict):
        return any(map(is_masked, cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return any(map(is_masked, cast("list[object]", value)))
    return value == _MASK
