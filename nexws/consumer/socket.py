"""Nexios' socket and channel, as the hooks of a consumer see them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from nexios.websockets import Channel as NexiosChannel
from nexios.websockets import WebSocket
from typing_extensions import override

from nexws.consumer.encodings import Encoding
from nexws.consumer.registry import Service, Settings
from nexws.runtime import Connection, Frame, FrameSent, Receive, Send

__all__ = ["SERVER_SEND", "Channel", "open_socket", "take_over"]

_DENIAL = "websocket.http.response"
SERVER_SEND = "nexws.send"
"""Where the route notes, in the scope, the ``send`` that it was given, which its middleware may wrap."""


class Channel(NexiosChannel):
    """One connection's address.

    ``uuid`` names it for ``send_to``; ``created`` is the time (seconds since the epoch) at which the client
    connected; ``expires`` an idle time to live in seconds, which may be set, ``None`` for no end.
    """

    def __init__(self, websocket: WebSocket, connection: Connection, encoding: Encoding) -> None:
        self.websocket = websocket
        self.payload_type: str = encoding.payload_type
        self.uuid: uuid.UUID = connection.id
        self.created: float = connection.created
        self._connection, self._encoding = connection, encoding

    @property
    def expires(self) -> Any:  # nexios has an int | None here
        """Close the connection with 1001 once nothing has crossed it for so many seconds."""
        return self._connection.expires

    @expires.setter
    def expires(self, seconds: float | None) -> None:
        self._connection.expires = seconds

    @override
    async def _send(self, payload: Any) -> None:
        self._connection.outbox.put(self._encoding.write(payload))

    @override
    async def _is_expired(self) -> bool:
        return False  # a channel that has expired is closed, and none any more


def open_socket(scope: Any, receive: Receive, send: Send) -> WebSocket:
    """Make Nexios' socket, which writes its own list of extensions into the scope; the server's is put back."""
    offered = scope.get("extensions")
    websocket = WebSocket(scope, receive, send)
    scope["extensions"] = offered if offered is not None else {}
    return websocket


def take_over(websocket: WebSocket, settings: Settings, consumer: str, service: Service) -> Connection:
    """Let all that Nexios' socket does go through a connection of ours; *consumer* is what observers know it by."""
    may_deny = _DENIAL in websocket.scope["extensions"]
    ends = websocket.scope.get("client"), websocket.scope.get("server")
    inside = vars(websocket)  # what it was made of is private, and there is no other way in
    sent = settings.hooks.sent
    connection = Connection(
        inside["_receive"],
        inside["_send"],
        settings.limits,
        server_send=websocket.scope.pop(SERVER_SEND, None),
        may_deny=may_deny,
        ends=ends,
        id=service.node.new_id(),
        consumer=service.hub.namespace,
        overflows=service.node.overflows,
        watch=None if sent is None else _watch(sent, consumer),
    )
    inside["_receive"], inside["_send"] = connection.receive, connection.send
    return connection


def _watch(sent: Callable[[FrameSent], None], consumer: str) -> Callable[[Connection, Frame, bool], None]:
    def watch(connection: Connection, frame: Frame, is_taken: bool) -> None:  # noqa: FBT001 - called by position
        size = frame.size_bytes
        sent(FrameSent(connection=connection.id, consumer=consumer, size_bytes=size, is_taken=is_taken))

    return watch
