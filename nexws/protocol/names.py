"""Names that may appear on the wire."""

from __future__ import annotations

import re
from typing import Final

from nexws.errors import EventNameError, GroupNameError

__all__ = ["RESERVED_PREFIX", "check_event_name", "check_group_name", "is_event_name"]

RESERVED_PREFIX: Final = "nexws."
"""Events whose names begin so belong to nexws."""

is_event_name = re.compile(r"[A-Za-z0-9_.:-]{1,128}").fullmatch
_is_group_name = re.compile(r"[A-Za-z0-9:_.-]{1,255}").fullmatch


def check_event_name(name: str) -> None:
    """Refuse a name that a program may not declare.

    Raises:
        EventNameError: it has other characters, is too long, or is reserved.
    """
    if not is_event_name(name):
        raise EventNameError(name, "write 1 to 128 of A-Z a-z 0-9 _ . : -")
    if name.startswith(RESERVED_PREFIX):
        raise EventNameError(name, f"names that begin with {RESERVED_PREFIX!r} belong to nexws")


def check_group_name(name: str) -> None:
    """Refuse a name that no group may have.

    Raises:
        GroupNameError: it has other characters, or is too long.
    """
    if not _is_group_name(name):
        raise GroupNameError(name)
