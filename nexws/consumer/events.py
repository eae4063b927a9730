"""The consumer with events: what clients send is validated and routed to decorated methods."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from nexios.websockets import WebSocket
from typing_extensions import override

from nexws.consumer.base import WebSocketConsumer
from nexws.consumer.dependencies import recognise
from nexws.consumer.encodings import EVENTS, Encoding
from nexws.consumer.route import ConsumerRoute
from nexws.errors import EncodingError, UndeclaredEventError
from nexws.events import Contract, Emit, Handler
from nexws.runtime import Frame

__all__ = ["EventConsumer"]


class EventConsumer(WebSocketConsumer):
    """Serves typed events: decorate methods with ``on``, declare what you send with ``emits``.

    A frame is validated in one pass and handed to the method that serves its event. Whatever is wrong with it is
    answered with a failure that names a stable code, and the connection goes on; so is an exception in a
    handler, which is logged and told as ``internal``, without its text.
    """

    encoding = "json"

    events: ClassVar[Mapping[str, Handler]] = {}
    """The events that the class serves, by name, in the order written, bases first."""
    pushes: ClassVar[Mapping[str, Emit[Any]]] = {}
    """The events that the class sends on its own account, by name."""

    _contract: ClassVar[Contract | None] = Contract({}, {})
    _encoding: ClassVar[Encoding] = EVENTS

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        contract = cls._contract = Contract.of(cls, _names_around(cls), recognise)
        cls.events, cls.pushes = contract.handlers, contract.emits

    @override
    @classmethod
    def _choose_encoding(cls) -> Encoding:
        if cls.encoding != "json":
            raise EncodingError(cls.__qualname__, cls.encoding, "'json': events are JSON text frames")
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

    @override
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Dispatch one frame; override it to see frames before they are read, and call ``super()``."""
        session = self._serving
        dispatcher = session.service.dispatcher
        assert dispatcher is not None
        answer = await dispatcher.dispatch(self, websocket, session.connection, data)
        if answer is not None:
            await session.connection.write(Frame.text(answer))

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

    # -- how a declared push leaves (the Sender protocol of nexws.events)

    async def push(self, frame: str) -> None:
        """Send a written push to this client; use ``self.<emit>.send``."""
        await self._serving.connection.write(Frame.text(frame))

    async def push_to_group(self, frame: str, group: str, *, exclude_self: bool, save_history: bool) -> int:
        """Send a written push to a group; use ``self.<emit>.broadcast``."""
        exclude = self._serving.connection if exclude_self else None
        return self._publish(Frame.text(frame), group, exclude=exclude, save_history=save_history)

    async def push_to(self, frame: str, target: object) -> int:
        """Send a written push to a connection or a user; use ``self.<emit>.send_to``."""
        return self._serving.hub.send_to(target, Frame.text(frame))


def _names_around(consumer: type) -> dict[str, Any]:
    """Collect the names that annotations in the class' body may mean: of the functions around it, and its own."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name in ("_names_around", "__init_subclass__"):
        frame = frame.f_back
    around = frame.f_locals if frame is not None and frame.f_locals is not frame.f_globals else {}
    return {**around, **vars(consumer)}
