"""One group that a node follows: its publications in order, and what it has missed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from nexws.errors import LayerError
from nexws.layers.port import Page, Sink
from nexws.protocol import Position, Publication

__all__ = ["Followed"]

_PAUSE: Final = 0.1


class Followed:
    """Hands what is published to one group to the sink: in order, each once, and without holes where it is kept.

    Whatever comes in waits in a queue, which one task empties: a large group does not keep the others waiting.
    """

    __slots__ = ("_busy", "_checks", "_queue", "_read", "_sink", "group", "last")

    def __init__(self, group: str, sink: Sink, read: Callable[[Position], Awaitable[Page]]) -> None:
        self.group, self._sink, self._read = group, sink, read
        self.last: Position | None = None
        """The newest position that has been handed over, or was there when this began."""
        self._queue: deque[tuple[Publication, Position | None]] = deque()
        self._checks = False
        self._busy = False

    def put(self, publication: Publication, position: Position | None) -> bool:
        """Take what has come in; true where somebody has to call ``empty``."""
        self._queue.append((publication, position))
        return self._begin()

    def check(self) -> bool:
        """See, before anything else, whether something has been missed; true where somebody has to call ``empty``."""
        self._checks = True
        return self._begin()

    async def empty(self) -> None:
        """Hand over all that waits."""
        try:
            while self._checks or self._queue:
                if self._checks:
                    self._checks = False
                    await self._mend(None)
                    continue
                publication, position = self._queue.popleft()
                if position is None:
                    await self._sink.deliver(self.group, publication, None)
                elif self._follows(position):
                    self.last = position
                    await self._sink.deliver(self.group, publication, position)
                elif not self._is_had(position):
                    await self._mend(position)
        finally:
            self._busy = False

    def _begin(self) -> bool:
        is_first, self._busy = not self._busy, True
        return is_first

    def _follows(self, position: Position) -> bool:
        last = self.last
        return last is None or (position.epoch == last.epoch and position.offset == last.offset + 1)

    def _is_had(self, position: Position) -> bool:
        last = self.last
        return last is not None and position.epoch == last.epoch and position.offset <= last.offset

    async def _mend(self, seen: Position | None) -> None:
        """Read what has been missed since the last, and hand it over; say so where it is not there any more.

        *seen* is a position that has come in and leaves a hole.
        """
        last = self.last
        if last is None:
            return
        while True:
            try:
                page = await self._read(last)
                break
            except LayerError:
                await asyncio.sleep(_PAUSE)  # nothing of this group is handed over before it is known
        if not page.is_complete:
            self.last = page.top or seen
            await self._sink.lost(self.group)
            return
        for entry in page.entries:
            self.last = entry.position
            await self._sink.deliver(self.group, entry.publication, entry.position)
