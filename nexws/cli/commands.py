"""The commands, each in a file of its own."""

from __future__ import annotations

import click

from nexws.cli.asyncapi import asyncapi
from nexws.cli.demo import demo
from nexws.cli.serve import serve

__all__ = ["nexws"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nexws", message="%(prog)s %(version)s")
def nexws() -> None:
    """Typed WebSocket events for Nexios."""


nexws.add_command(asyncapi)
nexws.add_command(demo)
nexws.add_command(serve)
