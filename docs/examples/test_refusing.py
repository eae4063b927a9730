"""Tests of refusals, as a user of nexws would write them."""

import pytest
from refusing import app

from nexws import HandshakeRefusedError
from nexws.testing import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# --8<-- [start:refused]
async def test_who_has_no_ticket_is_refused() -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/members"):
            pass
    assert refused.value.status == 401
    assert refused.value.body == "no ticket"


# --8<-- [end:refused]


async def test_another_site_is_refused() -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/members?ticket=1", headers={"origin": "https://example.org"}):
            pass
    assert (refused.value.status, refused.value.body) == (403, "wrong site")


async def test_who_has_a_ticket_is_accepted() -> None:
    async with connect(app, "/members?ticket=1", headers={"origin": "https://example.com"}) as member:
        await member.expect_nothing()
