"""The msgpack codec. Imported only where an encoding asks for it: its package is an extra."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, to_jsonable_python
from typing_extensions import override

from nexws.errors import PayloadError
from nexws.events.native import natively
from nexws.events.payloads import PayloadWriter
from nexws.events.reading import Address, FrameReader, Payload, failure_of
from nexws.events.received import Received, schema_of
from nexws.protocol import Envelope, Failure, FailureCode, Position, Ref, Status

__all__ = ["MsgpackCodec", "make"]

T = TypeVar("T")

_msgpack: Any = importlib.import_module("msgpack")  # it brings no types

_SEVERAL = bytes((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
"""First bytes of arrays and maps; they occur elsewhere too."""
_OTHERS = bytes(set(range(256)) - set(_SEVERAL))
_ANYTHING = TypeAdapter[Any](Any).serializer
_DATETIME = 3  # msgpack's number for: timestamps are datetimes


class MsgpackReader(FrameReader):
    """Reads msgpack in binary frames. A duplicate key's last value counts, as msgpack has it."""

    @override
    def compile(self, frame: Any) -> Callable[[Any], Received]:
        validate: Callable[[Any], Received] = _native_validator(schema_of(frame)).validate_python
        return validate

    @override
    def parse(self, frame: Any) -> Mapping[Any, Any] | None:
        if isinstance(frame, bytes):
            try:
                frame = _unpack(frame)
            except ValueError:
                return None
        return cast("Mapping[Any, Any]", frame) if isinstance(frame, dict) else None

    @override
    def breach(self, frame: Any, parsed: Mapping[Any, Any]) -> tuple[FailureCode, str] | None:
        if not _is_deeper(parsed, self._depth):
            return None
        return FailureCode.BAD_FRAME, f"the frame nests deeper than {self._depth} (Limits.json_depth)"

    @override
    def read(self, frame: str | bytes) -> Received | Failure:
        if isinstance(frame, str):
            return Failure(
                code=FailureCode.BAD_FRAME, message="events are spoken in binary frames of msgpack"
            )
        if len(frame) > self._frame_bytes:
            return self._too_large()
        parsed = self.parse(frame)
        if parsed is None:
            return Failure(code=FailureCode.BAD_FRAME, message="the frame is no map of msgpack")
        if len(frame.translate(None, _OTHERS)) > self._depth:
            breach = self.breach(frame, parsed)
            if breach is not None:
                return failure_of(self._envelope.unpack(parsed), *breach)
        try:
            return self._validate(parsed)
        except ValidationError as error:
            return self._read_again(parsed, error)


class MsgpackCodec:
    """Msgpack in binary frames: what JSON writes as text (times, UUIDs, decimals) is text here too, bytes are bytes."""

    def __init__(self, reader: MsgpackReader, envelope: Envelope) -> None:
        self._reader, self._envelope = reader, envelope
        self.read: Callable[[str | bytes], Received | Failure] = reader.read
        self.address: Callable[[str | bytes], Address] = reader.address

    def bounded(self, *, frame_bytes: int, depth: int) -> MsgpackCodec:
        """Give the same codec with these limits to what it reads."""
        return MsgpackCodec(self._reader.bounded(frame_bytes=frame_bytes, depth=depth), self._envelope)

    def body(self, writer: PayloadWriter[T], payload: T) -> bytes:
        """Write the payload of a push; of one without, nothing."""
        data = writer.write_objects(payload)
        return b"" if writer.schema is None else _packed(writer, data)

    def push(self, event: str, body: str | bytes, position: Position | None = None) -> bytes:
        """Write a push around its payload."""
        parts: dict[str, Any] = {"event": event}
        if position is not None:
            parts["pos"] = str(position)
        keys = self._envelope
        if not isinstance(body, bytes) or not body:
            return _pack(keys.pack(parts))
        if keys.data is None:
            return _pack(keys.pack({**parts, "data": _unpack(body)}))
        # A map of so few pairs begins with one byte that counts them; the payload is the last of them.
        head = _pack(keys.pack(parts))
        return b"%c%b%b%b" % (head[0] + 1, head[1:], _pack(keys.data), body)

    def answer(self, event: str, ref: Ref, status: Status, writer: PayloadWriter[T], payload: T) -> bytes:
        """Write an answer to *ref*."""
        parts: dict[str, Any] = {"event": event, "ref": ref, "status": status}
        data = writer.write_objects(payload)
        if writer.schema is not None:
            parts["data"] = data
        return _packed(writer, self._envelope.pack(parts))

    def replies(self, event: str, writer: PayloadWriter[Any]) -> Callable[[Ref, Any], bytes]:
        """Make what writes the replies to one event."""
        return lambda ref, payload: self.answer(event, ref, "ok", writer, payload)

    def failure(self, failure: Failure) -> bytes:
        """Write a failure."""
        return _pack(self._envelope.pack(failure.parts()))

    def compose(self, parts: Mapping[str, Any]) -> bytes:
        """Write a frame of *parts*."""
        data = _ANYTHING.to_python(parts.get("data"), by_alias=True)
        return _pack(self._envelope.pack({**parts, "data": data} if "data" in parts else parts))

    def parts(self, frame: str | bytes) -> dict[str, Any]:
        """Give the parts of a frame."""
        return self._envelope.unpack(self._reader.parse(frame) or {})

    def check(self, schema: Any, data: Any) -> Any:
        """Give the payload that *data* is."""
        return _native_validator(TypeAdapter[Any](schema).core_schema).validate_python(data)


def make(handlers: Mapping[str, Payload], envelope: Envelope) -> MsgpackCodec:
    """Make the codec of these handlers."""
    return MsgpackCodec(MsgpackReader(handlers, envelope), envelope)


def _native_validator(schema: Any) -> SchemaValidator:
    rewritten: Any = natively(schema)
    # The last argument: models inside bring no validators of their own, which are not rewritten.
    return SchemaValidator(rewritten, None, False)  # noqa: FBT003


def _unpack(frame: bytes) -> Any:
    """Unpack a frame.

    Raises:
        ValueError: it is no msgpack.
    """
    try:
        return _msgpack.unpackb(frame, strict_map_key=False, timestamp=_DATETIME)
    except (
        TypeError,
        OverflowError,
        RecursionError,
    ) as error:  # an unhashable key; a time out of range; too deep
        raise ValueError("no msgpack") from error


def _packed(writer: PayloadWriter[Any], data: Any) -> bytes:
    """Pack what *writer* has checked.

    Raises:
        PayloadError: something in it has no msgpack.
    """
    try:
        return _pack(data)
    except ValueError:
        raise PayloadError(writer.event, "a value in it has no msgpack") from None


def _pack(frame: Any) -> bytes:
    """Pack a frame, or a part of one.

    Raises:
        ValueError: something in it has no msgpack.
    """
    try:
        packed: bytes = _msgpack.packb(frame, default=to_jsonable_python)
    except (TypeError, OverflowError) as error:  # an integer of more than 64 bits
        raise ValueError("no msgpack") from error
    return packed


def _is_deeper(value: Any, limit: int) -> bool:
    """Whether *value* nests deeper than *limit*."""
    level: list[Any] = [value]
    for _ in range(limit):
        level = [child for each in level for child in _children(each) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("Mapping[Any, Any]", value).values()
    return cast("Iterable[Any]", value)
