"""Tests of the chat, as a user of nexws would write them."""

# --8<-- [start:two]
import pytest
from chat import Chat, MessagePosted, SendMessage, app

from nexws import EventFailed
from nexws.testing import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_message_reaches_both() -> None:
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob:
        receipt = await ann.call("chat.message", SendMessage(group="lobby", text="hello"))
        assert receipt == {"length": 5}
        expected = MessagePosted(group="lobby", user="ann", text="hello")
        assert await ann.expect(Chat.posted) == expected
        assert await bob.expect(Chat.posted) == expected
        await bob.expect_nothing()


async def test_an_empty_message_is_refused() -> None:
    async with connect(app, "/chat") as ann:
        with pytest.raises(EventFailed) as failed:
            await ann.call("chat.message", {"group": "lobby", "text": ""})
        assert failed.value.code == "invalid_payload"
        assert failed.value.details[0]["loc"] == ["text"]


# --8<-- [end:two]


# --8<-- [start:slow]
async def test_a_slow_member_holds_nobody_up() -> None:
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob:
        bob.pause()
        for number in range(10):
            await ann.call("chat.message", SendMessage(group="lobby", text=f"number {number}"))
            await ann.expect(Chat.posted)
        bob.resume()
        for number in range(10):
            assert (await bob.expect(Chat.posted)).text == f"number {number}"


async def test_a_member_that_never_reads_is_cut() -> None:
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob:
        bob.pause()
        for _ in range(1000):
            await ann.call("chat.message", SendMessage(group="lobby", text="x" * 2000))
            await ann.expect(Chat.posted)
        assert bob.is_over


# --8<-- [end:slow]
