"""Text that stands for a value: what a schema may take of a URL or a header, and how it is written as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from pydantic_core import to_json

__all__ = ["Json", "Kinds", "branches", "is_text", "value_of"]

Json: TypeAlias = dict[str, Any]

Kinds: TypeAlias = "tuple[Json, ...]"
"""Schemas of which a value fits one."""

_TYPES = {"string", "integer", "number", "boolean"}
_is_integer = re.compile(r"-?[0-9]{1,1000}").fullmatch
_is_number = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?").fullmatch


def branches(schema: Any, definitions: Mapping[str, Json]) -> Iterator[Json]:
    """Go through what *schema* allows, one by one, but for null, which is no text."""
    if isinstance(schema, bool):
        return
    several = [each for key in ("allOf", "anyOf", "oneOf") for each in schema.get(key, ())]
    if "$ref" in schema:
        several.append(definitions[schema["$ref"].rpartition("/")[2]])
    if several:
        for each in several:
            yield from branches(each, definitions)
    elif schema.get("type") != "null":
        yield schema


def is_text(schema: Json) -> bool:
    """Whether the values of *schema* have a text: bytes have none that is agreed on."""
    values = _listed(schema)
    if values is not None:
        return all(each is None or isinstance(each, (str, int, float)) for each in values)
    return schema.get("type") in _TYPES and schema.get("format") != "binary"


def value_of(text: str, kinds: Kinds) -> Any:
    """Give the JSON value that *text* stands for, itself where it may be any text, or nothing else.

    What is left as it is, Pydantic reads, which knows more spellings, or says what is wrong with it.
    """
    if any(each.get("type") == "string" and _listed(each) is None for each in kinds):
        return text
    for each in kinds:
        for value in _values(text, each):
            return value
    return text


def _values(text: str, schema: Json) -> Iterator[Any]:
    values, kind = _listed(schema), schema.get("type")
    if values is not None:
        yield from (each for each in values if each is not None and _written(each) == text)
    elif kind == "boolean" and text in ("true", "false"):
        yield text == "true"
    elif kind == "integer" and _is_integer(text):
        yield int(text)
    elif kind == "number" and _is_number(text) and math.isfinite(float(text)):
        yield float(text)


def _listed(schema: Json) -> list[Any] | None:
    return schema.get("enum", [schema["const"]] if "const" in schema else None)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value).decode()
