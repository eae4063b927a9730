"""A chat in groups. Run it with ``nexws demo``, or with ``uvicorn examples.chat:app``."""

from datetime import datetime, timezone
from typing import ClassVar
from uuid import UUID, uuid4

from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, ConfigDict, Field

from nexws import EventConsumer, EventError, Limits, Nexws, emits, on

from .page import Page


class Enter(BaseModel):
    """What a client sends to come into a group."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=24)
    group: str = Field(pattern=r"^[a-z0-9-]{1,40}$")


class Say(BaseModel):
    """What a client sends to its group."""

    model_config = ConfigDict(str_strip_whitespace=True)

    text: str = Field(min_length=1, max_length=500)


class Said(BaseModel):
    """What everybody in the group gets."""

    id: UUID = Field(default_factory=uuid4)
    at: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))
    group: str
    name: str
    text: str


class Present(BaseModel):
    """Who is in a group; sent whenever that changes."""

    group: str
    names: list[str]


class Entered(BaseModel):
    """The reply to whoever comes in: where, as whom, and what was said last, oldest first."""

    group: str
    name: str
    recent: list[Said]


class NowhereError(EventError):
    """The client is in no group."""

    code = "nowhere"


class Chat(EventConsumer):
    """A chat; a client is in one group at a time."""

    said = emits("chat.said", Said)
    present = emits("chat.present", Present)

    names: ClassVar[dict[UUID, str]] = {}
    place: str | None = None

    @on("chat.enter", schema=Enter, reply=Entered)
    async def enter(self, data: Enter) -> Entered:
        """Come into a group, and leave the one before."""
        await self.leave()
        self.place = data.group
        self.names[self.channel.uuid] = data.name
        await self.join_group(data.group)
        await self.tell_who_is_in(data.group)
        recent = [Said(**entry.payload["data"]) for entry in await self.history(data.group)]
        return Entered(group=data.group, name=data.name, recent=recent)

    @on("chat.say", schema=Say, errors=[NowhereError])
    async def say(self, data: Say) -> None:
        """Say something to the group."""
        if self.place is None:
            raise NowhereError("enter a group first")
        said = Said(group=self.place, name=self.names[self.channel.uuid], text=data.text)
        await self.said.broadcast(said, group=self.place, save_history=True)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Tell those who stay."""
        await self.leave()
        self.names.pop(self.channel.uuid, None)

    async def leave(self) -> None:
        group, self.place = self.place, None
        if group is not None:
            await self.leave_group(group)
            await self.tell_who_is_in(group)

    async def tell_who_is_in(self, group: str) -> None:
        names = [self.names[channel.uuid] for channel in await self.group(group)]
        await self.present.broadcast(Present(group=group, names=names), group=group)


app = NexiosApp(title="Chat", version="1.0.0")
ws = Nexws(app, console=True, limits=Limits(history_seconds=3600))
app.add_ws_route(Chat.as_route("/chat"))
app.wrap_asgi(Page)
