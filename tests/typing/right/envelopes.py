"""Frames that are laid out otherwise."""

# pyright: strict

from __future__ import annotations

import json

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import Envelope, EventConsumer, emits, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


FLAT = Envelope(event="type", data=None, ref="id")


class Shop(EventConsumer):
    envelope = FLAT
    placed = emits("order.placed", Order)

    @on("order.place", schema=Order)
    async def place(self, data: Order) -> Order:
        await self.placed.send(data)
        return data


class Wrapped(EventConsumer):
    envelope = Envelope(status="state", error="problem", meta="headers")


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    assert_type(Shop.envelope, Envelope)
    assert_type(FLAT.is_flat, bool)
    assert_type(FLAT.data, str | None)
    assert_type(FLAT.own_keys, frozenset[str])
    async with connect(app, "/") as client:
        await client.send_raw('{"type": "order.place", "item": "tea", "id": 1}')
        assert assert_type(await client.expect(Shop.placed), Order) == Order(item="tea")
        answer = json.loads(await client.receive_raw())
        assert answer == {"type": "order.place", "item": "tea", "id": 1, "status": "ok"}
