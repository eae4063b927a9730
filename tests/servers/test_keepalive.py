"""A slow handler does not cost a healthy client its connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.clients import connect, receive, receive_json, send_json
from tests.servers.harness import SERVERS, Server, eventually

pytestmark = pytest.mark.server

PINGING = ("--ws-ping-interval", "1", "--ws-ping-timeout", "1")


@pytest.fixture(params=[kind for kind in SERVERS if kind.startswith("uvicorn")])
def pinging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Give a server that asks its clients every second whether they live, and waits a second for the answer."""
    server = Server(request.param, tmp_path, *PINGING)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


async def test_a_client_outlives_a_slow_handler_with_more_behind_it_than_may_wait(
    pinging: Server, name: str
) -> None:
    """What does not fit is refused and told, so the socket is read on; all else is served in its order."""
    async with connect(pinging, "/typed", name) as client:
        for number in range(50):
            event = "chat.think" if number == 0 else "chat.say"
            data = number if number == 0 else {"text": "hi"}
            await send_json(client, {"event": event, "ref": number, "data": data})
        answers = [await receive_json(client) for _ in range(50)]
        codes = {answer["ref"]: answer.get("error", {}).get("code", "ok") for answer in answers}
        assert sorted(codes) == list(range(50))
        assert list(codes.values()).count("rate_limited") in range(1, 20)
        assert [ref for ref, code in codes.items() if code == "ok"] == sorted(
            ref for ref, code in codes.items() if code == "ok"
        )
        await client.close(4321)
        assert await eventually(lambda: pinging.codes(name), bool) == [4321]


async def test_a_client_outlives_a_handler_that_takes_longer_than_a_ping_may(
    pinging: Server, name: str
) -> None:
    """The socket is read on while a handler waits, so the server sees the client's pongs, and its frames wait."""
    async with connect(pinging, "/obedient", name) as client:
        await client.send("take your time")
        await client.send("next")
        assert await receive(client) == "take your time is done"
        assert await receive(client) == "next is done"
        await client.close(4321)
        assert await eventually(lambda: pinging.codes(name), bool) == [4321]
