"""Between a connection, which knows no framework, and the hooks of one consumer."""

from __future__ import annotations

import uuid
from collections.abc import Coroutine, Mapping, MutableMapping, Sequence
from time import time
from typing import Any, Final, TypeVar, cast

from nexios.exceptions import HTTPException, WebSocketException
from nexios.websockets import WebSocketConsumer, WebSocketDisconnect
from nexios.websockets.base import WebSocketState

from nexws.consumer.encodings import Encoding
from nexws.consumer.handshake import read_handshake
from nexws.consumer.history import position_of
from nexws.consumer.presence import Presence, presence_of
from nexws.consumer.registry import Service, Settings
from nexws.consumer.resuming import ResumedGroups, ResumeGroups, resume
from nexws.errors import ConnectionClosedError, NotAcceptedError, UndeclaredEventError
from nexws.events import Contract, Emit, Parameters
from nexws.protocol import (
    NO_DATA,
    PING_EVENT,
    PONG_EVENT,
    PRESENCE_EVENT,
    CloseCode,
    Failure,
    Position,
    Publication,
    Ref,
    check_group_name,
)
from nexws.runtime import (
    DROPPED,
    CloseRequested,
    Connection,
    ConnectionClosed,
    ConnectionOpened,
    Dispatcher,
    Dropped,
    Frame,
    HistoryEntry,
    Hub,
    Message,
    State,
)

__all__ = ["ENCODING_OF", "Session"]

T = TypeVar("T")

ENCODING_OF: Final[Mapping[str, str]] = {"nexws.json": "json", "nexws.msgpack": "msgpack"}
"""The subprotocols with which a client chooses the encoding of events."""

_LONGEST_PING: Final = 512  # with a ref and a traceparent
_PING: Final[Mapping[type, Any]] = {str: PING_EVENT, bytes: PING_EVENT.encode()}

_FRAMEWORKS_OWN = (WebSocketDisconnect, WebSocketException, HTTPException)


class Session:
    """One connection of one consumer."""

    __slots__ = (
        "_contract",
        "_decodes",
        "_encoding",
        "_parameters",
        "_present_as",
        "_settings",
        "_subprotocols",
        "connection",
        "consumer",
        "dispatcher",
        "service",
        "subprotocol",
    )

    def __init__(
        self,
        consumer: WebSocketConsumer,
        connection: Connection,
        encoding: Encoding,
        service: Service,
        settings: Settings,
        *,
        contract: Contract | None,
        parameters: Mapping[str, Parameters[Any]],
        subprotocols: Sequence[str],
        decodes: bool,
    ) -> None:
        self.consumer: WebSocketConsumer = consumer
        self.connection: Connection = connection
        self.service: Service = service
        self._encoding, self._settings, self._contract = encoding, settings, contract
        self._parameters, self._subprotocols, self._decodes = parameters, subprotocols, decodes
        self._present_as: dict[str, str] = {}  # the member that it is, by group
        self.dispatcher: Dispatcher | None = None
        self.subprotocol: str | None = None
        if contract is not None:
            self._speak(next(iter(contract.codecs)))

    @property
    def hub(self) -> Hub:
        """Who else is connected to this consumer."""
        return self.service.hub

    def publication_of(self, frame: Frame) -> Publication:
        """Make what is published of a payload of a consumer without events."""
        message = frame.message
        body = message["text"] if "text" in message else message["bytes"]
        return Publication(consumer=self.hub.namespace, bodies={"": body})

    async def history(self, group: str, *, since: Position | None, limit: int | None) -> list[HistoryEntry]:
        """List what is kept of *group*."""
        return await self.hub.history(group, since=since, limit=limit)

    # -- the pushes of an event consumer

    async def push(self, emit: Emit[T], payload: T) -> None:
        """Send a push to this client."""
        self._check_declared(emit)
        encoding = self.connection.encoding
        codecs = {encoding: self.service.dispatchers[encoding].codec}
        frames = self.hub.frames(emit.publication(self.hub.namespace, codecs, payload), None)
        await self.connection.write(frames if isinstance(frames, Frame) else frames(encoding))

    async def push_to_group(
        self,
        emit: Emit[T],
        payload: T,
        group: str,
        *,
        exclude_self: bool,
        save_history: bool | None,
        idempotency_key: str | None,
    ) -> int:
        """Send a push to a group."""
        self._check_declared(emit)
        exclude = self.connection.id if exclude_self else None
        publication = self.hub.publication(emit, payload, exclude=exclude)
        consumer: Any = self.consumer
        retention = consumer.__nexws_retention__(
            emit, save_history=save_history, limits=self.connection.limits
        )
        return await self.hub.publish(group, publication, retention=retention, key=idempotency_key)

    async def push_to(self, emit: Emit[T], payload: T, target: object) -> int:
        """Send a push to a connection or a user."""
        self._check_declared(emit)
        return await self.service.node.send_to(target, self.hub.publication(emit, payload))

    async def pushed(
        self, emit: Emit[T], group: str, *, since: Position | str | None, limit: int | None
    ) -> list[T]:
        """List what was sent to *group* of a push and is kept."""
        self._check_declared(emit)
        entries = await self.hub.history(group, since=position_of(since), limit=None)
        codec = next(iter(self.service.dispatchers.values())).codec
        found = [
            codec.check(emit.schema, each.payload.get("data")) for each in entries if each.event == emit.event
        ]
        if limit is None:
            return found
        return found[:limit] if since is not None else found[max(len(found) - limit, 0) :]

    def _check_declared(self, emit: Emit[Any]) -> None:
        if self._contract is None or not self._contract.declares(emit):
            raise UndeclaredEventError(type(self.consumer).__qualname__, "send", emit.event)

    # -- the events of the protocol

    async def resume(self, wanted: ResumeGroups) -> ResumedGroups:
        """Send what the client missed."""
        return ResumedGroups(groups=await resume(self.connection, self.service, wanted.groups))

    def heartbeat(self, ref: Ref | None) -> None:
        """Note that the client speaks the heartbeat, and answer where nobody else does."""
        self.connection.expect_heartbeat()
        if ref is None:
            assert self.dispatcher is not None  # who else has called
            self.connection.outbox.put(Frame.of(self.dispatcher.codec.push(PONG_EVENT, NO_DATA)))

    async def overtaking(self, message: Message) -> bool:
        """Answer a heartbeat while handlers run, which would keep it waiting; false for all else."""
        text = message.get("text")
        frame = text if text is not None else message["bytes"]
        if self.dispatcher is None or len(frame) > _LONGEST_PING or _PING[type(frame)] not in frame:
            return False
        read = self.dispatcher.codec.read(frame)
        if isinstance(read, Failure) or read["event"] != PING_EVENT:
            return False
        await self.consumer.on_receive(self.consumer.websocket, frame)
        return True

    # -- groups

    async def enter(self, group: str, info: Any) -> None:
        """Join a group, and be present in it."""
        declared = self._presence()
        written = declared.write(info)
        await self.hub.join(self.connection, group)
        member = self._present_as.get(group) or _user_id(self._scope.get("user")) or str(self.connection.id)
        layer, name = self.service.node.layer, self.hub.name_of(group)
        self._present_as[group] = member
        if await layer.enter(name, member, str(self.connection.id), written):
            await self._tell_presence(group, joined=[declared.read(written)])

    async def leave(self, group: str) -> None:
        """Leave a group, as its other members are told."""
        self.hub.leave(self.connection, group)
        member = self._present_as.pop(group, None)
        if member is None:
            return
        layer, name = self.service.node.layer, self.hub.name_of(group)
        gone = await layer.leave(name, member, str(self.connection.id))
        if gone is not None:
            await self._tell_presence(group, left=[self._presence().read(gone.info)])

    async def present(self, group: str) -> list[Any]:
        """List who is present in a group."""
        declared = self._presence()
        check_group_name(group)
        members = await self.service.node.layer.present(self.hub.name_of(group))
        return [declared.read(each.info) for each in members]

    async def _tell_presence(self, group: str, **change: Any) -> None:
        declared = self._presence()
        payload: Any = {"group": group, "joined": [], "left": [], **change}
        await self.hub.publish(group, self.hub.publication(declared.emit, payload))

    def _presence(self) -> Presence[Any]:
        found = presence_of(type(self.consumer))
        if found is None:
            raise UndeclaredEventError(type(self.consumer).__qualname__, "join_group", PRESENCE_EVENT)
        return found

    # -- the life of the connection

    def accepting(self, message: Message) -> Message:
        """Choose the subprotocol, unless the consumer did, and with it the encoding."""
        self._refuse_when_draining()
        offered = self._scope.get("subprotocols") or ()
        wanted = (each for each in self._subprotocols if each in offered)
        subprotocol = message.get("subprotocol") or next(wanted, None)
        encoding = ENCODING_OF.get(subprotocol or "", "")
        if encoding in self.service.dispatchers:
            self._speak(encoding)
        self.subprotocol = subprotocol
        return {**message, "subprotocol": subprotocol}

    async def accepted(self) -> None:
        """The client can be reached from now on."""
        self.service.node.add(self.connection)
        await self._identify()
        if self._settings.hooks.opened is not None:
            self._settings.hooks.opened(
                ConnectionOpened(
                    connection=self.connection.id,
                    consumer=type(self.consumer).__qualname__,
                    path=str(self._scope.get("path", "")),
                    user=self._scope.get("user"),
                )
            )

    async def connected(self) -> None:
        """Read what is declared of the handshake, authenticate the client and let the consumer decide."""
        self._refuse_when_draining()
        websocket = self.consumer.websocket
        if self._parameters:
            vars(self.consumer).update(read_handshake(self._parameters, self._scope))
        if self._settings.authenticate is not None:
            await _translated(self._settings.authenticate(websocket))
        await _translated(self.consumer.on_connect(websocket))
        if self.connection.state is State.CONNECTING:
            raise NotAcceptedError(type(self.consumer).__qualname__)
        await self._identify()

    async def received(self, message: Message) -> None:
        """Hand one frame to the consumer."""
        consumer = self.consumer
        if self._decodes:
            data = await _translated(consumer.decode(consumer.websocket, message))
        else:
            data = self._encoding.read(message, self.connection.limits)
        try:
            await consumer.on_receive(consumer.websocket, data)
        except _FRAMEWORKS_OWN as error:
            raise _translate(error) from error

    async def overflowed(self, message: Message) -> None:
        """Tell the client that it sends too much, or close where there are no events to tell it with."""
        if self.dispatcher is None:
            await self.connection.close(CloseCode.RATE_LIMITED, "too many frames wait")
            return
        text = message.get("text")
        answer = self.dispatcher.overflow(self.connection, text if text is not None else message["bytes"])
        self.connection.outbox.put(Frame.of(answer))

    def dropped(self, counts: Mapping[str, int]) -> None:
        """Tell the client what it has lost, for it reads too slowly."""
        if self.dispatcher is not None:
            codec = self.dispatcher.codec
            notice = codec.push(DROPPED.event, codec.body(DROPPED.writer, Dropped(events=dict(counts))))
            self.connection.outbox.put(Frame.of(notice))

    async def left(self) -> None:
        """Leave everything."""
        self.service.node.remove(self.connection)
        for group in tuple(self.connection.groups):
            await self.leave(group)
        self.consumer.websocket.client_state = WebSocketState.DISCONNECTED

    async def disconnected(self, code: int) -> None:
        """Tell the consumer."""
        if self._settings.hooks.closed is not None:
            self._settings.hooks.closed(
                ConnectionClosed(
                    connection=self.connection.id,
                    consumer=type(self.consumer).__qualname__,
                    code=int(code),
                    seconds=time() - self.connection.created,
                )
            )
        await _translated(self.consumer.on_disconnect(self.consumer.websocket, code))

    def report(self, where: str, error: Exception) -> None:
        """Log what a hook raised, with where it did."""
        name = f"{type(self.consumer).__qualname__}.{where}"
        self.consumer.logger.error("%s failed, connection %s", name, self.connection.id, exc_info=error)

    # -- inside

    @property
    def _scope(self) -> MutableMapping[str, Any]:
        return self.consumer.websocket.scope

    def _refuse_when_draining(self) -> None:
        if self.service.drain.is_begun:
            raise CloseRequested(CloseCode.DRAIN, "the server stops", status=503)

    def _speak(self, encoding: str) -> None:
        self.dispatcher, self.connection.encoding = self.service.dispatchers[encoding], encoding

    async def _identify(self) -> None:
        if self.connection.state is State.OPEN:
            await self.service.node.identify(self.connection, _user_id(self._scope.get("user")))


async def _translated(hook: Coroutine[Any, Any, Any] | Any) -> Any:
    try:
        return await hook
    except _FRAMEWORKS_OWN as error:
        raise _translate(error) from error


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
