"""Long work that may run side by side."""

import anyio
from nexios import NexiosApp

from nexws import EventConsumer, on


async def ask_the_warehouse(month: int) -> int:
    """Stands for a database, which is slow at the end of the year."""
    await anyio.sleep(0.3 if month == 12 else 0.05)
    return month * 1000


class Reports(EventConsumer):
    # --8<-- [start:several]
    @on("report.build", concurrency=2)
    async def build(self, month: int) -> int:
        return await ask_the_warehouse(month)

    @on("report.months")
    async def months(self) -> int:
        return 12

    # --8<-- [end:several]


app = NexiosApp()
app.add_ws_route(Reports.as_route("/reports"))
