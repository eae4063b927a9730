"""``History``: what a consumer class keeps of what it broadcasts."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, overload

from nexws.protocol import Position, Retention
from nexws.runtime import HistoryEntry, Limits

__all__ = ["BoundHistory", "History", "position_of"]


class Reader(Protocol):
    """What reads the history of a group on behalf of a connection."""

    def history(
        self, group: str, *, since: Position | None, limit: int | None
    ) -> Coroutine[Any, Any, list[HistoryEntry]]:
        """List what is kept of *group*."""
        ...


class Serving(Protocol):
    """A consumer that serves a connection."""

    @property
    def __nexws_history__(self) -> Reader:
        """Give what reads."""
        ...


class History:
    """Keeps what a consumer class broadcasts to its groups, within bounds, for those who come later, or come back.

    Written on the class: ``history = History(events=100, seconds=300)``. All broadcasts are kept then, unless the push
    (``emits(..., history=False)``) or the call (``save_history=False``) says otherwise; without it, those are kept
    that say so. What is kept has a position, and can be resumed from.

    Args:
        events: kept for each group, at most; ``Limits.history_events``, unless given.
        seconds: how long they are kept, at most; ``Limits.history_seconds``, unless given.
        bytes: kept for each group, at most; ``Limits.history_bytes``, unless given.
        keep: whether broadcasts are kept that do not say.

    Raises:
        ValueError: a bound is not greater than zero.
    """

    __slots__ = ("_bytes", "_events", "_seconds", "keep")

    def __init__(
        self,
        *,
        events: int | None = None,
        seconds: float | None = None,
        bytes: int | None = None,  # noqa: A002 - as people say it
        keep: bool = True,
    ) -> None:
        bounds = {"events": events, "seconds": seconds, "bytes": bytes}
        for name, bound in bounds.items():
            if bound is not None and not bound > 0:
                raise ValueError(f"History({name}=) must be greater than zero")
        self._events: int | None = events
        self._seconds: float | None = seconds
        self._bytes: int | None = bytes
        self.keep: bool = keep

    def retention(self, limits: Limits) -> Retention:
        """Give the bounds, those of *limits* where it has none of its own."""
        return Retention(
            events=self._events or limits.history_events,
            seconds=self._seconds or limits.history_seconds,
            size_bytes=self._bytes or limits.history_bytes,
        )

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> History: ...
    @overload
    def __get__(self, instance: Serving, owner: type[Any]) -> BoundHistory: ...
    def __get__(self, instance: Serving | None, owner: type[Any]) -> History | BoundHistory:
        """Give the declaration on the class, and what reads on an instance."""
        return self if instance is None else BoundHistory(instance.__nexws_history__)


class BoundHistory:
    """Reads what was broadcast to a group and is kept."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(
        self,
        group_name: str = "default",
        *,
        since: Position | str | None = None,
        limit: int | None = None,
    ) -> Coroutine[Any, Any, list[HistoryEntry]]:
        """List what is kept of a group, oldest first.

        With *since*, what came after that position, the first *limit* of it; without, the newest *limit*.

        Raises:
            GroupNameError: no group can have that name.
            PositionError: *since* is no position.
            LayerError: it cannot be read now.
        """
        return self._reader.history(group_name, since=position_of(since), limit=limit)


def position_of(text: Position | str | None) -> Position | None:
    """Read a position, where there is one.

    Raises:
        PositionError: *text* is none.
    """
    return Position.parse(text) if isinstance(text, str) else text
