"""A chat as Nexios programs have it, on every server."""

from __future__ import annotations

import pytest

from tests.servers.clients import call, connect, receive_json, send_json
from tests.servers.harness import Server, eventually

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quiet")]


async def test_a_chat_of_nexios_works_whole(server: Server, name: str) -> None:
    """Hooks, groups, history, whispering, the user from a middleware, and leaving."""
    ann, bob = f"ann-{name}", f"bob-{name}"
    async with connect(server, "/chat", ann) as first:
        assert await receive_json(first) == {"joined": ann}
        async with connect(server, "/chat", bob) as second:
            for client in (first, second):
                assert await receive_json(client) == {"joined": bob}

            await send_json(first, {"text": "hello"})
            for client in (first, second):
                assert await receive_json(client) == {"from": ann, "says": "hello"}

            assert await call(first, {"to": ann, "text": "me?"}) == {"from": ann, "whispers": "me?"}
            await send_json(second, {"to": ann, "text": "psst"})
            assert await receive_json(first) == {"from": bob, "whispers": "psst"}

        assert await receive_json(first) == {"left": bob}
        said = await call(first, "history")
    expected = [{"joined": ann}, {"joined": bob}, {"from": ann, "says": "hello"}, {"left": bob}]
    assert said[-4:] == expected
    assert await eventually(lambda: (server.codes(ann), server.codes(bob)), all) == ([1000], [1000])


def test_a_request_on_the_path_of_a_consumer_reaches_the_route_behind_it(server: Server) -> None:
    """The page and its socket may share a path."""
    assert server.get("/chat") == (200, b"the page of the chat")


def test_a_request_on_the_path_of_a_consumer_alone_finds_nothing(server: Server) -> None:
    """It is no error of the server's."""
    status, _ = server.get("/typed")
    assert status == 404
