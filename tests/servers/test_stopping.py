"""The drain: how a server that stops takes leave of its clients."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio.to_thread
import pytest
from websockets.exceptions import InvalidStatus

from tests.servers.apps import DRAIN_TIMEOUT
from tests.servers.clients import call, closed, connect, receive, receive_json, send_json
from tests.servers.crowds import busiest, crowd
from tests.servers.harness import Server, eventually

pytestmark = pytest.mark.server

CLIENTS = 60
Start = Callable[..., Server]


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Iterator[Start]:
    """Give what starts servers; they end with the test. Those of several workers share a store."""
    servers: list[Server] = []

    def start(kind: str, *options: str) -> Server:
        shared = {}
        if "--workers" in options:
            shared = {"layer": request.getfixturevalue("broker").url, "prefix": prefix}
        servers.append(Server(kind, tmp_path, *options, **shared))
        servers[-1].wait_until_ready()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


async def ended(server: Server) -> int:
    return await anyio.to_thread.run_sync(server.wait)


async def draining(server: Server) -> None:
    """Wait until the server says that it takes no more clients."""
    assert (await eventually(lambda: server.get("/ready")[0], lambda status: status == 503)) == 503


@pytest.mark.parametrize(
    ("kind", "options", "status"),
    [
        pytest.param("nexws", (), 0, id="nexws"),
        pytest.param("nexws", ("--workers", "2"), 0, id="nexws-2-workers"),
        pytest.param("uvicorn-sansio", (), -signal.SIGTERM, id="uvicorn"),
    ],
)
async def test_all_clients_are_warned_and_then_closed_one_by_one(
    start: Start, kind: str, options: tuple[str, ...], status: int
) -> None:
    """With 4001, evenly, each when it was told; then the server ends. uvicorn dies of the signal, as it always does."""
    server = start(kind, *options)
    async with crowd(server, CLIENTS) as guests:
        begun = time.monotonic()
        server.terminate()
    assert await ended(server) == status
    assert time.monotonic() - begun < DRAIN_TIMEOUT + 2
    warnings = [each.warned_at for each in guests if each.warned_at is not None]
    assert len(warnings) == sum(not each.is_plain for each in guests) == CLIENTS * 3 / 4
    assert max(warnings) <= min(each.closed_at for each in guests)
    assert {each.code for each in guests} == {4001}
    assert busiest(guests, begun) <= 2 * CLIENTS * 0.1 / DRAIN_TIMEOUT + 1
    assert max(each.closed_at for each in guests) - begun > DRAIN_TIMEOUT * 0.9
    for each in guests:
        if each.warned_at is not None and each.delay is not None:
            assert abs(each.closed_at - each.warned_at - each.delay) < 0.5
    assert [other for each in guests for other in each.others] == []
    assert "Traceback" not in server.log()


async def test_what_is_being_done_is_done_and_nobody_else_comes_in(start: Start, name: str) -> None:
    """A handler that runs when the server is told to stop answers; a new client gets 503, and so do health checks.

    A service manager may tell all processes of a stop, and a parent its workers once more: that ends nothing early.
    """
    server = start("nexws", "--drain", "5")
    assert server.get("/ready")[0] == 200
    async with connect(server, "/typed", name, subprotocol="nexws.json") as client:
        await send_json(client, {"event": "chat.think", "data": 7, "ref": 1})
        server.terminate()
        await draining(server)
        server.terminate()
        for path in ("/typed", "/obedient"):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(server, path):
                    pass
            assert refused.value.response.status_code == 503
            assert refused.value.response.body == b"the server stops"
        warning = await receive_json(client)
        assert warning == {"event": "nexws.closing", "data": {"code": 4001, "reconnect": True, "delay": 5.0}}
        assert await receive_json(client) == {"event": "chat.think", "ref": 1, "status": "ok", "data": 7}
        begun = time.monotonic()
        await client.close()
        assert await ended(server) == 0
    assert time.monotonic() - begun < 1.5, "a client that has left is not waited for"
    assert server.codes(name) == [1000]


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_second_signal_ends_the_drain(start: Start, workers: int, name: str) -> None:
    """Those who are still there are closed at once, with the same code; workers hear it from their parent."""
    server = start("nexws", *(() if workers == 1 else ("--workers", f"{workers}")))
    begun = time.monotonic()
    async with connect(server, "/typed", name) as client:
        server.terminate(signal.SIGINT)
        assert (await receive_json(client))["event"] == "nexws.closing"
        server.terminate(signal.SIGINT)
        assert await closed(client) == (4001, "the server stops")
        assert time.monotonic() - begun < DRAIN_TIMEOUT - 0.5
    assert await ended(server) == 0
    assert server.codes(name) == [4001]


@pytest.mark.parametrize(("kind", "code"), [("hypercorn", 4001), ("granian", 1006)])
async def test_a_program_may_drain_on_any_server(start: Start, kind: str, code: int) -> None:
    """Where a signal to stop is out of reach. granian drops a connection that ends while it is read on."""
    server = start(kind)
    async with crowd(server, 4) as guests:
        assert (await anyio.to_thread.run_sync(server.get, "/drain"))[0] == 200
    assert [each.is_plain for each in guests] == [each.warned_at is None for each in guests]
    assert {each.code for each in guests} == {code}


async def test_a_client_that_does_not_read_delays_nobody(start: Start, name: str) -> None:
    """Neither the closing of the others nor the end of the server."""
    server = start("nexws", "--drain", "1")
    async with connect(server, "/flood", name) as stalled, connect(server, "/obedient") as client:
        stalled.transport.pause_reading()
        for _ in range(20):
            await stalled.send("more")
        await client.send("work")
        assert await receive(client) == "work is done"
        begun = time.monotonic()
        server.terminate()
        assert await closed(client) == (4001, "the server stops")
        assert time.monotonic() - begun < 1.5
        await ended(server)
        assert time.monotonic() - begun < 1 + 2
        stalled.transport.abort()


async def test_without_clients_a_server_ends_at_once(start: Start) -> None:
    """Also where some have been."""
    server = start("nexws")
    async with connect(server, "/typed") as client:
        assert (await call(client, {"event": "chat.refuse"}))["status"] == "error"
    begun = time.monotonic()
    server.terminate()
    await ended(server)
    assert time.monotonic() - begun < 1.5
