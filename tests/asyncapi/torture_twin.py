"""Another consumer, and another model, of names that are taken."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventConsumer, emits, on

__all__ = ["Torture"]


class Line(BaseModel):
    length: int


class Torture(EventConsumer):
    namespace = "twin"

    told = emits("told", Line)

    @on("ping")
    async def ping(self, data: Line) -> Line:
        await self.told.send(data)
        return data
