"""Payloads that hold others."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, emits, on


class Item(BaseModel):
    name: str


class Shop(EventConsumer):
    listed = emits("item.listed", list[Item])

    @on("item.add", schema=list[Item])  # wrong: takes one
    async def takes_one(self, data: Item) -> None: ...

    @on("item.add", schema=list[Item])  # wrong: takes names
    async def takes_names(self, data: list[str]) -> None: ...

    @on("item.add", schema=list[Item])  # wrong: takes a tuple
    async def takes_a_tuple(self, data: tuple[Item, ...]) -> None: ...

    @on("item.count", schema=dict[str, int])  # wrong: takes other values
    async def takes_other_values(self, data: dict[str, str]) -> None: ...

    @on("item.pair", schema=tuple[int, str])  # wrong: takes them the other way round
    async def takes_them_reversed(self, data: tuple[str, int]) -> None: ...

    @on("item.names", reply=list[str])  # wrong: returns a set
    async def returns_a_set(self) -> set[str]:
        return set()

    @on("item.bytes", schema=bytes)  # wrong: takes text
    async def takes_text(self, data: str) -> None: ...

    @on("item.list")
    async def lists(self) -> None:
        await self.listed.send(Item(name="tea"))  # wrong: one
        await self.listed.send(["tea"])  # wrong: names
