"""Pushes to clients that read too slowly: what their declaration says happens."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, Limits, Nexws, PushDeclarationError, emits, on
from nexws.testing import Connection, connect


class Price(BaseModel):
    symbol: str
    value: int
    padding: str = ""


class Market(EventConsumer):
    """Sends prices, in every way."""

    latest = emits("market.latest", Price, overflow="latest", key=lambda price: price.symbol)
    oldest = emits("market.oldest", Price, overflow="drop_oldest")
    newest = emits("market.newest", Price, overflow="drop_newest")
    trade = emits("market.trade", Price)

    async def on_connect(self, websocket: Any) -> None:
        await websocket.accept()
        await self.join_group("all")

    @on("market.ask")
    async def ask(self) -> int:
        return 1


class Program:
    """One client that has stopped reading, and may read on."""

    def __init__(self, *, outbox_bytes: int) -> None:
        app = self.app = NexiosApp(title="Market", version="1.0.0")
        self.ws = Nexws(app, limits=Limits(outbox_bytes=outbox_bytes))
        app.add_ws_route(Market.as_route("/market"))

    async def stall(self, client: Connection) -> None:
        """Have one frame stuck in the client's socket, and others wait behind it."""
        client.pause()
        await Market.trade.broadcast(Price(symbol="STUCK", value=0), "all", via=self.ws)


async def prices(client: Connection, last: str) -> list[tuple[str, int]]:
    """Read prices until that of *last*."""
    read: list[tuple[str, int]] = []
    client.resume()
    while not read or read[-1][0] != last:
        price = Market.contract.codecs["json"].parts(await client.receive_raw())["data"]
        read.append((price["symbol"], price["value"]))
    return read


async def test_only_the_newest_of_each_key_is_sent() -> None:
    """State, not history: a newer value takes the place of the one that waits."""
    program = Program(outbox_bytes=10_000)
    async with connect(program.app, "/market") as client:
        await program.stall(client)
        for value in range(100):
            for symbol in ("A", "B"):
                await Market.latest.broadcast(Price(symbol=symbol, value=value), "all", via=program.ws)
        await Market.trade.broadcast(Price(symbol="END", value=0), "all", via=program.ws)
        assert await prices(client, "END") == [("STUCK", 0), ("A", 99), ("B", 99), ("END", 0)]
        assert program.ws.overflows == {"close": 0, "drop_oldest": 0, "drop_newest": 0, "latest": 198}


@pytest.mark.parametrize(("push", "kept"), [(Market.oldest, range(6, 10)), (Market.newest, range(4))])
async def test_what_is_dropped_is_told(push: Any, kept: range) -> None:
    """The client learns how many of which event it has lost."""
    program = Program(outbox_bytes=2_000)
    async with connect(program.app, "/market") as client:
        await program.stall(client)
        for value in range(10):
            price = Price(symbol="A", value=value, padding="x" * 400)
            assert await push.broadcast(price, "all", via=program.ws) == int(
                push is Market.oldest or value < 4
            )
        client.resume()
        await client.expect(Market.trade)
        assert [(await client.expect(push)).value for _ in kept] == list(kept)
        assert await client.expect("nexws.dropped") == {"events": {push.event: 6}}
        assert await client.call("market.ask") == 1
        assert program.ws.overflows[push.overflow] == 6


async def test_a_client_that_loses_what_must_not_be_lost_is_cut() -> None:
    """As all clients are whose pushes say nothing."""
    program = Program(outbox_bytes=2_000)
    async with connect(program.app, "/market") as client:
        await program.stall(client)
        sent = 0
        while await Market.trade.broadcast(
            Price(symbol="A", value=1, padding="x" * 400), "all", via=program.ws
        ):
            sent += 1
        assert sent == 4
        with anyio.fail_after(5):
            while program.ws.connections:
                await anyio.wait_all_tasks_blocked()
        assert program.ws.overflows["close"] == 1


def test_a_policy_is_one_of_four() -> None:
    """And a key is for one of them."""
    with pytest.raises(PushDeclarationError, match="overflow is none of close, drop_oldest"):
        emits("a", Price, overflow="wait")  # type: ignore[call-overload] # what is tested
    with pytest.raises(PushDeclarationError, match="key= is for overflow='latest'"):
        emits("a", Price, key=lambda price: price.symbol)
