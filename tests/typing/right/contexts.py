"""What a handler knows about its event."""

# pyright: strict

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import CallNext, EventConsumer, EventContext, on
from nexws.testing import connect


async def notes(event: EventContext, call_next: CallNext) -> Any:
    event.state["noted"] = True
    return await call_next(event)


class Shop(EventConsumer):
    @on("order.place", schema=int, middleware=[notes], reply=list[str])
    async def place(self, data: int, event: EventContext) -> list[str]:
        assert_type(event.name, str)
        assert_type(event.ref, str | int | None)
        assert_type(event.data, Any)
        assert_type(event.connection, uuid.UUID)
        assert_type(event.path_params, Mapping[str, Any])
        assert_type(event.meta, Mapping[str, str])
        assert_type(event.state, dict[str, Any])
        return [event.name, event.path_params["group"], str(event.state["noted"])]

    @on("order.first")
    async def event_first(self, event: EventContext, data: int) -> int:
        return data


def made_by_hand(consumer: Shop) -> EventContext:
    return EventContext(
        name="order.place",
        ref=None,
        data=1,
        consumer=consumer,
        connection=uuid.uuid4(),
        websocket=None,
        user="ann",
        path_params={},
    )


app = NexiosApp()
app.add_ws_route(Shop.as_route("/{group}"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.place(1, made_by_hand(shop)), list[str])
    assert_type(await shop.event_first(made_by_hand(shop), data=1), int)


async def run() -> None:
    async with connect(app, "/lobby") as client:
        assert await client.call("order.place", 1) == ["order.place", "lobby", "True"]
        assert await client.call("order.first", 1) == 1
