"""How often a client may send an event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Bucket", "Rate"]

_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d+)/(\d*)([smh])")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events in so many seconds, evenly; up to ``burst`` of them (as many as ``events``, unless given) at once.

    Raises:
        ValueError: a number is not greater than zero.
    """

    events: int
    seconds: float = 1.0
    burst: int | None = None

    def __post_init__(self) -> None:
        if not (self.events > 0 and self.seconds > 0 and (self.burst is None or self.burst > 0)):
            raise ValueError("a rate has numbers greater than zero")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"5/s"``, ``"100/m"``, ``"1000/h"`` or ``"3/10s"``.

        Raises:
            ValueError: *text* is none of these.
        """
        found = _RATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no rate; write it like '5/s', '100/m', '1000/h' or '3/10s'")
        events, count, unit = found.groups()
        return cls(int(events), int(count or 1) * _SECONDS[unit])


class Bucket:
    """A token bucket: what is left of a rate for one client."""

    __slots__ = ("_full", "_left", "_per_second", "_since")

    def __init__(self, rate: Rate, now: float) -> None:
        self._full = float(rate.burst or rate.events)
        self._per_second = rate.events / rate.seconds
        self._left, self._since = self._full, now

    def take(self, now: float) -> float:
        """Take one event at *now*; gives 0, or the seconds after which there will be one, which is not taken then."""
        self._left = min(self._full, self._left + (now - self._since) * self._per_second)
        self._since = now
        if self._left < 1:
            return (1 - self._left) / self._per_second
        self._left -= 1
        return 0.0
