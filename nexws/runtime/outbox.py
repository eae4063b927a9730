"""Frames on their way to one client."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
from typing_extensions import override

from nexws.errors import PayloadError
from nexws.runtime.stepping import resume

__all__ = ["Frame", "Message", "Outbox", "Send", "WatchedOutbox"]

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Spawn: TypeAlias = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as the server takes it; one object serves any number of clients."""

    message: Message
    size_bytes: int

    @classmethod
    def text(cls, text: str) -> Frame:
        """Make a text frame.

        Raises:
            PayloadError: *text* holds half a surrogate pair, which no frame can (RFC 3629 section 3).
        """
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise PayloadError(None, "its text holds half a surrogate pair") from None
        return cls({"type": "websocket.send", "text": text}, size)

    @classmethod
    def of(cls, frame: str | bytes) -> Frame:
        """Make a text or a binary frame, as *frame* is."""
        return cls.text(frame) if isinstance(frame, str) else cls.binary(frame)

    @classmethod
    def binary(cls, data: bytes) -> Frame:
        """Make a binary frame."""
        return cls({"type": "websocket.send", "bytes": data}, len(data))


class Outbox:
    """The frames for one client, in order; putting one never waits.

    While the client's socket takes frames, putting one runs the server's ``send`` to its end at once: no queue,
    no task. Where ``send`` would wait, a task finishes it, and later frames queue up to ``limit_bytes``. A frame that
    waits longer than ``timeout``, or one past the limit, ends the connection through ``on_slow``.

    An outbox begins held (the client is not yet accepted): frames wait for ``open``.
    """

    __slots__ = (
        "_drained",
        "_limit",
        "_on_slow",
        "_queue",
        "_sealed",
        "_send",
        "_spawn",
        "_stepped",
        "_timeout",
        "_waiting",
        "active_at",
    )

    def __init__(
        self, send: Send, spawn: Spawn, on_slow: Callable[[], None], *, limit_bytes: int, timeout: float
    ) -> None:
        self._send, self._spawn, self._on_slow = send, spawn, on_slow
        self._limit, self._timeout = limit_bytes, timeout
        self._queue: deque[Frame] | None = deque()  # None while the socket takes frames as they come
        self._waiting = 0  # bytes in the queue
        self._drained: anyio.Event | None = None
        self._sealed = False
        self.active_at: float | None = None  # when a frame was put last, where somebody wants to know
        # A send that is not the server's own may be tied to the task that runs it (a cancel scope, a context
        # variable), so it is not begun in one task and finished in another.
        self._stepped = inspect.ismethod(send)

    def put(self, frame: Frame) -> bool:
        """Hand *frame* over; false if the connection is over, or is by this frame."""
        if self._sealed:
            return False
        if self.active_at is not None:
            self.active_at = anyio.current_time()
        if self._queue is not None:
            return self._enqueue(self._queue, frame)
        if not self._stepped:
            self._congest(self._send(frame.message))
            return True
        sending: Any = self._send(frame.message)
        try:
            wanted = sending.send(None)
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001 - a client that has left: each server has its own words for it
            self.close()
            return False
        self._congest(resume(sending, wanted))
        return True

    @property
    def is_closed(self) -> bool:
        """Whether no more frames are taken."""
        return self._sealed

    @property
    def is_congested(self) -> bool:
        """Whether frames wait for the client's socket."""
        return self._queue is not None

    async def flush(self) -> None:
        """Wait until the client's socket has taken every frame, or the connection is over."""
        while self._queue is not None:
            if self._drained is None:
                self._drained = anyio.Event()
            await self._drained.wait()

    def open(self) -> None:
        """Begin to send: the client has been accepted."""
        held, self._queue, self._waiting = self._queue or (), None, 0
        for frame in held:
            Outbox.put(self, frame)

    def seal(self) -> None:
        """Take no more frames; those that wait are still sent."""
        self._sealed = True

    def close(self) -> None:
        """Take no more frames, and forget those that wait."""
        self._sealed = True
        self._queue = None
        self._waiting = 0
        self._wake()

    def cut(self) -> None:
        """End the connection, for its client reads too slowly."""
        self.close()
        self._on_slow()

    def forget_send(self) -> None:
        """Let go of the server's ``send``, once closed."""
        del self._send

    def _enqueue(self, queue: deque[Frame], frame: Frame) -> bool:
        self._waiting += frame.size_bytes
        if self._waiting > self._limit:
            self.cut()
            return False
        queue.append(frame)
        return True

    def _congest(self, sending: Awaitable[None]) -> None:
        self._queue = deque()
        self._spawn(self._drain, sending)

    async def _drain(self, sending: Awaitable[None]) -> None:
        """Finish *sending*, then send what has queued up meanwhile."""
        with anyio.move_on_after(self._timeout) as deadline:
            try:
                await sending
                while self._queue:
                    frame = self._queue.popleft()
                    self._waiting -= frame.size_bytes
                    deadline.deadline = anyio.current_time() + self._timeout
                    await self._send(frame.message)
            except Exception:  # noqa: BLE001 - as above
                self.close()
        if deadline.cancelled_caught:
            self.cut()
        elif self._queue is not None:
            self._queue = None
            self._wake()

    def _wake(self) -> None:
        if self._drained is not None:
            self._drained.set()
            self._drained = None


class WatchedOutbox(Outbox):
    """An outbox that tells of each frame whether it was taken."""

    __slots__ = ("_watch",)

    def watch(self, watch: Callable[[Frame, bool], None]) -> None:
        """Tell *watch* from now on."""
        self._watch = watch

    @override
    def put(self, frame: Frame) -> bool:
        is_taken = super().put(frame)
        self._watch(frame, is_taken)
        return is_taken
