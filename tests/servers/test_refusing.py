"""Clients that are not let in, on every server."""

from __future__ import annotations

import pytest
from pydantic_core import from_json
from websockets.exceptions import InvalidStatus

from tests.servers.clients import call, connect
from tests.servers.harness import Server, eventually

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


async def test_a_handshake_with_wrong_parameters_is_told_what_is_wrong(server: Server, name: str) -> None:
    """As JSON, with 400; and a right one is read, whatever the server makes of its parts."""
    before = len(server.log())
    with pytest.raises(InvalidStatus) as refused:
        async with connect(server, "/asking?since=1&since=%C3%A9", name):
            pass
    response = refused.value.response
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert from_json(response.body or b"") == {
        "status": "error",
        "error": {
            "code": "invalid_payload",
            "message": "the handshake is not valid",
            "details": [
                {"loc": ["query", "since"], "type": "repeated_parameter", "msg": "Parameter may be sent once"}
            ],
            "retryable": False,
        },
    }
    headers = [("X-Tag", "a, b"), ("x-tag", "c"), ("Cookie", "other=1; session=s3cret")]
    async with connect(server, "/asking?symbol=%C3%A9&symbol=B+C&since=3", name, headers=headers) as client:
        wanted = {"symbol": ["é", "B C"], "since": 3}
        assert await call(client, "?") == [wanted, ["a", "b", "c"], "s3cret", True]
    await eventually(lambda: server.codes(name), bool)
    assert server.codes(name) == [1000]
    assert "Traceback" not in server.whole_log()[before:]
