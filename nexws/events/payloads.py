"""How a declared payload is checked and written: one object for each schema that the server sends."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from nexws.errors import PayloadError, SchemaError
from nexws.protocol import NO_DATA

__all__ = ["PayloadWriter", "problems"]

T = TypeVar("T")

_MOST_DETAILS = 32
_LONGEST_NAME = 128


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
            return self._to_json(self._validate(payload), by_alias=True, warnings="error").decode()
        except ValidationError as error:
            shown = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems(error))
            raise PayloadError(self._event, shown) from None
        except (PydanticSerializationError, UnicodeError):  # their texts hold values of the payload
            text = "a value in it is not what its schema says, or has no JSON"
            raise PayloadError(self._event, text) from None


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """Say what is wrong, without the input, links or more entries than anybody reads."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "loc": [part[:_LONGEST_NAME] if isinstance(part, str) else part for part in each["loc"]],
            "type": each["type"],
            "msg": each["msg"],
        }
        for each in found[:_MOST_DETAILS]
    ]
