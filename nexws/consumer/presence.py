"""``Presence``: who is in a group, as the others see it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Generic, Protocol, TypeVar, cast, overload

from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import TypeIs

from nexws.errors import PayloadError
from nexws.events import Emit
from nexws.protocol import PRESENCE_EVENT

__all__ = ["BoundPresence", "Presence", "PresenceChange", "presence_of"]

T = TypeVar("T")


class PresenceChange(BaseModel, Generic[T]):
    """Who has come into a group, and who has gone from it."""

    group: str
    joined: list[T]
    left: list[T]


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

    Raises:
        SchemaError: *schema* is nothing that Pydantic can validate.
    """

    __slots__ = ("_adapter", "emit", "schema")

    def __init__(self, schema: type[T]) -> None:
        self.schema: type[T] = schema
        self.emit: Emit[PresenceChange[T]] = Emit(
            PRESENCE_EVENT,
            cast("Any", PresenceChange)[schema],
            summary="Somebody has come into a group, or gone from it.",
            history=False,
        )
        self._adapter: TypeAdapter[T] = TypeAdapter(schema)

    def write(self, info: T) -> str:
        """Write what is known of a member, for ``read``.

        Raises:
            PayloadError: *info* does not fit the schema.
        """
        try:
            checked = self._adapter.validate_python(info)
            return self._adapter.dump_json(checked, round_trip=True).decode()
        except (ValidationError, ValueError):
            raise PayloadError(PRESENCE_EVENT, "what is said of the member does not fit its schema") from None

    def read(self, info: str) -> T:
        """Read what was written."""
        return self._adapter.validate_json(info, by_name=True, by_alias=True)

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

        Raises:
            LayerError: it cannot be read now.
        """
        return self._reader.present(group)


def presence_of(consumer: type) -> Presence[Any] | None:
    """Find what a class declares as its ``presence``."""
    declared: Any = getattr(consumer, "presence", None)
    return declared if _is_presence(declared) else None


def _is_presence(declared: object) -> TypeIs[Presence[Any]]:
    return isinstance(declared, Presence)
