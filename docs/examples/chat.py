"""A chat in one file: the first program of the documentation."""

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import EventConsumer, Nexws, emits, on


class SendMessage(BaseModel):
    group: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    text: str = Field(min_length=1, max_length=2000)


class MessagePosted(BaseModel):
    group: str
    user: str
    text: str


class Receipt(BaseModel):
    length: int


class Chat(EventConsumer):
    """Chat for everyone."""

    posted = emits("chat.posted", MessagePosted)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    @on("chat.message", schema=SendMessage, reply=Receipt)
    async def message(self, data: SendMessage) -> Receipt:
        """Post a message to a group."""
        posted = MessagePosted(group=data.group, user="ann", text=data.text)
        await self.posted.broadcast(posted, group=data.group)
        return Receipt(length=len(data.text))


app = NexiosApp(title="Chat", version="1.0.0")
ws = Nexws(app)
app.add_ws_route(Chat.as_route("/chat"))
