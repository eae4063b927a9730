"""``nexws demo``: serves the chat example."""

from __future__ import annotations

import importlib.util
import sys
import webbrowser
from pathlib import Path

import click

from nexws.cli.server import listen, serve_until_interrupted, url_of

__all__ = ["demo"]

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "_examples" / "chat", _PACKAGE.parent / "examples" / "chat")
"""Where the example is in a wheel, and in a checkout."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--open/--no-open", "opens_browser", help="Open the page in a browser.")
def demo(host: str, port: int, *, opens_browser: bool) -> None:
    """Serve the chat example until Ctrl-C."""
    app = _example()
    listener = listen(host, port)
    url = url_of(listener)

    def announce() -> None:
        click.echo(f"The chat is at {url} (Ctrl-C ends it)")
        if opens_browser:
            webbrowser.open(url)

    serve_until_interrupted(app, listener, announce)


def _example() -> object:
    """Load the example's ``app`` from its files, wherever this installation has them."""
    for folder in _PLACES:
        spec = importlib.util.spec_from_file_location("nexws_chat_example", folder / "__init__.py")
        if folder.is_dir() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
            app: object = module.app
            return app
    raise click.ClickException("the example is not part of this installation; reinstall nexws from its wheel")
