"""Reaching under ASGI, for what it has no word for, and only there.

A socket whose client does not read has to be dropped with what waits for it, or it stays for good; and one server
does not pass on the code with which its client closed. Nothing here fails where a server is built otherwise: it
answers that it could not.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["CloseWitness", "Ends", "abort", "watch_close"]

Ends: TypeAlias = "tuple[Any, Any]"
"""The ``client`` and the ``server`` of a scope: address and port of each, or ``None``."""

_DEPTH = 5  # a server's own layers between its ``send`` and the transport
_DESCRIPTORS = "/proc/self/fd"
_NO_LINGER = struct.pack("ii", 1, 0)


def abort(send: Any, ends: Ends) -> bool:
    """Drop the connection behind the server's *send*, unsent bytes and all; false where it is out of reach.

    A server's ``send`` is a method of its protocol, which holds the transport (uvicorn), or of the outermost of a few
    layers, of which the innermost does (hypercorn). A compiled one leads nowhere (granian): its socket is found among
    those of the process by its two *ends*, where the system tells them (Linux).
    """
    compiled = inspect.isbuiltin(send)
    for _ in range(_DEPTH):
        layer = getattr(send, "__self__", None)
        holder = getattr(layer, "writer", None) or layer
        transport = getattr(holder, "transport", None)
        if transport is not None and hasattr(transport, "abort"):
            transport.abort()
            return True
        send = getattr(layer, "send", None)
    return compiled and all(ends) and _reset(*((host, int(port)) for host, port in ends))


def _reset(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Reset the connection between these two, which must be one of this process."""
    try:
        descriptors = os.listdir(_DESCRIPTORS)
    except OSError:
        return False
    return any(_reset_if(int(descriptor), client, server) for descriptor in descriptors)


def _reset_if(descriptor: int, client: tuple[str, int], server: tuple[str, int]) -> bool:
    with contextlib.suppress(OSError):  # it may be no socket, not connected, or gone meanwhile
        if not os.readlink(f"{_DESCRIPTORS}/{descriptor}").startswith("socket:"):
            return False
        with socket.socket(fileno=os.dup(descriptor)) as found:
            if found.getpeername()[:2] == client and found.getsockname()[:2] == server:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                found.shutdown(socket.SHUT_RDWR)
                return True
    return False


class CloseWitness:
    """Stands before hypercorn's WebSocket parser and keeps the close code, which hypercorn does not pass on."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.code: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def events(self) -> Iterator[Any]:
        """Pass the parser's events on."""
        for event in self._connection.events():
            if type(event).__name__ == "CloseConnection":
                self.code = int(event.code)
            yield event


def watch_close(send: Any) -> CloseWitness | None:
    """Watch for the close code of the client behind the server's *send*, if it is hypercorn's."""
    stream: Any = getattr(send, "__self__", None)
    if not type(stream).__module__.startswith("hypercorn.") or not hasattr(stream, "connection"):
        return None
    stream.connection = witness = CloseWitness(stream.connection)
    return witness
