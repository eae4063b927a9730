"""How one handler is served: what stands before it, what goes around it, and within which bounds."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from nexws.errors import EventError
from nexws.events import Bucket, CallNext, Codec, EventContext, EventMiddleware, Guard, Handler
from nexws.protocol import FailureCode, Ref
from nexws.runtime.limits import Limits
from nexws.runtime.supply import Framework, call, iterate

__all__ = ["Plan"]


class Plan:
    """One handler with the guards and the middleware of all levels, the application's first and outermost."""

    __slots__ = ("_around", "_guards", "beside", "handler", "invoke", "is_bare", "reply", "seconds")

    def __init__(
        self,
        handler: Handler,
        framework: Framework,
        limits: Limits,
        codec: Codec,
        *,
        guards: Sequence[Guard],
        middleware: Sequence[EventMiddleware],
    ) -> None:
        self.handler: Handler = handler
        self.invoke: Callable[[Any, Any, Any], Any] = handler.invoke
        self.seconds: float = limits.handler_timeout if handler.timeout is None else handler.timeout
        is_one = not handler.event.endswith("*")
        self.reply: Callable[[Ref, Any], str | bytes] | None = (
            codec.replies(handler.event, handler.writer) if is_one else None
        )
        """Writes replies, where all events have one name."""
        self._guards = (*guards, *handler.guards)
        self._around = _innermost(handler, framework)
        for each in reversed((*middleware, *handler.middleware)):
            self._around = _wrapped(each, self._around)
        self.beside: bool = handler.streams or handler.concurrency not in (None, 1) or handler.shield
        """Whether it runs in a task of its own."""
        self.is_bare: bool = not (
            self.beside
            or not handler.is_simple
            or self._guards
            or middleware
            or handler.middleware
            or handler.rate
        )
        """Whether there is nothing to it but the call of a method, in the order of events."""

    async def run(self, context: EventContext) -> Any:
        """Ask the guards, then call the handler through the middleware; gives what it returns, or yields.

        Raises:
            EventError: a guard does not let the event through, or whoever else says so.
        """
        for guard in self._guards:
            verdict = guard(context)
            if inspect.isawaitable(verdict):
                verdict = await verdict
            if verdict is False:
                raise EventError(
                    FailureCode.FORBIDDEN.value, f"event {context.name!r} is not for this client"
                )
        return await self._around(context)

    def wait_for(self, buckets: dict[str, Bucket]) -> float:
        """Count the event against its rate: 0, or the seconds after which the client may send it."""
        rate, event = self.handler.rate, self.handler.event
        if rate is None:
            return 0.0
        now = time.monotonic()
        if event not in buckets:
            buckets[event] = Bucket(rate, now)
        return buckets[event].take(now)


def _wrapped(middleware: EventMiddleware, inner: CallNext) -> CallNext:
    def around(context: EventContext) -> Coroutine[Any, Any, Any]:
        return middleware(context, inner)

    return around


def _innermost(handler: Handler, framework: Framework) -> CallNext:
    if handler.streams:

        async def begin(context: EventContext) -> Any:
            return iterate(handler, framework, context)

        return begin
    if handler.is_simple:
        return lambda context: handler.invoke(context.consumer, context.websocket, context.data)
    return lambda context: call(handler, framework, context)
