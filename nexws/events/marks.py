"""``@on``: which function serves which event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Literal, Protocol, TypeVar, overload

from typing_extensions import ParamSpec, TypedDict, TypeForm, Unpack

from nexws.errors import EventError
from nexws.events.guards import EventMiddleware, Guard
from nexws.events.rates import Rate
from nexws.protocol import UNKNOWN, check_served_name

__all__ = ["EventMark", "EventOptions", "On", "marks_of", "on"]

_MARKS: Final = "__nexws_events__"

P = ParamSpec("P")
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
InT = TypeVar("InT")
OutT = TypeVar("OutT")
AnyT = TypeVar("AnyT")
SelfT = TypeVar("SelfT")
SocketT = TypeVar("SocketT")


class EventOptions(TypedDict, total=False):
    """What ``@on`` may say beside the types."""

    guards: Sequence[Guard]
    middleware: Sequence[EventMiddleware]
    rate: Rate | str | None
    concurrency: int | Literal["latest"] | None
    timeout: float | None
    shield: bool
    errors: Sequence[type[EventError[Any]]]
    tags: Sequence[str]
    deprecated: bool
    examples: Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """What ``@on`` wrote down about a function."""

    event: str
    schema: object = None
    reply: object = None
    stream: object = None
    guards: Sequence[Guard] = ()
    middleware: Sequence[EventMiddleware] = ()
    rate: Rate | str | None = None
    concurrency: int | Literal["latest"] | None = None
    timeout: float | None = None
    shield: bool = False
    errors: Sequence[type[EventError[Any]]] = ()
    tags: Sequence[str] = ()
    deprecated: bool = False
    examples: Sequence[object] = ()


class _TakesAndReplies(Protocol[InT, OutT]):
    """Marks handlers, async or not, that take ``InT`` (behind the socket, if they ask for it) and return ``OutT``."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, OutT]], /
    ) -> Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, OutT]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap] # a coroutine function is async first
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, OutT]], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, OutT]]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], OutT], /
    ) -> Callable[Concatenate[SelfT, InT, P], OutT]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], OutT], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], OutT]: ...


class _TakesAndStreams(Protocol[InT, OutT]):
    """Marks generators that take ``InT`` (behind the socket, if they ask for it) and yield ``OutT``."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], AsyncIterator[OutT]], /
    ) -> Callable[Concatenate[SelfT, InT, P], AsyncIterator[OutT]]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], AsyncIterator[OutT]], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], AsyncIterator[OutT]]: ...


class _Takes(Protocol[InT]):
    """Marks handlers that take ``InT``, behind the socket if they ask for it, and give anything."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], AnyT], /
    ) -> Callable[Concatenate[SelfT, InT, P], AnyT]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], AnyT], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], AnyT]: ...


class _Replies(Protocol[OutT]):
    """Marks handlers, async or not, that take anything and return ``OutT``."""

    @overload
    def __call__(
        self, method: Callable[P, Coroutine[Any, Any, OutT]], /
    ) -> Callable[P, Coroutine[Any, Any, OutT]]: ...
    @overload
    def __call__(self, method: Callable[P, OutT], /) -> Callable[P, OutT]: ...


class _Streams(Protocol[OutT]):
    """Marks generators that take anything and yield ``OutT``."""

    def __call__(self, method: Callable[P, AsyncIterator[OutT]], /) -> Callable[P, AsyncIterator[OutT]]: ...


Collect = Callable[[EventMark, Callable[..., Any]], None]


class On:
    """Decorates what serves an event, which is returned unchanged: ``@on("chat.message", schema=Message)``.

    ``schema`` is the payload's type, anything that Pydantic can validate; left out, it is read from the first
    annotated parameter that nothing else supplies, and no such parameter means an event without data. ``reply``
    is the type of the answer; left out, it is read from the return annotation. Where both the argument and the
    annotation are given they must agree: type checkers see it, and the class cannot be made otherwise.

    Beside the payload a handler may ask for the socket (annotated ``WebSocket``, or called ``websocket``), the event
    (annotated ``EventContext``), parameters of the path (by name) and nexios' ``Depend(...)``. One that is not
    async runs in a worker thread.

    A handler runs with its payload validated, one event of a connection after the other, in the order in which
    the client sent them. It is cancelled when the client leaves. An event that carries a ``ref`` is answered
    exactly once: with the reply, with an empty reply where none is declared, or with a failure.

    A method that yields serves a stream of answers of type ``stream`` (or as annotated, ``AsyncIterator[...]``). It
    runs beside the events that follow, is asked for an item only when the client's socket has taken the one before,
    and ends with ``done``, or with a failure; the client may end it with ``nexws.cancel``. The event needs a ``ref``.

    A name that ends with ``.*`` or ``:*`` serves a family: all names that begin so and that no longer one fits. An
    exact name goes before any family.

    Options:

    - ``guards``: what lets an event through; behind those of the application, the class and the router.
    - ``middleware``: what goes around the handler; inside of that of the application, the class and the router.
    - ``rate``: how often one connection may send the event, as ``"5/s"`` or a ``Rate``; else ``rate_limited``.
    - ``concurrency``: how many may run for one connection at a time, beside other events; ``"latest"`` cancels the
      running one for a newer one. Left out, a handler runs in order, and streams side by side.
    - ``timeout``: seconds that the handler may take, for each item where it yields; else ``timeout``.
      Left out, it is ``Limits.handler_timeout``; ``math.inf`` for no end.
    - ``shield``: do not cancel the handler when the client leaves.
    - ``errors``: the failures of its own that it may answer with, subclasses of ``EventError``.
    - ``tags``, ``deprecated``, ``examples``: for the documents; examples are checked against the schema.

    Raises:
        EventNameError: the event is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``, or begins with ``nexws.``.
    """

    __slots__ = ("_collect", "_prefix")

    def __init__(self, prefix: str = "", collect: Collect | None = None) -> None:
        self._prefix, self._collect = prefix, collect or _write_on

    @overload
    def __call__(
        self, event: str, /, *, schema: TypeForm[InT], reply: TypeForm[OutT], **options: Unpack[EventOptions]
    ) -> _TakesAndReplies[InT, OutT]: ...
    @overload
    def __call__(
        self, event: str, /, *, schema: TypeForm[InT], stream: TypeForm[OutT], **options: Unpack[EventOptions]
    ) -> _TakesAndStreams[InT, OutT]: ...
    @overload
    def __call__(
        self, event: str, /, *, schema: TypeForm[InT], **options: Unpack[EventOptions]
    ) -> _Takes[InT]: ...
    @overload
    def __call__(
        self, event: str, /, *, reply: TypeForm[OutT], **options: Unpack[EventOptions]
    ) -> _Replies[OutT]: ...
    @overload
    def __call__(
        self, event: str, /, *, stream: TypeForm[OutT], **options: Unpack[EventOptions]
    ) -> _Streams[OutT]: ...
    @overload
    def __call__(self, event: str, /, **options: Unpack[EventOptions]) -> Callable[[HandlerT], HandlerT]: ...
    def __call__(
        self,
        event: str,
        /,
        *,
        schema: object = None,
        reply: object = None,
        stream: object = None,
        **options: Unpack[EventOptions],
    ) -> Any:
        """Serve *event*, with payloads of *schema*, with the decorated function, which replies or streams."""
        name = self._prefix + event
        check_served_name(name)
        return self._mark(EventMark(event=name, schema=schema, reply=reply, stream=stream, **options))

    @overload
    def unknown(self, method: HandlerT, /) -> HandlerT: ...
    @overload
    def unknown(
        self, /, *, schema: object = None, reply: object = None, **options: Unpack[EventOptions]
    ) -> Callable[[HandlerT], HandlerT]: ...
    def unknown(
        self,
        method: Callable[..., Any] | None = None,
        /,
        *,
        schema: object = None,
        reply: object = None,
        **options: Unpack[EventOptions],
    ) -> Any:
        """Serve the events that nothing else does; ask for ``EventContext`` to know which.

        Without a parameter for the payload, any data is taken and dropped.
        """
        mark = self._mark(EventMark(event=UNKNOWN, schema=schema, reply=reply, **options))
        return mark if method is None else mark(method)

    def _mark(self, mark: EventMark) -> Callable[[HandlerT], HandlerT]:
        def write_down(method: HandlerT) -> HandlerT:
            self._collect(mark, method)
            return method

        return write_down


def _write_on(mark: EventMark, method: Callable[..., Any]) -> None:
    setattr(method, _MARKS, (mark, *marks_of(method)))


on: Final = On()
"""Serve an event with the decorated method of a consumer: ``@on("chat.message", schema=Message)``; see ``On``."""


def marks_of(method: object) -> tuple[EventMark, ...]:
    """Read what ``@on`` wrote down about *method*, in the order written."""
    marks: tuple[EventMark, ...] = getattr(method, _MARKS, ())
    return marks or getattr(getattr(method, "__func__", None), _MARKS, ())
