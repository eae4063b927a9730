"""Payloads with constraints, and handlers of another type."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from nexws import EventConsumer, on


Name = Annotated[str, StringConstraints(max_length=40)]


class Item(BaseModel):
    price: int


class Shop(EventConsumer):
    @on("item.take", schema=Annotated[int, Field(ge=1)])  # wrong: takes text
    async def takes_text(self, data: str) -> None: ...

    @on("item.name", schema=Name)  # wrong: takes a number
    async def takes_a_number(self, data: int) -> None: ...

    @on("item.price", reply=Annotated[int, Field(ge=1)])  # wrong: returns text
    async def returns_text(self) -> str:
        return "1"

    @on("item.list", schema=Annotated[list[Item], Field(max_length=9)])  # wrong: takes one
    async def takes_one(self, data: Item) -> None: ...

    @on("item.name", schema=Name)  # wrong: takes a number, with a constraint of its own
    async def takes_a_constrained_number(self, data: Annotated[int, Field(ge=1)]) -> None: ...
