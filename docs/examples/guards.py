"""Who may send what, and how often."""

from dataclasses import dataclass

from nexios import NexiosApp
from nexios.websockets import WebSocket

from nexws import EventConsumer, EventContext, EventError, authenticated, on


@dataclass
class Member:
    id: str
    is_staff: bool


TICKETS = {"t1": Member("ann", is_staff=True), "t2": Member("bob", is_staff=False)}
SENT = {7}


# --8<-- [start:guards]
def staff(event: EventContext) -> bool:
    return isinstance(event.user, Member) and event.user.is_staff


async def not_sent(event: EventContext) -> None:
    if event.data in SENT:
        raise EventError("already_sent", f"order {event.data} has left the house")


class Orders(EventConsumer):
    guards = [authenticated]

    @on("order.cancel", guards=[staff, not_sent])
    async def cancel(self, order: int) -> None:
        """Runs for staff, and for orders that have not been sent."""

    # --8<-- [end:guards]

    # --8<-- [start:rate]
    @on("order.list", rate="2/m")
    async def list_orders(self) -> list[int]:
        return [7, 8]

    # --8<-- [end:rate]

    async def on_connect(self, websocket: WebSocket) -> None:
        websocket.scope["user"] = TICKETS.get(websocket.query_params.get("ticket", ""))
        await websocket.accept()


app = NexiosApp()
app.add_ws_route(Orders.as_route("/orders"))
