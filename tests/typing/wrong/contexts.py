"""Events that are changed, or read for what they have not."""

from __future__ import annotations

from nexws import EventConsumer, EventContext, on


class Shop(EventConsumer):
    @on("order.place")
    async def place(self, data: int, event: EventContext) -> None:
        event.state["seen"] = True
        event.name = "order.cancel"  # wrong: it is frozen
        event.data = 1  # wrong: it is frozen
        event.state = {}  # wrong: it is frozen
        event.meta["key"] = "1"  # wrong: what the client said stays
        event.path_params["group"] = "lobby"  # wrong: the path stays
        event.payload  # wrong: data
        ref: str = event.ref  # wrong: may be a number, or nothing
        event.state[1] = "seen"  # wrong: keys are text


EventContext(name="order.place")  # wrong: of which connection
