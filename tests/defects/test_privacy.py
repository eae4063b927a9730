"""What Nexios writes into the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from tests.defects.driver import Client, Server

SECRET = "hunter2"


class Default(WebSocketConsumer):
    """Has no ``on_receive`` of its own."""

    encoding = "json"


class Speaks(WebSocketConsumer):
    """Has its channel told the password, in a way that the client chooses."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("a")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data[0] == "broadcast":
            await self.broadcast(data, "a", save_history=True)
        else:
            await self.send_to(self.channel.uuid, data)


async def logged(client: Client, caplog: pytest.LogCaptureFixture) -> str:
    """Await the client's end, and give all that was logged."""
    client.leave()
    await client.end()
    return "\n".join(each.getMessage() for each in caplog.records)


@pytest.mark.defect("ch20", nexios=f"assert '{SECRET}' not in")
@pytest.mark.parametrize("how", ["broadcast", "send_to"])
async def test_a_payload_that_is_sent_is_not_logged(
    server: Server, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """Nexios logs each, at a level that is on."""
    caplog.set_level(logging.DEBUG)
    client = await server.connect(server.serve(Speaks), Speaks)
    assert await client.ask([how, SECRET]) == [how, SECRET]
    assert SECRET not in await logged(client, caplog)


@pytest.mark.defect("ch20", nexios=f"assert '{SECRET}' not in")
async def test_a_payload_that_arrives_is_not_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Nexios' own ``on_receive`` does."""
    caplog.set_level(logging.DEBUG)
    client = await server.connect(server.serve(Default), Default)
    client.say({"password": SECRET})
    assert SECRET not in await logged(client, caplog)


@pytest.mark.parametrize("frame", [{"text": '{"password": "' + SECRET}, {"bytes": SECRET.encode() + b"\xff"}])
async def test_a_frame_that_cannot_be_read_is_not_logged(
    server: Server, caplog: pytest.LogCaptureFixture, frame: dict[str, Any]
) -> None:
    """Neither what is wrong with it."""
    caplog.set_level(logging.DEBUG)
    client = await server.connect(server.serve(Default), Default)
    client.deliver(**frame)
    await client.end()
    assert SECRET not in await logged(client, caplog)
