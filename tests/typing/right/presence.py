"""Who is there, as what the class declares."""

# pyright: strict

from __future__ import annotations

from typing import Annotated

from nexios import NexiosApp
from pydantic import BaseModel, Field
from typing_extensions import TypedDict, assert_type

from nexws import BoundPresence, Emit, EventConsumer, Presence, PresenceChange, on
from nexws.testing import connect


class Member(BaseModel):
    name: str


class Admin(Member):
    rights: int = 1


class Seat(TypedDict):
    row: int


class Room(EventConsumer):
    presence = Presence(Member)

    @on("room.enter")
    async def enter(self, name: str) -> list[Member]:
        await self.join_group("room", presence=Admin(name=name))
        assert_type(Room.presence, Presence[Member])
        assert_type(self.presence, BoundPresence[Member])
        return assert_type(await self.presence.members("room"), list[Member])


class Hall(EventConsumer):
    presence = Presence(Seat)

    @on("hall.list")
    async def seats(self) -> list[Seat]:
        return assert_type(await self.presence.members("hall"), list[Seat])


class Mixed(EventConsumer):
    presence = Presence[Member | int](Annotated[Member | int, Field(union_mode="left_to_right")])

    @on("mixed.list")
    async def everybody(self) -> int:
        return len(assert_type(await self.presence.members("mixed"), list[Member | int]))


app = NexiosApp()
app.add_ws_route(Room.as_route("/"))


async def run() -> None:
    assert_type(Room.presence.emit, Emit[PresenceChange[Member]])
    async with connect(app, "/") as client:
        assert await client.call("room.enter", "ann") == [{"name": "ann"}]
        change = await client.expect(Room.presence.emit)
        assert assert_type(change.joined, list[Member]) == [Member(name="ann")]
        assert (change.left, change.updated, change.group) == ([], [], "room")
