"""Frames that wait for one client's socket."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Final

from pydantic import BaseModel, Field

from nexws.events import Emit
from nexws.protocol import DROPPED_EVENT
from nexws.runtime.frames import Frame

__all__ = ["DROPPED", "Backlog", "Dropped", "OverflowCounts"]


@dataclass(slots=True)
class OverflowCounts:
    """How often each overflow policy has acted, for all outboxes that share this."""

    close: int = 0
    """Connections that were cut, past the limit or past the send deadline."""
    drop_oldest: int = 0
    """Frames that were dropped to make room, or because not even that made enough of it."""
    drop_newest: int = 0
    """Frames that were not queued, as there was no room."""
    latest: int = 0
    """Frames that a newer one of the same key has replaced."""

    def as_dict(self) -> dict[str, int]:
        """Give the counts under the names of the policies."""
        return asdict(self)


class Backlog:
    """The frames that wait while a client's socket takes no more, in order, of ``limit_bytes`` at most.

    Where a frame does not fit, its rule decides:

    - ``close``: whatever may be dropped makes room. Where that is not enough, the frame has no place, and the
      connection is to be cut: such a frame is never lost while the connection lives.
    - ``drop_newest``: it is not queued.
    - ``drop_oldest``: older frames that may be dropped make room; if that is not enough, none of them is, and it is not
      queued itself.
    - ``latest``: as ``drop_oldest``; but while one with the same key waits, it takes that one's place in the order,
      which the one that it replaces leaves without being dropped: it is worth nothing any more.

    Dropped to make room are never ``close`` frames; ``drop_oldest`` and ``drop_newest`` ones first, in order, then
    ``latest`` ones, for the last value of a key is not made up for by others.

    No operation looks at the frames that wait, however many. A dropped one leaves its place empty; once most are, the
    queue is cleared of them.
    """

    __slots__ = (
        "_bytes",
        "_counts",
        "_empty",
        "_firm_bytes",
        "_history",
        "_limit",
        "_places",
        "_queue",
        "_state",
        "dropped",
        "taken",
    )

    def __init__(self, limit_bytes: int, counts: OverflowCounts) -> None:
        self._limit, self._counts = limit_bytes, counts
        self._queue: deque[Frame | _Place] = deque()  # frames that may be dropped stand in places
        self._history: deque[_Place] = deque()  # those of them that any other may displace
        self._state: deque[_Place] = deque()  # those that hold the last value of a key
        self._places: dict[Hashable, _Place] = {}  # the same, by key
        self._empty = 0  # places in the queue
        self._bytes = 0
        self._firm_bytes = 0  # of frames that are never dropped
        self.taken: int = 0
        """How many frames have been taken so far."""
        self.dropped: dict[str, int] = {}
        """How many frames of each label have been dropped, until somebody clears it."""

    def __len__(self) -> int:
        """Count the frames that wait."""
        return len(self._queue) - self._empty

    @property
    def size_bytes(self) -> int:
        """The bytes that wait."""
        return self._bytes

    def put(self, frame: Frame) -> bool:
        """Queue *frame*; false where it has no place."""
        place = self._places.get(frame.rule.key) if frame.rule.policy == "latest" else None
        freed = 0 if place is None or place.frame is None else place.frame.size_bytes
        if self._bytes - freed + frame.size_bytes > self._limit and not self._make_room(frame, place, freed):
            return False
        self._bytes += frame.size_bytes - freed
        if place is not None:
            place.frame = frame
            self._counts.latest += 1
        else:
            self._append(frame)
        return True

    def take(self) -> Frame | None:
        """Give the frame that has waited longest; ``None`` where none waits."""
        while self._queue:
            entry = self._queue.popleft()
            frame = entry if isinstance(entry, Frame) else self._leave(entry)
            if frame is None:
                self._empty -= 1
                continue
            self._bytes -= frame.size_bytes
            if frame is entry:
                self._firm_bytes -= frame.size_bytes
            self.taken += 1
            return frame
        return None

    def _append(self, frame: Frame) -> None:
        if frame.rule.policy == "close":
            self._firm_bytes += frame.size_bytes
            self._queue.append(frame)
            return
        place = _Place(frame)
        self._queue.append(place)
        if frame.rule.policy == "latest":
            self._state.append(place)
            self._places[frame.rule.key] = place
        else:
            self._history.append(place)

    def _leave(self, place: _Place) -> Frame | None:
        """Take *place*, the first in the queue and so among its kind, out of the order in which it could be dropped."""
        frame = place.frame
        if frame is None:
            return None
        if frame.rule.policy == "latest":
            self._state.popleft()
            del self._places[frame.rule.key]
        else:
            self._history.popleft()
        return frame

    def _make_room(self, frame: Frame, place: _Place | None, freed: int) -> bool:
        """Drop others until *frame* fits, into *place* if it has one; where it cannot, drop none."""
        if frame.rule.policy == "drop_newest":
            self._counts.drop_newest += 1
            self._note(frame)
            return False
        room = self._limit - frame.size_bytes
        if self._firm_bytes > room:
            if frame.rule.policy != "close":
                self._counts.drop_oldest += 1
                self._note(frame)
            return False
        is_first = False
        while self._bytes - freed > room:
            oldest = (self._history or self._state).popleft()
            if oldest is place:
                is_first = True
            else:
                self._drop(oldest)
        if is_first and place is not None:  # and stays so: all that were behind it and made room have left
            self._state.appendleft(place)
        return True

    def _drop(self, place: _Place) -> None:
        frame, place.frame = place.frame, None
        assert frame is not None  # or it would not have been in order
        self._bytes -= frame.size_bytes
        if frame.rule.policy == "latest":
            del self._places[frame.rule.key]
        self._counts.drop_oldest += 1
        self._note(frame)
        self._empty += 1
        if self._empty * 2 > len(self._queue):
            self._queue = deque(
                each for each in self._queue if isinstance(each, Frame) or each.frame is not None
            )
            self._empty = 0

    def _note(self, frame: Frame) -> None:
        label = frame.rule.label
        self.dropped[label] = self.dropped.get(label, 0) + 1


class _Place:
    """Where a frame stands in the queue that may be replaced, or dropped."""

    __slots__ = ("frame",)

    def __init__(self, frame: Frame) -> None:
        self.frame: Frame | None = frame


class Dropped(BaseModel):
    """What a client has lost, for it reads too slowly."""

    events: dict[str, int] = Field(description="How many pushes of each event, since the last time.")


DROPPED: Final[Emit[Dropped]] = Emit(
    DROPPED_EVENT,
    Dropped,
    summary="The client reads too slowly, and has lost pushes whose overflow policy allows it.",
    history=False,
)
"""The push that tells it."""
