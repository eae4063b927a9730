"""Names that may appear on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from nexws.errors import EventNameError, GroupNameError

__all__ = [
    "GROUP_PATTERN",
    "RESERVED_PREFIX",
    "UNKNOWN",
    "check_event_name",
    "check_group_name",
    "check_served_name",
    "is_event_name",
]

RESERVED_PREFIX: Final = "nexws."
"""Events whose names begin so belong to nexws."""

UNKNOWN: Final = "*"
"""The name under which a handler serves what no other does."""

is_event_name: Callable[[str], object] = re.compile(r"[A-Za-z0-9_.:-]{1,128}").fullmatch

GROUP_PATTERN: Final = "[A-Za-z0-9:_.-]{1,255}"
"""What a group may be called."""

_is_group_name = re.compile(GROUP_PATTERN).fullmatch


def check_event_name(name: str) -> None:
    """Refuse a name that a program may not declare.

    Raises:
        EventNameError: it has other characters, is too long, or is reserved.
    """
    if not is_event_name(name):
        raise EventNameError(name, "write 1 to 128 of A-Z a-z 0-9 _ . : -")
    if name.startswith(RESERVED_PREFIX):
        raise EventNameError(name, f"names that begin with {RESERVED_PREFIX!r} belong to nexws")


def check_served_name(name: str) -> None:
    """Refuse a name that no handler may serve: it is an event's, or that of a family, as ``chat.*``.

    Raises:
        EventNameError: it is neither, or is reserved.
    """
    if name.endswith("*"):
        family = name[:-1]
        if not family:
            raise EventNameError(name, "write @on.unknown to serve what no other handler does")
        if family[-1] not in ".:":
            raise EventNameError(name, "a family ends with '.*' or ':*', as 'chat.*' does")
        name = family
    check_event_name(name)


def check_group_name(name: str) -> None:
    """Refuse a name that no group may have.

    Raises:
        GroupNameError: it has other characters, or is too long.
    """
    if not _is_group_name(name):
        raise GroupNameError(name)
