"""Clients that are not let in, on every server."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from tests.servers.clients import connect
from tests.servers.harness import Server

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("how", "body"),
    [("close", b"forbidden"), ("exception", b"not you"), ("error", b"forbidden"), ("forget", b"forbidden")],
)
async def test_a_refused_client_gets_a_response(server: Server, name: str, how: str, body: bytes) -> None:
    """Whatever keeps a client out, it is told 403, and ``on_disconnect`` is not called."""
    before = len(server.log())
    with pytest.raises(InvalidStatus) as refused:
        async with connect(server, f"/door/{how}", name):
            pass
    assert (refused.value.response.status_code, refused.value.response.body) == (403, body)

    async with connect(server, "/obedient", f"{name}-next") as client:  # the server goes on
        await client.send("work")
        assert await client.recv() == "work is done"
    assert server.codes(name) == []
    tracebacks = server.whole_log()[before:].count("Traceback")
    assert tracebacks == (how in {"error", "forget"}), "the program's own mistakes are logged, once"
