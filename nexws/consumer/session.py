"""Between a connection, which knows no framework, and the hooks of one consumer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine, Mapping, MutableMapping, Sequence
from time import time
from typing import Any, Final, TypeVar, cast

from nexios.exceptions import HTTPException, WebSocketException
from nexios.websockets import WebSocketConsumer, WebSocketDisconnect
from nexios.websockets.base import WebSocketState
from pydantic_core import from_json

from nexws.consumer.encodings import Encoding
from nexws.consumer.registry import Service, Settings
from nexws.errors import ConnectionClosedError, NotAcceptedError, UndeclaredEventError
from nexws.events import Contract, Emit
from nexws.protocol import CloseCode
from nexws.runtime import (
    CloseRequested,
    Connection,
    ConnectionClosed,
    ConnectionOpened,
    Dispatcher,
    Frame,
    Frames,
    Hub,
    Message,
    State,
)

__all__ = ["ENCODING_OF", "Session"]

T = TypeVar("T")

ENCODING_OF: Final[Mapping[str, str]] = {"nexws.json": "json", "nexws.msgpack": "msgpack"}
"""The subprotocols with which a client chooses the encoding of events."""

_FRAMEWORKS_OWN = (WebSocketDisconnect, WebSocketException, HTTPException)


class Session:
    """One connection of one consumer."""

    __slots__ = (
        "_contract",
        "_decodes",
        "_encoding",
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
        subprotocols: Sequence[str],
        decodes: bool,
    ) -> None:
        self.consumer: WebSocketConsumer = consumer
        self.connection: Connection = connection
        self.service: Service = service
        self._encoding, self._settings, self._contract = encoding, settings, contract
        self._subprotocols, self._decodes = subprotocols, decodes
        self.dispatcher: Dispatcher | None = None
        self.subprotocol: str | None = None
        if contract is not None:
            self._speak(next(iter(contract.codecs)))

    @property
    def hub(self) -> Hub:
        """Who else is connected to this consumer."""
        return self.service.hub

    def publish(
        self,
        frames: Frames,
        group: str,
        *,
        exclude: Connection | None = None,
        kept: Frame | None = None,
    ) -> int:
        """Send to a group, and keep what is to be *kept*; tells how many connections took it."""
        reached = self.hub.publish(group, frames, exclude=exclude)
        if kept is not None:
            self.hub.history.keep(group, kept, self._read_kept())
        return reached

    # -- the pushes of an event consumer

    async def push(self, emit: Emit[T], payload: T) -> None:
        """Send a push to this client."""
        await self.connection.write(self._frame(emit, payload, self.connection.encoding))

    async def push_to_group(
        self, emit: Emit[T], payload: T, group: str, *, exclude_self: bool, save_history: bool
    ) -> int:
        """Send a push to a group."""
        usual, frames = self._frames(emit, payload)
        exclude = self.connection if exclude_self else None
        return self.publish(frames, group, exclude=exclude, kept=usual if save_history else None)

    async def push_to(self, emit: Emit[T], payload: T, target: object) -> int:
        """Send a push to a connection or a user."""
        return self.hub.send_to(target, self._frames(emit, payload)[1])

    def _frames(self, emit: Emit[T], payload: T) -> tuple[Frame, Frames]:
        """Write a push in the usual encoding at once, and in others when somebody speaks them, once each."""
        dispatchers = self.service.dispatchers
        usual = next(iter(dispatchers))
        written = {usual: self._frame(emit, payload, usual)}
        if len(dispatchers) == 1:
            return written[usual], written[usual]

        def frame_for(encoding: str) -> Frame:
            if encoding not in written:
                written[encoding] = self._frame(emit, payload, encoding)
            return written[encoding]

        return written[usual], frame_for

    def _frame(self, emit: Emit[T], payload: T, encoding: str) -> Frame:
        contract = self._contract
        if contract is None or not contract.declares(emit):
            raise UndeclaredEventError(type(self.consumer).__qualname__, "send", emit.event)
        codec = self.service.dispatchers[encoding].codec
        return Frame.of(codec.push(emit.event, emit.writer, payload))

    def _read_kept(self) -> Callable[[str | bytes], Any]:
        if self.service.dispatchers:
            return next(iter(self.service.dispatchers.values())).codec.parts
        return from_json if self._encoding.payload_type == "json" else _as_it_is

    # -- the life of the connection

    def accepting(self, message: Message) -> Message:
        """Choose the subprotocol, unless the consumer did, and with it the encoding."""
        offered = self._scope.get("subprotocols") or ()
        wanted = (each for each in self._subprotocols if each in offered)
        subprotocol = message.get("subprotocol") or next(wanted, None)
        encoding = ENCODING_OF.get(subprotocol or "", "")
        if encoding in self.service.dispatchers:
            self._speak(encoding)
        self.subprotocol = subprotocol
        return {**message, "subprotocol": subprotocol}

    def accepted(self) -> None:
        """The client can be reached from now on."""
        self.hub.add(self.connection)
        self._identify()
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
        """Authenticate the client and let the consumer decide."""
        websocket = self.consumer.websocket
        if self._settings.authenticate is not None:
            await _translated(self._settings.authenticate(websocket))
        await _translated(self.consumer.on_connect(websocket))
        if self.connection.state is State.CONNECTING:
            raise NotAcceptedError(type(self.consumer).__qualname__)
        self._identify()

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

    def left(self) -> None:
        """Leave everything."""
        self.hub.remove(self.connection)
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

    def _speak(self, encoding: str) -> None:
        self.dispatcher, self.connection.encoding = self.service.dispatchers[encoding], encoding

    def _identify(self) -> None:
        if self.connection.state is State.OPEN:
            self.hub.identify(self.connection, _user_id(self._scope.get("user")))


def _as_it_is(payload: str | bytes) -> str | bytes:
    return payload


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
