from typing import Any

from nexios import NexiosApp
from nexios.websockets import WebSocket
from nexios.websockets.consumers import WebSocketConsumer


class Room(WebSocketConsumer):
    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("room")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.broadcast(data, group_name="room", save_history=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        await self.leave_group("room")


app = NexiosApp()
app.add_ws_route(Room.as_route("/room"))
