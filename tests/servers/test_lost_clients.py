"""Clients that do not read, and clients that are gone, on every server."""

from __future__ import annotations

from contextlib import AsyncExitStack

import anyio
import pytest

from tests.servers.apps import FLOOD, SEND_TIMEOUT
from tests.servers.clients import connect, receive, reset
from tests.servers.harness import Server, eventually

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quiet")]


@pytest.mark.parametrize("path", ["/flood", "/wrapped"])
async def test_a_client_that_never_reads_is_dropped_and_harms_nobody(
    server: Server, name: str, path: str
) -> None:
    """The others have each broadcast within a second; its socket is gone after the send deadline, with 4008.

    Whether a middleware of the class wraps the server's ``send`` or not.
    """
    async with connect(server, path) as first, connect(server, path) as second:
        healthy = (first, second)
        for client in healthy:
            assert await receive(client) == b"welcome"
        before = server.sockets()

        async with connect(server, path, name) as stalled:
            assert await receive(stalled) == b"welcome"
            stalled.transport.pause_reading()
            assert server.sockets() == before + 1
            for _ in range(40):
                with anyio.fail_after(1):
                    await first.send(b"more")
                    for client in healthy:
                        assert await receive(client) == FLOOD

            patience = SEND_TIMEOUT + 2
            assert await eventually(lambda: server.codes(name), bool, patience) == [4008]
            assert await eventually(server.sockets, lambda count: count == before, patience) == before
            stalled.transport.abort()


async def test_fifty_clients_that_crash_during_broadcasts_leave_nothing_behind(
    server: Server, name: str
) -> None:
    """Whoever is left gets everything; the group is empty in the end."""
    async with AsyncExitStack() as stack, connect(server, "/crowd", "teller") as teller:
        clients = [await stack.enter_async_context(connect(server, "/crowd", name)) for _ in range(50)]
        await teller.send("count")
        assert await receive(teller) == "50"

        async with anyio.create_task_group() as tasks:

            async def broadcast() -> None:
                for _ in range(100):
                    await teller.send("x" * 1000)
                    await receive(teller)

            async def crash() -> None:
                for client in clients:
                    assert await receive(client) == "x" * 1000
                    reset(client)

            tasks.start_soon(broadcast)
            tasks.start_soon(crash)

        assert len(await eventually(lambda: server.codes(name), lambda codes: len(codes) >= 50)) == 50
        await teller.send("count")
        assert await receive(teller) == "0"
    assert server.codes(name) == [1006] * 50
