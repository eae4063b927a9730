"""Families of events: a house full of sensors."""

from typing import Literal

from nexios import NexiosApp

from nexws import EventConsumer, EventContext, EventError, on

Door = Literal["open", "closed"]


# --8<-- [start:program]
class House(EventConsumer):
    @on("sensor.*")
    async def measured(self, value: float, event: EventContext) -> str:
        return f"{event.name} is {value}"

    @on("sensor.door.*")
    async def moved(self, door: Door, event: EventContext) -> str:
        return f"{event.name} is {door}"

    @on("sensor.door.front")
    async def front_door_moved(self, door: Door) -> str:
        return "welcome" if door == "open" else "goodbye"

    @on.unknown
    async def unknown(self, event: EventContext) -> None:
        raise EventError("unknown_event", f"{event.name} is no sensor; write sensor.<name>")


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(House.as_route("/house"))
