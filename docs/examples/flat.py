"""For clients that send flat frames: {"type": ..., "id": ..., and the payload's own keys}."""

from collections.abc import AsyncIterator

import anyio
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import Envelope, EventConsumer, emits, on


# --8<-- [start:program]
class Line(BaseModel):
    text: str


class Chat(EventConsumer):
    envelope = Envelope(event="type", data=None, ref="id")

    said = emits("said", Line)

    @on("say")
    async def say(self, line: Line) -> None:
        await self.said.send(line)

    @on("listen")
    async def listen(self) -> AsyncIterator[Line]:
        yield Line(text="hush")
        await anyio.sleep_forever()


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Chat.as_route("/chat"))
