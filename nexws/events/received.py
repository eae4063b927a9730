"""The shapes of what clients send, as types that Pydantic validates in one pass."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Union, cast, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    create_model,
)
from pydantic.errors import PydanticInvalidForJsonSchema
from typing_extensions import NotRequired, Required, TypedDict, is_typeddict

from nexws.errors import EnvelopeError
from nexws.events.payloads import adapt
from nexws.protocol import CANCEL_EVENT, Envelope, Ref

__all__ = ["ANY_PAYLOAD", "NO_PAYLOAD", "Received", "check_flat", "frame_type", "schema_of", "union_type"]

NO_PAYLOAD: Final = object()
"""The schema of an event that carries no data."""

ANY_PAYLOAD: Final = object()
"""The schema of events that may carry any data, which nobody looks at."""

SAFE_INTEGER: Final = 2**53 - 1  # what every JSON reader can hold, RFC 8259 section 6
LONGEST_REF: Final = 128

_REF = Union[
    Annotated[str, Field(strict=True, max_length=LONGEST_REF)],
    Annotated[int, Field(strict=True, ge=-SAFE_INTEGER, le=SAFE_INTEGER)],
]
_OWN = "nexws_"  # before the names of the envelope's fields, where they stand among a payload's


class _Meta(TypedDict, total=False):
    """What a client may say about an event beside its payload."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc] # how Pydantic configures it
    traceparent: Annotated[str, Field(max_length=256)]
    key: Annotated[str, Field(min_length=1, max_length=128)]


class Received(TypedDict):
    """A frame that has been read; ``data`` is a payload of the event's schema."""

    event: str
    data: NotRequired[Any]
    ref: NotRequired[Ref]
    meta: NotRequired[Mapping[str, str]]


def union_type(schemas: Mapping[str, object], envelope: Envelope) -> Any:
    """Make the type of the frames of these events: a union that is tagged with the event's name."""
    # Pydantic tags unions of two or more members; the second fits no frame.
    members = [_cancel(envelope), frame_type(Literal[""], _NEVER, envelope)]
    members += [frame_type(Literal[event], schema, envelope) for event, schema in schemas.items()]
    tag = f"{_OWN}event" if envelope.is_flat else "event"
    return cast("Any", Annotated)[cast("Any", Union)[tuple(members)], Field(discriminator=tag)]


def frame_type(event: Any, schema: object, envelope: Envelope) -> Any:
    """Make the type of the frames of one event, or of all those whose names are of type *event*."""
    if envelope.is_flat:
        return _flat(event, schema, envelope)
    data: Any = schema
    if schema is NO_PAYLOAD or schema is ANY_PAYLOAD:
        data = NotRequired[None] if schema is NO_PAYLOAD else NotRequired[Any]
    fields = _fields(event, envelope, "")
    return _typed_dict({**fields, "data": _keyed(data, "data", envelope.data)}, "forbid")


def schema_of(frame: Any) -> Any:
    """Make the core schema of a frame's type.

    What a frame does with keys that it does not know is written into its schema, not its configuration, which
    Pydantic would hand on to a payload that has none of its own.
    """
    schema = TypeAdapter[Any](frame).core_schema
    _set_extra(schema)
    return schema


def _set_extra(node: Any) -> None:
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        extra = getattr(known.get("cls"), "__nexws_extra__", None)
        if extra is not None:
            known["extra_behavior"] = extra
            return
        for key in ("choices", "schema", "definitions"):
            _set_extra(known.get(key))
        if "type" not in known:  # the choices of a union, by name
            for each in known.values():
                _set_extra(each)
    elif isinstance(node, list):
        for each in cast("Sequence[Any]", node):
            _set_extra(each)


def check_flat(event: str, schema: Any, envelope: Envelope, *, sent: bool) -> None:
    """See that payloads of *schema* can stand in the frame itself, among the envelope's keys.

    Raises:
        EnvelopeError: they are no objects, or have a key that is the envelope's.
    """
    if not envelope.is_flat or schema is None or schema is NO_PAYLOAD or schema is ANY_PAYLOAD:
        return
    if not sent and schema in _OPEN:
        return
    try:
        described = adapt(event, schema).json_schema(mode="serialization" if sent else "validation")
    except PydanticInvalidForJsonSchema:
        described = {}
    name = described.get("$ref", "").rpartition("/")[2]
    described = described["$defs"][name] if name else described
    if (
        described.get("type") != "object"
        or "properties" not in described
        or not (sent or _may_be_flat(schema))
    ):
        raise EnvelopeError(
            f"it is flat, and the payload of event {event!r} is no model or TypedDict; "
            "write one, or give the envelope a key for data"
        )
    taken = sorted(envelope.own_keys & described["properties"].keys())
    if taken:
        raise EnvelopeError(
            f"it is flat, and the payload of event {event!r} has the key {taken[0]!r}, which is the envelope's; "
            "rename one of them"
        )


# -- the parts of a frame


def _fields(event: Any, envelope: Envelope, own: str) -> dict[str, Any]:
    return {
        f"{own}event": _keyed(event, f"{own}event", envelope.event),
        f"{own}ref": _keyed(NotRequired[_REF], f"{own}ref", envelope.ref),
        f"{own}meta": _keyed(NotRequired[_Meta], f"{own}meta", envelope.meta),
    }


def _keyed(hint: Any, name: str, key: str | None) -> Any:
    """Let the field *name* be read from *key*."""
    return hint if key is None or name == key else Annotated[hint, Field(validation_alias=key)]


def _typed_dict(fields: Mapping[str, Any], extra: Literal["allow", "ignore", "forbid"]) -> Any:
    make: Any = TypedDict
    made = make("Frame", dict(fields))
    made.__nexws_extra__ = extra  # for schema_of
    return made


def _cancel(envelope: Envelope) -> Any:
    """Make the type of the end of a stream, as a client asks for it."""
    own = _OWN if envelope.is_flat else ""
    fields = {
        f"{own}event": _keyed(Literal[CANCEL_EVENT], f"{own}event", envelope.event),
        f"{own}ref": _keyed(_REF, f"{own}ref", envelope.ref),
    }
    made = _typed_dict(fields, "forbid")
    return Annotated[made, AfterValidator(_without_data)] if own else made


def _refuse(_data: object) -> object:
    raise ValueError("nobody serves this")


_NEVER: Final = Annotated[Any, BeforeValidator(_refuse)]


# -- flat frames: the envelope's fields join the payload's, and are taken out again


_OPEN: Final[tuple[object, ...]] = (Any, dict, dict[str, Any])
"""Payloads that take whatever keys there are."""


def _may_be_flat(schema: Any) -> bool:
    if is_typeddict(schema):
        return True
    if not inspect.isclass(schema) or not issubclass(schema, BaseModel):
        return False
    return not issubclass(schema, RootModel) and not schema.__pydantic_custom_init__


def _flat(event: Any, schema: Any, envelope: Envelope) -> Any:
    if schema is NO_PAYLOAD or schema is ANY_PAYLOAD or schema is _NEVER:
        extra: Literal["ignore", "forbid"] = "forbid" if schema is NO_PAYLOAD else "ignore"
        made = _typed_dict(_fields(event, envelope, _OWN), extra)
        return Annotated[made, AfterValidator(_without_data)]
    if schema in _OPEN:
        made = _typed_dict(_fields(event, envelope, _OWN), "allow")
        return Annotated[made, AfterValidator(_with_the_rest)]
    if is_typeddict(schema):
        required: frozenset[str] = schema.__required_keys__
        hints = get_type_hints(schema, include_extras=True)
        payload = {name: _needed(hint, by_default=name in required) for name, hint in hints.items()}
        own = getattr(schema, "__pydantic_config__", ConfigDict())
        made = _typed_dict({**payload, **_fields(event, envelope, _OWN)}, own.get("extra") or "ignore")
        made.__pydantic_config__ = own
        return Annotated[made, AfterValidator(_with_the_rest)]
    return Annotated[_flat_model(event, schema, envelope), AfterValidator(_unwrap(schema))]


def _needed(hint: Any, *, by_default: bool) -> Any:
    """Say of a key's type whether the key is required; where the type itself says so, that counts."""
    return hint if by_default or get_origin(hint) in (NotRequired, Required) else NotRequired[hint]


def _flat_model(event: Any, schema: type[BaseModel], envelope: Envelope) -> type[BaseModel]:
    """Make a subclass of the payload's model that has the envelope's fields beside its own."""
    fields: dict[str, Any] = {
        f"{_OWN}event": (event, Field(validation_alias=envelope.event)),
        f"{_OWN}ref": (_REF, Field(default=None, validation_alias=envelope.ref)),
        f"{_OWN}meta": (_Meta, Field(default=None, validation_alias=envelope.meta)),
    }
    return create_model(schema.__name__, __base__=schema, __module__=schema.__module__, **fields)


def _unwrap(model: type[BaseModel]) -> Any:
    """Make what takes the envelope's fields out of a validated frame, which becomes the payload that it holds."""

    def unwrap(frame: BaseModel) -> Received:
        inside, given = vars(frame), frame.__pydantic_fields_set__
        taken = {name: inside.pop(f"{_OWN}{name}") for name in ("event", "ref", "meta")}
        received: dict[str, Any] = {name: each for name, each in taken.items() if f"{_OWN}{name}" in given}
        given.difference_update({f"{_OWN}{name}" for name in taken})
        object.__setattr__(frame, "__class__", model)
        return cast("Received", {**received, "data": frame})

    return unwrap


def _without_data(frame: dict[str, Any]) -> Received:
    return cast("Received", {name.removeprefix(_OWN): each for name, each in frame.items()})


def _with_the_rest(frame: dict[str, Any]) -> Received:
    received = {
        name: frame.pop(f"{_OWN}{name}") for name in ("event", "ref", "meta") if f"{_OWN}{name}" in frame
    }
    return cast("Received", {**received, "data": frame})
