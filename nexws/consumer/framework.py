"""What nexios says in words of its own: exceptions, and users."""

from __future__ import annotations

import uuid
from collections.abc import Coroutine, Mapping
from typing import Any, cast

from nexios.exceptions import HTTPException, WebSocketException
from nexios.websockets import WebSocketDisconnect

from nexws.errors import ConnectionClosedError
from nexws.protocol import CloseCode
from nexws.runtime import CloseRequested

__all__ = ["FRAMEWORKS_OWN", "translate", "translated", "user_id_of"]

FRAMEWORKS_OWN = (WebSocketDisconnect, WebSocketException, HTTPException)


async def translated(hook: Coroutine[Any, Any, Any] | Any) -> Any:
    """Await what nexios has a say in."""
    try:
        return await hook
    except FRAMEWORKS_OWN as error:
        raise translate(error) from error


def translate(error: Exception) -> Exception:
    """Say in nexws' words what nexios' exceptions ask for."""
    if isinstance(error, WebSocketDisconnect):
        return ConnectionClosedError(error.code)
    if isinstance(error, WebSocketException):
        return CloseRequested(error.code, error.reason)
    if isinstance(error, HTTPException):
        return CloseRequested(CloseCode.POLICY_VIOLATION, str(error.detail), status=error.status_code)
    return error


def user_id_of(user: Any) -> str | None:
    """Find the id that ``send_to`` knows a user by."""
    if isinstance(user, Mapping):
        found = cast("Mapping[str, Any]", user).get("id")
    elif isinstance(user, (str, int, uuid.UUID)):
        found = user
    else:
        found = getattr(user, "identity", None) or getattr(user, "id", None)
    return None if found is None or found == "" else str(found)
