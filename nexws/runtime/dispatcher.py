"""From a frame to its handler, and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from time import perf_counter
from typing import Any, Final, TypeAlias

from nexws.events import Codec, Contract, EventContext, EventMiddleware, Guard, Received
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

Answer: TypeAlias = "str | bytes | None"
"""The frame that answers an event, if it is to be answered."""

_NOT_YET: Final = object()
"""What a handler gives that is answered elsewhere, later."""


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
        codec = contract.codecs[encoding].bounded(frame_bytes=limits.frame_bytes, depth=limits.json_depth)
        self.codec: Codec = codec
        self._read = codec.read
        self._plans = {
            event: Plan(handler, framework, limits, codec, guards=guards, middleware=middleware)
            for event, handler in contract.handlers.items()
        }
        for event, handler in contract.reserved.items():
            self._plans[event] = Plan(handler, framework, limits, codec, guards=(), middleware=())
        self._find = contract.served.find
        self._framework = framework
        self._passed_on: tuple[type[BaseException], ...] = (asyncio.CancelledError, *passed_on)
        self._consumer, self._handled = contract.consumer, (hooks or Hooks()).handled
        self._failures = Failures(logger, strict=strict)
        self._beside = Beside(codec, self._failures, framework, self._told)

    def dispatch(
        self, consumer: Any, websocket: Any, connection: Connection, frame: str | bytes
    ) -> Answer | Coroutine[Any, Any, Answer]:
        """Serve one frame; gives the frame that answers it, if any, or what is to be awaited for that.

        A handler that never waits costs no coroutine beside its own. Whatever is wrong with the frame, and whatever
        its handler raises, becomes an answer: only errors about the connection itself, ``passed_on``, come out of here.
        """
        began = perf_counter() if self._handled is not None else 0.0
        received: Received | None = None
        plan: Plan | None = None
        try:
            read = self._read(frame)
            if isinstance(read, Failure):
                return self._fail(read, None, connection, began)
            received = read
            event = read["event"]
            plan = self._plans.get(event) or self._plan_of(event)
            if plan is None:  # nexws.cancel, the one event that is nobody's
                self._cancel(connection, read.get("ref"))
                return None
            if not plan.is_bare:
                context = self._context(consumer, websocket, connection, read)
                return self._later(
                    self._serve(plan, connection, context, began), plan, received, connection, began
                )
            running = plan.invoke(consumer, websocket, read.get("data"))
            try:
                wanted = running.send(None)
            except StopIteration as done:
                result = done.value
            else:
                going_on = go_on_within(plan.seconds, running, wanted)
                return self._later(going_on, plan, received, connection, began)
            return self._answer(plan, received, result, connection, began)
        except self._passed_on:
            self._told(plan, connection, received and received["event"], FailureCode.CANCELLED.value, began)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: whatever a handler raises is answered here
            return self._raised(error, plan, received, frame, connection, began=began)

    def overflow(self, connection: Connection, frame: str | bytes) -> str | bytes:
        """Write the answer to a frame that is not served, for too many wait before it."""
        began = perf_counter()
        event, ref = self.codec.address(frame)
        text = "too many events of this client wait (Limits.inbox_frames)"
        code = FailureCode.RATE_LIMITED
        failure = Failure(code=code, message=text, event=event, ref=ref, retryable=True)
        return self._fail(failure, None, connection, began)

    # -- inside

    async def _later(
        self,
        running: Coroutine[Any, Any, Any],
        plan: Plan,
        received: Received,
        connection: Connection,
        began: float,
    ) -> Answer:
        """Await what a handler returns, and answer."""
        try:
            result = await running
            return None if result is _NOT_YET else self._answer(plan, received, result, connection, began)
        except self._passed_on:
            self._told(plan, connection, received["event"], FailureCode.CANCELLED.value, began)
            raise
        except Exception as error:  # noqa: BLE001 - as above
            return self._raised(error, plan, received, "", connection, began=began)

    async def _serve(self, plan: Plan, connection: Connection, context: EventContext, began: float) -> Any:
        """Serve an event that has more to it; gives what its handler returns, unless that is answered elsewhere."""
        self._check_rate(plan, connection, context)
        if plan.beside:
            await self._beside.begin(plan, connection, context, began)
            return _NOT_YET
        return await within(plan.seconds, plan.run(context))

    def _answer(
        self, plan: Plan, received: Received, result: Any, connection: Connection, began: float
    ) -> Answer:
        ref, event, answer = received.get("ref"), received["event"], None
        if ref is not None:
            if plan.reply is not None:
                answer = plan.reply(ref, result)
            else:
                answer = self.codec.answer(event, ref, "ok", plan.handler.writer, result)
        if self._handled is not None:
            self._told(plan, connection, event, "ok", began)
        return answer

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
