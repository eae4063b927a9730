"""The base of everything that nexws raises."""

from __future__ import annotations

__all__ = ["NexwsError"]


class NexwsError(Exception):
    """The base of every error of this package."""
