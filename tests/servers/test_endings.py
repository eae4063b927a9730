"""How connections end, and what ``on_disconnect`` is told of it, on every server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from tests.servers.clients import close_without_code, closed, connect, lose, receive, reset
from tests.servers.harness import SERVERS, Server, eventually

pytestmark = pytest.mark.server

End = Callable[[ClientConnection], "Awaitable[None] | None"]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(lambda client: client.close(1000), 1000, id="normally"),
        pytest.param(lambda client: client.close(1001, "a new page"), 1001, id="for-another-page"),
        pytest.param(lambda client: client.close(4321, "a reason"), 4321, id="with-a-code-of-its-own"),
        pytest.param(close_without_code, 1005, id="without-a-code"),
        pytest.param(lose, 1006, id="without-a-close-frame"),
        pytest.param(reset, 1006, id="by-a-crash"),
    ],
)
async def test_on_disconnect_sees_how_the_client_left(server: Server, name: str, end: End, code: int) -> None:
    """Once, with the code of RFC 6455, section 7.1.5.

    granian reports an empty close frame and a lost connection in the same words; the worse is assumed there.
    """
    if server.kind == "granian" and code == 1005:
        code = 1006
    async with connect(server, "/obedient", name) as client:
        ending = end(client)
        if ending is not None:
            await ending
        assert await eventually(lambda: server.codes(name), bool) == [code]


@pytest.mark.usefixtures("quiet")
async def test_the_code_of_the_server_is_what_both_sides_see(server: Server, name: str) -> None:
    """A consumer closes with a code and a reason of its own, and sends no more."""
    async with connect(server, "/obedient", name) as client:
        await client.send("close")
        assert await closed(client) == (4000, "enough")
    assert await eventually(lambda: server.codes(name), bool) == [4000]


async def test_an_exception_in_a_hook_closes_with_1011_once(server: Server, name: str) -> None:
    """It is logged, and the client learns nothing of it."""
    before = len(server.log())
    async with connect(server, "/obedient", name) as client:
        await client.send("fail")
        assert await closed(client) == (1011, "")
    assert await eventually(lambda: server.codes(name), bool) == [1011]
    log = server.whole_log()[before:]
    assert (log.count("Traceback"), log.count("Obedient.on_receive failed")) == (1, 1)


@pytest.fixture(params=SERVERS)
def stopping(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Give a server of the test's own, which it may stop."""
    server = Server(request.param, tmp_path)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


async def test_a_server_that_stops_tells_client_and_consumer(stopping: Server, name: str) -> None:
    """The client reads a code and ``on_disconnect`` sees it; nexws has no part in what servers log then.

    uvicorn's connections are drained; hypercorn's are closed by its end. granian drops its clients without a close
    frame, and may end before their consumers could run.
    """
    code, reason = {"granian": (1006, ""), "hypercorn": (1012, "")}.get(
        stopping.kind, (4001, "the server stops")
    )
    async with connect(stopping, "/obedient", name) as client:
        await client.send("work")
        assert await receive(client) == "work is done"
        stopping.terminate()
        assert await closed(client) == (code, reason)
    if stopping.kind != "granian":
        assert await eventually(lambda: stopping.codes(name), bool) == [code]
    assert "/nexws/" not in stopping.log()
