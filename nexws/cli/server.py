"""Serving, for commands: what goes wrong is one sentence."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import click

from nexws.app.hosting import Config, run, url_of
from nexws.app.hosting import listen as open_socket
from nexws.app.serving import limits_of
from nexws.errors import AddressError

__all__ = ["listen", "serve_until_interrupted", "url_of"]


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that a server will accept on.

    Raises:
        ClickException: the address cannot be had.
    """
    try:
        return open_socket(host, port)
    except AddressError as error:
        raise click.ClickException(str(error)) from error


def serve_until_interrupted(app: Any, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve *app* until Ctrl-C or SIGTERM, then close all connections at once."""
    config = Config(app, limits=limits_of(app), drain=0, log_level="warning", access_log=False)
    run(config, listener, announce)
