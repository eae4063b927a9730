"""How a consumer without events reads frames and writes payloads: its ``encoding``."""

from __future__ import annotations

from typing import Any, Final, Protocol

from pydantic_core import PydanticSerializationError, from_json, to_json

from nexws.errors import PayloadError
from nexws.protocol import CloseCode, is_too_deep
from nexws.runtime import CloseRequested, Frame, Limits, Message

__all__ = ["ENCODINGS", "EVENTS", "Encoding"]


class Encoding(Protocol):
    """One way to put payloads into frames."""

    payload_type: str
    """Nexios' word for what the channel sends."""

    def read(self, message: Message, limits: Limits) -> Any:
        """Read what a client sent, for ``on_receive``.

        Raises:
            CloseRequested: the consumer does not speak such frames, or none so large.
        """
        ...

    def write(self, payload: Any) -> Frame:
        """Write what a client is to get.

        Raises:
            PayloadError: *payload* cannot be sent so.
        """
        ...

    def read_kept(self, frame: str | bytes) -> Any:
        """Read what was written."""
        ...


class _Json:
    payload_type = "json"

    def read(self, message: Message, limits: Limits) -> Any:
        frame = _frame_of(message, limits)
        try:
            text = frame if isinstance(frame, str) else frame.decode()
            payload = from_json(text, allow_inf_nan=False)
        except (UnicodeDecodeError, TypeError):  # a TypeError: a lone surrogate in the text itself
            raise CloseRequested(CloseCode.INVALID_DATA, "the frame is not UTF-8") from None
        except ValueError:
            raise CloseRequested(CloseCode.UNSUPPORTED_DATA, "the frame is no JSON") from None
        if len(text) > limits.json_depth and is_too_deep(text, limits.json_depth):
            raise CloseRequested(CloseCode.UNSUPPORTED_DATA, "the frame nests too deeply")
        return payload

    def write(self, payload: Any) -> Frame:
        try:
            return Frame.text(to_json(payload, inf_nan_mode="null", by_alias=True).decode())
        except (PydanticSerializationError, ValueError) as error:
            raise PayloadError(None, str(error)) from error

    def read_kept(self, frame: str | bytes) -> Any:
        return from_json(frame)


class _AsItIs:
    def read_kept(self, frame: str | bytes) -> Any:
        return frame


class _Text(_AsItIs):
    payload_type = "text"

    def read(self, message: Message, limits: Limits) -> Any:
        frame = _frame_of(message, limits)
        if isinstance(frame, str):
            return frame
        raise CloseRequested(CloseCode.UNSUPPORTED_DATA, "text frames only")

    def write(self, payload: Any) -> Frame:
        if not isinstance(payload, str):
            raise PayloadError(None, f"this consumer sends text, not {type(payload).__name__}")
        return Frame.text(payload)


class _Bytes(_AsItIs):
    payload_type = "bytes"

    def read(self, message: Message, limits: Limits) -> Any:
        frame = _frame_of(message, limits)
        if isinstance(frame, bytes):
            return frame
        raise CloseRequested(CloseCode.UNSUPPORTED_DATA, "binary frames only")

    def write(self, payload: Any) -> Frame:
        if isinstance(payload, (bytes, bytearray)):
            return Frame.binary(bytes(payload))
        raise PayloadError(None, f"this consumer sends bytes, not {type(payload).__name__}")


class _Either(_AsItIs):
    payload_type = "text"

    def read(self, message: Message, limits: Limits) -> Any:
        return _frame_of(message, limits)

    def write(self, payload: Any) -> Frame:
        encoding: Encoding = ENCODINGS["text" if isinstance(payload, str) else "bytes"]
        return encoding.write(payload)


class _Events(_AsItIs):
    """Frames go to the dispatcher as they are: it answers a wrong one, where other consumers close."""

    payload_type = "json"

    def read(self, message: Message, limits: Limits) -> Any:
        text = message.get("text")
        return text if text is not None else message["bytes"]

    def write(self, payload: Any) -> Frame:
        return Frame.text(payload)


ENCODINGS: Final[dict[str | None, Encoding]] = {
    "json": _Json(),
    "text": _Text(),
    "bytes": _Bytes(),
    None: _Either(),
}
EVENTS: Final = _Events()


def _frame_of(message: Message, limits: Limits) -> str | bytes:
    """Take the frame out of an ASGI message: servers name both keys, or only the one that is meant."""
    text = message.get("text")
    frame: str | bytes = text if text is not None else message["bytes"]
    size = len(frame)
    if isinstance(frame, str) and size <= limits.frame_bytes < size * 4:
        size = len(frame.encode("utf-8", "replace"))
    if size > limits.frame_bytes:
        raise CloseRequested(CloseCode.TOO_BIG, "the frame is too large")
    return frame
