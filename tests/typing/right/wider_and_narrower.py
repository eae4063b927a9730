"""Handlers that take more than comes, or give less than they may."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Literal

from nexios import NexiosApp
from pydantic import BaseModel, Field
from typing_extensions import assert_type

from nexws import EventConsumer, on
from nexws.testing import connect


class Cat(BaseModel):
    lives: int


class Dog(BaseModel):
    tricks: list[str]


class Home(EventConsumer):
    @on("pet.come", schema=Cat)
    async def takes_dogs_too(self, data: Cat | Dog) -> None: ...

    @on("pet.go", schema=Cat | Dog)
    async def takes_any_model(self, data: BaseModel) -> None: ...

    @on("pet.all", schema=list[Cat], reply=int)
    async def takes_any_sequence(self, data: Sequence[Cat]) -> int:
        return len(data)

    @on("pet.lives", schema=dict[str, int])
    async def takes_any_mapping(self, data: Mapping[str, float]) -> None: ...

    @on("pet.mood", schema=Literal["good", "bad"])
    async def takes_any_word(self, data: str) -> None: ...

    @on("pet.name", schema=Annotated[str, Field(max_length=40)])
    async def takes_the_bare_type(self, data: str) -> None: ...

    @on("pet.age", schema=Annotated[int, Field(ge=1)], reply=Annotated[int, Field(ge=1)])
    async def says_it_twice(self, data: Annotated[int, Field(ge=1)]) -> Annotated[int, Field(ge=1)]:
        return data

    @on("pet.find", reply=Cat | None)
    async def finds_one_always(self) -> Cat:
        return Cat(lives=9)

    @on("pet.call", reply=str | int)
    async def gives_text_always(self) -> str:
        return "Tom"

    @on("pet.ask", reply=Literal["yes", "no"])
    async def says_yes_always(self) -> Literal["yes"]:
        return "yes"

    @on("pet.watch", stream=Cat | Dog)
    async def yields_cats_only(self) -> AsyncIterator[Cat]:
        yield Cat(lives=9)


app = NexiosApp()
app.add_ws_route(Home.as_route("/"))


async def calls(home: Home) -> None:
    assert_type(await home.takes_any_sequence([Cat(lives=9)]), int)
    assert_type(await home.finds_one_always(), Cat | None)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("pet.all", [{"lives": 9}]) == 1
        assert await client.call("pet.age", 3) == 3
        assert await client.call("pet.find") == {"lives": 9}
