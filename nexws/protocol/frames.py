"""The frames of the protocol, written as text once, whatever the number of receivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quote
from typing import Any, Final, TypeAlias

from pydantic_core import to_json

from nexws.protocol.codes import FailureCode

__all__ = ["CANCEL_EVENT", "ERROR_EVENT", "NO_DATA", "Failure", "Ref", "answer_frame", "push_frame"]

Ref: TypeAlias = "str | int"
"""What a client puts on an event to know its answer by."""

CANCEL_EVENT: Final = "nexws.cancel"
"""The event with which a client ends a stream."""

ERROR_EVENT: Final = "nexws.error"
"""The event of a failure whose own event could not be read."""

NO_DATA: Final = ""
"""The data of a frame that has none: the key ``data`` is left out."""


def push_frame(event: str, data: str) -> str:
    """Write a push: *data* is JSON or ``NO_DATA``."""
    return f'{{"event":"{event}","data":{data}}}' if data else f'{{"event":"{event}"}}'


def answer_frame(event: str, ref: Ref, status: str, data: str) -> str:
    """Write an answer to *ref* (``ok``, ``next`` or ``done``): *data* is JSON or ``NO_DATA``."""
    known_by = _quote(ref) if isinstance(ref, str) else ref
    tail = f',"data":{data}}}' if data else "}"
    return f'{{"event":"{event}","ref":{known_by},"status":"{status}"{tail}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an event was not served, as its sender is told.

    ``details`` say which parts of the payload are wrong (``loc``, ``type``, ``msg``); they never hold the input.
    """

    code: FailureCode | str
    message: str
    event: str | None = None
    ref: Ref | None = None
    details: Sequence[Mapping[str, Any]] = ()
    data: Any = None
    retryable: bool = False

    def frame(self) -> str:
        """Write the failure.

        Raises:
            ValueError: ``data`` cannot be written as JSON.
        """
        error: dict[str, Any] = {"code": str.__str__(self.code), "message": self.message}
        if self.details:
            error["details"] = self.details
        if self.data is not None:
            error["data"] = self.data
        error["retryable"] = self.retryable
        frame: dict[str, Any] = {"event": self.event or ERROR_EVENT}
        if self.ref is not None:
            frame["ref"] = self.ref
        return to_json({**frame, "status": "error", "error": error}, inf_nan_mode="null").decode()
