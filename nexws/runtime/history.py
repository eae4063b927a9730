"""What was sent to a group before, within bounds."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame

__all__ = ["GroupHistories", "HistoryEntry"]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One broadcast that was kept."""

    frame: Frame
    read: Callable[[str | bytes], Any]
    kept_at: float
    """On a clock that only goes on; ``created`` is for people."""
    uuid: uuid.UUID = field(default_factory=uuid.uuid4)
    created: datetime = field(default_factory=lambda: datetime.now(tz=timezone.utc))

    @property
    def payload(self) -> Any:
        """What was sent, read anew each time: nobody can change what others will read."""
        message = self.frame.message
        return self.read(message["text"] if "text" in message else message["bytes"])


class _GroupHistory:
    """The entries of one group, oldest first."""

    __slots__ = ("entries", "size_bytes")

    def __init__(self) -> None:
        self.entries: deque[HistoryEntry] = deque()
        self.size_bytes = 0

    def keep(self, entry: HistoryEntry, limits: Limits) -> None:
        self.entries.append(entry)
        self.size_bytes += entry.frame.size_bytes
        self.trim(limits, entry.kept_at)

    def trim(self, limits: Limits, now: float) -> None:
        entries = self.entries
        while entries and (
            len(entries) > limits.history_events
            or self.size_bytes > limits.history_bytes
            or now - entries[0].kept_at > limits.history_seconds
        ):
            self.size_bytes -= entries.popleft().frame.size_bytes


class GroupHistories:
    """The history of each group, and of so many groups at most; the oldest entries go first."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._groups: OrderedDict[str, _GroupHistory] = OrderedDict()

    def keep(self, group: str, frame: Frame, read: Callable[[str | bytes], Any]) -> None:
        """Keep *frame* as the newest entry of *group*; *read* gives its payload."""
        history = self._groups.setdefault(group, _GroupHistory())
        self._groups.move_to_end(group)
        history.keep(HistoryEntry(frame, read, self._clock()), self._limits)
        if len(self._groups) > self._limits.history_groups:
            self._groups.popitem(last=False)

    def read(self, group: str, limit: int | None = None) -> list[HistoryEntry]:
        """List the newest *limit* entries of *group* that are still kept, oldest first."""
        history = self._groups.get(group)
        if history is None:
            return []
        history.trim(self._limits, self._clock())
        if not history.entries:
            del self._groups[group]
        entries = list(history.entries)
        return entries if limit is None else entries[max(len(entries) - limit, 0) :]
