"""The consumer with events: what clients send is validated and routed to decorated methods."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nexios.websockets import WebSocket
from typing_extensions import override

from nexws.consumer.base import WebSocketConsumer
from nexws.consumer.dependencies import recognise
from nexws.consumer.encodings import EVENTS, Encoding
from nexws.consumer.presence import is_presence, presence_of
from nexws.consumer.reserved import RESERVED, RESERVED_PUSHES
from nexws.consumer.route import ConsumerRoute
from nexws.consumer.session import ENCODING_OF, Session
from nexws.errors import (
    EncodingError,
    EventError,
    HandlerSignatureError,
    ParameterError,
    SetupError,
    UndeclaredEventError,
)
from nexws.events import (
    NAME_IS_TAKEN,
    Codec,
    Contract,
    Emit,
    EventMiddleware,
    EventRouter,
    Guard,
    Handler,
    Parameters,
    marks_of,
)
from nexws.protocol import RESERVED_PREFIX, Envelope, Retention
from nexws.runtime import Frame, Limits

__all__ = ["EventConsumer"]


class EventConsumer(WebSocketConsumer):
    """Serves typed events: decorate methods with ``on``, declare what you send with ``emits``.

    A frame is validated in one pass and handed to the method that serves its event. Whatever is wrong with it is
    answered with a failure that names a stable code, and the connection goes on; so is an exception in a
    handler, which is logged and told as ``internal``, without its text.
    """

    encoding: str | None = "json"
    """``"json"`` or ``"msgpack"``; clients may choose, where ``subprotocols`` has ``nexws.json``, ``nexws.msgpack``."""

    envelope: ClassVar[Envelope] = Envelope()
    """How the frames are laid out."""
    include: ClassVar[Sequence[EventRouter]] = ()
    """Routers whose events are served too; those of its bases stay included, as do the following three."""
    guards: ClassVar[Sequence[Guard]] = ()
    """What lets events through, before the guards of routers and events."""
    event_middleware: ClassVar[Sequence[EventMiddleware]] = ()
    """What goes around handlers, outside of the middleware of routers and events."""
    errors: ClassVar[Sequence[type[EventError[Any]]]] = ()
    """Failures that all handlers may answer with."""

    events: ClassVar[Mapping[str, Handler]] = {}
    """The events that the class serves, by name, in the order written, bases first."""
    pushes: ClassVar[Mapping[str, Emit[Any]]] = {}
    """The events that the class sends on its own account, by name."""

    contract: ClassVar[Contract] = Contract("EventConsumer", {}, {}, Envelope())
    """All that the class declares."""
    _contract: ClassVar[Contract | None] = contract
    _encoding: ClassVar[Encoding] = EVENTS

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _check_names(cls)
        unknown = [
            each for each in cls.subprotocols if each.startswith(RESERVED_PREFIX) and each not in ENCODING_OF
        ]
        if unknown:
            allowed = (
                f"{' or '.join(map(repr, ENCODING_OF))}: the others that begin with 'nexws.' are nobody's"
            )
            raise EncodingError(cls.__qualname__, unknown[0], allowed)
        further = (ENCODING_OF[each] for each in cls.subprotocols if each in ENCODING_OF)
        encodings = tuple(dict.fromkeys((str(cls.encoding), *further)))
        contract = cls.contract = cls._contract = Contract.of(
            cls,
            _names_around(cls),
            recognise,
            cls.envelope,
            encodings,
            reserved=RESERVED,
            reserved_emits=_reserved_pushes(cls),
        )
        cls.events, cls.pushes = contract.handlers, contract.emits

    @override
    @classmethod
    def _choose_encoding(cls) -> Encoding:
        if cls.encoding not in ENCODING_OF.values():
            allowed = "'json' or 'msgpack', which events are written in"
            raise EncodingError(cls.__qualname__, cls.encoding, allowed)
        return EVENTS

    @override
    @classmethod
    def as_route(cls, path: str, *, name: str | None = None) -> ConsumerRoute:
        """Serve this class at *path*; ``name`` (the class' name, unless given) is for ``url_for``.

        Raises:
            HandlerSignatureError: a handler asks for a parameter that *path* does not give, or not as that type.
        """
        route = super().as_route(path, name=name)
        for handler in cls.events.values():
            handler.check_path(path, route.converters)
        return route

    @classmethod
    def codec_of(cls, subprotocol: str | None) -> Codec:
        """Give what reads and writes the frames of a connection with this *subprotocol*."""
        codecs = cls.contract.codecs
        return codecs.get(ENCODING_OF.get(subprotocol or "", "")) or next(iter(codecs.values()))

    @override
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Dispatch one frame; override it to see frames before they are read, and call ``super()``."""
        session = self._serving
        dispatcher = session.dispatcher
        assert dispatcher is not None  # event consumers have one
        answer = dispatcher.dispatch(self, websocket, session.connection, data)
        if not (answer is None or isinstance(answer, (str, bytes))):
            answer = await answer
        if answer is not None:
            await session.connection.write(Frame.of(answer))

    @override
    async def broadcast(  # type: ignore[override] # see the base class
        self, payload: Any, group_name: str = "default", save_history: bool = False
    ) -> int:
        """Refuse: an event consumer sends what it declares.

        Raises:
            UndeclaredEventError: always; declare the event with ``emits``.
        """
        raise UndeclaredEventError(type(self).__qualname__, "broadcast")

    @override
    async def send_to(  # type: ignore[override] # see the base class
        self, target: Any, payload: Any
    ) -> int:
        """Refuse: an event consumer sends what it declares.

        Raises:
            UndeclaredEventError: always; declare the event with ``emits``.
        """
        raise UndeclaredEventError(type(self).__qualname__, "send_to")

    @override
    async def join_group(self, group_name: str, *, presence: Any = None) -> None:
        """Become a member of a group; being one already is no error. Membership ends with the connection.

        With *presence*, what others may know, the client is present there: the group is told by ``nexws.presence``,
        once for each user, however many connections that has, and so is the end of the last of them. Joining again
        with another *presence* changes what this connection says of the client; what the group knows, and is told when
        it changes, is what the first of its connections says.

        Raises:
            GroupNameError: the name is not 1 to 255 of ``A-Z a-z 0-9 : _ . -``.
            GroupLimitError: the connection is in ``Limits.groups_per_connection`` groups already.
            PayloadError: *presence* does not fit what ``presence = Presence(Model)`` declares.
            UndeclaredPresenceError: the class declares no ``Presence``.
            ConnectionClosedError: the connection is over, and has left its groups for good.
            LayerError: the layer cannot do that now.
        """
        if presence is None:
            await super().join_group(group_name)
        else:
            await self._serving.enter(group_name, presence)

    async def members(self, group_name: str) -> list[Any]:
        """List who is present in a group, on all nodes, in the order in which they came: what they said of themselves.

        Raises:
            UndeclaredPresenceError: the class declares no ``Presence``; ``group`` lists connections.
            GroupNameError: no group can have that name.
            LayerError: it cannot be read now.
        """
        return await self._serving.present(group_name)

    @property
    def __nexws_sender__(self) -> Session:
        return self._serving

    @property
    def __nexws_presence__(self) -> Session:
        return self._serving

    @classmethod
    def __nexws_retention__(
        cls, emit: Emit[Any], *, save_history: bool | None, limits: Limits | None = None
    ) -> Retention | None:
        wanted = emit.history if save_history is None else save_history
        return cls._retention(save_history=wanted, limits=limits or Limits())


def _reserved_pushes(consumer: type) -> dict[str, Emit[Any]]:
    presence = presence_of(consumer)
    return {**RESERVED_PUSHES, **({} if presence is None else {presence.emit.event: presence.emit})}


def _check_names(consumer: type) -> None:
    """Refuse a handler, a push or parameters that would replace something of the consumer itself.

    Raises:
        HandlerSignatureError: a handler or a push has such a name.
        ParameterError: parameters have.
        SetupError: a ``Presence`` has another name than the one that it is looked for under.
    """
    for base in consumer.__mro__:
        for name, value in vars(base).items() if base not in EventConsumer.__mro__ else ():
            if is_presence(value) and name != "presence":
                raise SetupError(
                    f"{base.__qualname__}.{name} is nothing that join_group() knows of; "
                    f"call it presence: presence = Presence(...)"
                )
            events = [mark.event for mark in marks_of(value)] or (
                [value.event] if isinstance(value, Emit) else []
            )
            if events and hasattr(EventConsumer, name):
                problem = f"has the name of what each consumer has, {name!r}"
                raise HandlerSignatureError(events[0], f"{base.__qualname__}.{name}", problem, "rename it")
            if isinstance(value, Parameters) and hasattr(EventConsumer, name):
                raise ParameterError(f"{base.__qualname__}.{name}", NAME_IS_TAKEN)


def _names_around(consumer: type) -> dict[str, Any]:
    """Collect the names that annotations in the class' body may mean: of the functions around it, and its own."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name in ("_names_around", "__init_subclass__"):
        frame = frame.f_back
    around = frame.f_locals if frame is not None and frame.f_locals is not frame.f_globals else {}
    return {**around, **vars(consumer)}
