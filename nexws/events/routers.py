"""Events as plain functions, put together in routers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from nexws.errors import EventError, RouterError
from nexws.events.guards import EventMiddleware, Guard
from nexws.events.marks import EventMark, On
from nexws.events.pushes import Emit, EmitOptions
from nexws.protocol import UNKNOWN, is_event_name

__all__ = ["EventRouter", "Routed"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """One function of a router, with what the routers around it add."""

    mark: EventMark
    function: Callable[..., Any]
    local_names: Mapping[str, Any]
    guards: tuple[Guard, ...]
    middleware: tuple[EventMiddleware, ...]
    errors: tuple[type[EventError[Any]], ...]


class EventRouter:
    """Holds events that are served by plain functions ``(consumer, data)``, for consumers to include.

    A consumer serves them with ``include = [router]``; a router may include others, whose prefixes, guards and
    middleware then stand behind its own. What a consumer has included cannot grow any more.

    Args:
        prefix: what the names of all its events begin with, as ``"chat."``.
        include: routers whose events are also its own, below its prefix.
        guards: what lets its events through, behind the consumer's.
        middleware: what goes around its handlers, inside of the consumer's.
        errors: failures that all its handlers may answer with.

    Raises:
        RouterError: the prefix cannot begin an event's name.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        include: Sequence[EventRouter] = (),
        guards: Sequence[Guard] = (),
        middleware: Sequence[EventMiddleware] = (),
        errors: Sequence[type[EventError[Any]]] = (),
    ) -> None:
        if prefix and not is_event_name(prefix):
            raise RouterError(prefix, "has a prefix that no name begins with; write A-Z a-z 0-9 _ . : -")
        self.prefix: Final = prefix
        self._include, self._guards, self._middleware = tuple(include), tuple(guards), tuple(middleware)
        self._errors = tuple(errors)
        self._marks: list[tuple[EventMark, Callable[..., Any], Mapping[str, Any]]] = []
        self._emits: list[Emit[Any]] = []
        self._is_included = False
        self.on: Final = On(prefix, self._collect)
        """As ``nexws.on``, for functions ``(consumer, data)``; the prefix is put before the name."""

    @overload
    def emits(self, event: str, schema: None = None, /, **options: Unpack[EmitOptions]) -> Emit[None]: ...
    @overload
    def emits(self, event: str, schema: TypeForm[T], /, **options: Unpack[EmitOptions]) -> Emit[T]: ...
    def emits(self, event: str, schema: object = None, /, **options: Unpack[EmitOptions]) -> Emit[Any]:
        """Declare a push of the consumers that include this; ``posted.bind(consumer)`` sends it.

        Its name is given whole: it is written down before any router includes this one.

        Raises:
            EventNameError: as ``nexws.emits``.
            RouterError: a consumer has included this router already.
        """
        self._check_open()
        emit: Emit[Any] = Emit(event, schema, **options)
        self._emits.append(emit)
        return emit

    def events(self) -> Iterator[Routed]:
        """Go through its events, in the order written, those of the routers that it includes behind its own."""
        self._is_included = True
        for mark, function, local_names in self._marks:
            yield Routed(
                mark=mark,
                function=function,
                local_names=local_names,
                guards=self._guards,
                middleware=self._middleware,
                errors=self._errors,
            )
        for router in self._include:
            for each in router.events():
                yield Routed(
                    mark=replace(each.mark, event=self.prefix + each.mark.event),
                    function=each.function,
                    local_names=each.local_names,
                    guards=(*self._guards, *each.guards),
                    middleware=(*self._middleware, *each.middleware),
                    errors=(*self._errors, *each.errors),
                )

    def pushes(self) -> Iterator[Emit[Any]]:
        """Go through the pushes that it, and what it includes, declares."""
        self._is_included = True
        yield from self._emits
        for router in self._include:
            yield from router.pushes()

    def __repr__(self) -> str:
        return f"EventRouter(prefix={self.prefix!r})"

    def _collect(self, mark: EventMark, function: Callable[..., Any]) -> None:
        self._check_open()
        if mark.event == UNKNOWN:
            raise RouterError(
                self.prefix, "cannot serve what is unknown to all; write a family, as on('chat.*')"
            )
        self._marks.append((mark, function, _names_around()))

    def _check_open(self) -> None:
        if self._is_included:
            raise RouterError(
                self.prefix, "is included already; declare its events before the consumer's class"
            )


def _names_around() -> Mapping[str, Any]:
    """Collect the names that annotations of a router's function may mean: those of the function around it."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    return {} if frame is None or frame.f_locals is frame.f_globals else dict(frame.f_locals)
