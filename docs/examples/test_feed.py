"""A test that sends more than a path."""

import json

import pytest
from feed import app

from nexws import HandshakeRefusedError
from nexws.testing import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# --8<-- [start:sent]
async def test_prices_are_in_the_currency_of_the_visit() -> None:
    async with connect(
        app,
        "/feed?symbol=TEA",
        headers={"X-Client-Version": "1.4"},
        cookies={"currency": "USD"},
    ) as client:
        assert await client.call("feed.about") == "TEA since 0, in USD"


async def test_there_is_nothing_before_the_beginning() -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/feed?since=-1"):
            pass
    assert refused.value.status == 400
    (detail,) = json.loads(refused.value.body)["error"]["details"]
    assert detail["loc"] == ["query", "since"]


# --8<-- [end:sent]
