"""A client whose connection is lost comes back to what it missed, on every server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.servers.clients import call, connect, receive_json, reset, send_json
from tests.servers.harness import Server, eventually

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quiet")]


async def test_a_client_that_was_cut_off_misses_nothing(server: Server, name: str) -> None:
    """What was said until its server noticed, and what was said after that: all comes, in order and once."""
    texts = list[str]()

    async def say(speaker: Any, text: str) -> Any:
        texts.append(text)
        await send_json(speaker, {"event": "chat.say", "data": {"text": text}})
        return await receive_json(speaker)

    async with connect(server, "/kept", "speaker") as speaker:
        async with connect(server, "/kept", name) as client:
            await say(speaker, "first")
            heard = [await receive_json(client)]
            reset(client)
            await say(speaker, "lost")
            assert await eventually(lambda: server.codes(name), bool) == [1006]
        for number in range(20):
            await say(speaker, f"{number}")
        async with connect(server, "/kept", name) as client:
            resume = {"event": "nexws.resume", "data": {"groups": {"kept": heard[-1]["pos"]}}, "ref": 1}
            heard.append(await call(client, resume))
            while "status" not in heard[-1]:
                heard.append(await receive_json(client))
            assert heard.pop()["data"]["groups"] == {"kept": {"recovered": True, "pos": heard[-1]["pos"]}}
            await say(speaker, "live")
            heard.append(await receive_json(client))
    assert [each["data"]["text"] for each in heard] == texts
