"""Payloads that are one of a few words, or members of an enumeration."""

# pyright: strict

from __future__ import annotations

import enum
from typing import Literal

from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import BoundEmit, EventConsumer, emits, on
from nexws.testing import connect

Colour = Literal["red", "green"]


class Mode(enum.Enum):
    ON = "on"
    OFF = "off"


class Lamp(EventConsumer):
    turned = emits("lamp.turned", Colour)
    switched = emits("lamp.switched", Mode)

    @on("lamp.turn", schema=Literal["red", "green"], reply=Colour)
    async def turn(self, data: Literal["red", "green"]) -> Colour:
        assert_type(self.turned, BoundEmit[Literal["red", "green"]])
        await self.turned.send("green")
        return data

    @on("lamp.switch", schema=Mode)
    async def switch(self, data: Mode) -> None:
        await self.switched.send(data)
        await self.switched.send(Mode.ON)


app = NexiosApp()


async def run() -> None:
    app.add_ws_route(Lamp.as_route("/"))
    async with connect(app, "/") as client:
        assert await client.call("lamp.turn", "red") == "red"
        assert assert_type(await client.expect(Lamp.turned), Colour) == "green"
        await client.call("lamp.switch", "off")
        assert assert_type(await client.expect(Lamp.switched), Mode) is Mode.OFF
