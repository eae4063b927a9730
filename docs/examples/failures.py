"""Each way in which an event can fail."""

from nexios import NexiosApp
from pydantic import BaseModel, Field
from typing_extensions import Never

from nexws import EventConsumer, EventError, LayerError, Limits, MemoryLayer, Nexws, emits, on


# --8<-- [start:raise]
class Enter(BaseModel):
    table: int = Field(ge=1)
    seats: list[int] = []


class Tables(EventConsumer):
    @on("table.enter")
    async def enter(self, data: Enter) -> str:
        if data.table > 100:
            raise EventError("no_such_table", f"there is no table {data.table}")
        if data.table == 7:
            raise EventError("table_full", "the table is full", data={"free": [3, 8]}, retryable=True)
        return "welcome"

    # --8<-- [end:raise]

    @on("table.break")
    async def break_down(self) -> None:
        raise RuntimeError("the client never sees this text")

    called = emits("table.called", int)

    @on("table.call")
    async def call(self, table: int) -> None:
        await self.called.broadcast(table)


class AwayLayer(MemoryLayer):
    """Stands for one whose store does not answer."""

    async def publish(self, *_: object, **__: object) -> Never:
        raise LayerError("the store does not answer")


app = NexiosApp()
Nexws(app, layer=AwayLayer(), limits=Limits(frame_bytes=100))  # so small that the large frame is short
app.add_ws_route(Tables.as_route("/tables"))
