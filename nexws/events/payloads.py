"""How a declared payload is checked and written: one object for each schema that the server sends."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from nexws.errors import PayloadError, SchemaError
from nexws.protocol import NO_DATA, has_no_number

__all__ = ["PayloadWriter", "problems"]

T = TypeVar("T")

_MOST_DETAILS = 32
_MOST_FOUND = 256  # more are counted, but not looked at: making them costs far more than finding them
_LONGEST_MESSAGE = 300
_SERIALIZER = re.compile(r"Error calling function `(\w+)`: (\w+)")
_WITHOUT_INPUT = {
    "union_tag_invalid": "Input tag is none of the expected tags",
    "zoneinfo_str": "Input is not a known time zone",
}


class PayloadWriter(Generic[T]):
    """Writes payloads of one schema as JSON, by alias; a schema of ``None`` means no payload at all."""

    __slots__ = ("_event", "_to_json", "_validate")

    def __init__(self, event: str, schema: Any) -> None:
        self._event = event
        self._validate: Any = None
        if schema is not None:
            try:
                adapter = TypeAdapter[T](schema)
            except PydanticUserError as error:
                raise SchemaError(event, schema, str(error)) from error
            self._validate = adapter.validator.validate_python
            self._to_json = adapter.serializer.to_json

    def write(self, payload: T) -> str:
        """Check *payload* and write it.

        Raises:
            PayloadError: it does not fit the schema, or cannot be written as JSON.
        """
        if self._validate is None:
            if payload is not None:
                raise PayloadError(self._event, "it is declared without one")
            return NO_DATA
        try:
            written = self._to_json(self._validate(payload), by_alias=True, warnings="error").decode()
        except ValidationError as error:
            shown = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems(error))
            raise PayloadError(self._event, shown) from None
        except (PydanticSerializationError, UnicodeError) as error:
            raise PayloadError(self._event, _without_values(error)) from None
        if ("NaN" in written or "Infinity" in written) and has_no_number(written):
            raise PayloadError(self._event, "NaN and Infinity are no JSON")  # ser_json_inf_nan="constants"
        return written


def _without_values(error: Exception) -> str:
    """Say why a payload cannot be written; the error's own text may hold what is in it."""
    culprit = _SERIALIZER.match(str(error))
    if culprit is not None:
        return f"its serializer {culprit[1]!r} raised {culprit[2]}"
    return "a value in it is not what its schema says, or has no JSON"


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """Say what is wrong, without the input, links or more entries than anybody reads."""
    count = error.error_count()
    if count > _MOST_FOUND:
        return [{"loc": [], "type": "too_many_errors", "msg": f"{count} values are not valid"}]
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "loc": list(each["loc"]),
            "type": each["type"],
            "msg": _WITHOUT_INPUT.get(each["type"], each["msg"])[:_LONGEST_MESSAGE],
        }
        for each in found[:_MOST_DETAILS]
    ]
