"""What a load balancer and a service manager may ask an application."""

from typing import Any

from nexios import NexiosApp
from nexios.http import Request, Response

from nexws import EventConsumer, Limits, Nexws, on


class Clock(EventConsumer):
    @on("clock.add")
    async def add(self, minutes: int) -> int:
        return minutes + 1


# --8<-- [start:program]
app = NexiosApp()
ws = Nexws(app, limits=Limits(drain_timeout=25.0))
app.add_ws_route(Clock.as_route("/clock"))


@app.get("/ready")
async def ready(request: Request, response: Response) -> Any:
    """Whether new clients should be sent here."""
    return response.text("").status(503 if ws.is_draining else 200)


# --8<-- [end:program]


# --8<-- [start:drain]
@app.post("/drain")
async def drain(request: Request, response: Response) -> Any:
    """Answer when all clients have gone; no proxy may pass this on."""
    await ws.drain()
    return response.text("")


# --8<-- [end:drain]
