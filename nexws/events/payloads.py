"""How a declared payload is checked and written: one object for each schema that the server sends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from nexws.errors import ExampleError, PayloadError, SchemaError
from nexws.protocol import NO_DATA, has_no_number

__all__ = ["PayloadWriter", "adapt", "is_binary", "problems", "read_examples", "summary_of"]

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
    """Checks payloads of one schema and writes them, by alias; a schema of ``None`` means no payload at all."""

    __slots__ = ("_to_json", "_to_python", "_validate", "event", "is_binary", "schema")

    def __init__(self, event: str, schema: Any) -> None:
        self.event: str = event
        self.schema: Any = schema
        self._validate: Any = self._nothing
        self._to_json: Any = self._nothing
        self._to_python: Any = self._nothing
        self.is_binary: bool = False
        """Whether payloads are bytes, which stand in frames as they are."""
        if schema is not None:
            adapter = adapt(event, schema)
            self._validate = adapter.validator.validate_python
            self._to_json, self._to_python = adapter.serializer.to_json, adapter.serializer.to_python
            self.is_binary = is_binary(adapter)

    def write(self, payload: T) -> str:
        """Check *payload* and write it as JSON, ``NO_DATA`` where none is declared.

        Raises:
            PayloadError: it does not fit the schema, or cannot be written as JSON.
        """
        if payload is None and self.schema is None:
            return NO_DATA
        try:
            written: str = self._to_json(self._validate(payload), by_alias=True, warnings="error").decode()
        except (ValidationError, PydanticSerializationError, UnicodeError) as error:
            raise self._refuse(error) from None
        if ("NaN" in written or "Infinity" in written) and has_no_number(written):
            raise PayloadError(self.event, "NaN and Infinity are no JSON")  # ser_json_inf_nan="constants"
        return written

    def write_objects(self, payload: T) -> Any:
        """Check *payload* and write it as plain objects, bytes among them, ``NO_DATA`` where none is declared.

        Raises:
            PayloadError: it does not fit the schema, or cannot be written.
        """
        if payload is None and self.schema is None:
            return NO_DATA
        try:
            return self._to_python(self._validate(payload), by_alias=True, warnings="error")
        except (ValidationError, PydanticSerializationError, UnicodeError) as error:
            raise self._refuse(error) from None

    def _nothing(self, payload: object) -> object:
        raise PayloadError(self.event, "it is declared without one")

    def check_examples(self, examples: Sequence[object]) -> tuple[Any, ...]:
        """Give *examples* as clients would get them.

        Raises:
            ExampleError: one does not fit the schema.
        """
        read = enumerate(read_examples(self.event, self.schema, examples), 1)
        return tuple(self._written_example(number, example) for number, example in read)

    def _written_example(self, number: int, example: Any) -> Any:
        try:
            return from_json(self.write(example))
        except PayloadError as error:
            raise ExampleError(self.event, number, error.problem) from None

    def _refuse(self, error: Exception) -> PayloadError:
        """Say why a payload cannot be written; the error's own text may hold what is in it."""
        if isinstance(error, ValidationError):
            return PayloadError(self.event, summary_of(error))
        culprit = _SERIALIZER.match(str(error))
        if culprit is not None:
            return PayloadError(self.event, f"its serializer {culprit[1]!r} raised {culprit[2]}")
        return PayloadError(self.event, "a value in it is not what its schema says, or has no JSON")


def adapt(event: str, schema: Any) -> TypeAdapter[Any]:
    """Make Pydantic's adapter of *schema*.

    Raises:
        SchemaError: Pydantic cannot validate it.
    """
    try:
        return TypeAdapter(schema)
    except PydanticUserError as error:
        raise SchemaError(event, schema, str(error)) from error


def is_binary(adapter: TypeAdapter[Any]) -> bool:
    """Whether payloads are bytes, whatever is asked of them beside that."""
    schema: Any = adapter.core_schema
    while schema["type"].startswith("function-") and "schema" in schema:
        schema = schema["schema"]
    return bool(schema["type"] == "bytes")


def read_examples(event: str, schema: Any, examples: Sequence[object]) -> tuple[Any, ...]:
    """Read *examples* as a client's payloads are.

    Raises:
        ExampleError: one does not fit *schema*, or the payload is none that can be shown.
    """
    if not examples:
        return ()
    adapter = adapt(event, schema)
    if is_binary(adapter):
        raise ExampleError(event, 1, "its payload is bytes; leave examples= out")
    return tuple(_read_example(event, adapter, *each) for each in enumerate(examples, 1))


def _read_example(event: str, adapter: TypeAdapter[Any], number: int, example: object) -> Any:
    try:
        return adapter.validator.validate_json(to_json(example, by_alias=True))
    except ValidationError as error:
        raise ExampleError(event, number, summary_of(error)) from None
    except PydanticSerializationError:
        raise ExampleError(event, number, "it cannot be written as JSON") from None


def summary_of(error: ValidationError) -> str:
    """Say what is wrong in one line, without the input."""
    found = [(".".join(map(str, each["loc"])), each["msg"]) for each in problems(error)]
    return "; ".join(f"{where}: {text}" if where else text for where, text in found)


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
