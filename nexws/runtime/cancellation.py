"""Ending what runs from outside, once, so that it may await what it needs to clean up."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from nexws.errors import NexwsError
from nexws.runtime.stepping import resume

__all__ = ["Interrupt", "Interrupted", "TookTooLong", "go_on_within", "within"]

T = TypeVar("T")


class Interrupted(NexwsError):  # noqa: N818 - somebody's wish, not a fault
    """What ran was ended by its ``Interrupt``."""


class Interrupt:
    """Ends one piece of work from outside.

    The work is cancelled once, as asyncio does it, not for as long as it runs, as a cancel scope would: a ``finally``
    in it may await.
    """

    __slots__ = ("_cancelled", "_task", "is_requested")

    def __init__(self) -> None:
        self.is_requested: bool = False
        self._cancelled = False
        self._task: asyncio.Task[Any] | None = None  # while it may be cancelled

    def request(self) -> None:
        """Cancel the work, or keep it from beginning; a second call does nothing, nor does one from the work itself."""
        if self.is_requested:
            return
        if self._task is None:
            self.is_requested = True
        elif asyncio.current_task() is not self._task:
            self.is_requested = self._cancelled = True
            self._task.cancel()

    async def over(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run *work*.

        Raises:
            Interrupted: it was ended by ``request``, and by nobody else as well.
        """
        if self.is_requested:
            raise Interrupted
        self._task = task = asyncio.current_task()
        try:
            return await work()
        except asyncio.CancelledError:
            if not self._cancelled or self._others_wait(task):
                raise
            raise Interrupted from None
        finally:
            self._task = None
            self._others_wait(task)

    def _others_wait(self, task: asyncio.Task[Any] | None) -> bool:
        """Take our cancellation back, and tell whether somebody else's is left; before Python 3.11 nobody knows."""
        uncancel: Callable[[], int] | None = getattr(task, "uncancel", None)
        if not self._cancelled or uncancel is None:
            return False
        self._cancelled = False
        return uncancel() > 0


class TookTooLong(NexwsError):  # noqa: N818 - it is not known yet whose fault that is
    """What ran was cancelled because its time was over."""


async def within(seconds: float, running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine for so many seconds at most; one that never waits costs no timer.

    Raises:
        TookTooLong: it took longer, and was cancelled.
    """
    try:
        wanted = running.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    return await go_on_within(seconds, running, wanted)


async def go_on_within(seconds: float, running: Coroutine[Any, Any, T], wanted: object) -> T:
    """Do the same with a coroutine that has been begun with ``send(None)`` and *wanted* something.

    Raises:
        TookTooLong: it took longer, and was cancelled.
    """
    if math.isinf(seconds):
        endless: T = await resume(running, wanted)
        return endless
    interrupt = Interrupt()
    timer = asyncio.get_running_loop().call_later(seconds, interrupt.request)
    try:
        return await interrupt.over(lambda: resume(running, wanted))
    except Interrupted:
        raise TookTooLong from None
    finally:
        timer.cancel()
