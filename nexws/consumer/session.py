"""Between a connection, which knows no framework, and the hooks of one consumer."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from time import time
from typing import Any, Final, TypeVar

import anyio
from nexios.websockets import WebSocketConsumer
from nexios.websockets.base import WebSocketState

from nexws.consumer.attendance import Attendance
from nexws.consumer.encodings import Encoding
from nexws.consumer.framework import FRAMEWORKS_OWN, translate, translated, user_id_of
from nexws.consumer.handshake import read_handshake
from nexws.consumer.history import position_of
from nexws.consumer.presence import presence_of
from nexws.consumer.registry import Service, Settings
from nexws.consumer.resuming import ResumedGroups, ResumeGroups, resume
from nexws.errors import (
    ConnectionClosedError,
    NotAcceptedError,
    UndeclaredEventError,
    UndeclaredPresenceError,
)
from nexws.events import Contract, Emit, Parameters
from nexws.protocol import (
    NO_DATA,
    PING_EVENT,
    PONG_EVENT,
    CloseCode,
    Failure,
    Position,
    Publication,
    Ref,
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
_PINGS_APART: Final = 1.0
"""Seconds between two that overtake what waits; those that come sooner wait with it."""
_PING: Final[Mapping[type, Any]] = {str: PING_EVENT, bytes: PING_EVENT.encode()}


class Session:
    """One connection of one consumer."""

    __slots__ = (
        "_attendance",
        "_contract",
        "_decodes",
        "_encoding",
        "_has_left",
        "_overtaken_at",
        "_parameters",
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
        self._attendance: Attendance | None = None  # made when it is first present somewhere, or asks who is
        self._has_left = False
        self._overtaken_at = -math.inf
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
        """Answer a heartbeat while handlers run, which would keep it waiting; false for all else.

        Not through ``on_receive``, which may be running; and one in a while, so that others cannot be flooded with
        what no limit is for.
        """
        text = message.get("text")
        frame = text if text is not None else message["bytes"]
        dispatcher, now = self.dispatcher, anyio.current_time()
        if dispatcher is None or len(frame) > _LONGEST_PING or _PING[type(frame)] not in frame:
            return False
        if self._decodes or now < self._overtaken_at + _PINGS_APART:
            return False
        read = dispatcher.codec.read(frame)
        if isinstance(read, Failure) or read["event"] != PING_EVENT:
            return False
        self._overtaken_at = now
        answer = dispatcher.dispatch(self.consumer, self.consumer.websocket, self.connection, frame)
        if not (answer is None or isinstance(answer, (str, bytes))):
            answer = await answer
        if answer is not None:
            self.connection.outbox.put(Frame.of(answer))
        return True

    # -- groups

    async def join(self, group: str) -> None:
        """Join a group.

        Raises:
            ConnectionClosedError: the connection has left its groups, for good.
        """
        self._check_not_over()
        await self.hub.join(self.connection, group)
        self._check_not_over()

    async def enter(self, group: str, info: Any) -> None:
        """Join a group, and be present in it.

        Raises:
            ConnectionClosedError: the connection has left its groups, for good.
        """
        attendance = self._attending("join_group")
        self._check_not_over()
        await attendance.enter(group, user_id_of(self._scope.get("user")) or str(self.connection.id), info)
        self._check_not_over()

    async def leave(self, group: str) -> None:
        """Leave a group, as its other members are told."""
        self.hub.leave(self.connection, group)
        if self._attendance is not None:
            await self._attendance.leave(group)

    async def present(self, group: str) -> list[Any]:
        """List who is present in a group."""
        return await self._attending("members").present(group)

    def _attending(self, method: str) -> Attendance:
        if self._attendance is None:
            declared = presence_of(type(self.consumer))
            if declared is None:
                raise UndeclaredPresenceError(type(self.consumer).__qualname__, method)
            self._attendance = Attendance(declared, self.hub, self.service.node.layer, self.connection)
        return self._attendance

    def _check_not_over(self) -> None:
        if self._has_left:
            raise ConnectionClosedError(self.connection.code)

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
            await translated(self._settings.authenticate(websocket))
        await translated(self.consumer.on_connect(websocket))
        if self.connection.state is State.CONNECTING:
            raise NotAcceptedError(type(self.consumer).__qualname__)
        await self._identify()

    async def received(self, message: Message) -> None:
        """Hand one frame to the consumer."""
        consumer = self.consumer
        if self._decodes:
            data = await translated(consumer.decode(consumer.websocket, message))
        else:
            data = self._encoding.read(message, self.connection.limits)
        try:
            await consumer.on_receive(consumer.websocket, data)
        except FRAMEWORKS_OWN as error:  # not through translated: it would cost each frame a coroutine
            raise translate(error) from error

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
        self._has_left = True
        self.service.node.remove(self.connection)
        for group in tuple(self.connection.groups):
            self.hub.leave(self.connection, group)
        if self._attendance is not None:
            failure = await self._attendance.end()
            if failure is not None:
                self.report("leave_group", failure)
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
        await translated(self.consumer.on_disconnect(self.consumer.websocket, code))

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
            await self.service.node.identify(self.connection, user_id_of(self._scope.get("user")))
