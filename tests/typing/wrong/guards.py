"""Guards that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nexios.websockets import WebSocket

from nexws import EventConsumer, EventContext, EventRouter, Guard, on


def takes_nothing() -> bool:
    return True


def takes_the_socket(websocket: WebSocket) -> bool:
    return True


def takes_two(event: EventContext, role: str) -> bool:
    return role == "admin"


def returns_text(event: EventContext) -> str:
    return "no"


async def returns_text_later(event: EventContext) -> str:
    return "no"


async def yields(event: EventContext) -> AsyncIterator[bool]:
    yield True


def lets_through(event: EventContext) -> bool:
    return True


class Shop(EventConsumer):
    @on("a", guards=[takes_nothing])  # wrong: is not given the event
    async def a(self) -> None: ...

    @on("b", guards=[takes_the_socket])  # wrong: is given the event
    async def b(self) -> None: ...

    @on("c", guards=[takes_two])  # wrong: is given one argument
    async def c(self) -> None: ...

    @on("d", guards=[returns_text])  # wrong: text is no decision
    async def d(self) -> None: ...

    @on("e", guards=[returns_text_later])  # wrong: text is no decision, later neither
    async def e(self) -> None: ...

    @on("f", guards=[yields])  # wrong: an iterator is no decision
    async def f(self) -> None: ...

    @on("g", guards=lets_through)  # wrong: guards are a sequence
    async def g(self) -> None: ...

    @on("h", guards=["authenticated"])  # wrong: a guard is no name
    async def h(self) -> None: ...

    @on("i", schema=int, reply=int, guards=[lets_through, returns_text])  # wrong: one of two
    async def i(self, data: int) -> int:
        return data


class Guarded(EventConsumer):
    guards = [returns_text]  # wrong: on the class too


router = EventRouter(guards=[takes_nothing])  # wrong: on a router too
guard: Guard = takes_two  # wrong: by itself too
