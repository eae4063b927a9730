"""Reading frames: from text to a validated envelope in one pass, and from an error to its explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, cast

from pydantic import BeforeValidator, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import NotRequired, TypedDict

from nexws.errors import SchemaError
from nexws.events.payloads import problems
from nexws.protocol import (
    Failure,
    FailureCode,
    Ref,
    has_duplicate_key,
    has_no_number,
    is_event_name,
    is_plain,
    is_too_deep,
)

__all__ = ["NO_PAYLOAD", "Envelope", "FrameReader", "build_validator"]

NO_PAYLOAD: Final = object()
"""The schema of an event that carries no data."""

_STRICT = ConfigDict(extra="forbid", strict=True)
_SAFE_INTEGER = 2**53 - 1  # what every JSON reader can hold, RFC 8259 section 6
_LONGEST_REF = 128
_LONGEST_NAME = 128
_Ref = Union[
    Annotated[str, Field(strict=True, max_length=_LONGEST_REF)],
    Annotated[int, Field(strict=True, ge=-_SAFE_INTEGER, le=_SAFE_INTEGER)],
]


class _Meta(TypedDict, total=False):
    """What a client may say about an event beside its payload."""

    __pydantic_config__ = _STRICT  # type: ignore[misc] # how Pydantic configures a TypedDict
    traceparent: Annotated[str, Field(max_length=256)]
    key: Annotated[str, Field(min_length=1, max_length=128)]


class _Cancel(TypedDict):
    """The end of a stream, as a client asks for it."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    event: Literal["nexws.cancel"]
    ref: _Ref


class Envelope(TypedDict):
    """A frame that has been read; ``data`` is a payload of the event's schema."""

    event: str
    data: NotRequired[Any]
    ref: NotRequired[Ref]
    meta: NotRequired[Mapping[str, str]]


Validate: TypeAlias = Callable[[str], Envelope]


class FrameReader:
    """Reads the frames of one set of events.

    A frame is validated by pydantic-core straight from its text, payload and envelope in one pass
    over a union that is tagged with the event's name, so the number of events costs nothing.
    """

    def __init__(self, validate: Validate, *, frame_bytes: int, depth: int) -> None:
        self._validate, self._frame_bytes, self._depth = validate, frame_bytes, depth

    def read(self, frame: str) -> Envelope | Failure:
        """Read *frame*; what is wrong with it comes back as a failure, never as an exception.

        The failure carries the frame's event and ref wherever they can be read.
        """
        size = len(frame)
        if size > self._frame_bytes or (not frame.isascii() and self._exceeds(frame)):
            text = f"a frame has at most {self._frame_bytes} bytes (Limits.frame_bytes)"
            return Failure(code=FailureCode.TOO_LARGE, message=text)
        try:
            envelope = self._validate(frame)
        except ValidationError as error:
            return self._explain(frame, error)
        if is_plain(frame, envelope, self._depth):
            return envelope
        return self._breach(frame, envelope) or envelope

    @staticmethod
    def address(frame: str) -> tuple[str | None, Ref | None]:
        """Find the event and the ref of a frame whose validation ended in a validator's own exception."""
        received = _json_object(frame) or {}
        return _readable_event(received), _readable_ref(received)

    def _exceeds(self, frame: str) -> bool:
        return len(frame.encode("utf-8", "replace")) > self._frame_bytes

    def _breach(self, frame: str, envelope: Mapping[str, Any]) -> Failure | None:
        """Say which rule of JSON a well-formed frame breaks that the parser does not hold."""
        code = FailureCode.BAD_FRAME
        if is_too_deep(frame, self._depth):
            text = f"the frame nests deeper than {self._depth} (Limits.json_depth)"
        elif has_no_number(frame):
            text = "NaN and Infinity are no JSON"
        elif has_duplicate_key(frame):
            code, text = FailureCode.BAD_ENVELOPE, "a key stands twice in the frame"
        else:
            return None
        return _failure(envelope, code, text)

    def _explain(self, frame: str, error: ValidationError) -> Failure:
        """Tell the client what is wrong; reads the frame again, which only a wrong frame costs."""
        received = _json_object(frame)
        if received is None:
            return Failure(
                code=FailureCode.BAD_FRAME, message="the frame is no JSON object, or nests far too deeply"
            )
        breach = self._breach(frame, received)
        if breach is not None:
            return breach
        if _readable_event(received) is None:
            return _failure(received, FailureCode.BAD_ENVELOPE, "the frame names no event")
        event, found = received["event"], problems(error)
        if found[0]["type"] == "union_tag_invalid" and not found[0]["loc"]:
            return _failure(received, FailureCode.UNKNOWN_EVENT, f"no handler for event {event!r}")
        if not _is_envelope(received):
            return _failure(received, FailureCode.BAD_ENVELOPE, _KEYS_ONLY)
        data = received.get("data")
        details = [{**each, "loc": _within(data, each["loc"][2:], each["type"])} for each in found]
        text = f"the payload of event {event!r} is not valid"
        return _failure(received, FailureCode.INVALID_PAYLOAD, text, details)


_KEYS_ONLY = "beside event, a frame may have data, a short ref (text or integer) and meta (traceparent, key)"


def build_validator(schemas: Mapping[str, object]) -> Validate:
    """Build the union of envelopes, one for each event.

    Raises:
        SchemaError: a schema is nothing that Pydantic can validate.
    """
    # Pydantic tags unions of two or more members; the second fits no frame.
    members = [_Cancel, _envelope("", Annotated[Any, BeforeValidator(_refuse)])]
    members += [_envelope(event, schema) for event, schema in schemas.items()]
    union = cast("Any", Annotated)[cast("Any", Union)[tuple(members)], Field(discriminator="event")]
    try:
        return TypeAdapter[Envelope](union).validator.validate_json
    except PydanticUserError:
        for event, schema in schemas.items():
            _blame(event, schema)
        raise


def _blame(event: str, schema: Any) -> None:
    try:
        TypeAdapter(_envelope(event, schema))
    except PydanticUserError as error:
        raise SchemaError(event, schema, str(error)) from error


def _refuse(_data: object) -> object:
    raise ValueError("nobody serves this")


def _envelope(event: str, schema: object) -> Any:
    return _envelope_type(Literal[event], NotRequired[None] if schema is NO_PAYLOAD else schema)


def _envelope_type(event: Any, data: Any) -> Any:
    fields = {"event": event, "data": data, "ref": NotRequired[_Ref], "meta": NotRequired[_Meta]}
    envelope = TypedDict("Frame", fields)  # type: ignore[misc] # made from what the program declares
    envelope.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return envelope


_is_envelope = TypeAdapter[Any](_envelope_type(str, NotRequired[Any])).validator.isinstance_python


def _json_object(frame: str) -> dict[str, Any] | None:
    try:
        received = from_json(frame)
    except (ValueError, TypeError):  # a lone surrogate in the text itself is a TypeError
        return None
    return cast("dict[str, Any]", received) if isinstance(received, dict) else None


def _failure(
    received: Mapping[str, Any], code: FailureCode, text: str, details: Sequence[Mapping[str, Any]] = ()
) -> Failure:
    event, ref = _readable_event(received), _readable_ref(received)
    return Failure(code=code, message=text, event=event, ref=ref, details=details)


def _readable_event(received: Mapping[str, Any]) -> str | None:
    event = received.get("event")
    return event if isinstance(event, str) and is_event_name(event) else None


def _readable_ref(received: Mapping[str, Any]) -> Ref | None:
    ref = received.get("ref")
    if isinstance(ref, str) and len(ref) <= _LONGEST_REF:
        return ref
    return ref if type(ref) is int and abs(ref) <= _SAFE_INTEGER else None


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
