"""Events whose payload is bytes."""

from typing import Annotated

from nexios import NexiosApp
from pydantic import Field

from nexws import EventConsumer, emits, on

# --8<-- [start:program]
Photo = Annotated[bytes, Field(max_length=32 * 1024)]


class Album(EventConsumer):
    added = emits("photo.added", bytes)
    photo = b""

    @on("photo.add", schema=Photo)
    async def add(self, photo: Photo) -> int:
        self.photo = photo
        await self.added.send(photo)
        return len(photo)

    @on("photo.latest")
    async def latest(self) -> bytes:
        return self.photo


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Album.as_route("/album"))
