"""uvicorn, on a socket of our own and with settings for long connections. Needs the packages of ``nexws[server]``."""

from __future__ import annotations

import errno
import importlib
import inspect
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import uvicorn
from nexios import NexiosApp
from typing_extensions import override
from uvicorn.config import WS_PROTOCOLS
from uvicorn.importer import import_from_string
from uvicorn.supervisors import Multiprocess

from nexws.consumer import Registry
from nexws.errors import AddressError
from nexws.runtime import Limits

__all__ = ["Config", "listen", "run", "url_of"]

importlib.import_module("websockets")  # uvicorn would only miss it at the first handshake

_BACKLOG: Final = 2048
_UNREAD_MS: Final = 30_000
"""How long what was sent may be unacknowledged, or a window shut, before the system gives a connection up."""
_PING: Final = 20.0
_FAILED: Final = 3
"""uvicorn's exit status where the application did not start."""


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that a server will accept on; what it accepts inherits its options.

    Raises:
        AddressError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise AddressError(host, port, None if is_taken else error.strerror or str(error)) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere it takes minutes
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return listener


def url_of(listener: socket.socket) -> str:
    """Tell where *listener* is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Config(uvicorn.Config):
    """The settings of a server, of which each worker gets a copy."""

    def __init__(self, app: Any, *, limits: Limits, drain: float | None = None, **options: Any) -> None:
        super().__init__(
            app,
            ws="websockets-sansio" if "websockets-sansio" in WS_PROTOCOLS else "websockets",
            ws_max_size=limits.frame_bytes,
            ws_per_message_deflate=False,
            ws_ping_interval=_PING,
            ws_ping_timeout=_PING,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=math.ceil(limits.disconnect_timeout),
            **options,
        )
        self.drain: float | None = drain

    @override
    def load(self) -> None:
        """Load what is named, in the process that serves it."""
        super().load()
        app: Any = import_from_string(self.app) if isinstance(self.app, str) else self.app
        if self.drain is not None and isinstance(app, NexiosApp):
            Registry.of({"app": app}).drain.seconds = self.drain


def run(config: Config, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until the process is told to end, by Ctrl-C or SIGTERM; it hears that from *announce* on.

    Raises:
        SystemExit: the application did not start.
    """
    if config.workers > 1:
        supervisor = _Supervisor(config, listener)
        announce()
        supervisor.run()
        if any(each.process.exitcode == _FAILED for each in supervisor.processes):
            sys.exit(_FAILED)
        return
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn listens to signals a moment after its loop has begun, and sends itself those that it heard at its end.
    is_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if is_main else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        announce()
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Supervisor(Multiprocess):
    """uvicorn's parent of workers, which passes on what it hears while they drain."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        make: Any = super().__init__
        needs_target = "target" in inspect.signature(make).parameters  # of older versions
        make(config, sockets=[listener], **({"target": uvicorn.Server(config).run} if needs_target else {}))

    @override
    def join_all(self) -> None:
        """Wait for the workers, each of which ends its drain at a second signal."""
        for worker in self.processes:
            while worker.process.is_alive():
                worker.process.join(0.1)
                while self.signal_queue:
                    self._pass_on(self.signal_queue.pop(0))

    def _pass_on(self, number: int) -> None:
        for worker in self.processes:
            if worker.process.is_alive() and worker.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, number)
