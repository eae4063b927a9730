"""The schemas of whole frames: the envelope's keys around the payload's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from nexws.events import Handler
from nexws.protocol import (
    CANCEL_EVENT,
    ERROR_EVENT,
    POSITION_PATTERN,
    RESERVED_PREFIX,
    UNKNOWN,
    Envelope,
    FailureCode,
)

__all__ = ["FrameSchemas", "Json", "codes_of"]

Json: TypeAlias = "dict[str, Any]"

_SAFE_INTEGER: Final = 2**53 - 1
_LONGEST_NAME: Final = 128
_NAME: Final = "[A-Za-z0-9_.:-]"
_OWN_CODES: Final = frozenset(code.value for code in FailureCode)
_REF: Final[Json] = {
    "type": ["string", "integer"],
    "maxLength": 128,
    "minimum": -_SAFE_INTEGER,
    "maximum": _SAFE_INTEGER,
    "description": "What the answer is known by.",
}
_NO_DATA: Final[Json] = {
    "type": "null",
    "description": "There is none; clients that always write the key may.",
}
_POS: Final[Json] = {
    "type": "string",
    "pattern": f"^{POSITION_PATTERN}$",
    "description": "Where it stands among what its group was sent, if that is kept.",
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


def codes_of(handler: Handler) -> list[str]:
    """List the codes of nexws that an event may fail with.

    Handlers may raise some themselves: that the client may not, and, where they take any name, that it is none. Those
    of the protocol ask nobody whether a client may.
    """
    codes = [FailureCode.BAD_FRAME, FailureCode.BAD_ENVELOPE]
    if handler.event.endswith("*"):
        codes.append(FailureCode.UNKNOWN_EVENT)
    codes.append(FailureCode.INVALID_PAYLOAD)
    if not handler.event.startswith(RESERVED_PREFIX):
        codes += [FailureCode.UNAUTHENTICATED, FailureCode.FORBIDDEN]
    codes += [FailureCode.RATE_LIMITED, FailureCode.TIMEOUT, FailureCode.UNAVAILABLE]
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
        own = {keys.event: self.name_of(name), keys.ref: dict(_REF), keys.meta: dict(_META)}
        required = [keys.event, *([keys.ref] if needs_ref else [])]
        if is_binary:
            return _closed(own, required)
        if keys.data is not None and data is None:
            return _closed({**own, keys.data: {} if has_any_data else dict(_NO_DATA)}, required)
        return self._with(own, required, data, is_open=has_any_data)

    def cancel(self) -> Json:
        """Write the end of a stream, as a client asks for it."""
        keys = self._envelope
        return _closed({keys.event: {"const": CANCEL_EVENT}, keys.ref: dict(_REF)}, [keys.event, keys.ref])

    def answer(self, name: str, status: str, data: Json | None, *, is_binary: bool) -> Json:
        """Write an answer: ``ok``, ``next`` or ``done``."""
        keys = self._envelope
        own = {keys.event: self.name_of(name), keys.ref: dict(_REF), keys.status: {"const": status}}
        required = [keys.event, keys.ref, keys.status]
        return _closed(own, required) if is_binary else self._with(own, required, data)

    def push(self, name: str, data: Json | None, *, is_binary: bool, has_pos: bool) -> Json:
        """Write a push, and a position if it may have one."""
        keys = self._envelope
        own = {keys.event: {"const": name}, **({keys.pos: dict(_POS)} if has_pos else {})}
        required = [keys.event]
        return _closed(own, required) if is_binary else self._with(own, required, data)

    def failure(self, event: Json, codes: Sequence[str], typed: Mapping[str, Json]) -> Json:
        """Write a failure; *typed* are the schemas of the data of those codes that have one."""
        keys = self._envelope
        plain = [code for code in dict.fromkeys(codes) if code not in typed]
        kinds = [_error({"enum": plain}, None)] if plain else []
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
        if not name.endswith("*"):
            return {"const": name}
        exact, families = self._closer(name)
        if name == UNKNOWN:
            exact = [each for each in exact if not each.startswith(RESERVED_PREFIX)]
            families.append(_beginning(RESERVED_PREFIX))
        return _names(f"{_beginning(name[:-1])}{_NAME}+$", exact, families)

    def name_of_none(self) -> Json:
        """Write the names that nothing serves."""
        exact, families = self._closer(UNKNOWN)
        exact += [ERROR_EVENT, CANCEL_EVENT]
        if UNKNOWN not in self._names:
            return _names(f"^{_NAME}+$", exact, families)
        reserved = [each for each in exact if each.startswith(RESERVED_PREFIX)]
        return _names(f"{_beginning(RESERVED_PREFIX)}{_NAME}*$", reserved, [])

    def example_of(self, name: str) -> str:
        """Give a name that a client may send for an event, or for one of a family."""
        if not name.endswith("*"):
            return name
        number, example = 1, f"{name[:-1]}example"
        while example in self._names:
            number += 1
            example = f"{name[:-1]}example{number}"
        return example

    def _closer(self, name: str) -> tuple[list[str], list[str]]:
        """List what goes before a family: exact names, and the patterns of longer families."""
        closer = [each for each in self._names if each != name and each.startswith(name[:-1])]
        exact = [each for each in closer if not each.endswith("*")]
        return exact, [f"{_beginning(each[:-1])}." for each in closer if each.endswith("*")]

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
    if data is not None and code["const"] not in _OWN_CODES:  # a program's own has nothing but its data
        del properties["details"], properties["retry_after"]
    return _closed(properties, ["code", "message", "retryable"])


def _names(pattern: str, exact: Sequence[str], families: Sequence[str]) -> Json:
    """Write the names of a pattern, but for these and those of these patterns."""
    others: list[Json] = [{"enum": list(exact)}] if exact else []
    others += [{"pattern": each} for each in families]
    schema: Json = {"type": "string", "pattern": pattern, "maxLength": _LONGEST_NAME}
    return {**schema, "not": others[0] if len(others) == 1 else {"anyOf": others}} if others else schema


def _beginning(prefix: str) -> str:
    """Write what begins so; nothing else in a name means something in a pattern."""
    return "^" + prefix.replace(".", "\\.")


def _closed(properties: Json, required: list[str]) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
