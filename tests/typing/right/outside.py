"""Pushes from outside of a connection."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import ConnectionInfo, Emit, EventConsumer, EventRouter, MemoryLayer, Nexws, SyncLayer, emits
from nexws.testing import connect


class Placed(BaseModel):
    item: str


orders = EventRouter(prefix="order.")
cancelled = orders.emits("order.cancelled", Placed)


class Shop(EventConsumer):
    include = [orders]
    placed = emits("order.placed", Placed)


class Branch(Shop): ...


app = NexiosApp()
ws = Nexws(app)
app.add_ws_route(Shop.as_route("/"))


def in_a_thread() -> int:
    return assert_type(ws.from_thread(Shop.placed.broadcast(Placed(item="tea"), via=ws), timeout=1), int)


def without_a_loop() -> int:
    with SyncLayer(MemoryLayer()) as layer:
        placed = Shop.placed.send_to("ann", Placed(item="tea"), via=layer)
        assert_type(layer.run(placed, timeout=1.0), int)
        return assert_type(layer.run(Shop.placed.broadcast(Placed(item="tea"), via=layer)), int)


async def run() -> None:
    tea = Placed(item="tea")
    async with connect(app, "/", user="ann"), MemoryLayer() as layer:
        assert_type(await Shop.placed.broadcast(tea, "all", via=ws, save_history=True), int)
        assert_type(await Branch.placed.broadcast(tea, group="all", via=layer), int)
        assert_type(cancelled.of(Branch), Emit[Placed])
        assert await cancelled.of(Shop).send_to("ann", tea, via=ws) == 1
        assert_type(ws.connections, tuple[ConnectionInfo, ...])
        assert_type(ws.groups, dict[str, int])
        assert_type(await ws.disconnect("nobody", code=4000, reason="bye"), int)
