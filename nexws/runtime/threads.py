"""Running handlers that are not async."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

__all__ = ["in_thread"]

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """Run *function* in a worker thread, one of those that anyio's default limiter allows for.

    A thread cannot be cancelled: where the caller is, what it returns is dropped. Its place among the threads
    is free only when it has returned, so clients that come and go cannot pile threads up.
    """
    limiter, borrower = anyio.to_thread.current_default_thread_limiter(), object()
    await limiter.acquire_on_behalf_of(borrower)
    loop, begun = asyncio.get_running_loop(), False

    def release() -> None:
        if borrower in limiter.statistics().borrowers:
            limiter.release_on_behalf_of(borrower)

    def run() -> T:
        nonlocal begun
        begun = True
        try:
            return function()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(release)

    try:
        unlimited = anyio.CapacityLimiter(math.inf)
        return await anyio.to_thread.run_sync(run, abandon_on_cancel=True, limiter=unlimited)
    except asyncio.CancelledError:
        if not begun:
            release()
        raise
