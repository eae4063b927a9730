"""The applications whose documents are tested: the torture, the example program and those of the documentation."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from nexios import NexiosApp

from nexws import build_asyncapi

__all__ = ["EXAMPLES", "NAMES", "application", "documented"]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def _is_program(file: Path) -> bool:
    return not file.name.startswith("test_") and "\napp = " in file.read_text(encoding="utf-8")


NAMES = [
    "torture",
    "chat_program",
    *(each.stem for each in sorted(EXAMPLES.glob("*.py")) if _is_program(each)),
]


def application(name: str) -> NexiosApp:
    """Give an application; those of the documentation, newly run."""
    if name == "torture":
        from tests.asyncapi.torture import app

        return app
    if name == "chat_program":
        program: NexiosApp = importlib.import_module("examples.chat").app
        return program
    spec = importlib.util.spec_from_file_location(f"documented_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[module.__name__]
    example: NexiosApp = module.app
    return example


@cache
def documented(name: str) -> dict[str, Any]:
    """Write the document of an application."""
    return build_asyncapi(application(name))
