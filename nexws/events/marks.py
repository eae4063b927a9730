"""``@on``: which method serves which event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Protocol, TypeAlias, TypeVar, overload

from typing_extensions import ParamSpec

from nexws.protocol import check_event_name

__all__ = ["EventMark", "marks_of", "on"]

_MARKS: Final = "__nexws_events__"

P = ParamSpec("P")
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
InT = TypeVar("InT")
OutT = TypeVar("OutT")
ResultT = TypeVar("ResultT")
AnyT = TypeVar("AnyT")
SelfT = TypeVar("SelfT")
SocketT = TypeVar("SocketT")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """What ``@on`` wrote down about a method."""

    event: str
    schema: object = None
    reply: object = None
    stream: object = None


class _TakesAndGives(Protocol[InT, ResultT]):
    """Marks handlers that take ``InT`` (behind the socket, if they ask for it) and give ``ResultT``."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], ResultT], /
    ) -> Callable[Concatenate[SelfT, InT, P], ResultT]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], ResultT], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], ResultT]: ...


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


class _Gives(Protocol[ResultT]):
    """Marks handlers that take anything and give ``ResultT``."""

    def __call__(self, method: Callable[P, ResultT], /) -> Callable[P, ResultT]: ...


_Reply: TypeAlias = Coroutine[Any, Any, OutT]


@overload
def on(event: str, /, *, schema: type[InT], reply: type[OutT]) -> _TakesAndGives[InT, _Reply[OutT]]: ...
@overload
def on(
    event: str, /, *, schema: type[InT], stream: type[OutT]
) -> _TakesAndGives[InT, AsyncIterator[OutT]]: ...
@overload
def on(event: str, /, *, schema: type[InT]) -> _Takes[InT]: ...
@overload
def on(event: str, /, *, reply: type[OutT]) -> _Gives[_Reply[OutT]]: ...
@overload
def on(event: str, /, *, stream: type[OutT]) -> _Gives[AsyncIterator[OutT]]: ...
@overload
def on(event: str, /) -> Callable[[HandlerT], HandlerT]: ...
def on(event: str, /, *, schema: object = None, reply: object = None, stream: object = None) -> Any:
    """Serve *event* with the decorated method, which is returned unchanged.

    ``schema`` is the payload's type, anything that Pydantic can validate; left out, it is read from the first
    annotated parameter that nothing else supplies, and no such parameter means an event without data. ``reply``
    is the type of the answer; left out, it is read from the return annotation. Where both the argument and the
    annotation are given they must agree: type checkers see it, and the class cannot be made otherwise.

    Beside the payload a handler may ask for the socket (annotated ``WebSocket``, or called ``websocket``), the event
    (annotated ``EventContext``), parameters of the path (by name) and nexios' ``Depend(...)``.

    A handler runs with its payload validated, one event of a connection after the other, in the order in which
    the client sent them. It is cancelled when the client leaves. An event that carries a ``ref`` is answered
    exactly once: with the reply, with an empty reply where none is declared, or with a failure.

    A method that yields serves a stream of answers of type ``stream`` (or as annotated, ``AsyncIterator[...]``). It
    runs beside the events that follow, is asked for an item only when the client's socket has taken the one before,
    and ends with ``done``, or with a failure; the client may end it with ``nexws.cancel``. The event needs a ``ref``.

    Raises:
        EventNameError: *event* is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``, or begins with ``nexws.``.
    """
    check_event_name(event)
    mark = EventMark(event=event, schema=schema, reply=reply, stream=stream)

    def write_down(method: HandlerT) -> HandlerT:
        setattr(method, _MARKS, (mark, *marks_of(method)))
        return method

    return write_down


def marks_of(method: object) -> tuple[EventMark, ...]:
    """Read what ``@on`` wrote down about *method*, in the order written."""
    marks: tuple[EventMark, ...] = getattr(method, _MARKS, ())
    return marks
