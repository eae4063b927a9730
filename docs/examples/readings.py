"""Events in JSON or in msgpack, as each client likes."""

from datetime import datetime

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, ConfigDict

from nexws import EventConsumer, emits, on


# --8<-- [start:program]
class Reading(BaseModel):
    # For JSON, which has no bytes.
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    at: datetime
    volts: list[float]
    raw: bytes


class Probe(EventConsumer):
    encoding = "json"  # of clients that ask for nothing
    subprotocols = ["nexws.msgpack", "nexws.json"]  # the best first

    measured = emits("probe.measured", Reading)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("probe")

    @on("probe.report")
    async def report(self, data: Reading) -> int:
        return await self.measured.broadcast(data, group="probe")


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Probe.as_route("/probe"))
