"""Calling handlers that ask for more than the payload and the socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Any, Protocol

from nexws.events import Argument, EventContext, Handler
from nexws.runtime.threads import in_thread

__all__ = ["Framework", "call", "iterate"]


class Framework(Protocol):
    """What the web framework knows that handlers may ask for."""

    def user(self, websocket: Any) -> Any:
        """Tell who is connected."""
        ...

    def path_params(self, websocket: Any) -> Mapping[str, Any]:
        """Give the parameters of the connection's path."""
        ...

    def close_wish(self, error: Exception) -> tuple[int, str] | None:
        """Tell with which code and reason an exception wants the connection closed, if it does."""
        ...

    async def resolve(
        self, dependency: Any, context: EventContext, cleanups: AsyncExitStack, resolved: dict[Any, Any]
    ) -> Any:
        """Give what a dependency provides, once for each event; its clean-up goes to *cleanups*."""
        ...


async def call(handler: Handler, framework: Framework, context: EventContext) -> Any:
    """Call a handler; what its dependencies hold is given back when it is done, however it ends."""
    async with AsyncExitStack() as cleanups:
        arguments = await _supply(handler, framework, context, cleanups)
        if handler.is_sync:
            return await in_thread(partial(handler.function, context.consumer, **arguments))
        return await handler.function(context.consumer, **arguments)


async def iterate(handler: Handler, framework: Framework, context: EventContext) -> AsyncGenerator[Any]:
    """Iterate over what a handler streams; what its dependencies hold is given back behind the last item."""
    async with AsyncExitStack() as cleanups:
        arguments = await _supply(handler, framework, context, cleanups)
        items = await cleanups.enter_async_context(aclosing(handler.function(context.consumer, **arguments)))
        async for item in items:
            yield item


async def _supply(
    handler: Handler, framework: Framework, context: EventContext, cleanups: AsyncExitStack
) -> dict[str, Any]:
    resolved: dict[Any, Any] = {}

    async def value_of(argument: Argument) -> Any:
        if argument.source == "payload":
            return context.data
        if argument.source == "socket":
            return context.websocket
        if argument.source == "context":
            return context
        if argument.source == "path":
            return context.path_params[argument.name]
        return await framework.resolve(argument.default, context, cleanups, resolved)

    return {argument.name: await value_of(argument) for argument in handler.arguments}
