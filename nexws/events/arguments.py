"""What fills the parameters of a handler."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from nexws.events.context import EventContext

__all__ = ["SIMPLE", "Argument", "Recognise", "Source", "source_of"]

Source: TypeAlias = Literal["payload", "socket", "context", "path", "dependency"]
"""Where an argument comes from: the event, the connection, the route, or a dependency of the framework."""

Recognise: TypeAlias = Callable[[inspect.Parameter, object], "Source | None"]
"""Tells which parameters the framework fills, by annotation and default."""

SIMPLE: Final = frozenset({"payload", "socket"})
"""What is at hand for each event, without looking for it."""

_PATH_TYPES: Final[Mapping[object, str]] = {
    inspect.Parameter.empty: "str",
    str: "str",
    int: "int",
    float: "float",
    uuid.UUID: "uuid",
}
_SOCKET_NAMES = ("websocket", "ws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One parameter of a handler, behind ``self``."""

    name: str
    source: Source
    hint: object
    default: Any

    @property
    def path_type(self) -> str | None:
        """The converter that a path needs to give this, as it is called there; ``None`` if no path can."""
        try:
            return _PATH_TYPES.get(self.hint)
        except TypeError:  # an annotation that cannot be hashed
            return None


def source_of(parameter: inspect.Parameter, hint: object, recognise: Recognise) -> Source | None:
    """Tell what fills a parameter, as far as its annotation, default and name say it."""
    if hint is EventContext:
        return "context"
    if hint is inspect.Parameter.empty and parameter.name in _SOCKET_NAMES:
        return "socket"
    return recognise(parameter, hint)
