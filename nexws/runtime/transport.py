"""Reaching under ASGI, which has no word for it: dropping a socket that will never drain."""

from __future__ import annotations

from typing import Any

__all__ = ["abort"]

_DEPTH = 5  # a server's own layers between its ``send`` and the transport


def abort(send: Any) -> bool:
    """Drop the connection behind the server's *send*, unsent bytes and all; false where it is out of reach.

    A server's ``send`` is a method of its protocol, which holds the transport (uvicorn), or of the outermost of a few
    layers, of which the innermost does (hypercorn).
    """
    for _ in range(_DEPTH):
        layer = getattr(send, "__self__", None)
        holder = getattr(layer, "writer", None) or layer
        transport = getattr(holder, "transport", None)
        if transport is not None and hasattr(transport, "abort"):
            transport.abort()
            return True
        send = getattr(layer, "send", None)
    return False
