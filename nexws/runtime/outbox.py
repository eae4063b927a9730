"""Frames on their way to one client."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import anyio
from typing_extensions import override

from nexws.runtime.backlog import Backlog, OverflowCounts
from nexws.runtime.frames import Frame, Message
from nexws.runtime.stepping import resume

__all__ = ["Frame", "Message", "Outbox", "Send", "WatchedOutbox"]

Send: TypeAlias = Callable[[Message], Awaitable[None]]
Spawn: TypeAlias = Callable[..., None]


class Outbox:
    """The frames for one client, in order; putting one never waits.

    While the client's socket takes frames, putting one runs the server's ``send`` to its end at once: no queue,
    no task. Where ``send`` would wait, a task finishes it, and later frames queue up to ``limit_bytes``; past the limit
    the frame's rule decides what gives way (see ``Backlog``). A frame that the socket does not take within
    ``timeout``, or one that must not be lost and has no place, ends the connection through ``on_slow``.

    What has been dropped is told to ``on_dropped``, counted by the label of the frames, so that it can put a notice.
    That is when nothing waits any more, when the outbox is sealed, or else, where a client reads but never catches up,
    with the first frame that is taken ``timeout`` seconds later.

    An outbox begins held (the client is not yet accepted): frames wait for ``open``.
    """

    __slots__ = (
        "_active_at",
        "_backlog",
        "_counts",
        "_limit",
        "_on_dropped",
        "_on_slow",
        "_sealed",
        "_send",
        "_spawn",
        "_stepped",
        "_taken",
        "_tell_at",
        "_timeout",
        "_wake_at",
        "free",
    )

    def __init__(
        self,
        send: Send,
        spawn: Spawn,
        on_slow: Callable[[], None],
        *,
        limit_bytes: int,
        timeout: float,
        on_dropped: Callable[[Mapping[str, int]], None] | None = None,
        counts: OverflowCounts | None = None,
    ) -> None:
        self._send, self._spawn, self._on_slow, self._on_dropped = send, spawn, on_slow, on_dropped
        self._limit, self._timeout = limit_bytes, timeout
        self._counts = OverflowCounts() if counts is None else counts
        # None while the socket takes frames as they come.
        self._backlog: Backlog | None = Backlog(limit_bytes, self._counts)
        self._taken: anyio.Event | None = (
            None  # set once as many frames have been taken as somebody waits for
        )
        self._wake_at: float = math.inf  # so many
        self._tell_at: float = math.inf  # when to tell of what has been dropped, if frames wait still
        self._sealed = False
        self._active_at: float | None = None
        # A send that is not the server's own may be tied to the task that runs it (a cancel scope, a context
        # variable), so it is not begun in one task and finished in another.
        self._stepped = inspect.ismethod(send)
        self.free: Send | None = None
        """The server's ``send``, while putting a frame is no more than to step through it."""

    def put(self, frame: Frame) -> bool:
        """Hand *frame* over; false if it is dropped, or if the connection is over, or is by this frame."""
        if self._sealed:
            return False
        if self._active_at is not None:
            self._active_at = anyio.current_time()
        if self._backlog is not None:
            return self._enqueue(self._backlog, frame)
        if not self._stepped:
            self.congest(self._send(frame.message))
            return True
        sending: Any = self._send(frame.message)
        try:
            wanted = sending.send(None)
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001 - a client that has left: each server has its own words for it
            self.close()
            return False
        self.congest(resume(sending, wanted))
        return True

    @property
    def active_at(self) -> float | None:
        """When a frame was put last, where somebody wants to know: whoever sets it."""
        return self._active_at

    @active_at.setter
    def active_at(self, now: float | None) -> None:
        self._active_at = now
        self.set_free()

    @property
    def is_closed(self) -> bool:
        """Whether no more frames are taken."""
        return self._sealed

    @property
    def is_congested(self) -> bool:
        """Whether frames wait for the client's socket."""
        return self._backlog is not None

    @property
    def waiting_bytes(self) -> int:
        """How much waits for the client's socket."""
        return 0 if self._backlog is None else self._backlog.size_bytes

    async def flush(self) -> None:
        """Wait until the client's socket has taken what waits now, or the connection is over."""
        backlog = self._backlog
        if backlog is None:
            return
        # The one that the socket has at the moment is taken when the next one goes.
        enough = backlog.taken + len(backlog) + 1
        while self._backlog is backlog and backlog.taken < enough:
            if self._taken is None:
                self._taken = anyio.Event()
            self._wake_at = min(self._wake_at, enough)
            await self._taken.wait()

    def open(self) -> None:
        """Begin to send: the client has been accepted."""
        held, self._backlog = self._backlog, None
        if held is None:
            return
        while (frame := held.take()) is not None:
            Outbox.put(self, frame)
        self._wake()
        self._tell(held)
        self.set_free()

    def seal(self) -> None:
        """Take no more frames; those that wait are still sent."""
        if self._backlog is not None:
            self._tell(self._backlog)
        self._sealed, self.free = True, None

    def close(self) -> None:
        """Take no more frames, and forget those that wait."""
        self._sealed, self.free = True, None
        self._backlog = None
        self._wake()

    def cut(self) -> None:
        """Give up a client that reads too slowly."""
        self._counts.close += 1
        self.close()
        self._on_slow()

    def forget_send(self) -> None:
        """Let go of the server's ``send``, once closed."""
        del self._send

    def congest(self, sending: Awaitable[None]) -> None:
        """Finish in a task what has begun to send a frame, and could not end it; others wait behind it."""
        self._backlog, self._tell_at, self.free = Backlog(self._limit, self._counts), math.inf, None
        self._spawn(self._drain, self._backlog, sending)

    def set_free(self) -> None:
        """Say whether frames may be stepped through."""
        is_free = self._stepped and not self._sealed and self._backlog is None and self._active_at is None
        self.free = self._send if is_free else None

    def _enqueue(self, backlog: Backlog, frame: Frame) -> bool:
        is_taken = backlog.put(frame)
        if not is_taken and frame.rule.policy == "close":
            self.cut()
        return is_taken

    async def _drain(self, backlog: Backlog, sending: Awaitable[None]) -> None:
        """Finish *sending*, then send what has queued up meanwhile."""
        with anyio.move_on_after(self._timeout) as deadline:
            await self._finish(sending)
            while (frame := self._next(backlog)) is not None:
                deadline.deadline = anyio.current_time() + self._timeout
                await self._finish(self._send(frame.message))
        if deadline.cancelled_caught:
            self.cut()
        elif self._backlog is backlog:
            self._backlog = None
            self.set_free()
            self._wake()
            self._tell(backlog)

    async def _finish(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except Exception:  # noqa: BLE001 - as above
            self.close()

    def _next(self, backlog: Backlog) -> Frame | None:
        """Give the frame to be sent next; ``None`` where none waits, or the connection is over."""
        if self._backlog is not backlog:
            return None
        frame = backlog.take()
        if backlog.taken >= self._wake_at:
            self._wake()
        if backlog.dropped and frame is not None:
            self._tell_in_time(backlog, anyio.current_time())
        return frame if self._backlog is backlog else None

    def _tell_in_time(self, backlog: Backlog, now: float) -> None:
        """See to it that a client which never catches up is told, too."""
        if self._tell_at == math.inf:
            self._tell_at = now + self._timeout
        elif now >= self._tell_at:
            self._tell_at = math.inf
            self._tell(backlog)

    def _tell(self, backlog: Backlog) -> None:
        dropped = backlog.dropped
        if dropped and self._on_dropped is not None and not self._sealed:
            backlog.dropped = {}
            self._on_dropped(dropped)

    def _wake(self) -> None:
        if self._taken is not None:
            self._taken.set()
            self._taken = None
            self._wake_at = math.inf


class WatchedOutbox(Outbox):
    """An outbox that tells of each frame whether it was taken."""

    __slots__ = ("_watch",)

    def watch(self, watch: Callable[[Frame, bool], None]) -> None:
        """Tell *watch* from now on."""
        self._watch = watch

    @override
    def set_free(self) -> None:
        """Never: somebody wants to know of each frame."""

    @override
    def put(self, frame: Frame) -> bool:
        is_taken = super().put(frame)
        self._watch(frame, is_taken)
        return is_taken
