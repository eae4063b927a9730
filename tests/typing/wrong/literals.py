"""Payloads that are one of a few words."""

from __future__ import annotations

from typing import Literal

from nexws import EventConsumer, emits, on


Colour = Literal["red", "green"]


class Lamp(EventConsumer):
    turned = emits("lamp.turned", Colour)

    @on("lamp.turn", schema=Literal["red", "green"])  # wrong: takes a number
    async def takes_a_number(self, data: int) -> None: ...

    @on("lamp.turn", schema=Colour)  # wrong: takes red alone
    async def takes_red(self, data: Literal["red"]) -> None: ...

    @on("lamp.show", reply=Colour)  # wrong: may return blue
    async def returns_blue(self) -> Literal["red", "blue"]:
        return "blue"

    @on("lamp.show", reply=Colour)  # wrong: may return any word
    async def returns_any_word(self) -> str:
        return "red"

    @on("lamp.tell", schema=str)
    async def tell(self, data: str) -> None:
        await self.turned.send("green")
        await self.turned.send("blue")  # wrong: no such colour
        await self.turned.send(data)  # wrong: any word
