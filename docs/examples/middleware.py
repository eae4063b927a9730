"""What goes around handlers."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from nexios import NexiosApp

from nexws import CallNext, EventConsumer, EventContext, on

ANSWERS: dict[tuple[str, str], Any] = {}


# --8<-- [start:once]
async def once(event: EventContext, call_next: CallNext) -> Any:
    """Answer an event that is sent once more as the first time."""
    if "key" not in event.meta:
        return await call_next(event)
    key = event.name, event.meta["key"]
    if key not in ANSWERS:
        ANSWERS[key] = await call_next(event)
    return ANSWERS[key]


# --8<-- [end:once]


# --8<-- [start:stream]
async def numbered(event: EventContext, call_next: CallNext) -> Any:
    return with_numbers(await call_next(event))


async def with_numbers(items: AsyncGenerator[str]) -> AsyncIterator[str]:
    async with aclosing(items):  # who stops early ends the handler, too
        number = 0
        async for item in items:
            number += 1
            yield f"{number}. {item}"


# --8<-- [end:stream]


# --8<-- [start:program]
class Orders(EventConsumer):
    placed = 0

    @on("order.place", middleware=[once])
    async def place(self, article: str) -> str:
        self.placed += 1
        return f"order {self.placed}: {article}"

    @on("order.watch", middleware=[numbered])
    async def watch(self) -> AsyncIterator[str]:
        for step in ("packed", "sent"):
            yield step


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Orders.as_route("/orders"))
