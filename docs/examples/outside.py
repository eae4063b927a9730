"""Pushes from HTTP handlers and threads, and somebody who is put out."""

from typing import Any

from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.websockets import WebSocket
from pydantic import BaseModel

from nexws import EventConsumer, Nexws, emits


class Shipped(BaseModel):
    order: int


class Orders(EventConsumer):
    shipped = emits("order.shipped", Shipped)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("warehouse")


app = NexiosApp()
ws = Nexws(app)
app.add_ws_route(Orders.as_route("/orders"))


# --8<-- [start:http]
@app.post("/orders/{order:int}/ship")
async def ship(request: Request, response: Response, order: int) -> Any:
    told = await Orders.shipped.broadcast(Shipped(order=order), group="warehouse", via=ws)
    return response.json({"told": told})


# --8<-- [end:http]


# --8<-- [start:thread]
def tell_from_a_thread(order: int) -> int:
    return ws.from_thread(Orders.shipped.broadcast(Shipped(order=order), group="warehouse", via=ws))


# --8<-- [end:thread]


# --8<-- [start:out]
@app.post("/users/{name}/block")
async def block(request: Request, response: Response, name: str) -> Any:
    return response.json({"closed": await ws.disconnect(name, reason="blocked")})


# --8<-- [end:out]
