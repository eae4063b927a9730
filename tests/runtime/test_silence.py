"""Silence: closed when it has lasted, and not before."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Outbox
from nexws.runtime.silence import HEARTBEAT, IDLE, close_when_silent


async def _send(message: object) -> None:
    """Take it."""


class Watched:
    """A connection as the watch knows it."""

    def __init__(self) -> None:
        self.limits = Limits(heartbeat_interval=0.04, heartbeat_timeout=0.01)
        self.outbox = Outbox(
            _send, lambda *_: None, lambda: None, limit_bytes=1, timeout=1.0
        )  # nothing is sent
        self.outbox.active_at = anyio.current_time()
        self.expires: float | None = 0.05
        self.silent_since: Any = anyio.current_time()
        self.ended: list[tuple[str, int, str]] = []

    async def close(self, code: int, reason: str) -> None:
        self.ended.append(("close", code, reason))

    async def end(self, code: int, reason: str) -> None:
        self.ended.append(("end", code, reason))


@pytest.mark.parametrize(
    ("silence", "ending"),
    [(IDLE, ("close", 1001, "idle")), (HEARTBEAT, ("end", 4012, "no heartbeat"))],
)
async def test_silence_ends_a_connection_when_it_has_lasted(silence: object, ending: object) -> None:
    """Once, with the code of its kind."""
    watched, began = Watched(), anyio.current_time()
    with anyio.fail_after(10):
        await close_when_silent(watched, silence)  # type: ignore[arg-type]
    assert watched.ended == [ending]
    assert anyio.current_time() - began >= 0.05


async def test_each_sound_begins_it_anew() -> None:
    """Nothing is counted from before."""
    watched, began = Watched(), anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(close_when_silent, watched, HEARTBEAT)
        while anyio.current_time() < began + 0.2:
            watched.silent_since = anyio.current_time()
            await checkpoint()
        assert watched.ended == []
    assert watched.ended
    assert anyio.current_time() - watched.silent_since >= 0.05


async def test_nobody_is_watched_for_what_does_not_matter() -> None:
    """A time to live may be taken back."""
    watched = Watched()
    watched.expires = watched.silent_since = None
    with anyio.fail_after(10):
        await close_when_silent(watched, IDLE)
        await close_when_silent(watched, HEARTBEAT)
    assert watched.ended == []
