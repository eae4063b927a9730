"""What one consumer class has declared, collected once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nexws.errors import DuplicateEventError, HandlerSignatureError, SetupError
from nexws.events.arguments import Recognise
from nexws.events.codecs import Codec, make_codec
from nexws.events.marks import EventMark, marks_of
from nexws.events.pushes import Emit
from nexws.events.received import check_flat
from nexws.events.routers import EventRouter
from nexws.events.served import Served
from nexws.events.signatures import Around, Handler, read_handler
from nexws.protocol import Envelope, check_served_name

__all__ = ["Contract", "read_reserved"]


class Contract:
    """The events that a consumer class serves and sends, each in the order written, bases first.

    ``encodings`` are those that its connections may speak, the usual one first.
    """

    def __init__(
        self,
        consumer: str,
        handlers: Mapping[str, Handler],
        emits: Mapping[str, Emit[Any]],
        envelope: Envelope,
        encodings: Sequence[str] = ("json",),
        *,
        reserved: Mapping[str, Handler] | None = None,
        reserved_emits: Mapping[str, Emit[Any]] | None = None,
    ) -> None:
        self.consumer = consumer
        self.handlers = handlers
        self.emits = emits
        self.envelope = envelope
        self.reserved: Mapping[str, Handler] = reserved or {}
        """What serves the protocol's own events."""
        self.reserved_emits: Mapping[str, Emit[Any]] = reserved_emits or {}
        """The pushes of the protocol."""
        self.all_handlers: dict[str, Handler] = {**handlers, **self.reserved}
        self.served: Served[Handler] = Served(self.all_handlers)
        packs_bytes = "msgpack" in encodings
        for event, handler in self.all_handlers.items():
            if packs_bytes or not handler.is_binary:
                check_flat(event, handler.schema, envelope, sent=False)
            if packs_bytes or not handler.writer.is_binary:
                check_flat(event, handler.reply, envelope, sent=True)
        for event, emit in (*emits.items(), *self.reserved_emits.items()):
            if packs_bytes or not emit.writer.is_binary:
                check_flat(event, emit.schema, envelope, sent=True)
        self.codecs: dict[str, Codec] = {
            encoding: make_codec(encoding, self.all_handlers, envelope, consumer=consumer)
            for encoding in encodings
        }

    def declares(self, emit: Emit[Any]) -> bool:
        """Whether the consumer may send *emit*."""
        return (self.emits.get(emit.event) or self.reserved_emits.get(emit.event)) == emit

    @classmethod
    def of(
        cls,
        consumer: type,
        local_names: Mapping[str, Any],
        recognise: Recognise,
        envelope: Envelope,
        encodings: Sequence[str],
        *,
        reserved: Mapping[str, Handler],
        reserved_emits: Mapping[str, Emit[Any]],
    ) -> Contract:
        """Collect the marks of *consumer* and its bases, and the routers that they include.

        An attribute that a subclass defines anew replaces its base's: with marks of its own it serves those,
        without it serves what the base declared, and one that cannot be called serves nothing.

        Raises:
            DuplicateEventError: an event is served, or sent, under two names.
            HandlerSignatureError: a handler asks for what nobody supplies, or contradicts its mark.
            DependencyError: a dependency of a handler cannot be provided.
            SchemaError: a schema is nothing that Pydantic can validate.
            EnvelopeError: a payload cannot stand in the consumer's envelope.
            EncodingError: an encoding cannot be spoken here.
            EventNameError: the prefixes of routers make a name that is none, or reserved.
            SetupError: an attribute that lists something is no list.
        """
        around = Around(
            guards=_collected(consumer, "guards"),
            middleware=_collected(consumer, "event_middleware"),
            errors=_collected(consumer, "errors"),
        )
        handlers: dict[str, Handler] = {}
        for handler in (
            *_own(consumer, local_names, recognise, around),
            *_included(consumer, recognise, around),
        ):
            if handler.event in handlers:
                raise DuplicateEventError(handler.event, handlers[handler.event].where, handler.where)
            handlers[handler.event] = handler
        return cls(
            consumer.__qualname__,
            handlers,
            _emits(consumer),
            envelope,
            encodings,
            reserved=reserved,
            reserved_emits=reserved_emits,
        )


def read_reserved(mark: EventMark, function: Callable[..., Any], recognise: Recognise) -> Handler:
    """Read a handler of the protocol's own; nothing of the application stands around it."""
    return read_handler(mark, function, mark.event, {}, recognise, around=Around())


def _collected(consumer: type, attribute: str) -> tuple[Any, ...]:
    """Collect what a class and its bases list under *attribute*, bases first, each thing once."""
    listed = [(base, vars(base).get(attribute, ())) for base in reversed(consumer.__mro__)]
    for base, several in listed:
        if not isinstance(several, (list, tuple)):
            raise SetupError(f"{base.__qualname__}.{attribute} is no list; write {attribute} = [...]")
    found = (each for _, several in listed for each in several)
    return tuple({id(each): each for each in found}.values())


def _own(
    consumer: type, local_names: Mapping[str, Any], recognise: Recognise, around: Around
) -> Iterator[Handler]:
    marks: dict[str, tuple[EventMark, ...]] = {}
    for base in reversed(consumer.__mro__):
        for name, value in vars(base).items():
            if not isinstance(value, Emit) and (name in marks or marks_of(value)):
                marks[name] = marks_of(value) or marks[name]
    for name, declared in marks.items():
        function, where = getattr(consumer, name), f"{consumer.__qualname__}.{name}"
        for mark in declared if callable(function) else ():
            if not inspect.isfunction(inspect.getattr_static(consumer, name)):
                raise HandlerSignatureError(mark.event, where, "is no method", "write one that takes self")
            yield read_handler(mark, function, where, local_names, recognise, around=around)


def _included(consumer: type, recognise: Recognise, around: Around) -> Iterator[Handler]:
    routers: tuple[EventRouter, ...] = _collected(consumer, "include")
    for routed in (each for router in routers for each in router.events()):
        check_served_name(routed.mark.event)  # prefixes have been put together
        where = f"{routed.function.__module__}.{routed.function.__qualname__}"
        inside = Around(
            guards=(*around.guards, *routed.guards),
            middleware=(*around.middleware, *routed.middleware),
            errors=(*around.errors, *routed.errors),
        )
        yield read_handler(routed.mark, routed.function, where, routed.local_names, recognise, around=inside)


def _emits(consumer: type) -> dict[str, Emit[Any]]:
    declared: dict[str, Emit[Any]] = {}
    for base in reversed(consumer.__mro__):
        found: dict[str, Any] = {name: each for name, each in vars(base).items() if isinstance(each, Emit)}
        declared.update(found)
    routers: tuple[EventRouter, ...] = _collected(consumer, "include")
    by_event: dict[str, Emit[Any]] = {}
    names: dict[str, str] = {}
    own = [(f"{consumer.__qualname__}.{name}", name, emit) for name, emit in declared.items()]
    included = [(repr(router), "", emit) for router in routers for emit in router.pushes()]
    for where, name, emit in (*own, *included):
        if name and vars(consumer).get(name, emit) is not emit:
            continue
        if by_event.setdefault(emit.event, emit) is not emit:
            raise DuplicateEventError(emit.event, names[emit.event], where)
        names[emit.event] = where
    return by_event
