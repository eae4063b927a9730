"""``nexws serve``: serves an application."""

from __future__ import annotations

import click

from nexws.app import serve as serve_app
from nexws.errors import AddressError, SetupError

__all__ = ["serve"]


@click.command()
@click.argument("application", metavar="MODULE:APP")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Processes; more than one need a layer that spans them.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Within how long connections are closed at the end.  [default: Limits.drain_timeout]",
)
@click.option(
    "--log-level",
    type=click.Choice(["critical", "error", "warning", "info", "debug"]),
    default="warning",
    show_default=True,
    help="How much uvicorn logs; info has requests too.",
)
@click.option(
    "--proxy-headers/--no-proxy-headers",
    default=True,
    show_default=True,
    help="Believe X-Forwarded-* of the proxies below.",
)
@click.option(
    "--forwarded-allow-ips",
    metavar="ADDRESSES",
    help='Addresses of proxies, separated by commas; "*" for all.  [default: $FORWARDED_ALLOW_IPS or 127.0.0.1]',
)
def serve(
    application: str,
    *,
    host: str,
    port: int,
    workers: int,
    drain: float | None,
    log_level: str,
    proxy_headers: bool,
    forwarded_allow_ips: str | None,
) -> None:
    """Serve an application until Ctrl-C or SIGTERM.

    It is named as ``shop.main:app``. At the end its clients are told to come back, and their connections closed one
    after the other; a second signal closes the rest at once.
    """
    try:
        serve_app(
            application,
            host=host,
            port=port,
            workers=workers,
            drain=drain,
            log_level=log_level,
            proxy_headers=proxy_headers,
            forwarded_allow_ips=forwarded_allow_ips,
        )
    except (AddressError, SetupError) as error:
        raise click.ClickException(str(error)) from error
