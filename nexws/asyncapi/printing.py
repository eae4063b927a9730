"""Text from documents, on its way to a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """Write as escapes what a terminal would act on, or start a line for."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
