"""Serving with uvicorn, on a socket of our own."""

from __future__ import annotations

import errno
import importlib
import signal
import socket
from collections.abc import Callable
from typing import Any

import click
import uvicorn
from uvicorn.config import WS_PROTOCOLS

from nexws.runtime import Limits

__all__ = ["listen", "serve", "url_of"]

importlib.import_module("websockets")  # uvicorn would only miss it at the first handshake


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that a server will accept on.

    Raises:
        ClickException: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise click.ClickException(f"cannot listen on {host}: {error.strerror}") from error
        raise click.ClickException(
            f"port {port} of {host} is taken; stop what uses it, or choose another with --port (0 takes a free one)"
        ) from error


def url_of(listener: socket.socket) -> str:
    """Tell where *listener* is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve *app* until the process is told to end, by Ctrl-C or SIGTERM; it hears that from *announce* on."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio" if "websockets-sansio" in WS_PROTOCOLS else "websockets",
        ws_max_size=Limits().frame_bytes,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn listens to signals a moment after its loop has begun; one that came before would be lost.
    before = signal.signal(signal.SIGINT, stop)
    try:
        announce()
        server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGINT, before)
