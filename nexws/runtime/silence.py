"""Closing connections that nothing crosses any more."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

import anyio

from nexws.protocol import CloseCode
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Outbox

__all__ = ["HEARTBEAT", "IDLE", "Silence", "close_when_silent"]


class Watched(Protocol):
    """A connection that is watched."""

    outbox: Outbox
    limits: Limits

    @property
    def expires(self) -> float | None:
        """How long nothing may cross it."""
        ...

    @property
    def silent_since(self) -> float | None:
        """When the client was heard of last, where that matters."""
        ...

    def close(self, code: int, reason: str) -> Coroutine[Any, Any, None]:
        """Close it."""
        ...

    def end(self, code: int, reason: str) -> Coroutine[Any, Any, None]:
        """Close it, and cancel what runs for it."""
        ...


@dataclass(frozen=True, slots=True)
class Silence:
    """One kind of silence: since when it is, how long it may be, and how it ends."""

    since: Callable[[Watched], float | None]
    seconds: Callable[[Watched], float | None]
    end: Callable[[Watched], Coroutine[Any, Any, None]]


IDLE: Final = Silence(
    lambda connection: connection.outbox.active_at,
    lambda connection: connection.expires,
    lambda connection: connection.close(CloseCode.GOING_AWAY, "idle"),
)
"""Nothing crosses it in either direction."""

HEARTBEAT: Final = Silence(
    lambda connection: connection.silent_since,
    lambda connection: connection.limits.heartbeat_interval + connection.limits.heartbeat_timeout,
    lambda connection: connection.end(CloseCode.NO_HEARTBEAT, "no heartbeat"),
)
"""A client that speaks the heartbeat is not heard of."""


async def close_when_silent(connection: Watched, silence: Silence) -> None:
    """Close *connection* once it has been silent for too long."""
    while True:
        since, seconds = silence.since(connection), silence.seconds(connection)
        if since is None or seconds is None:
            return
        left = since + seconds - anyio.current_time()
        if left <= 0:
            await silence.end(connection)
            return
        await anyio.sleep(left)
