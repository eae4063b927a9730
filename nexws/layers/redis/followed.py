"""One group that a node follows: its publications in order, and what it has missed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
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

    __slots__ = (
        "_busy",
        "_checks",
        "_is_over",
        "_queue",
        "_read",
        "_sink",
        "group",
        "is_sure",
        "last",
        "trying",
    )

    def __init__(self, group: str, sink: Sink, read: Callable[[Position | None], Awaitable[Page]]) -> None:
        self.group: str = group
        self._sink, self._read = sink, read
        self.last: Position | None = None
        """The newest position that has been handed over, or was there when this began."""
        self.is_sure: bool = False
        """Whether it is known where the group stood when following began."""
        self.trying: int = 0
        """How many are waiting for it to be followed."""
        self._queue: deque[tuple[Publication, Position | None]] = deque()
        self._checks = False
        self._busy = False
        self._is_over = False

    def start_at(self, top: Position | None) -> None:
        """Say where the group stood once it was followed; what came in since may be newer already."""
        self.is_sure = True
        if self.last is None:
            self.last = top

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

    def end(self) -> None:
        """Hand over no more: nobody follows it any more."""
        self._is_over, self._checks = True, False
        self._queue.clear()

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
        page = await self._read_patiently(last)
        if page is None or self._is_over:
            return
        was_sure, self.is_sure = self.is_sure, True
        if last is None and page.top is not None:  # nothing had been kept, if that was known
            is_complete = was_sure and len(page.entries) == page.top.offset
        else:
            is_complete = page.is_complete
        if not is_complete:
            self.last = page.top or seen
            await self._sink.lost(self.group)
            return
        for entry in page.entries:
            if not self._is_over:
                self.last = entry.position
                await self._sink.deliver(self.group, entry.publication, entry.position)

    async def _read_patiently(self, since: Position | None) -> Page | None:
        """Read what comes after *since*, however long that takes; ``None`` where nobody follows any more.

        Nothing of this group is handed over before it is known, so nothing is out of order.
        """
        while not self._is_over:
            with suppress(LayerError):
                return await self._read(since)
            await asyncio.sleep(_PAUSE)
        return None
