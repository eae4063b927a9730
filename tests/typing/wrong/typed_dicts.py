"""Payloads that are dictionaries with known keys."""

from __future__ import annotations

from typing_extensions import TypedDict

from nexws import EventConsumer, emits, on


class Track(TypedDict):
    number: int


class Place(TypedDict):
    town: str


class Shop(EventConsumer):
    moved = emits("parcel.moved", Place)

    @on("parcel.track", schema=Track)  # wrong: takes a place
    async def takes_a_place(self, data: Place) -> None: ...

    @on("parcel.track", schema=Track)  # wrong: takes any dictionary
    async def takes_any_dictionary(self, data: dict[str, int]) -> None: ...

    @on("parcel.track", schema=Track, reply=Place)  # wrong: returns what it took
    async def returns_what_it_took(self, data: Track) -> Track:
        return data

    @on("parcel.track", schema=Track, reply=Place)
    async def track(self, data: Track) -> Place:
        data["town"]  # wrong: no such key
        await self.moved.send({"town": "Oslo"})
        await self.moved.send({"city": "Oslo"})  # wrong: another key
        await self.moved.send({"town": 1})  # wrong: another value
        return {"town": 1}  # wrong: another value


async def calls(shop: Shop) -> None:
    await shop.track({"number": "1"})  # wrong: another value
