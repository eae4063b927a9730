"""Frames as the server takes them."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from nexws.errors import PayloadError
from nexws.protocol.overflow import KEEP, OverflowRule

__all__ = ["Frame", "Message"]

Message: TypeAlias = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as the server takes it; one object serves any number of clients."""

    message: Message
    size_bytes: int
    rule: OverflowRule = KEEP
    """What happens where it does not fit among those that wait for a client."""

    @classmethod
    def text(cls, text: str, rule: OverflowRule = KEEP) -> Frame:
        """Make a text frame.

        Raises:
            PayloadError: *text* holds half a surrogate pair, which no frame can (RFC 3629 section 3).
        """
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise PayloadError(None, "its text holds half a surrogate pair") from None
        return cls({"type": "websocket.send", "text": text}, size, rule)

    @classmethod
    def of(cls, frame: str | bytes, rule: OverflowRule = KEEP) -> Frame:
        """Make a text or a binary frame, as *frame* is."""
        return cls.text(frame, rule) if isinstance(frame, str) else cls.binary(frame, rule)

    @classmethod
    def binary(cls, data: bytes, rule: OverflowRule = KEEP) -> Frame:
        """Make a binary frame."""
        return cls({"type": "websocket.send", "bytes": data}, len(data), rule)
