"""A WebSocket client that does no more than what is needed here, so that one process can be thousands of them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

from pydantic_core import to_json
from typing_extensions import Self

__all__ = ["HANDSHAKE", "Client"]

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_MASK = b"\0\0\0\0"  # which changes nothing
_CLOSE = b"\x88\x82" + _MASK + struct.pack("!H", 1000)
_LINGER = struct.pack("ii", 1, 0)


class Client(asyncio.Protocol):
    """One client; ``got`` is called with what each frame holds."""

    def __init__(self, path: str, got: Callable[[bytes], object] | None) -> None:
        self._path, self._got = path, got
        self._transport: asyncio.Transport
        self._buffer = b""
        self._is_open = False
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()

    @classmethod
    async def connect(
        cls,
        port: int,
        path: str,
        got: Callable[[bytes], object] | None = None,
        *,
        buffer_bytes: int | None = None,
    ) -> Self:
        """Connect, and return once the client has been accepted."""
        loop = asyncio.get_running_loop()
        found = socket.socket()
        if buffer_bytes is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        found.setblocking(False)
        await loop.sock_connect(found, ("127.0.0.1", port))
        _, client = await loop.create_connection(lambda: cls(path, got), sock=found)
        await client._opened
        return client

    # -- what it does

    def send(self, event: str, payload: object = None, *, ref: str | None = None) -> None:
        """Send an event."""
        envelope: dict[str, object] = {"event": event, "data": payload}
        if ref is not None:
            envelope["ref"] = ref
        frame = to_json(envelope)
        assert len(frame) < 65536
        size = bytes([0x80 | len(frame)]) if len(frame) < 126 else b"\xfe" + struct.pack("!H", len(frame))
        self._transport.write(b"\x81" + size + _MASK + frame)

    def stall(self) -> None:
        """Read no more."""
        self._transport.pause_reading()

    async def close(self) -> None:
        """End in good order."""
        self._transport.write(_CLOSE)
        await self.ended.wait()

    async def lose(self) -> None:
        """End the TCP connection, without a close frame."""
        self._transport.close()
        await self.ended.wait()

    async def reset(self) -> None:
        """End it as a crash does."""
        found = self._transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self._transport.abort()
        await self.ended.wait()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(HANDSHAKE.format(path=self._path).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer = buffer = self._buffer + data if self._buffer else data
        at = 0
        if not self._is_open:
            head, found, _ = buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                self._opened.set_exception(RuntimeError(head.decode()))
                return
            self._is_open, at = True, len(head) + 4
            self._opened.set_result(None)
        while (end := self._take_frame(buffer, at)) is not None:
            at = end
        self._buffer = buffer[at:]

    def _take_frame(self, buffer: bytes, at: int) -> int | None:
        """Take the frame at *at*, if it is there whole; gives its end."""
        if len(buffer) < at + 2:
            return None
        size, start = buffer[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, start = int.from_bytes(buffer[start : start + width], "big"), start + width
        if len(buffer) < start + size:
            return None
        kind = buffer[at] & 0xF
        if kind == 8:
            self._transport.write(_CLOSE)
        elif self._got is not None:
            self._got(buffer[start : start + size])
        return start + size

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionError("lost before it was accepted"))
            self._opened.exception()  # whoever connects may have gone

    def eof_received(self) -> Any:
        return None
