"""A middleware that knows users by a ticket."""

from functools import partial

from nexios import NexiosApp
from nexios.types import ASGIApp, Receive, Scope, Send

from nexws import EventConsumer, Nexws, on


# --8<-- [start:program]
class Tickets:
    """Set ``scope["user"]`` for clients with a ticket."""

    def __init__(self, app: ASGIApp, *, owners: dict[bytes, str]) -> None:
        self.app, self.owners = app, owners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"] in self.owners:
            scope["user"] = {"id": self.owners[scope["query_string"]]}
        await self.app(scope, receive, send)


class Whoami(EventConsumer):
    @on("whoami")
    async def whoami(self) -> str:
        return "nobody" if self.user is None else str(self.user["id"])


app = NexiosApp()
Nexws(app, middleware=[partial(Tickets, owners={b"ticket=42": "ann"})])
app.add_ws_route(Whoami.as_route("/whoami"))
# --8<-- [end:program]
