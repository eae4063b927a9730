"""Middleware: functions and objects around handlers."""

# pyright: strict

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import CallNext, EventConsumer, EventContext, EventMiddleware, EventRouter, Nexws, on
from nexws.testing import connect


async def goes_around(event: EventContext, call_next: CallNext) -> Any:
    event.state["seen"] = ["function"]
    answer = await call_next(event)
    assert_type(answer, Any)
    return answer


async def answers_itself(event: EventContext, call_next: CallNext) -> dict[str, int]:
    return {"number": 1}


async def gives_nothing(event: EventContext, call_next: CallNext) -> None:
    await call_next(event)


class Seen:
    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, event: EventContext, call_next: CallNext) -> object:
        seen: list[str] = event.state["seen"]
        seen.append(self.name)
        return await call_next(event)


several: list[EventMiddleware] = [goes_around, Seen("object")]


class Shop(EventConsumer):
    event_middleware = several

    @on("a", middleware=[Seen("own"), Seen("inner").__call__], reply=list[str])
    async def a(self, event: EventContext) -> list[str]:
        seen: list[str] = event.state["seen"]
        return seen

    @on("b", schema=int, middleware=(answers_itself,), reply=dict[str, int])
    async def b(self, data: int) -> dict[str, int]:
        return {"number": data}

    @on("c", middleware=[gives_nothing])
    async def c(self) -> None: ...


router = EventRouter(middleware=several)
app = NexiosApp()
Nexws(app, event_middleware=[goes_around])
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("a") == ["function", "object", "own", "inner"]
        assert await client.call("b", 2) == {"number": 1}
