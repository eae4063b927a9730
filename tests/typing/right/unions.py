"""One of several payloads."""

# pyright: strict

from __future__ import annotations

from typing import Annotated, Literal, Union

from nexios import NexiosApp
from pydantic import BaseModel, Field
from typing_extensions import assert_type

from nexws import BoundEmit, Emit, EventConsumer, emits, on
from nexws.testing import Connection, connect


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: list[str]


Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]


class Home(EventConsumer):
    left = emits("pet.left", Cat | Dog)
    found = emits("pet.found", Pet)

    @on("pet.come", schema=Cat | Dog, reply=Cat | Dog)
    async def come(self, data: Cat | Dog) -> Cat | Dog:
        assert_type(self.left, BoundEmit[Cat | Dog])
        await self.left.send(data)
        await self.left.send(Dog(tricks=[]))
        return data

    @on("pet.go", schema=Union[Cat, Dog], reply=int)
    async def go(self, data: Cat | Dog) -> int:
        return data.lives if isinstance(data, Cat) else 1

    @on("pet.find", schema=Pet, reply=Pet)
    async def find(self, data: Pet) -> Pet:
        assert_type(data, Cat | Dog)
        await self.found.send(data)
        return data


app = NexiosApp()
app.add_ws_route(Home.as_route("/"))


async def talk(client: Connection, home: Home) -> None:
    assert_type(Home.left, Emit[Cat | Dog])
    assert_type(await home.come(Cat(lives=9)), Cat | Dog)
    assert_type(await client.expect(Home.left), Cat | Dog)
    assert_type(await client.expect(Home.found), Cat | Dog)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("pet.come", Cat(lives=9)) == {"kind": "cat", "lives": 9}
        assert await client.expect(Home.left) == Cat(lives=9)
        assert await client.expect(Home.left) == Dog(tricks=[])
        assert await client.call("pet.go", Dog(tricks=[])) == 1
        await client.call("pet.find", Cat(lives=1))
        assert (await client.expect(Home.found)).kind == "cat"
