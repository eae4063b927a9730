"""Serving events beside the order of the others: streams, and handlers that may run at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeAlias, cast

from nexws.events import Codec, EventContext, PayloadWriter
from nexws.protocol import Failure, FailureCode
from nexws.runtime.application import State
from nexws.runtime.cancellation import within
from nexws.runtime.connection import Connection
from nexws.runtime.failures import Failures, Refused, internal
from nexws.runtime.jobs import Job
from nexws.runtime.outbox import Frame
from nexws.runtime.plans import Plan
from nexws.runtime.supply import Framework

__all__ = ["Beside"]

_NOTHING: Final = PayloadWriter[None]("", None)

Tell: TypeAlias = Callable[[Plan, Connection, "str | None", str, float], None]
"""Tells the outcome of an event to who listens."""


class Beside:
    """Runs handlers in tasks of their own; each event with a ref gets exactly one last word."""

    def __init__(self, codec: Codec, failures: Failures, framework: Framework, tell: Tell) -> None:
        self._codec, self._failures, self._framework, self._tell = codec, failures, framework, tell

    async def begin(self, plan: Plan, connection: Connection, context: EventContext, began: float) -> None:
        """Start a handler, when there is room for it.

        Raises:
            Refused: it is a stream that may not begin.
        """
        handler, jobs = plan.handler, connection.jobs
        if handler.streams:
            self._check_stream(plan, connection, context)
        job = Job(handler.event, context.ref, streams=handler.streams, shielded=handler.shield)
        run = self._stream if handler.streams else self._call

        def cancelled() -> None:
            self._cancelled(job, plan, connection, context, began)

        def work() -> Any:
            return run(job, plan, connection, context, began)

        if handler.concurrency == "latest":
            jobs.start_latest(job, work, cancelled)
        else:
            if not handler.streams:
                await jobs.room(handler.event, handler.concurrency or 1)
            jobs.start(job, work, cancelled)
        if handler.concurrency in (None, 1) and not handler.streams:  # shielded, and in order
            await job.wait()
        else:
            await asyncio.sleep(0)  # it begins before the events behind it do

    def _check_stream(self, plan: Plan, connection: Connection, context: EventContext) -> None:
        handler, jobs, event, ref = plan.handler, connection.jobs, context.name, context.ref
        if ref is None or jobs.stream(ref) is not None:
            # Told without the ref: it would be taken for the end of the other stream.
            text = "an event that is answered with a stream needs a ref that no running stream has"
            raise Refused(Failure(code=FailureCode.BAD_ENVELOPE, message=text, event=event))
        most, setting = connection.limits.streams_per_connection, "Limits.streams_per_connection"
        running = jobs.streams
        if isinstance(handler.concurrency, int) and running < most:
            most, setting = handler.concurrency, "concurrency="
            running = jobs.running(handler.event)
        if running >= most:
            text = f"no more than {most} streams may run at a time ({setting})"
            code = FailureCode.RATE_LIMITED
            raise Refused(Failure(code=code, message=text, event=event, ref=ref, retryable=True))

    async def _call(
        self, job: Job, plan: Plan, connection: Connection, context: EventContext, began: float
    ) -> None:
        """Run a handler and answer."""
        event, ref, answer = context.name, context.ref, None
        try:
            result = await within(plan.seconds, plan.run(context))
            if ref is not None:
                answer = self._codec.answer(event, ref, "ok", plan.handler.writer, result)
            self._tell(plan, connection, event, "ok", began)
        except Exception as error:  # noqa: BLE001 - the edge: whatever a handler raises is answered here
            answer = await self._raised(error, plan, connection, context, began)
        connection.jobs.finish(job)
        if answer is not None:
            connection.outbox.put(Frame.of(answer))  # which a closed one ignores
            await connection.outbox.flush()

    async def _stream(
        self, job: Job, plan: Plan, connection: Connection, context: EventContext, began: float
    ) -> None:
        """Send what a handler yields, no faster than the client takes it, and one last word."""
        event, ref, writer = context.name, context.ref, plan.handler.writer
        assert ref is not None  # or it would not have begun
        items: Any = None
        try:
            items = aiter(cast("AsyncIterator[Any]", await within(plan.seconds, plan.run(context))))
            try:
                while True:
                    try:
                        item = await within(plan.seconds, _next(items))
                    except StopAsyncIteration:
                        break
                    await connection.write(Frame.of(self._codec.answer(event, ref, "next", writer, item)))
            finally:
                job.finish()  # or leaving would cancel the clean-up of a generator that has ended already
                await _close(items)
            last = self._done(context)
            self._tell(plan, connection, event, "ok", began)
        except Exception as error:  # noqa: BLE001 - as above
            last = await self._raised(error, plan, connection, context, began)
        connection.jobs.finish(job)
        connection.outbox.put(Frame.of(last))

    def _done(self, context: EventContext) -> str | bytes:
        assert context.ref is not None  # streams have one
        return self._codec.answer(context.name, context.ref, "done", _NOTHING, None)

    async def _raised(
        self, error: Exception, plan: Plan, connection: Connection, context: EventContext, began: float
    ) -> str | bytes:
        wish = self._framework.close_wish(error)
        if wish is not None:
            await connection.close(*wish)
        if connection.state is not State.OPEN or connection.outbox.is_closed:
            self._tell(plan, connection, context.name, FailureCode.CANCELLED.value, began)
            return self._codec.failure(internal(context.name, context.ref))  # which nobody reads
        what = "the stream of event %r was not finished: its handler raised"
        more = {"what": what} if plan.handler.streams else {}
        failure = self._failures.of(error, plan.handler, context.name, context.ref, plan.seconds, **more)
        self._tell(plan, connection, context.name, str.__str__(failure.code), began)
        try:
            return self._codec.failure(failure)
        except ValueError:
            return self._codec.failure(self._failures.unwritable(failure))

    def _cancelled(
        self, job: Job, plan: Plan, connection: Connection, context: EventContext, began: float
    ) -> None:
        """Say the last word of a handler that was cancelled."""
        self._tell(plan, connection, context.name, FailureCode.CANCELLED.value, began)
        if context.ref is None:
            return
        if job.is_replaced:
            failure = Failure(
                code=FailureCode.CANCELLED,
                message=f"a newer {context.name!r} took the place of this one",
                event=context.name,
                ref=context.ref,
            )
            connection.outbox.put(Frame.of(self._codec.failure(failure)))
        elif job.streams:
            connection.outbox.put(Frame.of(self._done(context)))


async def _next(items: AsyncIterator[Any]) -> Any:
    return await anext(items)


async def _close(items: Any) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()
