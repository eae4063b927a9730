"""What Nexios' channels get wrong about time."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from tests.defects.driver import Server


class Clock(WebSocketConsumer):
    """Tells what its channel says."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("all")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data == "poke":
            await self.broadcast("poke", "all")
        elif isinstance(data, float):
            self.channel.expires = data
        else:
            await websocket.send_json([self.channel.created, self.channel.expires])


class Brief(Clock):
    """Has no patience with the silent."""

    expires = 0.05
    told: ClassVar[list[int]] = []

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.told.append(close_code)


@pytest.mark.defect("ch10", "ch21", nexios="assert 1.* == 1")
async def test_created_is_when_the_client_connected(server: Server) -> None:
    """In Nexios it is when something was sent last."""
    client = await server.connect(server.serve(Clock), Clock)
    created, _ = await client.ask("when")
    for _ in range(3):
        assert await client.ask("poke") == "poke"
    assert (await client.ask("when"))[0] == created


@pytest.mark.defect("ch21", nexios="assert 3600")
async def test_a_channel_does_not_expire_unless_it_is_told_to(server: Server) -> None:
    """Nexios' hour is written into the code."""
    client = await server.connect(server.serve(Clock), Clock)
    assert (await client.ask("when"))[1] is None


@pytest.mark.defect("ch21", nexios="assert 3600 == 0.05")
async def test_expires_is_an_attribute_of_the_class(server: Server) -> None:
    """A class may say how long its clients may be silent."""
    client = await server.connect(server.serve(Brief), Brief)
    assert (await client.ask("when"))[1] == 0.05


@pytest.mark.defect("ch09", nexios="awaited a close")
async def test_a_silent_client_is_closed_when_its_time_is_up(server: Server) -> None:
    """With 1001, and ``on_disconnect`` is told."""
    Brief.told.clear()
    client = await server.connect(server.serve(Brief), Brief)
    assert await client.closed() == 1001
    await client.end()
    assert Brief.told == [1001]


@pytest.mark.defect("ch09", nexios="awaited a close")
async def test_expires_may_be_set_on_the_channel(server: Server) -> None:
    """From when it is set, it is enforced."""
    client = await server.connect(server.serve(Clock), Clock)
    client.say(0.05)
    assert await client.closed() == 1001
