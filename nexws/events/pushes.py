"""``emits``: what a consumer sends on its own account."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Generic, Protocol, TypeVar, overload

from typing_extensions import TypedDict, TypeForm, Unpack

from nexws.events.payloads import PayloadWriter
from nexws.protocol import check_event_name

__all__ = ["BoundEmit", "Emit", "Sender", "emits"]

T = TypeVar("T")


class EmitOptions(TypedDict, total=False):
    """What ``emits`` may say beside the type."""

    summary: str
    tags: Sequence[str]
    deprecated: bool
    examples: Sequence[object]


class Sender(Protocol):
    """What carries pushes to clients, each written as they understand it."""

    def push(self, emit: Emit[T], payload: T) -> Coroutine[Any, Any, None]:
        """Send to the one client of this connection."""
        ...

    def push_to_group(
        self, emit: Emit[T], payload: T, group: str, *, exclude_self: bool, save_history: bool
    ) -> Coroutine[Any, Any, int]:
        """Send to the members of *group*; tells how many connections took it."""
        ...

    def push_to(self, emit: Emit[T], payload: T, target: object) -> Coroutine[Any, Any, int]:
        """Send to the connection or the user *target*; tells how many connections took it."""
        ...


class Consumer(Protocol):
    """What a push is declared on."""

    @property
    def __nexws_sender__(self) -> Sender:
        """Give what carries the pushes of one connection; named so that it is nobody's handler."""
        ...


class Emit(Generic[T]):
    """A push that a consumer class declares; made by ``emits``, used through an instance of the class."""

    __slots__ = ("deprecated", "event", "examples", "schema", "summary", "tags", "writer")

    def __init__(
        self,
        event: str,
        schema: object,
        *,
        summary: str = "",
        tags: Sequence[str] = (),
        deprecated: bool = False,
        examples: Sequence[object] = (),
    ) -> None:
        check_event_name(event)
        self.event: str = event
        self.schema: object = schema
        self.summary: str = summary
        self.tags: tuple[str, ...] = tuple(tags)
        self.deprecated: bool = deprecated
        self.writer: PayloadWriter[T] = PayloadWriter(event, schema)
        self.examples: tuple[Any, ...] = self.writer.check_examples(examples)

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Emit[T]: ...
    @overload
    def __get__(self, instance: Consumer, owner: type[Any]) -> BoundEmit[T]: ...
    def __get__(self, instance: Consumer | None, owner: type[Any]) -> Emit[T] | BoundEmit[T]:
        """Give the declaration on the class, and something to send with on an instance."""
        return self if instance is None else self.bind(instance)

    def bind(self, consumer: Consumer) -> BoundEmit[T]:
        """Give what sends this push on the connection of *consumer*, as an attribute of its class would."""
        return BoundEmit(self, consumer.__nexws_sender__)

    def __repr__(self) -> str:
        return f"emits({self.event!r}, {getattr(self.schema, '__name__', self.schema)})"


class BoundEmit(Generic[T]):
    """A declared push on the way to clients.

    The payload is validated and written once, whatever the number of receivers. Nothing here waits for
    another client's socket.
    """

    __slots__ = ("_emit", "_sender")

    def __init__(self, emit: Emit[T], sender: Sender) -> None:
        self._emit, self._sender = emit, sender

    def send(self, payload: T) -> Coroutine[Any, Any, None]:
        """Send *payload* to this connection's client, behind all that was sent to it before.

        Waits while the client's socket takes no more, for as long as the send deadline allows.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
            UndeclaredEventError: the consumer does not declare this push.
            ConnectionClosedError: the client has left.
        """
        return self._sender.push(self._emit, payload)

    def broadcast(
        self, payload: T, group: str = "default", *, exclude_self: bool = False, save_history: bool = False
    ) -> Coroutine[Any, Any, int]:
        """Send *payload* to the members of *group*, in the order of the broadcasts; tells how many took it.

        ``exclude_self`` leaves this connection out, ``save_history`` keeps the push for ``history(group)``.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
            GroupNameError: no group can have that name.
        """
        return self._sender.push_to_group(
            self._emit, payload, group, exclude_self=exclude_self, save_history=save_history
        )

    def send_to(self, target: object, payload: T) -> Coroutine[Any, Any, int]:
        """Send *payload* to a connection (its uuid, as object or text) or to all connections of a user (its id).

        Tells how many connections took it: 0 where there is no such connection or user.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
        """
        return self._sender.push_to(self._emit, payload, target)


@overload
def emits(event: str, schema: None = None, /, **options: Unpack[EmitOptions]) -> Emit[None]: ...
@overload
def emits(event: str, schema: TypeForm[T], /, **options: Unpack[EmitOptions]) -> Emit[T]: ...
def emits(event: str, schema: object = None, /, **options: Unpack[EmitOptions]) -> Emit[Any]:
    """Declare that a consumer sends *event* with payloads of *schema* (any type that Pydantic can validate).

    Written in the class body; ``None`` declares a push without data. ``summary``, ``tags``, ``deprecated`` and
    ``examples`` are for the documents; examples are checked against the schema.

    Raises:
        EventNameError: *event* is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``, or begins with ``nexws.``.
        SchemaError: *schema* is nothing that Pydantic can validate.
        ExampleError: an example does not fit *schema*.
    """
    return Emit(event, schema, **options)
