"""A consumer without events: every frame is a JSON value."""

from typing import Any

from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer


# --8<-- [start:program]
class Scores(WebSocketConsumer):
    encoding = "json"
    expires = 600  # seconds of silence in both directions, then close with 1001

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        game = websocket.path_params["game"]
        for entry in await self.history(game, limit=10):
            await websocket.send_json(entry.payload)
        await self.join_group(game)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(data, websocket.path_params["game"], save_history=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.logger.info("client %s left with %s", self.channel.uuid, close_code)


app = NexiosApp()
app.add_ws_route(Scores.as_route("/scores/{game}"))
# --8<-- [end:program]
