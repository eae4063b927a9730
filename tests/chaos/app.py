"""The program of the chaos run's nodes: ``CHAOS_LAYER`` is its layer, ``CHAOS_PLANT`` what is wrong with it."""

from __future__ import annotations

import importlib
import os
from typing import Any

from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, History, Nexws, emits
from nexws.errors import LayerError
from nexws.layers import ChannelLayer, MemoryLayer
from tests.chaos.planted import PLANTED

GROUPS = ("red", "green", "blue")


class Post(BaseModel):
    group: str
    number: int
    at: float


class Feed(EventConsumer):
    """Every connection is in all groups."""

    history = History(events=5_000, seconds=300.0, bytes=16 * 2**20)
    posted = emits("posted", Post)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for group in GROUPS:
            await self.join_group(group)


def make_layer() -> ChannelLayer:
    """Make what the run asks for."""
    url = os.environ.get("CHAOS_LAYER", "memory")
    layer: Any = (
        MemoryLayer()
        if url == "memory"
        else importlib.import_module("nexws.layers.redis").RedisLayer(url, prefix="chaos", required=False)
    )
    plant = os.environ.get("CHAOS_PLANT", "")
    return PLANTED[plant](layer) if plant in PLANTED else layer


app = NexiosApp()
ws = Nexws(app, layer=make_layer())
app.add_ws_route(Feed.as_route("/feed"))


@app.post("/publish")
async def publish(request: Request, response: Response) -> Any:
    """Publish once what came with a key, and say so; 503 where it is not known to be published."""
    body: dict[str, Any] = await request.json
    post = Post(group=body["group"], number=body["number"], at=body["at"])
    try:
        await Feed.posted.broadcast(post, post.group, via=ws, idempotency_key=body["key"])
    except LayerError as error:
        return response.json({"error": str(error)}, status_code=503)
    return response.json({})


@app.get("/health")
async def health(request: Request, response: Response) -> Any:
    """Say whether the layer is up."""
    found = await ws.layer.health()
    return response.json({"is_up": found.is_up, "reason": found.reason})
