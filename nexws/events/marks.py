"""``@on``: which method serves which event."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Protocol, TypeVar, overload

from typing_extensions import ParamSpec

from nexws.protocol import check_event_name

__all__ = ["EventMark", "marks_of", "on"]

_MARKS: Final = "__nexws_events__"

P = ParamSpec("P")
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
InT = TypeVar("InT")
OutT = TypeVar("OutT")
ReturnT = TypeVar("ReturnT")
SelfT = TypeVar("SelfT")
SocketT = TypeVar("SocketT")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """What ``@on`` wrote down about a method."""

    event: str
    schema: object = None
    reply: object = None


class _TakesAndReplies(Protocol[InT, OutT]):
    """Marks handlers that take ``InT`` (behind the socket, if they ask for it) and return ``OutT``."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, OutT]], /
    ) -> Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, OutT]]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, OutT]], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, OutT]]: ...


class _Takes(Protocol[InT]):
    """Marks handlers that take ``InT``, behind the socket if they ask for it."""

    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, ReturnT]], /
    ) -> Callable[Concatenate[SelfT, InT, P], Coroutine[Any, Any, ReturnT]]: ...
    @overload
    def __call__(
        self, method: Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, ReturnT]], /
    ) -> Callable[Concatenate[SelfT, SocketT, InT, P], Coroutine[Any, Any, ReturnT]]: ...


class _Replies(Protocol[OutT]):
    """Marks handlers that return ``OutT``."""

    def __call__(
        self, method: Callable[P, Coroutine[Any, Any, OutT]], /
    ) -> Callable[P, Coroutine[Any, Any, OutT]]: ...


@overload
def on(event: str, /, *, schema: type[InT], reply: type[OutT]) -> _TakesAndReplies[InT, OutT]: ...
@overload
def on(event: str, /, *, schema: type[InT]) -> _Takes[InT]: ...
@overload
def on(event: str, /, *, reply: type[OutT]) -> _Replies[OutT]: ...
@overload
def on(event: str, /) -> Callable[[HandlerT], HandlerT]: ...
def on(event: str, /, *, schema: object = None, reply: object = None) -> Any:
    """Serve *event* with the decorated method, which is returned unchanged.

    ``schema`` is the payload's type, anything that Pydantic can validate; left out, it is read from the first
    annotated parameter that nothing else supplies, and no such parameter means an event without data. ``reply``
    is the type of the answer; left out, it is read from the return annotation. Where both the argument and the
    annotation are given they must agree: type checkers see it, and the class cannot be made otherwise.

    A handler runs with its payload validated, one event of a connection after the other, in the order in which
    the client sent them. It is cancelled when the client leaves. An event that carries a ``ref`` is answered
    exactly once: with the reply, with an empty reply where none is declared, or with a failure.

    Raises:
        EventNameError: *event* is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``, or begins with ``nexws.``.
    """
    check_event_name(event)
    mark = EventMark(event=event, schema=schema, reply=reply)

    def write_down(method: HandlerT) -> HandlerT:
        setattr(method, _MARKS, (mark, *marks_of(method)))
        return method

    return write_down


def marks_of(method: object) -> tuple[EventMark, ...]:
    """Read what ``@on`` wrote down about *method*, in the order written."""
    marks: tuple[EventMark, ...] = getattr(method, _MARKS, ())
    return marks
