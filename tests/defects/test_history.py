"""What Nexios' history gets wrong."""

from __future__ import annotations

from typing import Any, cast

import pytest
from nexios.websockets import ChannelBox, InMemoryHistoryManager, WebSocket

from nexws import Limits, WebSocketConsumer
from tests.defects.driver import Client, Missed, Server


async def read_history(consumer: Any, group: str) -> list[Any]:
    """Read the history of a group, which in Nexios is asked of another class."""
    if isinstance(consumer, WebSocketConsumer):
        return list[Any](await consumer.history(group))
    return cast("list[Any]", await ChannelBox.show_history(group))


class Log(WebSocketConsumer):
    """Keeps what the client says, and tells it on demand."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        what, group = data[:2]
        if what == "keep":
            await self.broadcast(data[2], group, save_history=True)
        elif what == "change":
            await self.broadcast(data[2], group, save_history=True)
            data[2]["changed"] = True
        elif what == "clear my list":
            (await read_history(self, group)).clear()
        elif what == "change what I read":
            (await read_history(self, group))[0].payload["changed"] = True
        entries = await read_history(self, group)
        await websocket.send_json(
            [{"payload": each.payload, "uuid": str(each.uuid), "at": str(each.created)} for each in entries]
        )


def payloads(entries: list[Any]) -> list[Any]:
    """Give the payloads alone."""
    return [each["payload"] for each in entries]


async def keep(client: Client, group: str, *what: object) -> list[Any]:
    """Keep several payloads, and give the history after the last."""
    entries: list[Any] = [await client.ask(["keep", group, each]) for each in what][-1]
    return entries


@pytest.mark.defect("ch12", nexios="assert 1 == 3")
@pytest.mark.parametrize("part", ["uuid", "at"])
async def test_each_entry_has_an_id_and_a_time_of_its_own(server: Server, part: str) -> None:
    """In Nexios all messages of a process have those of its start."""
    client = await server.connect(server.serve(Log), Log)
    entries = await keep(client, "a", 1, 2, 3)
    assert len({each[part] for each in entries}) == 3


@pytest.mark.defect("ch13", nexios="assert.*1, 2, 3, 4, 5")
async def test_history_holds_so_many_entries(server: Server) -> None:
    """The oldest go, the others stay."""
    client = await server.connect(server.serve(Log, limits=Limits(history_events=3)), Log)
    assert payloads(await keep(client, "a", 1, 2, 3, 4, 5)) == [3, 4, 5]


@pytest.mark.defect("ch13", nexios="assert 10000.* <= 1200")
async def test_history_holds_so_many_bytes(server: Server) -> None:
    """Nexios counts the pointers: fifty megabytes fit under its limit of one."""
    ChannelBox.set_history_manager(InMemoryHistoryManager(history_size=1200))
    client = await server.connect(server.serve(Log, limits=Limits(history_bytes=1200)), Log)
    kept = payloads(await keep(client, "a", *["x" * 500] * 20))
    assert sum(map(len, kept)) <= 1200
    assert len(kept) == 2


@pytest.mark.defect("ch13", nexios=r"\[\] == \[")
async def test_an_overflow_takes_the_oldest_only(server: Server) -> None:
    """Nexios wipes the whole history of the group."""
    ChannelBox.set_history_manager(InMemoryHistoryManager(history_size=100))
    client = await server.connect(server.serve(Log, limits=Limits(history_events=4)), Log)
    assert payloads(await keep(client, "a", 1, 2, 3, 4, 5)) == [2, 3, 4, 5]


@pytest.mark.defect("ch13", nexios="is still kept")
async def test_history_holds_entries_for_so_long(server: Server) -> None:
    """Nexios keeps them until there are too many."""
    client = await server.connect(server.serve(Log, limits=Limits(history_seconds=0.05)), Log)
    assert payloads(await keep(client, "a", 1)) == [1]
    for _ in range(5_000 if server.is_nexws else 50):
        if not await client.ask(["read", "a"]):
            return
    raise Missed("the entry is still kept")


@pytest.mark.defect("ch13", nexios=r"assert \[1\] == \[\]")
async def test_histories_are_kept_of_so_many_groups(server: Server) -> None:
    """Nexios never forgets the history of a group that is no more."""
    client = await server.connect(server.serve(Log, limits=Limits(history_groups=2)), Log)
    for group in ("a", "b", "c"):
        await keep(client, group, 1)
    assert payloads(await client.ask(["read", "b"])) == [1]
    assert payloads(await client.ask(["read", "a"])) == []


@pytest.mark.defect("ch13", nexios="'changed': True")
@pytest.mark.parametrize("how", ["change", "change what I read"])
async def test_an_entry_is_what_was_sent_whatever_becomes_of_the_payload(server: Server, how: str) -> None:
    """Nexios keeps the sender's own object, and hands it out."""
    client = await server.connect(server.serve(Log), Log)
    if how == "change":
        assert payloads(await client.ask(["change", "a", {"n": 1}])) == [{"n": 1}]
    else:
        await keep(client, "a", {"n": 1})
        assert payloads(await client.ask(["change what I read", "a"])) == [{"n": 1}]


@pytest.mark.defect("ch13", nexios=r"assert \[\] == \[1, 2\]")
async def test_the_list_that_is_read_is_the_readers_own(server: Server) -> None:
    """Nexios hands out its own."""
    client = await server.connect(server.serve(Log), Log)
    await keep(client, "a", 1, 2)
    assert payloads(await client.ask(["clear my list", "a"])) == [1, 2]


@pytest.mark.defect("ch14", nexios="secret")
async def test_the_history_of_another_application_is_not_read(server: Server) -> None:
    """Nor that of another class."""
    one, two = server.serve(Log), server.serve(Log)
    await keep(await server.connect(one, Log), "a", "secret")
    stranger = await server.connect(two, Log)
    assert payloads(await stranger.ask(["read", "a"])) == []
