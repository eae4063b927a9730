"""Events as plain functions, put together in routers."""

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, EventRouter


# --8<-- [start:router]
class Note(BaseModel):
    text: str


notes = EventRouter(prefix="notes.")
added = notes.emits("shop.notes.added", Note)  # a push's name is written whole


@notes.on("add")
async def add(consumer: EventConsumer, note: Note) -> int:
    return await added.bind(consumer).broadcast(note, group="shop")


# --8<-- [end:router]

# --8<-- [start:include]
shop = EventRouter(prefix="shop.", include=[notes])


@shop.on("hours")
async def hours(consumer: EventConsumer) -> str:
    return "9 to 5"


class Counter(EventConsumer):
    include = [shop]  # serves "shop.hours" and "shop.notes.add"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("shop")


# --8<-- [end:include]

app = NexiosApp()
app.add_ws_route(Counter.as_route("/counter"))
