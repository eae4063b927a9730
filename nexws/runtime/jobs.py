"""The handlers of one connection that run beside the order of its events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import anyio

from nexws.protocol import Ref
from nexws.runtime.cancellation import Interrupt, Interrupted

__all__ = ["Job", "Jobs"]

Spawn: TypeAlias = Callable[..., None]


class Job:
    """One handler in a task of its own."""

    __slots__ = (
        "_after",
        "_done",
        "_interrupt",
        "_is_finished",
        "_started",
        "event",
        "is_replaced",
        "ref",
        "shielded",
        "streams",
    )

    def __init__(self, event: str, ref: Ref | None, *, streams: bool = False, shielded: bool = False) -> None:
        self.event: str = event
        self.ref: Ref | None = ref
        self.streams: bool = streams
        self.shielded: bool = shielded
        self._interrupt = Interrupt()
        self._done = anyio.Event()
        self._after: Job | None = None  # whose end it waits for
        self._started = self._is_finished = False
        self.is_replaced: bool = False
        """Whether a newer one takes its place."""

    def cancel(self) -> None:
        """Cancel it once, unless it is about to say its last word."""
        if not self._is_finished:
            self._interrupt.request()

    def replace(self, older: Job) -> None:
        """Run in place of *older*, which is cancelled, once nothing of that runs any more."""
        self._after = older if older._started else older._after
        older.is_replaced = True
        older.cancel()

    def finish(self) -> None:
        """Say that it has ended but for its clean-up and its last word: it cannot be cancelled any more."""
        self._is_finished = True

    async def wait(self) -> None:
        """Wait until nothing of it runs any more."""
        await self._done.wait()

    async def run(
        self, work: Callable[[], Coroutine[Any, Any, None]], cancelled: Callable[[], object]
    ) -> None:
        """Run *work*, and *cancelled* behind it where it was cancelled."""
        with anyio.CancelScope(shield=self.shielded):
            try:
                await self._interrupt.over(lambda: self._begin(work))
            except Interrupted:
                cancelled()
            finally:
                self._done.set()

    async def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._after is not None:
            await self._after.wait()
        self._started, self._after = True, None
        await work()


class Jobs:
    """The jobs of one connection: streams known by their refs, others by their events.

    Their number is bounded by what starts them: it asks ``running`` before, or waits for ``room``.
    """

    __slots__ = ("_jobs", "_latest", "_moved", "_spawn", "_streams")

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._jobs: dict[Job, None] = {}
        self._streams: dict[Ref, Job] = {}
        self._latest: dict[str, Job] = {}
        self._moved: deque[anyio.Event] = deque()

    def stream(self, ref: Ref | None) -> Job | None:
        """Find the stream of *ref*, if it runs."""
        return None if ref is None else self._streams.get(ref)

    @property
    def streams(self) -> int:
        """How many streams run."""
        return len(self._streams)

    def running(self, event: str) -> int:
        """How many jobs of *event* run."""
        return sum(job.event == event for job in self._jobs)

    async def room(self, event: str, most: int) -> None:
        """Wait until fewer than *most* jobs of *event* run."""
        while self.running(event) >= most:
            moved = anyio.Event()
            self._moved.append(moved)
            await moved.wait()

    def start(
        self, job: Job, work: Callable[[], Coroutine[Any, Any, None]], cancelled: Callable[[], object]
    ) -> None:
        """Run *work* as *job*; *cancelled* follows where it is cancelled before it has said its last word."""
        self._jobs[job] = None
        if job.streams and job.ref is not None:
            self._streams[job.ref] = job
        self._spawn(self._run, job, work, cancelled)

    def start_latest(
        self, job: Job, work: Callable[[], Coroutine[Any, Any, None]], cancelled: Callable[[], object]
    ) -> None:
        """Run *work* as the one job of its event: the one that runs is cancelled, and waited for."""
        older = self._latest.get(job.event)
        if older is not None:
            job.replace(older)
        self._latest[job.event] = job
        self.start(job, work, cancelled)

    def finish(self, job: Job) -> None:
        """Say that *job* is about to say its last word: it cannot be cancelled any more, and its ref is free."""
        job.finish()
        self._forget_ref(job)

    async def close(self, seconds: float) -> None:
        """Cancel all jobs but the shielded ones, and wait for them, so long at most; then for the shielded ones."""
        for job in tuple(self._jobs):
            if not job.shielded:
                job.cancel()
        with anyio.move_on_after(seconds):
            await self._end(lambda job: not job.shielded)
        await self._end(lambda job: job.shielded)

    async def _end(self, matches: Callable[[Job], bool]) -> None:
        for job in tuple(self._jobs):
            if matches(job):
                await job.wait()

    async def _run(
        self, job: Job, work: Callable[[], Coroutine[Any, Any, None]], cancelled: Callable[[], object]
    ) -> None:
        def tell() -> None:
            self._forget_ref(job)
            cancelled()

        try:
            await job.run(work, tell)
        finally:
            self._forget_ref(job)
            del self._jobs[job]
            if self._latest.get(job.event) is job:
                del self._latest[job.event]
            while self._moved:
                self._moved.popleft().set()

    def _forget_ref(self, job: Job) -> None:
        if job.ref is not None and self._streams.get(job.ref) is job:
            del self._streams[job.ref]
