"""The frames of the protocol, written as text once, whatever the number of receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quote
from typing import Any, Final, Literal, TypeAlias

from pydantic_core import to_json

from nexws.protocol.codes import FailureCode
from nexws.protocol.envelopes import Envelope
from nexws.protocol.publications import Position

__all__ = [
    "CANCEL_EVENT",
    "CLOSING_EVENT",
    "DROPPED_EVENT",
    "ERROR_EVENT",
    "NO_DATA",
    "PING_EVENT",
    "PONG_EVENT",
    "PRESENCE_EVENT",
    "RESUME_EVENT",
    "Failure",
    "JsonFrames",
    "Ref",
    "Status",
]

Ref: TypeAlias = "str | int"
"""What a client puts on an event to know its answer by."""

Status: TypeAlias = Literal["ok", "next", "done"]
"""What an answer is: the one reply, an item of a stream, or the end of one."""

CANCEL_EVENT: Final = "nexws.cancel"
"""The event with which a client ends a stream."""

RESUME_EVENT: Final = "nexws.resume"
"""The event with which a client asks for what it missed."""

PING_EVENT: Final = "nexws.ping"
"""The event with which a client says that it lives."""

PONG_EVENT: Final = "nexws.pong"
"""The push that answers it, where it has no ref."""

PRESENCE_EVENT: Final = "nexws.presence"
"""The push that tells who has come into a group, and who has gone."""
CLOSING_EVENT: Final = "nexws.closing"
"""The push that warns clients of the end of their connection, when the server stops."""

DROPPED_EVENT: Final = "nexws.dropped"
"""The push that tells how much a client has lost that reads too slowly."""

ERROR_EVENT: Final = "nexws.error"
"""The event of a failure whose own event could not be read."""

NO_DATA: Final = ""
"""The data of a frame that has none: its key is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an event was not served, as its sender is told.

    ``details`` say which parts of the payload are wrong (``loc``, ``type``, ``msg``); they never hold the input.
    ``retry_after`` is a number of seconds.
    """

    code: FailureCode | str
    message: str
    event: str | None = None
    ref: Ref | None = None
    details: Sequence[Mapping[str, Any]] = ()
    data: Any = None
    retry_after: float | None = None
    retryable: bool = False

    def parts(self) -> dict[str, Any]:
        """Give the parts of the frame that tells it, by their usual names."""
        error: dict[str, Any] = {"code": str.__str__(self.code), "message": self.message}
        if self.details:
            error["details"] = self.details
        if self.data is not None:
            error["data"] = self.data
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        error["retryable"] = self.retryable
        frame: dict[str, Any] = {"event": self.event or ERROR_EVENT}
        if self.ref is not None:
            frame["ref"] = self.ref
        return {**frame, "status": "error", "error": error}


class JsonFrames:
    """Writes frames as JSON text, laid out by one envelope; data is given as JSON, or ``NO_DATA``."""

    __slots__ = ("_data", "_envelope", "_event", "_flat", "_pos", "_ref", "_status")

    def __init__(self, envelope: Envelope) -> None:
        self._envelope, self._flat = envelope, envelope.is_flat
        # The constant parts; the names of events need no escaping, and the keys none either.
        self._event = f'{{"{envelope.event}":"'
        self._ref = f'","{envelope.ref}":'
        self._status = f',"{envelope.status}":"'
        self._data = f'","{envelope.data}":'
        self._pos = f',"{envelope.pos}":"'

    def push(self, event: str, data: str, position: Position | None = None) -> str:
        """Write a push, with its *position* where it has one."""
        pos = "" if position is None else f'{self._pos}{position}"'
        if self._flat:
            return f'{self._event}{event}"{pos}{_rest(data)}'
        return f"{self._event}{event}{self._data}{data}{pos}}}" if data else f'{self._event}{event}"{pos}}}'

    def answer(self, event: str, ref: Ref, status: Status, data: str) -> str:
        """Write an answer to *ref*."""
        known_by = _quote(ref) if isinstance(ref, str) else ref
        head = f"{self._event}{event}{self._ref}{known_by}{self._status}{status}"
        if self._flat:
            return f'{head}"{_rest(data)}'
        return f"{head}{self._data}{data}}}" if data else f'{head}"}}'

    def replies(self, event: str, write: Callable[[Any], str]) -> Callable[[Ref, Any], str]:
        """Make what writes the replies to one event, as ``answer`` does; *write* writes their data."""
        head, status = f"{self._event}{event}{self._ref}", f"{self._status}ok"
        middle, bare, is_flat = f"{status}{self._data}", f'{status}"}}', self._flat

        def reply(ref: Ref, payload: Any) -> str:
            data = write(payload)
            known_by = _quote(ref) if isinstance(ref, str) else ref
            if not data:
                return f"{head}{known_by}{bare}"
            return (
                f'{head}{known_by}{status}"{_rest(data)}' if is_flat else f"{head}{known_by}{middle}{data}}}"
            )

        return reply

    def failure(self, failure: Failure) -> str:
        """Write a failure.

        Raises:
            ValueError: its ``data`` cannot be written as JSON.
        """
        return to_json(self._envelope.pack(failure.parts()), inf_nan_mode="null").decode()


def _rest(data: str) -> str:
    """Write what stands behind the envelope's keys in a flat frame: *data* is an object, or ``NO_DATA``."""
    return f",{data[1:]}" if len(data) > 2 else "}"
