"""The streams of one connection that are running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import anyio

from nexws.protocol import Ref

__all__ = ["Streams"]

Spawn: TypeAlias = Callable[..., None]


class _Stream:
    """One stream: its task, once it runs, and whether it was told to end."""

    __slots__ = ("cancelled", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            if self.task is not None:
                self.task.cancel()


class Streams:
    """Runs streams, each in a task of its own, known by its ref.

    A stream is cancelled once, as asyncio does it, so it may await what it needs to clean up.
    """

    __slots__ = ("_running", "_spawn", "_stopped")

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._running: dict[Ref, _Stream] = {}
        self._stopped: anyio.Event | None = None

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._running

    def start(
        self, ref: Ref, run: Callable[[], Coroutine[Any, Any, None]], on_cancel: Callable[[], object]
    ) -> None:
        """Run a stream; *on_cancel* follows where it is cancelled before it has said its last word."""
        self._running[ref] = stream = _Stream()
        self._spawn(self._run, ref, stream, run, on_cancel)

    def cancel(self, ref: Ref | None) -> None:
        """End the stream of *ref*; none of that ref is no error: it may have ended meanwhile."""
        stream = None if ref is None else self._running.get(ref)
        if stream is not None:
            stream.cancel()

    def finish(self, ref: Ref) -> None:
        """Say that the stream of *ref* is about to say its last word: it cannot be cancelled any more."""
        self._running.pop(ref, None)

    async def close(self, within: float) -> None:
        """End all streams, and wait for their clean-up, so many seconds at most."""
        for stream in tuple(self._running.values()):
            stream.cancel()
        with anyio.move_on_after(within):
            while self._running:
                self._stopped = anyio.Event()
                await self._stopped.wait()

    async def _run(
        self,
        ref: Ref,
        stream: _Stream,
        run: Callable[[], Coroutine[Any, Any, None]],
        on_cancel: Callable[[], object],
    ) -> None:
        stream.task = asyncio.current_task()
        try:
            if not stream.cancelled:
                await run()
        except asyncio.CancelledError:
            uncancel: Callable[[], int] | None = getattr(stream.task, "uncancel", None)  # Python 3.11
            if not stream.cancelled or (uncancel is not None and uncancel() > 0):
                raise
        finally:
            if self._running.get(ref) is stream:
                del self._running[ref]
                if stream.cancelled:
                    on_cancel()
            if self._stopped is not None:
                self._stopped.set()
