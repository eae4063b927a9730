"""Answers that come in parts."""

from collections.abc import AsyncIterator

import anyio
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, Limits, Nexws, on


class Ask(BaseModel):
    question: str


class Token(BaseModel):
    text: str


class Assistant(EventConsumer):
    # --8<-- [start:stream]
    @on("assistant.ask", schema=Ask, stream=Token)
    async def ask(self, data: Ask) -> AsyncIterator[Token]:
        for word in data.question.split():
            yield Token(text=word.upper())

    # --8<-- [end:stream]

    # --8<-- [start:clean_up]
    @on("assistant.watch")
    async def watch(self) -> AsyncIterator[str]:
        try:
            yield "watching"
            await anyio.sleep_forever()
        finally:
            await self.release()

    # --8<-- [end:clean_up]

    async def release(self) -> None:
        """Give back what a stream has held."""


app = NexiosApp()
ws = Nexws(app, limits=Limits(streams_per_connection=1))
app.add_ws_route(Assistant.as_route("/assistant"))
