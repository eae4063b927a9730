"""The consumer without events: nexios' class with every promise kept."""

from __future__ import annotations

import uuid
from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar, cast

from nexios.exceptions import HTTPException, WebSocketException
from nexios.websockets import WebSocket, WebSocketDisconnect
from nexios.websockets import WebSocketConsumer as NexiosConsumer
from nexios.websockets.base import WebSocketState
from typing_extensions import override

from nexws.consumer.encodings import ENCODINGS, Encoding
from nexws.consumer.registry import Authenticate, Registry, Service
from nexws.consumer.route import ConsumerRoute
from nexws.consumer.socket import Channel, take_over
from nexws.errors import ConnectionClosedError, EncodingError, NotAcceptedError, NotServingError
from nexws.events import Contract
from nexws.protocol import CloseCode, check_group_name
from nexws.runtime import CloseRequested, Connection, Frame, HistoryEntry, Hub, Message, State

__all__ = ["Session", "WebSocketConsumer"]


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

    channel: Any = None
    """This connection's ``Channel``."""
    websocket: WebSocket

    _contract: ClassVar[Contract | None] = None
    _encoding: ClassVar[Encoding] = ENCODINGS[None]
    _session: Session | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._encoding = cls._choose_encoding()

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
        connection = take_over(ws, registry.limits)
        connection.expires = self.expires
        self.websocket, self.channel = ws, Channel(ws, connection, self._encoding)
        service = registry.service(type(self), self._contract)
        self._session = Session(self, connection, self._encoding, service, registry.authenticate)
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

    @override
    async def join_group(self, group_name: str) -> None:
        """Become a member of a group; being one already is no error. Membership ends with the connection.

        Raises:
            GroupNameError: the name is not 1 to 255 of ``A-Z a-z 0-9 : _ . -``.
            GroupLimitError: the connection is in ``Limits.groups_per_connection`` groups already.
        """
        self._serving.hub.join(self._serving.connection, group_name)

    @override
    async def leave_group(self, group_name: str) -> None:
        """End the membership in a group; being no member is no error."""
        self._serving.hub.leave(self._serving.connection, group_name)

    @override
    async def group(self, group_name: str) -> list[Any]:
        """List the channels in a group, in the order in which they joined."""
        members = self._serving.hub.members(group_name)
        return [
            each.application.consumer.channel for each in members if isinstance(each.application, Session)
        ]

    @override
    async def broadcast(  # type: ignore[override] # tells more than nexios' None
        self, payload: Any, group_name: str = "default", save_history: bool = False
    ) -> int:
        """Send *payload* to all members of a group; tells how many connections took it.

        Encoded once. Waits for no socket, and fails because of no recipient: one whose outbox is full, or whose socket
        does not take a frame within ``Limits.send_timeout``, is closed with 4008. ``save_history`` keeps the payload
        for ``history``.

        Raises:
            PayloadError: *payload* cannot be sent in this consumer's encoding.
            GroupNameError: no group can have that name.
        """
        frame = self._encoding.write(payload)
        return self._serving.publish(frame, group_name, save_history=save_history)

    @override
    async def send_to(  # type: ignore[override] # tells more than nexios' None, and takes more
        self, target: uuid.UUID | str | int, payload: Any
    ) -> int:
        """Send *payload* to a connection (its channel's uuid, as object or text) or to a user (its id).

        All connections of the user get it. Tells how many took it: 0 where there is no such connection or user.
        A user's id is the ``identity`` or ``id`` of ``scope["user"]`` (or its ``"id"``, or the text or number itself).

        Raises:
            PayloadError: *payload* cannot be sent in this consumer's encoding.
        """
        return self._serving.hub.send_to(target, self._encoding.write(payload))

    async def history(self, group_name: str = "default", *, limit: int | None = None) -> list[HistoryEntry]:
        """List what was broadcast to a group with ``save_history``, oldest first: the newest *limit* that are kept.

        Kept are at most ``Limits.history_events`` and ``history_bytes`` for ``history_seconds``.
        """
        check_group_name(group_name)
        return self._serving.hub.history.read(group_name, limit)

    # -- inside

    @property
    def _serving(self) -> Session:
        if self._session is None:
            raise NotServingError(type(self).__qualname__)
        return self._session


class Session:
    """Between a connection, which knows no framework, and the hooks of one consumer."""

    __slots__ = ("_authenticate", "_decodes", "_encoding", "connection", "consumer", "service")

    def __init__(
        self,
        consumer: WebSocketConsumer,
        connection: Connection,
        encoding: Encoding,
        service: Service,
        authenticate: Authenticate | None,
    ) -> None:
        self.consumer, self.connection, self.service = consumer, connection, service
        self._encoding, self._authenticate = encoding, authenticate
        self._decodes = type(consumer).decode is not WebSocketConsumer.decode

    @property
    def hub(self) -> Hub:
        """Who else is connected to this consumer."""
        return self.service.hub

    def publish(
        self, frame: Frame, group: str, *, exclude: Connection | None = None, save_history: bool = False
    ) -> int:
        """Send *frame* to a group, and keep it if wanted; tells how many connections took it."""
        reached = self.hub.publish(group, frame, exclude=exclude)
        if save_history:
            self.hub.history.keep(group, frame, is_json=self._encoding.payload_type == "json")
        return reached

    # -- the pushes of an event consumer

    async def push(self, frame: str) -> None:
        """Send a written push to this client."""
        await self.connection.write(Frame.text(frame))

    async def push_to_group(self, frame: str, group: str, *, exclude_self: bool, save_history: bool) -> int:
        """Send a written push to a group."""
        exclude = self.connection if exclude_self else None
        return self.publish(Frame.text(frame), group, exclude=exclude, save_history=save_history)

    async def push_to(self, frame: str, target: object) -> int:
        """Send a written push to a connection or a user."""
        return self.hub.send_to(target, Frame.text(frame))

    # -- the life of the connection

    def accepted(self) -> None:
        """The client can be reached from now on."""
        self.hub.add(self.connection)
        self._identify()

    async def connected(self) -> None:
        """Authenticate the client and let the consumer decide."""
        websocket = self.consumer.websocket
        if self._authenticate is not None:
            await self._translated(self._authenticate(websocket))
        await self._translated(self.consumer.on_connect(websocket))
        if self.connection.state is State.CONNECTING:
            raise NotAcceptedError(type(self.consumer).__qualname__)
        self._identify()

    async def received(self, message: Message) -> None:
        """Hand one frame to the consumer."""
        consumer = self.consumer
        if self._decodes:
            data = await self._translated(consumer.decode(consumer.websocket, message))
        else:
            data = self._encoding.read(message, self.connection.limits)
        try:
            await consumer.on_receive(consumer.websocket, data)
        except _FRAMEWORKS_OWN as error:
            raise _translate(error) from error

    async def disconnected(self, code: int) -> None:
        """Leave everything, then tell the consumer."""
        self.hub.remove(self.connection)
        self.consumer.websocket.client_state = WebSocketState.DISCONNECTED
        await self._translated(self.consumer.on_disconnect(self.consumer.websocket, code))

    def report(self, where: str, error: Exception) -> None:
        """Log what a hook raised, with where it did."""
        name = f"{type(self.consumer).__qualname__}.{where}"
        self.consumer.logger.error("%s failed, connection %s", name, self.connection.id, exc_info=error)

    def _identify(self) -> None:
        if self.connection.state is State.OPEN:
            self.hub.identify(self.connection, _user_id(self.consumer.user))

    async def _translated(self, hook: Coroutine[Any, Any, Any] | Any) -> Any:
        try:
            return await hook
        except _FRAMEWORKS_OWN as error:
            raise _translate(error) from error


_FRAMEWORKS_OWN = (WebSocketDisconnect, WebSocketException, HTTPException)


def _translate(error: Exception) -> Exception:
    """Say in nexws' words what nexios' exceptions ask for."""
    if isinstance(error, WebSocketDisconnect):
        return ConnectionClosedError(error.code)
    if isinstance(error, WebSocketException):
        return CloseRequested(error.code, error.reason)
    if isinstance(error, HTTPException):
        return CloseRequested(CloseCode.POLICY_VIOLATION, str(error.detail), status=error.status_code)
    return error


def _user_id(user: Any) -> str | None:
    """Find the id that ``send_to`` knows a user by."""
    if isinstance(user, Mapping):
        found = cast("Mapping[str, Any]", user).get("id")
    elif isinstance(user, (str, int, uuid.UUID)):
        found = user
    else:
        found = getattr(user, "identity", None) or getattr(user, "id", None)
    return None if found is None or found == "" else str(found)
