"""Payloads with constraints."""

# pyright: strict

from __future__ import annotations

from typing import Annotated

import pytest
from nexios import NexiosApp
from pydantic import BaseModel, Field, StringConstraints
from typing_extensions import assert_type

from nexws import Emit, EventConsumer, EventFailed, emits, on
from nexws.testing import connect

Number = Annotated[int, Field(ge=1)]
Name = Annotated[str, StringConstraints(max_length=4)]


class Item(BaseModel):
    name: Name
    price: Annotated[int, Field(ge=0)] = 0


Items = Annotated[list[Item], Field(max_length=9)]


class Shop(EventConsumer):
    named = emits("item.named", Name)

    @on("item.take", schema=Number, reply=Number)
    async def take(self, data: Number) -> Number:
        assert_type(data, int)
        return data

    @on("item.name", schema=Name)
    async def name(self, data: Name) -> None:
        await self.named.send(data)

    @on("item.list", schema=Items)
    async def lists(self, data: Items) -> list[Name]:
        return [each.name for each in data]


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    assert_type(Shop.named, Emit[str])
    async with connect(app, "/") as client:
        assert await client.call("item.take", 3) == 3
        with pytest.raises(EventFailed, match="invalid_payload"):
            await client.call("item.take", 0)
        await client.call("item.name", "tea")
        assert assert_type(await client.expect(Shop.named), str) == "tea"
        assert await client.call("item.list", [{"name": "tea"}]) == ["tea"]
