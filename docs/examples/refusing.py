"""Turning clients away."""

from nexios import NexiosApp
from nexios.exceptions import HTTPException
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer


# --8<-- [start:program]
class Members(WebSocketConsumer):
    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        if websocket.headers.get("origin") not in (None, "https://example.com"):
            await websocket.close(reason="wrong site")  # HTTP 403
            return
        if "ticket" not in websocket.query_params:
            raise HTTPException(status_code=401, detail="no ticket")  # HTTP 401
        await websocket.accept()


# --8<-- [end:program]

app = NexiosApp()
app.add_ws_route(Members.as_route("/members"))
