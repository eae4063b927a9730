"""Validating objects that came from another format than JSON as strictly as JSON is validated.

Pydantic's strict mode takes a UUID, a date or a set from JSON, where they can only be text and arrays, but not from
Python objects. A format with types of its own has bytes and times beside that, and still no UUIDs or sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from pydantic_core import PydanticKnownError, SchemaValidator, to_json

__all__ = ["natively"]

_FROM_TEXT: Final[Mapping[str, Any]] = {
    "date": "date_type",
    "datetime": "datetime_type",
    "time": "time_type",
    "timedelta": "time_delta_type",
    "uuid": "uuid_type",
    "decimal": None,
    "enum": None,
}
"""What JSON writes as text, and the error for a strict number or bytes in its place; ``None`` where these may be."""
_FROM_ARRAY: Final = {"tuple", "set", "frozenset"}
_FROM_OBJECT: Final = {"dataclass"}
_NOT_SCHEMAS: Final = {"metadata", "config", "cls", "members", "expected", "default", "serialization"}


def natively(schema: Any) -> Any:
    """Rewrite a core schema so that it judges plain objects as it would judge their JSON.

    Bytes are bytes, and times may be times; beside that what is strict stays strict.
    """
    if isinstance(schema, (list, tuple)):
        several = [natively(each) for each in cast("Sequence[Any]", schema)]
        return several if isinstance(schema, list) else tuple(several)
    if not isinstance(schema, dict):
        return schema
    node = cast("dict[str, Any]", schema)
    rewritten = {key: each if key in _NOT_SCHEMAS else natively(each) for key, each in node.items()}
    kind = node.get("type")
    if not isinstance(kind, str):
        return rewritten
    return _REWRITE.get(kind, _as_it_is)(rewritten)


def _as_it_is(node: dict[str, Any]) -> dict[str, Any]:
    return node


def _lax(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "strict": False}


def _json_side(node: dict[str, Any]) -> dict[str, Any]:
    inner = node["json_schema"]
    return {**inner, "ref": node["ref"]} if "ref" in node else inner


def _lax_keys(node: dict[str, Any]) -> dict[str, Any]:
    return (
        {**node, "keys_schema": {**node["keys_schema"], "strict": False}} if "keys_schema" in node else node
    )


def _textual(node: dict[str, Any]) -> dict[str, Any]:
    """Read text as the same node reads it from JSON; what is such a thing already goes in as it is."""
    outer = {"ref": node["ref"]} if "ref" in node else {}
    inner = {key: each for key, each in node.items() if key not in ("ref", "strict")}
    if "strict" in node:
        return {**_reading(inner, strict=node["strict"]), **outer}
    lax, strict = _reading(inner, strict=False), _reading(inner, strict=True)
    return {"type": "lax-or-strict", "lax_schema": lax, "strict_schema": strict, **outer}


def _reading(node: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    leaf: Any = {**node, "strict": strict}
    read = SchemaValidator(leaf).validate_json
    error = _FROM_TEXT[node["type"]]
    refused = (int, float, bytes) if strict else (bool,) if node["type"] == "timedelta" else ()

    def check(value: Any) -> Any:
        if isinstance(value, str) or (error is None and isinstance(value, (int, float))):
            return read(to_json(value))
        if error is not None and isinstance(value, refused):
            raise PydanticKnownError(error)
        return value

    return {"type": "function-before", "function": {"type": "no-info", "function": check}, "schema": leaf}


_REWRITE: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    **dict.fromkeys(_FROM_ARRAY | _FROM_OBJECT, _lax),
    **dict.fromkeys(_FROM_TEXT, _textual),
    "json-or-python": _json_side,
    "dict": _lax_keys,
}
