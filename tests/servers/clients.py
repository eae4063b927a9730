"""Clients of real servers, well-behaved and not."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic_core import from_json, to_json
from typing_extensions import override
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as _connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from nexws import EventConsumer
from nexws.app.documents import routes_of
from tests.recording import Recording, check
from tests.servers.apps import app
from tests.servers.harness import PATIENCE, Server

__all__ = [
    "call",
    "close_without_code",
    "closed",
    "connect",
    "lose",
    "receive",
    "receive_json",
    "reset",
    "send_json",
]

_EMPTY_CLOSE = b"\x88\x80\0\0\0\0"


class _Client(ClientConnection):
    """Writes down what crosses the connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.said: list[tuple[str, str | bytes]] = []

    @override
    async def send(self, message: Any, *, text: bool | None = None) -> None:
        self.said.append((">", message))
        await super().send(message, text=text)

    @override
    async def recv(self, decode: Any = None) -> Any:
        frame: str | bytes = await super().recv(decode)
        self.said.append(("<", frame))
        return frame


@asynccontextmanager
async def connect(
    server: Server,
    path: str,
    name: str = "nobody",
    *,
    subprotocol: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> AsyncIterator[ClientConnection]:
    """Connect as the client *name*; what is said to and by an event consumer must be in the document."""
    offered = None if subprotocol is None else [Subprotocol(subprotocol)]
    address = server.url(f"{path}{'&' if '?' in path else '?'}name={name}")
    async with _connect(
        address,
        compression=None,
        max_size=None,
        ping_interval=None,
        open_timeout=PATIENCE,
        proxy=None,
        subprotocols=offered,
        additional_headers=headers,
        create_connection=_Client,
    ) as client:
        yield client
    route = dict(routes_of(app.router.routes)).get(path.partition("?")[0])
    if route is not None and issubclass(route.consumer, EventConsumer):
        check([Recording(app, route, client.subprotocol, cast("_Client", client).said)])


async def receive(client: ClientConnection, within: float = PATIENCE) -> str | bytes:
    """Give the next frame."""
    return await asyncio.wait_for(client.recv(), within)


async def receive_json(client: ClientConnection) -> Any:
    """Give what the next frame holds."""
    return from_json(await receive(client))


async def send_json(client: ClientConnection, payload: Any) -> None:
    """Send *payload* in a text frame."""
    await client.send(to_json(payload).decode())


async def call(client: ClientConnection, payload: Any) -> Any:
    """Send *payload* and give what the next frame holds."""
    await send_json(client, payload)
    return await receive_json(client)


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    """Wait until the server has closed, without another frame; gives the code and the reason."""
    try:
        frame = await receive(client)
    except ConnectionClosed:
        return client.close_code, client.close_reason
    raise AssertionError(f"the server has not closed but sent {frame!r}")


def close_without_code(client: ClientConnection) -> None:
    """Send a close frame that names no code, as ``new WebSocket().close()`` does in a browser."""
    client.transport.write(_EMPTY_CLOSE)


def lose(client: ClientConnection) -> None:
    """End the TCP connection in good order, but without a close frame."""
    client.transport.close()


def reset(client: ClientConnection) -> None:
    """End the TCP connection as a crash does."""
    linger = struct.pack("ii", 1, 0)
    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.transport.abort()
