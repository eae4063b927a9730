"""A drain before a server's own end, for servers that would close all connections at once."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

import anyio

from nexws.runtime.drain import Drain

__all__ = ["drain_before_stop"]

_TOLD_TWICE = 1.0
"""Seconds within which a service manager and a parent process may both have told of one stop."""

_logger = logging.getLogger("uvicorn.error")  # where its users look


def drain_before_stop(drain: Drain) -> None:
    """See to it that a signal to stop begins *drain*, and reaches the server when it is over.

    For servers with a handler in Python, in the main thread (uvicorn; of other programs nothing is touched). To be
    called while the server runs, any number of times. The server puts back what was before its handlers by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    owner: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if isinstance(owner, _StopSignals):
        owner.add(drain)
    elif hasattr(owner, "should_exit") and not _reloads(owner):
        signals = _StopSignals(owner, asyncio.get_running_loop())
        signals.add(drain)


def _reloads(server: Any) -> bool:
    """Whether *server* is stopped whenever a file has changed, and somebody waits for it to be back."""
    return bool(getattr(getattr(server, "config", None), "should_reload", False))


class _StopSignals:
    """Stands before the handlers by which a server learns that it is to stop.

    The first signal begins the drains, a second one ends them, and from a third on the server gets all. A SIGTERM right
    behind the first signal is the same once more: a parent passes on what its service manager has sent to all.
    """

    def __init__(self, server: object, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._drains: list[Drain] = []
        self._begun_at: float | None = None
        self._hurries = self._is_over = False
        self._task: asyncio.Task[None] | None = None  # a server has no task group to put it into
        self._handlers: dict[int, Any] = {}
        for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGBREAK", None)):
            handler = None if number is None else signal.getsignal(number)
            if number is not None and getattr(handler, "__self__", None) is server:
                self._handlers[number] = handler
                signal.signal(number, self.handle)

    def add(self, drain: Drain) -> None:
        """Begin *drain* too, once it is time."""
        if drain not in self._drains:
            if drain.was_signalled:  # by another server, which has ended
                drain.was_signalled = drain.is_begun = False
            self._drains.append(drain)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self._is_over or self._hurries:
            self._is_over = True
            self._handlers[number](number, frame)
        elif self._begun_at is None:
            self._begun_at = time.monotonic()
            self._loop.call_soon_threadsafe(self._begin, number)
        elif number == signal.SIGINT or time.monotonic() - self._begun_at > _TOLD_TWICE:
            self._hurries = True
            for drain in self._drains:
                drain.hurry()

    def _begin(self, number: int) -> None:
        self._task = self._loop.create_task(self._drain(number))

    async def _drain(self, number: int) -> None:
        if any(drain.is_needed for drain in self._drains):
            _logger.info("Closing connections one after the other. (CTRL+C to close them now)")
        try:
            async with anyio.create_task_group() as tasks:
                for drain in self._drains:
                    drain.was_signalled = True
                    tasks.start_soon(drain.run)
        finally:
            if not self._is_over:
                self._is_over = True
                self._handlers[number](number, None)
