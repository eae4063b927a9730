"""The schemas of whole frames: the envelope's keys around the payload's schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from nexws.events import Handler
from nexws.protocol import CANCEL_EVENT, RESERVED_PREFIX, UNKNOWN, Envelope, FailureCode

__all__ = ["FrameSchemas", "Json", "codes_of"]

Json: TypeAlias = "dict[str, Any]"

_SAFE_INTEGER: Final = 2**53 - 1
_REF: Final[Json] = {
    "type": ["string", "integer"],
    "maxLength": 128,
    "minimum": -_SAFE_INTEGER,
    "maximum": _SAFE_INTEGER,
    "description": "What the answer is known by.",
}
_META: Final[Json] = {
    "type": "object",
    "properties": {
        "traceparent": {"type": "string", "maxLength": 256},
        "key": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "additionalProperties": False,
}
_DETAILS: Final[Json] = {
    "type": "array",
    "maxItems": 32,
    "items": {
        "type": "object",
        "properties": {
            "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
            "type": {"type": "string"},
            "msg": {"type": "string"},
        },
        "required": ["loc", "type", "msg"],
        "additionalProperties": False,
    },
}


def codes_of(handler: Handler, *, is_guarded: bool) -> list[str]:
    """List the codes of nexws that an event may fail with."""
    codes = [FailureCode.BAD_FRAME, FailureCode.BAD_ENVELOPE, FailureCode.INVALID_PAYLOAD]
    if is_guarded or handler.guards:
        codes += [FailureCode.UNAUTHENTICATED, FailureCode.FORBIDDEN]
    codes += [FailureCode.RATE_LIMITED, FailureCode.TIMEOUT]
    if handler.concurrency == "latest":
        codes.append(FailureCode.CANCELLED)
    return [code.value for code in (*codes, FailureCode.INTERNAL)]


class FrameSchemas:
    """Writes the schemas of the frames of one consumer, laid out by its envelope."""

    def __init__(self, envelope: Envelope, names: Sequence[str], components: Mapping[str, Json]) -> None:
        self._envelope, self._components = envelope, components
        self._names = names

    def event(
        self, name: str, data: Json | None, *, is_binary: bool, needs_ref: bool, has_any_data: bool
    ) -> Json:
        """Write what a client sends for an event."""
        keys = self._envelope
        own = {keys.event: self._name(name), keys.ref: dict(_REF), keys.meta: dict(_META)}
        required = [keys.event, *([keys.ref] if needs_ref else [])]
        if is_binary:
            return _closed(own, required)
        if has_any_data and keys.data is not None:
            return _closed({**own, keys.data: {}}, required)
        return self._with(own, required, data, is_open=has_any_data)

    def cancel(self) -> Json:
        """Write the end of a stream, as a client asks for it."""
        keys = self._envelope
        return _closed({keys.event: {"const": CANCEL_EVENT}, keys.ref: dict(_REF)}, [keys.event, keys.ref])

    def answer(self, name: str, status: str, data: Json | None, *, is_binary: bool) -> Json:
        """Write an answer: ``ok``, ``next`` or ``done``."""
        keys = self._envelope
        own = {keys.event: self._name(name), keys.ref: dict(_REF), keys.status: {"const": status}}
        required = [keys.event, keys.ref, keys.status]
        return _closed(own, required) if is_binary else self._with(own, required, data)

    def push(self, name: str, data: Json | None, *, is_binary: bool) -> Json:
        """Write a push."""
        own, required = {self._envelope.event: {"const": name}}, [self._envelope.event]
        return _closed(own, required) if is_binary else self._with(own, required, data)

    def failure(self, event: Json, codes: Sequence[str], typed: Mapping[str, Json]) -> Json:
        """Write a failure; *typed* are the schemas of the data of those codes that have one."""
        keys = self._envelope
        kinds = [_error({"enum": list(codes)}, None)] if codes else []
        kinds += [_error({"const": code}, data) for code, data in typed.items()]
        own = {
            keys.event: event,
            keys.ref: dict(_REF),
            keys.status: {"const": "error"},
            keys.error: kinds[0] if len(kinds) == 1 else {"oneOf": kinds},
        }
        return _closed(own, [keys.event, keys.status, keys.error])

    def name_of(self, name: str) -> Json:
        """Write the name of an event, or of all those of a family that nothing closer serves."""
        return self._name(name)

    def _name(self, name: str) -> Json:
        if not name.endswith("*"):
            return {"const": name}
        prefix = name[:-1]
        pattern = f"^{re.escape(prefix)}." if prefix else rf"^(?!{re.escape(RESERVED_PREFIX)})"
        closer = [each for each in self._names if each != name and each.startswith(prefix)]
        exact = [each for each in closer if not each.endswith("*")]
        families = [f"^{re.escape(each[:-1])}." for each in closer if each.endswith("*") and each != UNKNOWN]
        others: list[Json] = [{"enum": exact}] if exact else []
        others += [{"pattern": each} for each in families]
        schema: Json = {"type": "string", "pattern": pattern, "maxLength": 128}
        return {**schema, "not": others[0] if len(others) == 1 else {"anyOf": others}} if others else schema

    def _with(self, own: Json, required: list[str], data: Json | None, *, is_open: bool = False) -> Json:
        """Put a payload into the frame, under its key or beside the envelope's."""
        keys = self._envelope
        if keys.data is not None:
            if data is None:
                return _closed(own, required)
            return _closed({**own, keys.data: data}, [*required, keys.data])
        if data is None:
            return {**_closed(own, required), **({"additionalProperties": True} if is_open else {})}
        payload = self._resolved(data)
        extra = payload.get("additionalProperties")
        return {
            **{key: each for key, each in payload.items() if key not in ("title", "description")},
            "type": "object",
            "properties": {**own, **payload.get("properties", {})},
            "required": [*required, *payload.get("required", ())],
            **({} if extra is None else {"additionalProperties": extra}),
        }

    def _resolved(self, schema: Json) -> Json:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return self._resolved(self._components[name]) if name else schema


def _error(code: Json, data: Json | None) -> Json:
    properties: Json = {
        "code": code,
        "message": {"type": "string"},
        "details": _DETAILS,
        "data": {} if data is None else data,
        "retry_after": {"type": "number", "minimum": 0, "description": "Seconds."},
        "retryable": {"type": "boolean"},
    }
    if data is not None:
        del properties["details"], properties["retry_after"]
    return _closed(properties, ["code", "message", "retryable"])


def _closed(properties: Json, required: list[str]) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
