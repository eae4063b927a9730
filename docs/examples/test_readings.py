"""Tests of the probe, as a user of nexws would write them."""

# --8<-- [start:both]
from datetime import datetime, timezone

import pytest
from readings import Probe, Reading, app

from nexws.testing import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_reading_reaches_clients_of_both_encodings() -> None:
    reading = Reading(at=datetime(2030, 1, 1, tzinfo=timezone.utc), volts=[1.5], raw=b"\xff\x01")
    async with (
        connect(app, "/probe", subprotocols=["nexws.msgpack"]) as probe,
        connect(app, "/probe") as browser,
    ):
        assert await probe.call("probe.report", reading) == 2
        assert await probe.expect(Probe.measured) == reading
        assert await browser.expect(Probe.measured) == reading


# --8<-- [end:both]


async def test_the_first_of_the_consumer_that_a_client_offers_is_chosen() -> None:
    async with connect(app, "/probe", subprotocols=["nexws.json", "nexws.msgpack"]) as probe:
        assert probe.subprotocol == "nexws.msgpack"
    async with connect(app, "/probe", subprotocols=["nexws.json"]) as probe:
        assert probe.subprotocol == "nexws.json"
    async with connect(app, "/probe", subprotocols=["soap"]) as probe:
        assert probe.subprotocol is None
