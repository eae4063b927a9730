"""Users, known by a cookie."""

from nexios import NexiosApp
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.model import AuthResult
from nexios.http import Request
from nexios.websockets import WebSocket

from nexws import EventConsumer, Nexws, emits, on

SESSIONS = {"s3cret": "ann", "hush": "bob"}


# --8<-- [start:program]
class SessionBackend(AuthenticationBackend):
    async def authenticate(self, request: Request) -> AuthResult:
        name = SESSIONS.get(request.cookies.get("session", ""))
        return AuthResult(success=name is not None, identity=name or "", scope="session")


class Inbox(EventConsumer):
    arrived = emits("inbox.arrived", str)

    async def on_connect(self, websocket: WebSocket) -> None:
        if not self.user.is_authenticated:
            await websocket.close(reason="log in first")
            return
        await websocket.accept()

    @on("inbox.send")
    async def send(self, to: str) -> int:
        return await self.arrived.send_to(to, f"{self.user.display_name} says hello")


app = NexiosApp()
Nexws(app, auth=[SessionBackend()])
app.add_ws_route(Inbox.as_route("/inbox"))
# --8<-- [end:program]
