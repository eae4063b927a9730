"""``serve``: an application behind uvicorn, with what a server of long connections needs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from nexios import NexiosApp

from nexws.app.documents import routes_of
from nexws.app.loading import load_app
from nexws.consumer import Registry
from nexws.errors import SetupError
from nexws.runtime import Limits

__all__ = ["limits_of", "serve"]


def serve(
    app: NexiosApp | str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    drain: float | None = None,
    log_level: str = "warning",
    proxy_headers: bool = True,
    forwarded_allow_ips: str | Sequence[str] | None = None,
) -> None:
    """Serve *app* with uvicorn until the process is told to stop, by Ctrl-C or SIGTERM; then drain its connections.

    Frames are as large as ``Limits.frame_bytes`` allows, and not compressed; a client that does not answer pings is
    cut, and the socket of one that does not read is freed. Says in one line where it listens.

    Args:
        app: the application, or its name, as ``"shop.main:app"``.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        workers: the number of processes, each with connections of its own; more than one need the name, and consumers
            a layer that spans them.
        drain: within how many seconds connections are closed at the end; ``Limits.drain_timeout`` unless given.
        log_level: how much uvicorn logs: ``critical``, ``error``, ``warning``, ``info`` (requests too) or ``debug``.
        proxy_headers: believe ``X-Forwarded-*`` of the proxies in *forwarded_allow_ips*.
        forwarded_allow_ips: their addresses; uvicorn's ``FORWARDED_ALLOW_IPS``, or 127.0.0.1, unless given.

    Raises:
        SetupError: the application cannot be imported, or by name alone; or no layer is
            chosen for several workers; or a package is not installed.
        AddressError: the address cannot be had.
    """
    if workers > 1 and not isinstance(app, str):
        raise SetupError(
            f"{workers} workers need the application's name, for each of them imports it; "
            'call nexws.serve("shop.main:app", ...)'
        )
    try:
        hosting: Any = importlib.import_module("nexws.app.hosting")
    except ImportError as error:
        raise SetupError(f'{error.name} is not installed; run: pip install "nexws[server]"') from error
    loaded = load_app(app) if isinstance(app, str) else app
    if workers > 1:
        _check_layer(loaded, workers)
    listener = hosting.listen(host, port)

    def announce() -> None:
        name = app if isinstance(app, str) else app.title or "the application"
        sys.stdout.write(f"{name} is at {hosting.url_of(listener)} (Ctrl-C ends it, twice at once)\n")
        sys.stdout.flush()

    config = hosting.Config(
        app if workers > 1 else loaded,
        limits=limits_of(loaded),
        drain=drain,
        workers=workers,
        log_level=log_level,
        access_log=log_level in ("info", "debug", "trace"),
        proxy_headers=proxy_headers,
        forwarded_allow_ips=forwarded_allow_ips,
    )
    hosting.run(config, listener, announce)


def limits_of(app: NexiosApp) -> Limits:
    """Give the limits that *app* has been configured with, or the usual ones."""
    return Registry.of({"app": app}).settings.limits


def _check_layer(app: NexiosApp, workers: int) -> None:
    """See that the clients of one worker can be reached from the others, if there are to be any."""
    has_consumers = any(True for _ in routes_of(app.router.routes))
    if has_consumers and Registry.of({"app": app}).settings.layer is None:
        raise SetupError(
            f"{workers} workers would each have groups and users of their own, for the usual MemoryLayer does not "
            "leave its process; write Nexws(app, layer=RedisLayer(url)), or layer=MemoryLayer() where that is meant"
        )
