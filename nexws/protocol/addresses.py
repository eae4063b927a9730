"""Groups that are nobody's own: those with which one user, or one connection, is reached wherever it is."""

from __future__ import annotations

import secrets
import uuid
from typing import Final

__all__ = ["connection_of", "group_of_node", "group_of_user", "new_connection_id"]

_VERSION: Final = 8  # of a UUID whose bits are one's own, RFC 9562 section 5.8
_PREFIX: Final = 6  # bytes of a connection's id that say on which node it is


def group_of_user(user_id: str) -> str:
    """Give the group of all connections of a user."""
    return f"@user/{user_id}"


def group_of_node(connection: uuid.UUID) -> str:
    """Give the group that the node of *connection* follows."""
    return f"@node/{connection.bytes[:_PREFIX].hex()}"


def new_connection_id(node: bytes) -> uuid.UUID:
    """Make the id of a connection on *node*, which is six random bytes."""
    number = bytearray(node + secrets.token_bytes(16 - _PREFIX))
    number[6] = _VERSION << 4 | number[6] & 0x0F
    number[8] = 0x80 | number[8] & 0x3F
    return uuid.UUID(bytes=bytes(number))


def connection_of(target: object) -> uuid.UUID | None:
    """Read *target* as the id of a connection, which it may be: text, or the object itself."""
    try:
        found = target if isinstance(target, uuid.UUID) else uuid.UUID(str(target))
    except ValueError:
        return None
    return found if found.version == _VERSION else None
