"""Observers: those that override some hooks, and those that hold something."""

# pyright: strict

from __future__ import annotations

import uuid
from typing import Any

from nexios import NexiosApp
from typing_extensions import assert_type, override

from nexws import (
    ConnectionClosed,
    ConnectionOpened,
    EventConsumer,
    EventHandled,
    FrameSent,
    Nexws,
    Observer,
    on,
)
from nexws.testing import connect


class Watch(Observer):
    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    @override
    def opened(self, detail: ConnectionOpened, /) -> None:
        assert_type(detail.connection, uuid.UUID)
        assert_type(detail.user, Any)
        self.seen.append(detail.path)

    def handled(self, detail: EventHandled, /) -> None:
        assert_type(detail.event, str | None)
        assert_type(detail.seconds, float)
        self.seen.append(detail.outcome)

    def closed(self, detail: ConnectionClosed) -> None:
        assert_type(detail.code, int)
        self.seen.append(str(detail.code))


class Sizes(Observer):
    size_bytes = 0

    def sent(self, detail: FrameSent | object, /) -> None:
        if isinstance(detail, FrameSent):
            self.size_bytes += detail.size_bytes


class Shop(EventConsumer):
    @on("count")
    async def count(self) -> int:
        return 1


watch, sizes = Watch([]), Sizes()
app = NexiosApp()
Nexws(app, observers=[watch, sizes, Observer()])
app.add_ws_route(Shop.as_route("/"))


async def run() -> None:
    async with connect(app, "/") as client:
        await client.call("count")
    assert watch.seen == ["/", "ok", "1000"]
    assert sizes.size_bytes > 0
