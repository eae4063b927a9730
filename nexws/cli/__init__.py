"""The command line: ``nexws``."""

from __future__ import annotations

import importlib
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, or say what it lacks: it needs packages that the library does without."""
    try:
        commands = importlib.import_module("nexws.cli.commands")
    except ImportError as error:
        sys.exit(f'nexws: {error.name} is not installed; run: pip install "nexws[cli,server]"')
    commands.nexws()
