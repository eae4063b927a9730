"""What has to be finished, whether the client stays or not."""

import anyio
from nexios import NexiosApp

from nexws import EventConsumer, on

BOOKED: list[int] = []


async def charge(order: int) -> None:
    """Stands for a payment service."""
    await anyio.sleep(0.05)


class Payments(EventConsumer):
    # --8<-- [start:shield]
    @on("payment.confirm", shield=True, timeout=10)
    async def confirm(self, order: int) -> str:
        await charge(order)
        BOOKED.append(order)
        return "paid"

    # --8<-- [end:shield]


app = NexiosApp()
app.add_ws_route(Payments.as_route("/payments"))
