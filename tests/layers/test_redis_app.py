"""An application on the layer while its server is away, through the eyes of a client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, EventFailed, Nexws, emits, on
from nexws.layers.redis import RedisLayer
from nexws.testing import connect
from tests.brokers import Broker
from tests.layers.redis_layers import eventually

PATIENCE = 10.0


class Line(BaseModel):
    text: str


class Chat(EventConsumer):
    said = emits("said", Line)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby")

    @on("echo")
    async def echo(self, line: Line) -> Line:
        return line

    @on("say")
    async def say(self, line: Line) -> None:
        await self.said.broadcast(line, group="lobby")


@asynccontextmanager
async def serving(broker: Broker, prefix: str) -> AsyncIterator[tuple[NexiosApp, Nexws]]:
    """Serve the chat on a layer that can do without its server."""
    app = NexiosApp(title="Away", version="1.0.0")
    ws = Nexws(app, layer=RedisLayer(broker.url, prefix=prefix, required=False))
    app.add_ws_route(Chat.as_route("/ws"))
    try:
        yield app, ws
    finally:
        await ws.layer.stop()


async def test_clients_are_served_while_the_store_is_away(own_broker: Broker, prefix: str) -> None:
    """What needs no store works; what does is refused, and works once it is there, on the same connections."""
    own_broker.kill()
    async with (
        serving(own_broker, prefix) as (app, ws),
        connect(app, "/ws", timeout=PATIENCE) as ann,
        connect(app, "/ws", timeout=PATIENCE) as bob,
    ):
        assert await ann.call("echo", {"text": "hi"}) == {"text": "hi"}
        with pytest.raises(EventFailed) as failed:
            await ann.call("say", {"text": "lost"})
        assert failed.value.code == "unavailable"
        own_broker.start()

        async def is_up() -> bool:
            return (await ws.layer.health()).is_up

        await eventually(is_up, "up again")
        await ann.call("say", {"text": "there"})
        for client in (ann, bob):
            assert await client.expect(Chat.said) == Line(text="there")
