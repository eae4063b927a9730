"""What the test client gives."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventFailed, HandshakeRefusedError, emits, on
from nexws.testing import Connection, connect


class Order(BaseModel):
    item: str


class Shop(EventConsumer):
    placed = emits("order.placed", Order)
    counted = emits("order.counted", int)

    @on("order.place", schema=Order)
    async def place(self, data: Order) -> Order:
        await self.placed.send(data)
        await self.counted.send(1)
        return data

    @on("order.watch")
    async def watch(self) -> AsyncIterator[int]:
        yield 1


async def talks(client: Connection) -> None:
    assert_type(await client.expect(Shop.placed), Order)
    assert_type(await client.expect(Shop.counted, within=1), int)
    assert_type(await client.expect("order.placed"), Any)
    assert_type(await client.call("order.place", {"item": "tea"}), Any)
    assert_type(client.stream("order.watch"), AsyncGenerator[Any, None])
    assert_type(await client.expect_failure("internal"), EventFailed)
    assert_type(await client.expect_close(), int)
    assert_type(await client.receive_raw(), str | bytes)
    assert_type(client.subprotocol, str | None)
    assert_type(client.is_over, bool)


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/", user="ann", headers={"origin": "http://localhost"}, timeout=None) as client:
        assert_type(client, Connection)
        await client.send("order.place", Order(item="tea"), ref=1)
        order = await client.expect(Shop.placed)
        assert order.item == "tea"
        assert await client.expect(Shop.counted) + 1 == 2
        await client.receive_raw()
        await client.expect_nothing(within=0)
    with pytest.raises(HandshakeRefusedError):
        async with connect(app, "/nowhere"):
            pass
