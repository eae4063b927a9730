"""``Presence``: who is in a group, as the others see it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast, overload

from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import TypeForm, TypeIs

from nexws.errors import PayloadError
from nexws.events import Emit, adapt, summary_of
from nexws.protocol import PRESENCE_EVENT

__all__ = ["BoundPresence", "Presence", "PresenceChange", "is_presence", "presence_of"]

T = TypeVar("T")


class PresenceChange(BaseModel, Generic[T]):
    """What has changed in who is present in a group."""

    group: str
    joined: list[T]
    left: list[T]
    updated: list[T]


class Reader(Protocol):
    """What knows who is present, on behalf of a connection."""

    def present(self, group: str) -> Coroutine[Any, Any, list[Any]]:
        """List who is present in *group*."""
        ...


class Serving(Protocol):
    """A consumer that serves a connection."""

    @property
    def __nexws_presence__(self) -> Reader:
        """Give what knows."""
        ...


class Presence(Generic[T]):
    """Says who is in the groups of a consumer class, with what others may know of each: a *schema*.

    Written on the class: ``presence = Presence(UserInfo)``. Who joins with ``join_group(name,
    presence=UserInfo(...))`` is present until the last of its connections has left; the group is told by the push
    ``nexws.presence``. Connections of one user (see ``send_to``) are one member, others one each.

    What is known of a member travels as JSON: fields that are left out of that, or that cannot be read back, are known
    to nobody.

    Raises:
        SchemaError: *schema* is nothing that Pydantic can validate.
    """

    __slots__ = ("_adapter", "_change", "emit", "schema")

    def __init__(self, schema: TypeForm[T]) -> None:
        self.schema: object = schema
        self._adapter: TypeAdapter[T] = adapt(PRESENCE_EVENT, schema)
        self._change: type[PresenceChange[T]] = cast("Any", PresenceChange)[schema]
        self.emit: Emit[PresenceChange[T]] = Emit(
            PRESENCE_EVENT,
            self._change,
            summary="Somebody has come into a group, has gone from it, or is known otherwise.",
            history=False,
        )

    def write(self, info: T) -> str:
        """Write what is known of a member, for ``read``.

        Raises:
            PayloadError: *info* does not fit the schema, or cannot be read back.
        """
        try:
            checked = self._adapter.validate_python(info)
        except ValidationError as error:
            raise PayloadError(PRESENCE_EVENT, summary_of(error)) from None
        try:
            # By name, whatever the model says: an alias may be for one direction only.
            written = self._adapter.dump_json(checked, by_alias=False, round_trip=True, warnings="error")
            self.read(written.decode())
        except ValueError:
            raise PayloadError(PRESENCE_EVENT, "its JSON is none of what its schema declares") from None
        return written.decode()

    def read(self, info: str) -> T:
        """Read what was written.

        Raises:
            ValidationError: it was written of another schema.
        """
        return self._adapter.validate_json(info, by_name=True, by_alias=False)

    def change(
        self, group: str, *, joined: Sequence[T] = (), left: Sequence[T] = (), updated: Sequence[T] = ()
    ) -> PresenceChange[T]:
        """Make what a group is told, of members that have been read."""
        return self._change.model_construct(
            group=group, joined=list(joined), left=list(left), updated=list(updated)
        )

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Presence[T]: ...
    @overload
    def __get__(self, instance: Serving, owner: type[Any]) -> BoundPresence[T]: ...
    def __get__(self, instance: Serving | None, owner: type[Any]) -> Presence[T] | BoundPresence[T]:
        """Give the declaration on the class, and what knows who is there on an instance."""
        return self if instance is None else BoundPresence(instance.__nexws_presence__)


class BoundPresence(Generic[T]):
    """Knows who is present in a group."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def members(self, group: str) -> Coroutine[Any, Any, list[T]]:
        """List who is present in *group*, on all nodes, in the order in which they came.

        Members whom a node with another version of the class has let in are left out where they do not fit the schema.

        Raises:
            GroupNameError: no group can have that name.
            LayerError: it cannot be read now.
        """
        return self._reader.present(group)


def presence_of(consumer: type) -> Presence[Any] | None:
    """Find what a class declares as its ``presence``."""
    declared: Any = getattr(consumer, "presence", None)
    return declared if is_presence(declared) else None


def is_presence(declared: object) -> TypeIs[Presence[Any]]:
    """Whether *declared* says who is present."""
    return isinstance(declared, Presence)
