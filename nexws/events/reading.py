"""Reading frames: from a frame to validated parts in one pass, and from an error to its explanation."""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

from pydantic import PydanticUserError, ValidationError
from pydantic_core import SchemaValidator, from_json
from typing_extensions import Self, override

from nexws.errors import SchemaError
from nexws.events.payloads import adapt, problems
from nexws.events.received import (
    ANY_PAYLOAD,
    LONGEST_REF,
    NO_PAYLOAD,
    SAFE_INTEGER,
    Received,
    frame_type,
    schema_of,
    union_type,
)
from nexws.events.served import Served
from nexws.protocol import (
    Envelope,
    Failure,
    FailureCode,
    Ref,
    has_duplicate_key,
    has_no_number,
    is_event_name,
    is_too_deep,
    plain_test,
)

__all__ = ["Address", "FrameReader", "JsonReader", "Payload"]

Address: TypeAlias = "tuple[str | None, Ref | None]"
"""The event and the ref of a frame, as far as they can be read."""

_LONGEST_NAME = 128
_NO_BINARY = "events are spoken in text frames"
_BINARY = "a binary frame is a JSON header without data, a line feed, and the bytes"


class Payload(Protocol):
    """What a reader has to know of a handler."""

    @property
    def event(self) -> str:
        """The name under which it serves."""
        ...

    @property
    def schema(self) -> object:
        """The type of its payload."""
        ...

    @property
    def is_binary(self) -> bool:
        """Whether its payload is bytes."""
        ...


class FrameReader(ABC):
    """Reads the frames that clients send to one consumer.

    A frame is validated by pydantic-core, payload and envelope in one pass over a union that is tagged with
    the event's name, so the number of events costs nothing. Events of families are found in a second pass.
    """

    def __init__(self, handlers: Mapping[str, Payload], envelope: Envelope) -> None:
        self._envelope = envelope
        self._frame_bytes, self._depth = sys.maxsize, sys.maxsize
        self._served = served = Served(handlers)
        spoken = {name: each.schema for name, each in served.exact.items() if self.speaks(each)}
        try:
            self._validate = self.compile(union_type(spoken, envelope))
        except PydanticUserError:
            for name, schema in spoken.items():
                self._compile_one(name, schema)
            raise
        self._beside = {
            name: self._compile_one(name, each.schema)
            for name, each in handlers.items()
            if name not in served.exact and self.speaks(each)
        }
        parts = frame_type(str, ANY_PAYLOAD, envelope)
        self._is_envelope = SchemaValidator(schema_of(parts)).isinstance_python
        self._loc_of_data = 0 if envelope.is_flat else 1

    def bounded(self, *, frame_bytes: int, depth: int) -> Self:
        """Give the same reader within these limits."""
        reader = copy.copy(self)
        reader.bound(frame_bytes, depth)
        return reader

    def bound(self, frame_bytes: int, depth: int) -> None:
        """Keep to these limits."""
        self._frame_bytes, self._depth = frame_bytes, depth

    @abstractmethod
    def compile(self, frame: Any) -> Callable[[Any], Received]:
        """Make what validates frames of a type."""

    @abstractmethod
    def parse(self, frame: Any) -> Mapping[Any, Any] | None:
        """Parse a frame without validating it; ``None`` for one that is no object."""

    @abstractmethod
    def breach(self, frame: Any, parsed: Mapping[Any, Any]) -> tuple[FailureCode, str] | None:
        """Say which rule a well-formed frame breaks that the parser does not hold."""

    @abstractmethod
    def read(self, frame: str | bytes) -> Received | Failure:
        """Read *frame*; what is wrong with it comes back as a failure, never as an exception.

        The failure carries the frame's event and ref wherever they can be read.
        """

    def speaks(self, handler: Payload) -> bool:
        """Whether the payloads of *handler* stand in such frames."""
        return True

    def address(self, frame: str | bytes) -> Address:
        """Find the event and the ref of a frame whose validation ended in a validator's own exception."""
        parts = self._envelope.unpack(self.parse(frame) or {})
        return _readable_event(parts), _readable_ref(parts)

    def _compile_one(self, name: str, schema: object) -> Callable[[Any], Received]:
        try:
            return self.compile(frame_type(str, schema, self._envelope))
        except PydanticUserError as error:
            raise SchemaError(name, schema, str(error)) from error

    def _too_large(self) -> Failure:
        text = f"a frame has at most {self._frame_bytes} bytes (Limits.frame_bytes)"
        return Failure(code=FailureCode.TOO_LARGE, message=text)

    def _read_again(self, frame: Any, error: ValidationError) -> Received | Failure:
        """Read a frame that is of no exact name, or wrong; only such a frame costs this."""
        parsed = self.parse(frame)
        if parsed is None:
            text = "the frame is no object, or nests far too deeply"
            return Failure(code=FailureCode.BAD_FRAME, message=text)
        parts = self._envelope.unpack(parsed)
        breach = self.breach(frame, parsed)
        if breach is not None:
            return failure_of(parts, *breach)
        event, found = _readable_event(parts), problems(error)
        if event is None:
            return failure_of(parts, FailureCode.BAD_ENVELOPE, "the frame names no event")
        if found[0]["type"] != "union_tag_invalid" or found[0]["loc"]:
            return self._explain(parsed, parts, event, found, 1 + self._loc_of_data)
        handler = self._served.find(event)
        if handler is None:
            return failure_of(parts, FailureCode.UNKNOWN_EVENT, f"no handler for event {event!r}")
        if not self.speaks(handler):
            return failure_of(parts, FailureCode.BAD_FRAME, f"event {event!r} is binary: {_BINARY}")
        try:
            return self._beside[handler.event](frame)
        except ValidationError as wrong:
            return self._explain(parsed, parts, event, problems(wrong), self._loc_of_data)

    def _explain(
        self,
        parsed: Mapping[Any, Any],
        parts: Mapping[str, Any],
        event: str,
        found: list[dict[str, Any]],
        skipped: int,
    ) -> Failure:
        """Tell the client what is wrong with an event that is served; *skipped* leads to the payload."""
        if not self._is_envelope(parsed):
            return failure_of(parts, FailureCode.BAD_ENVELOPE, self._keys_only())
        data = parsed if self._envelope.is_flat else parts.get("data")
        details = [{**each, "loc": _within(data, each["loc"][skipped:], each["type"])} for each in found]
        return _invalid(parts, event, details)

    def _keys_only(self) -> str:
        keys = self._envelope
        data = "the payload" if keys.data is None else keys.data
        more = f"a short {keys.ref} (text or integer) and {keys.meta} (traceparent, key)"
        return f"beside {keys.event}, a frame may have {data}, {more}"


class JsonReader(FrameReader):
    """Reads JSON in text frames, straight from the text; events whose payload is bytes come in binary ones."""

    def __init__(self, handlers: Mapping[str, Payload], envelope: Envelope) -> None:
        super().__init__(handlers, envelope)
        self._is_plain = plain_test(envelope, self._depth)
        self._own_keys = envelope.own_keys if envelope.is_flat else None
        header = frame_type(str, NO_PAYLOAD, envelope)
        self._header: Callable[[bytes], Received] = SchemaValidator(schema_of(header)).validate_json
        self._binary = {
            name: adapt(name, each.schema).validator.validate_python
            for name, each in handlers.items()
            if each.is_binary
        }

    @override
    def bound(self, frame_bytes: int, depth: int) -> None:
        super().bound(frame_bytes, depth)
        self._is_plain = plain_test(self._envelope, depth)

    @override
    def compile(self, frame: Any) -> Callable[[Any], Received]:
        validate: Callable[[str], Received] = SchemaValidator(schema_of(frame)).validate_json
        return validate

    @override
    def speaks(self, handler: Payload) -> bool:
        return not handler.is_binary

    @override
    def parse(self, frame: str | bytes) -> Mapping[str, Any] | None:
        try:
            received = from_json(frame if isinstance(frame, str) else frame.partition(b"\n")[0])
        except (ValueError, TypeError):  # a lone surrogate in the text itself is a TypeError
            return None
        return cast("dict[str, Any]", received) if isinstance(received, dict) else None

    @override
    def breach(self, frame: str, parsed: Mapping[Any, Any]) -> tuple[FailureCode, str] | None:
        if is_too_deep(frame, self._depth):
            return FailureCode.BAD_FRAME, f"the frame nests deeper than {self._depth} (Limits.json_depth)"
        if has_no_number(frame):
            return FailureCode.BAD_FRAME, "NaN and Infinity are no JSON"
        if has_duplicate_key(frame, self._own_keys):
            return FailureCode.BAD_ENVELOPE, "a key stands twice in the frame"
        return None

    @override
    def read(self, frame: str | bytes) -> Received | Failure:
        if not isinstance(frame, str):
            return self._read_binary(frame)
        size = len(frame)
        if size > self._frame_bytes or (not frame.isascii() and self._exceeds(frame)):
            return self._too_large()
        try:
            received = self._validate(frame)
        except ValidationError as error:
            again = self._read_again(frame, error)
            if isinstance(again, Failure):
                return again
            received = again
        if self._is_plain(frame, received):
            return received
        breach = self.breach(frame, {})
        return received if breach is None else failure_of(received, *breach)

    def _exceeds(self, frame: str) -> bool:
        return len(frame.encode("utf-8", "replace")) > self._frame_bytes

    def _read_binary(self, frame: bytes) -> Received | Failure:
        """Read a JSON header, a line feed, and the bytes that are the payload."""
        if not self._binary:
            return Failure(code=FailureCode.BAD_FRAME, message=_NO_BINARY)
        if len(frame) > self._frame_bytes:
            return self._too_large()
        head, line_feed, data = frame.partition(b"\n")
        parsed = self.parse(head) if line_feed else None
        if parsed is None:
            return Failure(code=FailureCode.BAD_FRAME, message=_BINARY)
        parts = self._envelope.unpack(parsed)
        breach = self.breach(head.decode(), parsed) or self._misled(parts)
        if breach is not None:
            return failure_of(parts, *breach)
        event: str = parts["event"]
        handler = self._served.find(event)
        assert handler is not None  # or it would be misled
        try:
            header: Received = self._header(head)
            header["data"] = self._binary[handler.event](data)
        except ValidationError as error:
            if not self._is_envelope(parsed):
                return failure_of(parts, FailureCode.BAD_ENVELOPE, _BINARY)
            return _invalid(parts, event, [{**each, "loc": []} for each in problems(error)])
        return header

    def _misled(self, parts: Mapping[str, Any]) -> tuple[FailureCode, str] | None:
        """Say why a binary frame with these parts is none that can be served."""
        event = _readable_event(parts)
        if event is None:
            return FailureCode.BAD_ENVELOPE, "the frame names no event"
        handler = self._served.find(event)
        if handler is None:
            return FailureCode.UNKNOWN_EVENT, f"no handler for event {event!r}"
        if not handler.is_binary:
            return FailureCode.BAD_FRAME, f"event {event!r} is spoken in text frames"
        return (FailureCode.BAD_ENVELOPE, _BINARY) if "data" in parts else None


def failure_of(parts: Mapping[str, Any], code: FailureCode, text: str) -> Failure:
    """Make the failure of a frame with these *parts*."""
    return Failure(code=code, message=text, event=_readable_event(parts), ref=_readable_ref(parts))


def _invalid(parts: Mapping[str, Any], event: str, details: Sequence[Mapping[str, Any]]) -> Failure:
    return Failure(
        code=FailureCode.INVALID_PAYLOAD,
        message=f"the payload of event {event!r} is not valid",
        event=event,
        ref=_readable_ref(parts),
        details=details,
    )


def _readable_event(parts: Mapping[str, Any]) -> str | None:
    event = parts.get("event")
    return event if isinstance(event, str) and is_event_name(event) else None


def _readable_ref(parts: Mapping[str, Any]) -> Ref | None:
    ref = parts.get("ref")
    if isinstance(ref, str) and len(ref) <= LONGEST_REF:
        return ref
    return ref if type(ref) is int and abs(ref) <= SAFE_INTEGER else None


def _is_key(inside: Any, part: Any) -> bool:
    return isinstance(inside, dict) and part in inside


def _is_index(inside: object, part: Any) -> bool:
    return isinstance(inside, list) and part in range(len(cast("list[object]", inside)))


def _within(payload: Any, loc: Sequence[Any], kind: str) -> list[Any]:
    """Keep of *loc* what leads through *payload*: Pydantic mixes in the names of union members and validators."""
    path: list[Any] = []
    inside: Any = payload
    for number, part in enumerate(loc, start=1):
        leads_on = _is_key(inside, part) or _is_index(inside, part)
        if leads_on:
            inside = inside[part]
        elif not (kind == "missing" and number == len(loc)):
            continue
        path.append(part[:_LONGEST_NAME] if isinstance(part, str) else part)
    return path
