"""Applications that are named, not given."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from nexios import NexiosApp

from nexws.errors import SetupError

__all__ = ["load_app"]


def load_app(name: str) -> NexiosApp:
    """Import the application *name*, as ``shop.main:app``; the current folder is looked into first.

    Raises:
        SetupError: it cannot be imported, or is no application.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise SetupError(f"{name!r} names no application; write it like shop.main:app")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        hint = f" (looked in {Path.cwd()} and where Python looks)" if error.name == module_name else ""
        raise SetupError(f"cannot import {module_name!r}: there is no module {error.name!r}{hint}") from error
    except (Exception, SystemExit) as error:
        raise SetupError(f"cannot import {module_name!r}: {type(error).__name__}: {error}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise SetupError(f"{module_name!r} has no {attribute!r}")
        found = getattr(found, part)
    if not isinstance(found, NexiosApp):
        raise SetupError(f"{name} is a {type(found).__name__}, not a NexiosApp")
    return found
