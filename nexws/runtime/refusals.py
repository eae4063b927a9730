"""What a hook asks for that wants no client, or this one no longer."""

from __future__ import annotations

from typing import Final

from nexws.errors import NexwsError

__all__ = ["PLAIN_TEXT", "CloseRequested"]

PLAIN_TEXT: Final = "text/plain; charset=utf-8"


class CloseRequested(NexwsError):  # noqa: N818 - a wish, not a fault
    """A hook wants the connection closed, or refused, for a reason of its own.

    ``status`` and ``content_type`` are for a client that is refused: the reason is the body of its response.
    """

    def __init__(
        self, code: int, reason: str = "", *, status: int = 403, content_type: str = PLAIN_TEXT
    ) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.status = status
        self.content_type = content_type
