"""What Nexios gets wrong about who is in a group, and who can be reached."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from nexios.websockets import WebSocket

from nexws import WebSocketConsumer
from tests.defects.driver import Server


class Member(WebSocketConsumer):
    """Does to its groups what the client says."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        what, argument = data
        answer: Any = "done"
        if what == "join":
            await self.join_group(argument)
        elif what == "leave":
            await self.leave_group(argument)
        elif what == "count":
            answer = len(await self.group(argument))
        elif what == "send to":
            answer = await self.send_to(argument, "hello")
        elif what == "send to object":
            answer = await self.send_to(uuid.UUID(argument), "hello")
        elif what == "who":
            answer = str(self.channel.uuid)
        elif what == "fail":
            raise RuntimeError(argument)
        elif what == "age":
            self.channel.created -= argument
        elif what == "broadcast":
            await self.broadcast("all", argument)
        await websocket.send_json(answer)


@pytest.mark.defect("ch06", nexios="awaited a frame.*'code': 1011")
async def test_leaving_twice_is_no_error(server: Server) -> None:
    """Nexios has no name for it: an UnboundLocalError, while others are in the group."""
    first, second = await server.connect_all(server.serve(Member), Member, 2)
    assert await first.ask(["join", "a"]) == "done"
    assert await second.ask(["join", "a"]) == "done"
    assert await first.ask(["leave", "a"]) == "done"
    assert await first.ask(["leave", "a"]) == "done"
    assert await second.ask(["count", "a"]) == 1


@pytest.mark.defect("ch07", nexios="awaited a frame.*'code': 1011")
async def test_leaving_a_group_of_others_is_no_error(server: Server) -> None:
    """Whoever was never in it has left it."""
    first, second = await server.connect_all(server.serve(Member), Member, 2)
    assert await second.ask(["join", "a"]) == "done"
    assert await first.ask(["leave", "a"]) == "done"


@pytest.mark.defect("ch08", nexios="awaited a frame.*'code': 1011")
async def test_leaving_costs_nobody_that_has_been_silent_for_long(server: Server) -> None:
    """In Nexios the next one to leave any group stumbles over a member whose hour is up."""
    old, leaver = await server.connect_all(server.serve(Member), Member, 2)
    assert await old.ask(["join", "a"]) == "done"
    assert await old.ask(["age", 7200]) == "done"
    assert await leaver.ask(["join", "b"]) == "done"
    assert await leaver.ask(["leave", "b"]) == "done"


@pytest.mark.defect("ch08", nexios="assert 0 == 1|awaited a frame")
async def test_a_member_whose_socket_is_open_stays_a_member(server: Server) -> None:
    """Nexios drops it from the group without a word: it hears no broadcast any more."""
    old, young = await server.connect_all(server.serve(Member), Member, 2)
    assert await old.ask(["join", "a"]) == "done"
    assert await old.ask(["age", 7200]) == "done"
    assert await young.ask(["join", "b"]) == "done"
    young.say(["leave", "b"])
    await young.until("an end of it", lambda: len(young.frames) > 1 or young.closes or None)
    assert await old.ask(["count", "a"]) == 1
    assert await old.ask(["broadcast", "a"]) == "all"


@pytest.mark.defect("ch15", nexios="assert 6 == 1")
async def test_whoever_has_gone_is_in_no_group(server: Server) -> None:
    """Nexios' own on_disconnect leaves the connection in its groups for ever."""
    app = server.serve(Member)
    for _ in range(5):
        client = await server.connect(app, Member)
        assert await client.ask(["join", "a"]) == "done"
        client.leave()
        await client.end()
    client = await server.connect(app, Member)
    assert await client.ask(["join", "a"]) == "done"
    assert await client.ask(["count", "a"]) == 1


@pytest.mark.defect("ch15", nexios="assert 1 == 0")
@pytest.mark.parametrize("how", ["an error", "a cancellation", "a malformed frame"])
async def test_whoever_ended_badly_is_in_no_group_either(server: Server, how: str) -> None:
    """However a connection ends, its groups are left."""
    app = server.serve(Member)
    client, other = await server.connect_all(app, Member, 2)
    assert await client.ask(["join", "a"]) == "done"
    if how == "an error":
        client.say(["fail", "on purpose"])
    elif how == "a cancellation":
        client.scope.cancel()
    else:
        client.deliver(text="{")
    await client.end()
    assert await other.ask(["count", "a"]) == 0


@pytest.mark.defect("ch11", nexios="assert None == 1")
@pytest.mark.parametrize("what", ["send to", "send to object"])
async def test_a_connection_is_reached_by_its_uuid_in_no_group(server: Server, what: str) -> None:
    """As object or as text, which is how a client gives it back; Nexios looks for objects, in groups."""
    sender, receiver = await server.connect_all(server.serve(Member), Member, 2)
    address = await receiver.ask(["who", None])
    assert await sender.ask([what, address]) == 1
    assert await receiver.hear() == "hello"


@pytest.mark.defect("ch11", nexios="assert None == 1")
async def test_a_connection_is_reached_by_its_uuid_as_text_in_a_group(server: Server) -> None:
    """Nexios compares the text with an object."""
    sender, receiver = await server.connect_all(server.serve(Member), Member, 2)
    assert await receiver.ask(["join", "a"]) == "done"
    assert await sender.ask(["send to", await receiver.ask(["who", None])]) == 1
    assert await receiver.hear() == "hello"


@pytest.mark.defect("ch11", nexios="assert None == 2")
async def test_a_user_is_reached_on_all_connections(server: Server) -> None:
    """Nexios' manual promises the id of a user, its code does not know one."""
    app = server.serve(Member)
    ann = [await server.connect(app, Member, user={"id": "ann"}) for _ in range(2)]
    bob = await server.connect(app, Member, user={"id": "bob"})
    assert await bob.ask(["send to", "ann"]) == 2
    assert [await each.hear() for each in ann] == ["hello", "hello"]


@pytest.mark.defect("ch11", nexios="assert None == 0")
@pytest.mark.parametrize("target", ["nobody", str(uuid.uuid4())])
async def test_a_target_that_does_not_exist_took_nothing(server: Server, target: str) -> None:
    """The program is told; Nexios writes it into the log."""
    client = await server.connect(server.serve(Member), Member)
    assert await client.ask(["send to", target]) == 0


@pytest.mark.defect("ch11", "ch19", nexios="assert None == 0")
async def test_a_target_that_has_left_took_nothing(server: Server) -> None:
    """A uuid dies with its connection."""
    sender, receiver = await server.connect_all(server.serve(Member), Member, 2)
    address = await receiver.ask(["who", None])
    receiver.leave()
    await receiver.end()
    assert await sender.ask(["send to", address]) == 0
