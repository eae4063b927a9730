"""``emits``: what a consumer sends on its own account."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar, get_args, overload

from typing_extensions import TypedDict, TypeForm, Unpack

from nexws.errors import PushDeclarationError, UndeclaredEventError
from nexws.events.codecs import Codec
from nexws.events.payloads import PayloadWriter
from nexws.protocol import (
    RESERVED_PREFIX,
    Overflow,
    Position,
    Publication,
    Published,
    Retention,
    check_event_name,
    check_group_name,
    connection_of,
    group_of_node,
    group_of_user,
)

__all__ = ["BoundEmit", "Emit", "EmitOptions", "Sender", "Via", "emits", "send_to"]

T = TypeVar("T")


class EmitOptions(TypedDict, total=False):
    """What ``emits`` may say beside the type."""

    summary: str
    tags: Sequence[str]
    deprecated: bool
    examples: Sequence[object]
    history: bool
    overflow: Overflow


class Via(Protocol):
    """What carries a push from outside of a connection: a ``Nexws``, or a channel layer."""

    def publish(
        self, group: str, publication: Publication, /, *, retention: Retention | None, key: str | None
    ) -> Coroutine[Any, Any, Published]:
        """Publish to a group of the layer."""
        ...


class Sender(Protocol):
    """What carries pushes to clients, each written as they understand it."""

    def push(self, emit: Emit[T], payload: T) -> Coroutine[Any, Any, None]:
        """Send to the one client of this connection."""
        ...

    def push_to_group(
        self,
        emit: Emit[T],
        payload: T,
        group: str,
        *,
        exclude_self: bool,
        save_history: bool | None,
        idempotency_key: str | None,
    ) -> Coroutine[Any, Any, int]:
        """Send to the members of *group*; tells how many took it."""
        ...

    def push_to(self, emit: Emit[T], payload: T, target: object) -> Coroutine[Any, Any, int]:
        """Send to the connection or the user *target*; tells how many connections took it."""
        ...

    def pushed(
        self, emit: Emit[T], group: str, *, since: Position | str | None, limit: int | None
    ) -> Coroutine[Any, Any, list[T]]:
        """Read what was sent to *group* and is kept."""
        ...


class Declaring(Protocol):
    """A consumer class, as its pushes know it."""

    contract: ClassVar[Any]

    @classmethod
    def namespace_of(cls) -> str:
        """Give the name under which all nodes know the class."""
        ...

    @classmethod
    def __nexws_retention__(
        cls,
        emit: Emit[Any],
        *,
        save_history: bool | None,
        limits: Any = None,
    ) -> Retention | None:
        """Tell how much of a push is kept, if it is."""
        ...


class Consumer(Protocol):
    """What a push is declared on."""

    @property
    def __nexws_sender__(self) -> Sender:
        """Give what carries the pushes of one connection; named so that it is nobody's handler."""
        ...


class Emit(Generic[T]):
    """A push that a consumer class declares; made by ``emits``.

    Used through an instance of the class it is sent on that connection's behalf. Used through the class it is sent
    from anywhere: an HTTP handler, a background task, another program.
    """

    __slots__ = (
        "_key",
        "_of_others",
        "_owner",
        "deprecated",
        "event",
        "examples",
        "history",
        "overflow",
        "schema",
        "summary",
        "tags",
        "writer",
    )

    def __init__(
        self,
        event: str,
        schema: object,
        *,
        key: Callable[[Any], object] | None = None,
        **options: Unpack[EmitOptions],
    ) -> None:
        if not event.startswith(RESERVED_PREFIX):
            check_event_name(event)
        self.event: str = event
        self.schema: object = schema
        self.summary: str = options.get("summary", "")
        self.tags: tuple[str, ...] = tuple(options.get("tags", ()))
        self.deprecated: bool = options.get("deprecated", False)
        self.history: bool | None = options.get("history")
        self.overflow: Overflow = options.get("overflow", "close")
        if self.overflow not in get_args(Overflow):
            raise PushDeclarationError(event, f"overflow is none of {', '.join(get_args(Overflow))}")
        if key is not None and self.overflow != "latest":
            raise PushDeclarationError(event, "key= is for overflow='latest'; write that, or leave key= out")
        self._key = key
        self.writer: PayloadWriter[T] = PayloadWriter(event, schema)
        self.examples: tuple[Any, ...] = self.writer.check_examples(options.get("examples", ()))
        self._owner: type[Declaring] | None = None
        self._of_others: dict[type, Emit[T]] = {}

    def __set_name__(self, owner: type[Any], name: str) -> None:
        if self._owner is None:
            self._owner = owner

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Emit[T]: ...
    @overload
    def __get__(self, instance: Consumer, owner: type[Any]) -> BoundEmit[T]: ...
    def __get__(self, instance: Consumer | None, owner: type[Any]) -> Emit[T] | BoundEmit[T]:
        """Give the declaration on the class, and something to send with on an instance."""
        if instance is not None:
            return BoundEmit(self, instance.__nexws_sender__)
        return self if owner is self._owner else self.of(owner)

    def of(self, consumer: type[Any]) -> Emit[T]:
        """Give this push as *consumer* sends it, which inherits it or includes the router that declares it."""
        if consumer not in self._of_others:
            found = self._of_others[consumer] = copy(self)
            found._owner = consumer  # noqa: SLF001 - it is one of us
        return self._of_others[consumer]

    def bind(self, consumer: Consumer) -> BoundEmit[T]:
        """Give what sends this push on the connection of *consumer*, as an attribute of its class would."""
        return BoundEmit(self, consumer.__nexws_sender__)

    async def broadcast(
        self,
        payload: T,
        group: str = "default",
        *,
        via: Via,
        save_history: bool | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """Send *payload* to the members of *group*, from anywhere; tells how many took it, 0 where nobody did.

        ``via`` is the application's ``Nexws`` or a channel layer. The rest is as on an instance.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
            GroupNameError: no group can have that name.
            UndeclaredEventError: the consumer class does not declare this push.
            LayerError: it is not known to be published.
        """
        check_group_name(group)
        owner, publication = self._written(payload)
        limits = getattr(via, "limits", None)
        retention = owner.__nexws_retention__(self, save_history=save_history, limits=limits)
        name = f"{publication.consumer}/{group}"
        return (await via.publish(name, publication, retention=retention, key=idempotency_key)).receivers

    async def send_to(self, target: object, payload: T, *, via: Via) -> int:
        """Send *payload* to a connection or to all connections of a user, from anywhere; tells how many took it.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
            UndeclaredEventError: the consumer class does not declare this push.
            LayerError: it is not known to be published.
        """
        return await send_to(via, target, self._written(payload)[1])

    def publication(
        self, consumer: str, codecs: Mapping[str, Codec], payload: T, *, exclude: uuid.UUID | None = None
    ) -> Publication:
        """Write a push of *consumer*, once for each of *codecs*.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
        """
        bodies = {encoding: codec.body(self.writer, payload) for encoding, codec in codecs.items()}
        key = None
        if self.overflow == "latest":
            key = f"{self.event} {self._key(payload) if self._key is not None else ''}"
        return Publication(
            consumer=consumer,
            event=self.event,
            bodies=bodies,
            exclude=exclude,
            overflow=self.overflow,
            key=key,
        )

    def _written(self, payload: T) -> tuple[type[Declaring], Publication]:
        owner = self._owner
        contract: Any = getattr(owner, "contract", None)
        if owner is None or contract is None:  # a router's, or a mixin's
            raise UndeclaredEventError("", "broadcast", self.event)
        if not contract.declares(self):
            raise UndeclaredEventError(owner.__qualname__, "broadcast", self.event)
        return owner, self.publication(owner.namespace_of(), owner.contract.codecs, payload)

    def __eq__(self, other: object) -> bool:
        their: object = getattr(other, "writer", None)
        return self.writer is their

    def __hash__(self) -> int:
        return hash(self.event)

    def __repr__(self) -> str:
        return f"emits({self.event!r}, {getattr(self.schema, '__name__', self.schema)})"


async def send_to(via: Via, target: object, publication: Publication) -> int:
    """Publish to a connection (its id, as object or text), wherever it is, or to a user; tells how many took it."""
    connection = connection_of(target)
    if connection is not None:
        addressed = replace(publication, to=connection)
        published = await via.publish(group_of_node(connection), addressed, retention=None, key=None)
        if published.receivers:
            return published.receivers
    return (await via.publish(group_of_user(str(target)), publication, retention=None, key=None)).receivers


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
        self,
        payload: T,
        group: str = "default",
        *,
        exclude_self: bool = False,
        save_history: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Coroutine[Any, Any, int]:
        """Send *payload* to the members of *group*, in the order of the broadcasts.

        Tells how many connections took it; where the channel layer spans several nodes, how many of those have it. 0
        means nobody. ``exclude_self`` leaves this connection out. ``save_history`` keeps the push for
        ``history(group)``, or not; left out, the declaration decides, and then the class. A second broadcast with the
        same ``idempotency_key`` within five minutes is not sent again.

        Raises:
            PayloadError: *payload* does not fit the declared schema.
            GroupNameError: no group can have that name.
            LayerError: it is not known to be published.
        """
        return self._sender.push_to_group(
            self._emit,
            payload,
            group,
            exclude_self=exclude_self,
            save_history=save_history,
            idempotency_key=idempotency_key,
        )

    def history(
        self, group: str = "default", *, since: Position | str | None = None, limit: int | None = None
    ) -> Coroutine[Any, Any, list[T]]:
        """List the payloads of this push that are kept of *group*, oldest first.

        With *since*, what came after that position, the first *limit* of it; without, the newest *limit*.

        Raises:
            GroupNameError: no group can have that name.
            PositionError: *since* is no position.
            LayerError: it cannot be read now.
        """
        return self._sender.pushed(self._emit, group, since=since, limit=limit)

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
def emits(
    event: str,
    schema: TypeForm[T],
    /,
    *,
    key: Callable[[T], object] | None = None,
    **options: Unpack[EmitOptions],
) -> Emit[T]: ...
def emits(
    event: str,
    schema: object = None,
    /,
    *,
    key: Callable[[Any], object] | None = None,
    **options: Unpack[EmitOptions],
) -> Emit[Any]:
    """Declare that a consumer sends *event* with payloads of *schema* (any type that Pydantic can validate).

    Written in the class body; ``None`` declares a push without data. ``summary``, ``tags``, ``deprecated`` and
    ``examples`` are for the documents; examples are checked against the schema.

    ``history`` says whether broadcasts of it are kept; left out, the class decides. ``overflow`` says what happens
    where a client reads too slowly: ``"close"`` cuts it, ``"drop_oldest"`` and ``"drop_newest"`` leave something out,
    ``"latest"`` sends only the newest of those for which ``key`` gives the same.

    Raises:
        EventNameError: *event* is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``, or begins with ``nexws.``.
        SchemaError: *schema* is nothing that Pydantic can validate.
        ExampleError: an example does not fit *schema*.
        PushDeclarationError: ``overflow`` is no policy, or there is a ``key`` without ``"latest"``.
    """
    check_event_name(event)
    return Emit(event, schema, key=key, **options)
