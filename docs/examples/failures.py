"""Each way in which an event can fail."""

from nexios import NexiosApp
from pydantic import BaseModel, Field

from nexws import EventConsumer, EventError, Limits, Nexws, on


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


app = NexiosApp()
Nexws(app, limits=Limits(frame_bytes=100))  # so small that the example of a large frame is short
app.add_ws_route(Tables.as_route("/tables"))
