"""A subprotocol for each version of what is spoken."""

from typing import Any

from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer


# --8<-- [start:program]
class Scores(WebSocketConsumer):
    encoding = "json"
    subprotocols = ["scores.v2", "scores.v1"]  # the best first

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.is_new = self.subprotocol == "scores.v2"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_json({"score": data} if self.is_new else data)


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Scores.as_route("/scores"))
