"""Payloads that are dictionaries with known keys."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from typing_extensions import NotRequired, TypedDict, assert_type

from nexws import BoundEmit, EventConsumer, emits, on
from nexws.testing import connect


class Track(TypedDict):
    number: int
    note: NotRequired[str]


class Place(TypedDict):
    town: str


class Parcels(EventConsumer):
    moved = emits("parcel.moved", Place)

    @on("parcel.track", schema=Track, reply=Place)
    async def track(self, data: Track) -> Place:
        assert_type(data["number"], int)
        assert_type(self.moved, BoundEmit[Place])
        await self.moved.send({"town": "Oslo"})
        return {"town": data.get("note", "Rome")}

    @on("parcel.all", reply=list[Place])
    async def all(self) -> list[Place]:
        return [{"town": "Oslo"}]


app = NexiosApp()
app.add_ws_route(Parcels.as_route("/"))


async def calls(parcels: Parcels) -> None:
    assert_type(await parcels.track({"number": 1}), Place)
    assert_type((await parcels.all())[0]["town"], str)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("parcel.track", {"number": 1}) == {"town": "Rome"}
        assert assert_type(await client.expect(Parcels.moved), Place) == {"town": "Oslo"}
