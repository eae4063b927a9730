"""Going on with a coroutine that somebody has begun by hand."""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any

__all__ = ["resume"]


@types.coroutine
def resume(coroutine: Any, wanted: Any) -> Generator[Any, Any, Any]:
    """Go on with a coroutine that has been begun with ``send(None)`` and *wanted* something."""
    while True:
        try:
            received = yield wanted
        except BaseException as error:  # noqa: BLE001 - handed on to the coroutine, which decides
            step, argument = coroutine.throw, error
        else:
            step, argument = coroutine.send, received
        try:
            wanted = step(argument)
        except StopIteration as done:
            return done.value
