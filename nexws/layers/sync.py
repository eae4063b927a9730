"""A channel layer for programs that have no event loop."""

from __future__ import annotations

import asyncio
import atexit
import os
import selectors
import threading
from collections.abc import Coroutine
from concurrent import futures
from types import TracebackType
from typing import Any, Final, TypeVar

from typing_extensions import Self

from nexws.errors import LayerError, NexwsError, SetupError
from nexws.layers.port import ChannelLayer
from nexws.protocol import Publication, Published, Retention

__all__ = ["SyncLayer"]

T = TypeVar("T")


class SyncLayer:
    """A channel layer for programs without an event loop, such as the tasks of Celery: it only publishes.

    ``layer.run(Chat.posted.broadcast(..., via=layer))`` runs the coroutine on an event loop of the layer's own, in a
    thread that begins with the first call, and gives its result. Any number of threads may call; what one thread
    publishes keeps its order. A process that is forked begins anew with its first call, so the layer may be made before
    the fork, and used on both sides of it.

    A ``with`` block, or ``close``, ends it; so does the end of the process, which it never keeps waiting.

    Args:
        layer: one that reaches the processes which serve; it is not to be used, or started, by anybody else.
    """

    def __init__(self, layer: ChannelLayer) -> None:
        self._layer = layer
        self._running: _Running | None = None
        self._is_closed = False

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """Run *coroutine*, which may publish via this layer, and give its result.

        Raises:
            LayerError: the layer is closed, or cannot begin.
            SetupError: called where an event loop runs, which would stand still meanwhile.
            TimeoutError: it took longer than *timeout* seconds, and has been cancelled.
            Exception: whatever the coroutine raises.
        """
        try:
            result = self._begin(coroutine)
        except NexwsError:
            coroutine.close()
            raise
        try:
            return result.result(timeout)
        except futures.CancelledError:
            raise LayerError("it has been closed meanwhile") from None
        except futures.TimeoutError:  # another one than the builtin before Python 3.11
            if result.cancel():
                raise TimeoutError(f"it took longer than {timeout} s, and was cancelled") from None
            raise
        except BaseException:  # the coroutine's own, or Ctrl-C, or what a signal handler raises
            result.cancel()
            raise

    async def publish(
        self,
        group: str,
        publication: Publication,
        /,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        """Carry what is sent ``via`` this, within ``run``.

        Raises:
            LayerError: it is not known to be published.
            SetupError: it does not run within ``run``.
        """
        running = self._running
        if running is None or asyncio.get_running_loop() is not running.loop:
            raise SetupError("a SyncLayer publishes within its run(); in async code, use the layer itself")
        await running.start()
        return await self._layer.publish(group, publication, retention=retention, key=key)

    def close(self) -> None:
        """End the layer and its thread; closing twice is no error."""
        with _lock:
            self._is_closed = True
            running, self._running = self._running, None
        if running in _active:
            running.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, coroutine: Coroutine[Any, Any, T]) -> futures.Future[T]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise SetupError("run() would make this event loop wait; await, via the layer itself, instead")
        with _lock:
            if self._is_closed:
                raise LayerError("it is closed")
            if self._running not in _active:
                self._running = _Running(self._layer)
                _active.add(self._running)
            return asyncio.run_coroutine_threadsafe(coroutine, self._running.loop)


class _Running:
    """An event loop in a thread, and a layer on it."""

    def __init__(self, layer: ChannelLayer) -> None:
        self._layer = layer
        self.loop: asyncio.AbstractEventLoop = _new_loop()
        self._is_started = False
        self._starting: asyncio.Future[None] | None = None
        self._kept: object = None
        self._thread = threading.Thread(target=self._serve, name="nexws.sync", daemon=True)
        self._thread.start()

    async def start(self) -> None:
        """Start the layer, unless it has been.

        Raises:
            LayerError: it cannot begin.
        """
        if self._is_started:
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.ensure_future(self._layer.start())
        await asyncio.shield(self._starting)  # one try for all who wait
        self._is_started = True

    def end(self) -> None:
        """Stop the layer, cancel what runs, and wait for the thread."""
        _active.discard(self)
        asyncio.run_coroutine_threadsafe(self._end(), self.loop)
        self._thread.join()

    def keep(self) -> None:
        """Hold on to all that is here: collected, it would be complained of as never ended."""
        self._kept = frozenset(asyncio.all_tasks(self.loop)), dict(getattr(self._layer, "__dict__", {}))

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    async def _end(self) -> None:
        try:
            if self._starting is not None:
                self._starting.cancel()
                await asyncio.wait((self._starting,))
            await self._layer.stop()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        finally:
            self.loop.stop()


_lock: Final = threading.Lock()
"""Held while one begins or ends, and while the process is forked."""
_active: Final[set[_Running]] = set()
_inherited: Final[list[_Running]] = []


def _new_loop() -> asyncio.AbstractEventLoop:
    if not hasattr(selectors, "PollSelector"):
        return asyncio.new_event_loop()
    # Others keep what they watch in the kernel, where a fork would share it: what one side closes, both lose.
    return asyncio.SelectorEventLoop(selectors.PollSelector())


def _end_all() -> None:
    for running in tuple(_active):
        running.end()


def _begin_anew() -> None:
    """Let go of what a fork has left behind: threads are not copied, and sockets are the parent's."""
    for running in _active:
        running.keep()
    _inherited.extend(_active)
    _active.clear()
    _lock.release()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_anew)
