"""Middleware that is none."""

from __future__ import annotations

from typing import Any

from nexios.websockets import WebSocket

from nexws import CallNext, EventConsumer, EventContext, EventMiddleware, EventRouter, on


def is_not_async(event: EventContext, call_next: CallNext) -> int:
    return 1


async def takes_the_event_alone(event: EventContext) -> Any:
    return None


async def takes_the_socket(websocket: WebSocket, call_next: CallNext) -> Any:
    return None


async def takes_them_reversed(call_next: CallNext, event: EventContext) -> Any:
    return await call_next(event)


async def goes_around(event: EventContext, call_next: CallNext) -> Any:
    await call_next()  # wrong: the next one is given the event
    await call_next(event.name)  # wrong: the event, not its name
    call_next(event).data  # wrong: is not awaited
    return await call_next(event)


class Shop(EventConsumer):
    @on("a", middleware=[is_not_async])  # wrong: is not async
    async def a(self) -> None: ...

    @on("b", middleware=[takes_the_event_alone])  # wrong: is given the next one
    async def b(self) -> None: ...

    @on("c", middleware=[takes_the_socket])  # wrong: is given the event
    async def c(self) -> None: ...

    @on("d", middleware=[takes_them_reversed])  # wrong: the event comes first
    async def d(self) -> None: ...

    @on("e", middleware=goes_around)  # wrong: middleware is a sequence
    async def e(self) -> None: ...


class Surrounded(EventConsumer):
    event_middleware = [is_not_async]  # wrong: on the class too


router = EventRouter(middleware=[takes_the_event_alone])  # wrong: on a router too
middleware: EventMiddleware = takes_them_reversed  # wrong: by itself too
