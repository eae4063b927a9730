"""The consumer without events: nexios' class with every promise kept."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nexios.websockets import WebSocket
from nexios.websockets import WebSocketConsumer as NexiosConsumer
from typing_extensions import override

from nexws.consumer.encodings import ENCODINGS, Encoding
from nexws.consumer.history import History
from nexws.consumer.registry import Registry
from nexws.consumer.route import ConsumerRoute
from nexws.consumer.session import Session
from nexws.consumer.socket import Channel, take_over
from nexws.errors import EncodingError, NotServingError, ParameterError
from nexws.events import NAME_IS_TAKEN, Contract, Parameters, parameters_of
from nexws.protocol import Retention
from nexws.runtime import Limits, Message

__all__ = ["WebSocketConsumer"]


class WebSocketConsumer(NexiosConsumer):
    """Serves one client: override ``on_connect``, ``on_receive`` and ``on_disconnect``.

    Each connection has an instance of its own. Hooks run one after the other, in the order of the frames, and are
    cancelled when the client leaves. An exception in a hook is logged and closes the connection with 1011, once.

    Groups, history and users belong to the class and the application: two applications in one process, or two
    classes in one application, do not meet.
    """

    encoding: str | None = None
    """What frames hold: ``"json"``, ``"text"``, ``"bytes"``, or ``None`` for text and bytes as they come."""

    middleware: list[Any] = []  # noqa: RUF012 - as nexios declares it
    """ASGI middleware around the connection, the first outermost: what takes an app and is one."""

    expires: ClassVar[float | None] = None
    """Seconds without a frame in either direction after which the connection is closed (1001); ``None``: never."""

    subprotocols: ClassVar[Sequence[str]] = ()
    """The subprotocols that it speaks, the best first; one that the client offers is chosen (RFC 6455 section 1.9)."""

    namespace: ClassVar[str | None] = None
    """What its groups belong to, on all nodes and in all versions; the module and name of the class, unless given."""

    history: ClassVar[History] = History(keep=False)
    """What is kept of its broadcasts: those that say so, unless a class has a ``History`` of its own."""

    channel: Any = None
    """This connection's ``Channel``."""
    websocket: WebSocket

    _contract: ClassVar[Contract | None] = None
    _encoding: ClassVar[Encoding] = ENCODINGS[None]
    _parameters: ClassVar[Mapping[str, Parameters[Any]]] = {}
    _session: Session | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._encoding = cls._choose_encoding()
        cls._parameters = parameters_of(cls)
        taken = {
            *dir(WebSocketConsumer),
            *inspect.get_annotations(WebSocketConsumer),
        } & cls._parameters.keys()
        if taken:
            raise ParameterError(f"{cls.__qualname__}.{min(taken)}", NAME_IS_TAKEN)

    @classmethod
    def _choose_encoding(cls) -> Encoding:
        try:
            return ENCODINGS[cls.encoding]
        except (KeyError, TypeError):
            raise EncodingError(cls.__qualname__, cls.encoding, "'json', 'text', 'bytes' or None") from None

    @override
    @classmethod
    def as_route(cls, path: str, *, name: str | None = None) -> ConsumerRoute:
        """Serve this class at *path*; ``name`` (the class' name, unless given) is for ``url_for``."""
        return ConsumerRoute(path, cls, name=name)

    @override
    async def __call__(self, ws: WebSocket) -> None:
        """Serve the client of *ws* until it leaves; nothing outlives this call."""
        registry = Registry.of(ws.scope)
        service = registry.service(type(self), self.namespace_of(), self._contract, self._encoding)
        await registry.node.start()
        connection = take_over(ws, registry.settings, type(self).__qualname__, service)
        connection.expires = self.expires
        self.websocket, self.channel = ws, Channel(ws, connection, self._encoding)
        self._session = Session(
            self,
            connection,
            self._encoding,
            service,
            registry.settings,
            contract=self._contract,
            parameters=self._parameters,
            subprotocols=self.subprotocols,
            decodes=type(self).decode is not WebSocketConsumer.decode,
        )
        await connection.serve(self._session)

    # -- hooks

    @override
    async def on_connect(self, websocket: WebSocket) -> None:
        """Decide about a client: accept it, or refuse it by closing, or by raising, before that.

        A refused client gets an HTTP response of 403, or of the status of a nexios ``HTTPException``, where a server
        can send one. ``on_disconnect`` is not called for it.
        """
        await websocket.accept()

    @override
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Take one frame, decoded as ``encoding`` says."""

    @override
    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Clean up: runs once for each accepted client, however the connection ended, for 5 seconds at most.

        The connection has left its groups by then.
        """

    @override
    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Turn an ASGI message into what ``on_receive`` gets."""
        return self._encoding.read(message, self._serving.connection.limits)

    # -- what a hook may do

    @property
    def user(self) -> Any:
        """The user that authentication or a middleware has put into ``scope["user"]``; ``None`` without one."""
        return self.websocket.scope.get("user")

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was chosen when the client was accepted; ``None`` without one."""
        return self._serving.subprotocol

    @override
    async def join_group(self, group_name: str) -> None:
        """Become a member of a group; being one already is no error. Membership ends with the connection.

        Raises:
            GroupNameError: the name is not 1 to 255 of ``A-Z a-z 0-9 : _ . -``.
            GroupLimitError: the connection is in ``Limits.groups_per_connection`` groups already.
            ConnectionClosedError: the connection is over, and has left its groups for good.
            LayerError: the layer cannot do that now.
        """
        await self._serving.join(group_name)

    @override
    async def leave_group(self, group_name: str) -> None:
        """End the membership in a group; being no member is no error.

        Raises:
            LayerError: the group cannot be told now that the client is present no more; the membership has ended.
        """
        await self._serving.leave(group_name)

    @override
    async def group(self, group_name: str) -> list[Any]:
        """List the channels in a group, in the order in which they joined."""
        members = self._serving.hub.members(group_name)
        return [
            each.application.consumer.channel for each in members if isinstance(each.application, Session)
        ]

    @override
    async def broadcast(  # type: ignore[override] # tells more than nexios' None
        self, payload: Any, group_name: str = "default", save_history: bool | None = None
    ) -> int:
        """Send *payload* to all members of a group; tells how many connections took it.

        Where the channel layer spans several nodes, it tells how many of those have it: 0 means nobody. Encoded once.
        Waits for no socket, and fails because of no recipient: one whose outbox is full, or whose socket does not
        take a frame within ``Limits.send_timeout``, is closed with 4008. ``save_history`` keeps the payload for
        ``history``, or not; left out, the class decides.

        Raises:
            PayloadError: *payload* cannot be sent in this consumer's encoding.
            GroupNameError: no group can have that name.
            LayerError: it is not known to be published.
        """
        session = self._serving
        publication = session.publication_of(self._encoding.write(payload))
        retention = self._retention(save_history=save_history, limits=session.connection.limits)
        return await session.hub.publish(group_name, publication, retention=retention)

    @override
    async def send_to(  # type: ignore[override] # tells more than nexios' None, and takes more
        self, target: uuid.UUID | str | int, payload: Any
    ) -> int:
        """Send *payload* to a connection (its channel's uuid, as object or text) or to a user (its id).

        All connections of the user get it, on all nodes. Tells how many took it: 0 where there is no such connection
        or user. A user's id is the ``identity`` or ``id`` of ``scope["user"]`` (or its ``"id"``, or the text or
        number itself).

        Raises:
            PayloadError: *payload* cannot be sent in this consumer's encoding.
            LayerError: it is not known to be published.
        """
        session = self._serving
        return await session.service.node.send_to(
            target, session.publication_of(self._encoding.write(payload))
        )

    @property
    def __nexws_history__(self) -> Session:
        return self._serving

    # -- inside

    @classmethod
    def namespace_of(cls) -> str:
        """Give the name under which all nodes know the class."""
        return cls.namespace or f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def _retention(cls, *, save_history: bool | None, limits: Limits) -> Retention | None:
        keep = cls.history.keep if save_history is None else save_history
        return cls.history.retention(limits) if keep else None

    @property
    def _serving(self) -> Session:
        if self._session is None:
            raise NotServingError(type(self).__qualname__)
        return self._session
