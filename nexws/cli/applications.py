"""Applications that a command is given by name."""

from __future__ import annotations

from typing import Any, Literal

from nexios import NexiosApp

from nexws.app import build_asyncapi
from nexws.app.loading import load_app as import_app
from nexws.cli.documents import UnusableError
from nexws.errors import SetupError

__all__ = ["documented", "load_app"]


def load_app(name: str) -> NexiosApp:
    """Import the application *name*, as ``shop.main:app``.

    Raises:
        UnusableError: it cannot be imported, or is no application.
    """
    try:
        return import_app(name)
    except SetupError as error:
        raise UnusableError(str(error)) from error


def documented(
    app: NexiosApp, *, view: Literal["server", "client"], spec: Literal["3.1.0", "3.0.0"]
) -> dict[str, Any]:
    """Write the document of *app*.

    Raises:
        UnusableError: something in it cannot be documented.
    """
    try:
        return build_asyncapi(app, view=view, spec=spec)
    except SetupError as error:
        raise UnusableError(str(error)) from error
