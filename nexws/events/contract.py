"""What one consumer class has declared, collected once."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from nexws.errors import DuplicateEventError, HandlerSignatureError
from nexws.events.arguments import Recognise
from nexws.events.marks import EventMark, marks_of
from nexws.events.pushes import Emit
from nexws.events.reading import FrameReader, build_validator
from nexws.events.signatures import Handler, read_handler

__all__ = ["Contract"]


class Contract:
    """The events that a consumer class serves and sends, each in the order written, bases first.

    ``validate`` reads the text of a frame in one pass.
    """

    def __init__(self, handlers: Mapping[str, Handler], emits: Mapping[str, Emit[Any]]) -> None:
        self.handlers, self.emits = handlers, emits
        self.validate = build_validator({event: each.schema for event, each in handlers.items()})

    def reader(self, *, frame_bytes: int, depth: int) -> FrameReader:
        """Make a reader of the frames that clients send, within these limits."""
        return FrameReader(self.validate, frame_bytes=frame_bytes, depth=depth)

    @classmethod
    def of(cls, consumer: type, local_names: Mapping[str, Any], recognise: Recognise) -> Contract:
        """Collect the marks of *consumer* and its bases.

        An attribute that a subclass defines anew replaces its base's: with marks of its own it serves those,
        without it serves what the base declared, and one that cannot be called serves nothing.

        Raises:
            DuplicateEventError: an event is served, or sent, under two names.
            HandlerSignatureError: a handler asks for what nobody supplies, or contradicts its mark.
            DependencyError: a dependency of a handler cannot be provided.
            SchemaError: a schema is nothing that Pydantic can validate.
        """
        marks: dict[str, tuple[EventMark, ...]] = {}
        emits: dict[str, Emit[Any]] = {}
        for base in reversed(consumer.__mro__):
            for name, value in vars(base).items():
                if isinstance(value, Emit):
                    emits[name] = value
                elif name in marks or marks_of(value):
                    marks[name] = marks_of(value) or marks[name]
        handlers: dict[str, Handler] = {}
        for name, declared in marks.items():
            function, where = getattr(consumer, name), f"{consumer.__qualname__}.{name}"
            for mark in declared if callable(function) else ():
                if not inspect.isfunction(inspect.getattr_static(consumer, name)):
                    raise HandlerSignatureError(
                        mark.event, where, "is no method", "write one that takes self"
                    )
                handler = read_handler(mark, function, where, local_names, recognise)
                if mark.event in handlers:
                    raise DuplicateEventError(mark.event, handlers[mark.event].where, handler.where)
                handlers[mark.event] = handler
        return cls(handlers, _by_event(consumer, emits))


def _by_event(consumer: type, emits: Mapping[str, Emit[Any]]) -> dict[str, Emit[Any]]:
    found: dict[str, Emit[Any]] = {}
    names: dict[str, str] = {}
    for name, emit in emits.items():
        if vars(consumer).get(name, emit) is not emit:
            continue
        where = f"{consumer.__qualname__}.{name}"
        if emit.event in found:
            raise DuplicateEventError(emit.event, names[emit.event], where)
        found[emit.event], names[emit.event] = emit, where
    return found
