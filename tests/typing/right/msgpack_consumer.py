"""Events in msgpack, alone or as a choice of the client."""

# pyright: strict

from __future__ import annotations

from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import BoundEmit, EventConsumer, emits, on
from nexws.testing import connect


class Picture(BaseModel):
    name: str
    pixels: bytes


class Gallery(EventConsumer):
    encoding = "msgpack"
    shown = emits("picture.shown", Picture)
    raw = emits("picture.raw", bytes)

    @on("picture.show", schema=Picture, reply=bytes)
    async def show(self, data: Picture) -> bytes:
        assert_type(self.raw, BoundEmit[bytes])
        await self.shown.send(data)
        await self.raw.send(data.pixels)
        return data.pixels


class Either(Gallery):
    encoding = "json"
    subprotocols = ("nexws.msgpack", "nexws.json")


app = NexiosApp()
app.add_ws_route(Gallery.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        picture = Picture(name="tea", pixels=b"\x00\xff")
        assert await client.call("picture.show", picture) == b"\x00\xff"
        assert assert_type(await client.expect(Gallery.shown), Picture) == picture
        assert assert_type(await client.expect(Gallery.raw), bytes) == b"\x00\xff"
