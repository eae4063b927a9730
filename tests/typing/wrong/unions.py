"""Handlers of one of several payloads, where any may come."""

from __future__ import annotations

from typing import Union

from pydantic import BaseModel

from nexws import EventConsumer, emits, on


class Cat(BaseModel):
    lives: int


class Dog(BaseModel):
    tricks: list[str]


class Fish(BaseModel):
    scales: int


class Home(EventConsumer):
    left = emits("pet.left", Cat | Dog)

    @on("pet.come", schema=Cat | Dog)  # wrong: takes cats alone
    async def takes_cats(self, data: Cat) -> None: ...

    @on("pet.come", schema=Union[Cat, Dog])  # wrong: takes dogs alone
    async def takes_dogs(self, data: Dog) -> None: ...

    @on("pet.come", schema=Cat | Dog)  # wrong: takes cats and fish
    async def takes_cats_and_fish(self, data: Cat | Fish) -> None: ...

    @on("pet.find", reply=Cat | Dog)  # wrong: may return fish
    async def returns_fish(self) -> Cat | Fish:
        return Cat(lives=9)

    @on("pet.find", reply=Cat)  # wrong: may return dogs
    async def returns_dogs(self) -> Cat | Dog:
        return Cat(lives=9)

    @on("pet.leave", schema=Cat | Dog)
    async def leaves(self, data: Cat | Dog) -> None:
        await self.left.send(data)
        await self.left.send(Fish(scales=1000))  # wrong: neither
        data.lives  # wrong: dogs have one
