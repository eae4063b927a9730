"""From a frame to its handler, and back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from nexws.events import Contract, EventContext, EventMiddleware, Guard, Received
from nexws.protocol import Failure, FailureCode, Ref
from nexws.runtime.beside import Beside
from nexws.runtime.cancellation import go_on_within, within
from nexws.runtime.connection import Connection
from nexws.runtime.failures import Failures, Refused
from nexws.runtime.limits import Limits
from nexws.runtime.observers import EventHandled, Hooks
from nexws.runtime.plans import Plan
from nexws.runtime.supply import Framework

__all__ = ["Dispatcher"]


class Dispatcher:
    """Serves the events of one consumer class, in one of its encodings.

    Guards and middleware are the application's; those of the class are its handlers' already.
    """

    def __init__(
        self,
        contract: Contract,
        limits: Limits,
        logger: logging.Logger,
        passed_on: tuple[type[Exception], ...],
        framework: Framework,
        *,
        encoding: str = "json",
        guards: Sequence[Guard] = (),
        middleware: Sequence[EventMiddleware] = (),
        hooks: Hooks | None = None,
        strict: bool = False,
    ) -> None:
        self.codec = codec = contract.codecs[encoding].bounded(
            frame_bytes=limits.frame_bytes, depth=limits.json_depth
        )
        self._read, self._answer = codec.read, codec.answer
        self._plans = {
            event: Plan(handler, framework, limits, guards, middleware)
            for event, handler in contract.handlers.items()
        }
        self._find = contract.served.find
        self._framework, self._passed_on = framework, passed_on
        self._consumer, self._handled = contract.consumer, (hooks or Hooks()).handled
        self._failures = Failures(logger, strict=strict)
        self._beside = Beside(codec, self._failures, framework, self._told)

    async def dispatch(
        self, consumer: Any, websocket: Any, connection: Connection, frame: str | bytes
    ) -> str | bytes | None:
        """Serve one frame; gives the frame that answers it, if it is to be answered at once.

        Whatever is wrong with the frame, and whatever its handler raises, becomes an answer: only errors about
        the connection itself, ``passed_on``, come out of here.
        """
        began = perf_counter() if self._handled is not None else 0.0
        received: Received | None = None
        plan: Plan | None = None
        try:
            read = self._read(frame)
            if isinstance(read, Failure):
                return self._fail(read, None, connection, began)
            received = read
            event, ref = read["event"], read.get("ref")
            plan = self._plans.get(event) or self._plan_of(event)
            if plan is None:  # nexws.cancel, the one event that is nobody's
                self._cancel(connection, ref)
                return None
            if plan.is_bare:
                running = plan.invoke(consumer, websocket, read.get("data"))
                try:
                    wanted = running.send(None)
                except StopIteration as done:
                    result = done.value
                else:
                    result = await go_on_within(plan.seconds, running, wanted)
            else:
                context = self._context(consumer, websocket, connection, read)
                self._check_rate(plan, connection, context)
                if plan.beside:
                    await self._beside.begin(plan, connection, context, began)
                    return None
                result = await within(plan.seconds, plan.run(context))
            answer = None if ref is None else self._answer(event, ref, "ok", plan.handler.writer, result)
        except self._passed_on:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: whatever a handler raises is answered here
            return self._raised(error, plan, received, frame, connection, began=began)
        if self._handled is not None:
            self._told(plan, connection, event, "ok", began)
        return answer

    def overflow(self, frame: str | bytes) -> str | bytes:
        """Write the answer to a frame that is not served, for too many wait before it."""
        event, ref = self.codec.address(frame)
        text = "too many events of this client wait (Limits.inbox_frames)"
        code = FailureCode.RATE_LIMITED
        return self.codec.failure(Failure(code=code, message=text, event=event, ref=ref, retryable=True))

    # -- inside

    def _plan_of(self, event: str) -> Plan | None:
        handler = self._find(event)
        return None if handler is None else self._plans[handler.event]

    def _cancel(self, connection: Connection, ref: Ref | None) -> None:
        """End the stream of *ref*; none of that ref is no error: it may have ended meanwhile."""
        job = connection.jobs.stream(ref)
        if job is not None:
            job.cancel()

    def _context(
        self, consumer: Any, websocket: Any, connection: Connection, received: Received
    ) -> EventContext:
        return EventContext(
            name=received["event"],
            ref=received.get("ref"),
            data=received.get("data"),
            consumer=consumer,
            connection=connection.id,
            websocket=websocket,
            user=self._framework.user(websocket),
            path_params=self._framework.path_params(websocket),
            meta=received.get("meta", {}),
        )

    def _check_rate(self, plan: Plan, connection: Connection, context: EventContext) -> None:
        seconds = plan.wait_for(connection.buckets)
        if seconds:
            raise Refused(
                Failure(
                    code=FailureCode.RATE_LIMITED,
                    message=f"event {context.name!r} may be sent again in {seconds:.1f} s (rate=)",
                    event=context.name,
                    ref=context.ref,
                    retry_after=round(seconds, 3),
                    retryable=True,
                )
            )

    def _raised(
        self,
        error: Exception,
        plan: Plan | None,
        received: Received | None,
        frame: str | bytes,
        connection: Connection,
        *,
        began: float,
    ) -> str | bytes:
        handler, seconds = (None, 0.0) if plan is None else (plan.handler, plan.seconds)
        if received is None:
            event, ref = self.codec.address(frame)
        else:
            event, ref = received["event"], received.get("ref")
        return self._fail(self._failures.of(error, handler, event, ref, seconds), plan, connection, began)

    def _fail(self, failure: Failure, plan: Plan | None, connection: Connection, began: float) -> str | bytes:
        self._told(plan, connection, failure.event, str.__str__(failure.code), began)
        try:
            return self.codec.failure(failure)
        except ValueError:
            return self.codec.failure(self._failures.unwritable(failure))

    def _told(
        self, plan: Plan | None, connection: Connection, event: str | None, outcome: str, began: float
    ) -> None:
        if self._handled is not None:
            self._handled(
                EventHandled(
                    connection=connection.id,
                    consumer=self._consumer,
                    handler=None if plan is None else plan.handler.event,
                    event=event,
                    outcome=outcome,
                    seconds=perf_counter() - began,
                )
            )
