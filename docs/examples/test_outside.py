"""What is sent from outside, as a client gets it."""

import asyncio

import httpx
import pytest
from outside import Orders, Shipped, app, tell_from_a_thread

from nexws.testing import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# --8<-- [start:http]
async def test_who_is_in_the_warehouse_is_told_what_is_shipped() -> None:
    transport = httpx.ASGITransport(app=app)
    http = httpx.AsyncClient(transport=transport, base_url="http://test")
    async with http, connect(app, "/orders") as client:
        assert (await http.post("/orders/7/ship")).json() == {"told": 1}
        assert await client.expect(Orders.shipped) == Shipped(order=7)
        # --8<-- [end:http]


async def test_a_thread_tells_too() -> None:
    async with connect(app, "/orders") as client:
        assert await asyncio.to_thread(tell_from_a_thread, 8) == 1
        assert await client.expect(Orders.shipped) == Shipped(order=8)


async def test_who_is_blocked_is_put_out() -> None:
    transport = httpx.ASGITransport(app=app)
    http = httpx.AsyncClient(transport=transport, base_url="http://test")
    async with http, connect(app, "/orders", user="ann") as client:
        assert (await http.post("/users/ann/block")).json() == {"closed": 1}
        assert await client.expect_close() == 4507
