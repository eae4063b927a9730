"""Everything nexws raises: one base class, facts as attributes, text built on demand."""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar, Generic, get_args, get_origin

from typing_extensions import TypeVar

__all__ = [
    "ConnectionClosedError",
    "DependencyError",
    "DuplicateEventError",
    "EncodingError",
    "EnvelopeError",
    "ErrorDeclarationError",
    "EventError",
    "EventFailed",
    "EventNameError",
    "ExampleError",
    "ExpectationError",
    "GroupLimitError",
    "GroupNameError",
    "HandlerSignatureError",
    "HandshakeRefusedError",
    "NexwsError",
    "NotAcceptedError",
    "NotServingError",
    "PayloadError",
    "RouterError",
    "SchemaError",
    "SetupError",
    "UndeclaredEventError",
]


DataT = TypeVar("DataT", default=Any)

_is_code = re.compile(r"[A-Za-z0-9_.:-]{1,128}").fullmatch


class NexwsError(Exception):
    """The base of every error of this package."""


class SetupError(NexwsError, TypeError):
    """The program is put together wrongly; raised while it is imported or started."""


class DuplicateEventError(SetupError):
    """Two handlers claim the same event."""

    def __init__(self, event: str, first: str, second: str) -> None:
        super().__init__(event, first, second)
        self.event = event
        self.first = first
        self.second = second

    def __str__(self) -> str:
        return f"event {self.event!r} is declared twice, by {self.first} and {self.second}; rename one"


class EventNameError(SetupError):
    """An event's name cannot be used on the wire."""

    def __init__(self, event: str, reason: str) -> None:
        super().__init__(event, reason)
        self.event = event
        self.reason = reason

    def __str__(self) -> str:
        return f"event {self.event!r} cannot be declared: {self.reason}"


class HandlerSignatureError(SetupError):
    """A handler asks for something that nobody supplies, or contradicts its declaration."""

    def __init__(self, event: str, where: str, problem: str, fix: str) -> None:
        super().__init__(event, where, problem, fix)
        self.event = event
        self.where = where
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"the handler of event {self.event!r}, {self.where}, {self.problem}; {self.fix}"


class DependencyError(SetupError):
    """A dependency of a handler cannot be provided."""

    def __init__(self, parameter: str, provider: str, problem: str) -> None:
        super().__init__(parameter, provider, problem)
        self.parameter = parameter
        self.provider = provider
        self.problem = problem

    def __str__(self) -> str:
        return f"the dependency {self.parameter!r} cannot be provided: {self.provider} {self.problem}"


class SchemaError(SetupError):
    """An event's schema is nothing that Pydantic can validate."""

    def __init__(self, event: str, schema: object, problem: str) -> None:
        super().__init__(event, schema, problem)
        self.event = event
        self.schema = schema
        self.problem = problem

    def __str__(self) -> str:
        name = getattr(self.schema, "__qualname__", self.schema)
        return (
            f"event {self.event!r} has schema {name}, which Pydantic cannot use; "
            f"write a model, a dataclass, a TypedDict or a type of such: {self.problem.splitlines()[0]}"
        )


class ExampleError(SetupError):
    """An example of an event does not fit its schema."""

    def __init__(self, event: str, number: int, problem: str) -> None:
        super().__init__(event, number, problem)
        self.event = event
        self.number = number
        self.problem = problem

    def __str__(self) -> str:
        return f"example {self.number} of event {self.event!r} does not fit its schema: {self.problem}"


class EncodingError(SetupError):
    """A consumer's ``encoding`` is none that it can speak."""

    def __init__(self, consumer: str, encoding: object, allowed: str) -> None:
        super().__init__(consumer, encoding, allowed)
        self.consumer = consumer
        self.encoding = encoding
        self.allowed = allowed

    def __str__(self) -> str:
        return f"consumer {self.consumer} has encoding {self.encoding!r}; use {self.allowed}"


class EnvelopeError(SetupError):
    """An envelope cannot be what it says, or cannot carry a payload."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the envelope cannot be used: {self.problem}"


class RouterError(SetupError):
    """A router is put together wrongly."""

    def __init__(self, prefix: str, problem: str) -> None:
        super().__init__(prefix, problem)
        self.prefix = prefix
        self.problem = problem

    def __str__(self) -> str:
        return f"EventRouter(prefix={self.prefix!r}) {self.problem}"


class ErrorDeclarationError(SetupError):
    """A class of failures is declared wrongly."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"the failure {self.name} {self.problem}"


class EventError(NexwsError, Generic[DataT]):
    """Answer the event that is being handled with a failure of your own.

    ``code`` is stable and meant for programs, ``message`` for people; both reach the client, as does
    ``data`` (anything that can be written as JSON). ``retryable`` tells the client that the same
    event may work later.

    A subclass with a ``code`` is part of a contract, once a handler names it in ``errors=[...]``. It is raised without
    one, its first argument is the message (the first line of its docstring, unless given), and what it is
    generic over is the type of its ``data``::

        class GroupFull(EventError[Capacity]):
            \"\"\"The group is full.\"\"\"

            code = "group_full"
            retryable = True

        raise GroupFull(data=Capacity(members=100))

    Raises:
        ErrorDeclarationError: the ``code`` of a subclass is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``.
    """

    code: str = ""
    retryable: bool = False
    data_type: ClassVar[object] = Any
    """The type of the ``data`` of a declared failure; ``None`` for none."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not _is_code(cls.code) and "code" in vars(cls):
            problem = f"has the code {cls.code!r}; write 1 to 128 of A-Z a-z 0-9 _ . : -"
            raise ErrorDeclarationError(cls.__qualname__, problem)
        if "__orig_bases__" in vars(cls):
            found = _data_type(cls, ())
            cls.data_type = None if found is type(None) else found

    def __init__(
        self, code: str = "", message: str = "", *, data: DataT | None = None, retryable: bool | None = None
    ) -> None:
        declared = type(self)
        if declared.code:
            if code and message:
                raise TypeError(f"{declared.__qualname__} has its code already; give its message alone")
            message = code or message or inspect.cleandoc(declared.__doc__ or "").partition("\n")[0]
            code = declared.code
        elif not code:
            raise TypeError("an EventError needs a code; give one, or raise a subclass that has one")
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data = data
        self.retryable = declared.retryable if retryable is None else retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


def _data_type(declared: Any, arguments: tuple[Any, ...]) -> Any:
    """Tell the type of the data of *declared*, which is generic over *arguments*; without them, over anything."""
    if declared is EventError:
        return arguments[0]
    values = dict(zip(declared.__parameters__, arguments, strict=False))
    for base in getattr(declared, "__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type) and issubclass(origin, EventError):
            found = _data_type(origin, get_args(base))
            inner = getattr(found, "__parameters__", ())
            if isinstance(found, TypeVar):
                return values.get(found, Any)
            return found[tuple(values.get(each, Any) for each in inner)] if inner else found
    return declared.data_type


class PayloadError(NexwsError, ValueError):
    """A payload that the server wanted to send does not fit its declaration; nothing was sent."""

    def __init__(self, event: str | None, problem: str) -> None:
        super().__init__(event, problem)
        self.event = event
        self.problem = problem

    def __str__(self) -> str:
        what = "the payload" if self.event is None else f"the payload of event {self.event!r}"
        return f"{what} cannot be sent: {self.problem}"


class UndeclaredEventError(NexwsError):
    """An event consumer was asked to send something outside its contract; nothing was sent."""

    def __init__(self, consumer: str, method: str, event: str | None = None) -> None:
        super().__init__(consumer, method, event)
        self.consumer = consumer
        self.method = method
        self.event = event

    def __str__(self) -> str:
        if self.event is not None:
            return (
                f"{self.consumer} does not declare event {self.event!r}, which it is to send; "
                f"write emits({self.event!r}, Model) in its class, or include the router that does"
            )
        return (
            f"{self.consumer} sends declared events only, so {self.method}() takes no bare payload; "
            f"declare posted = emits('chat.posted', Model) and call self.posted.{self.method}(...)"
        )


class GroupNameError(NexwsError, ValueError):
    """A group's name has characters or a length that no group may have."""

    def __init__(self, group: object) -> None:
        super().__init__(group)
        self.group = group

    def __str__(self) -> str:
        return f"group name {self.group!r:.300} is not usable; write 1 to 255 of A-Z a-z 0-9 : _ . -"


class GroupLimitError(NexwsError):
    """A connection is in as many groups as it may be."""

    def __init__(self, group: str, limit: int) -> None:
        super().__init__(group, limit)
        self.group = group
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"cannot join group {self.group!r}: the connection is in {self.limit} groups already; "
            f"leave one or raise Limits.groups_per_connection"
        )


class NotAcceptedError(NexwsError):
    """``on_connect`` ended without a decision about the client."""

    def __init__(self, consumer: str) -> None:
        super().__init__(consumer)
        self.consumer = consumer

    def __str__(self) -> str:
        return (
            f"{self.consumer}.on_connect returned without accepting the client, which was refused; "
            f"call await websocket.accept(), or await websocket.close() to refuse on purpose"
        )


class ConnectionClosedError(NexwsError, ConnectionError):
    """The connection is over; what was to be sent has nowhere to go."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"the connection is closed (code {self.code})"


class HandshakeRefusedError(NexwsError):
    """The server did not accept the connection: the HTTP status that a client would see."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def __str__(self) -> str:
        return f"the server refused the connection with HTTP {self.status}: {self.body}"


class EventFailed(NexwsError):  # noqa: N818 - what happened, not an error of this program
    """The server answered an event with a failure."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        details: Any = (),
        data: Any = None,
        retry_after: float | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.data = data
        self.retry_after = retry_after
        self.retryable = retryable

    def __str__(self) -> str:
        details = f" {self.details}" if self.details else ""
        return f"{self.code}: {self.message}{details}"


class ExpectationError(NexwsError, AssertionError):
    """A test awaited something that did not come: what was awaited, and what came instead."""

    def __init__(self, awaited: str, arrived: list[str]) -> None:
        super().__init__(awaited, arrived)
        self.awaited = awaited
        self.arrived = arrived

    def __str__(self) -> str:
        arrived = "".join(f"\n  {each}" for each in self.arrived) or " nothing"
        return f"awaited {self.awaited}; arrived:{arrived}"


class NotServingError(NexwsError):
    """A consumer was asked to act outside of a connection."""

    def __init__(self, consumer: str) -> None:
        super().__init__(consumer)
        self.consumer = consumer

    def __str__(self) -> str:
        return f"this {self.consumer} serves no connection; route it with {self.consumer}.as_route(path)"
