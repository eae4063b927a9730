"""Who is present in a group."""

from __future__ import annotations

import anyio

from nexws.layers import Present
from nexws.testing.layer_contract.bench import Bench, Node

__all__ = ["Presence"]


class Presence(Bench):
    """Who is present in a group."""

    async def test_a_member_is_present_while_a_connection_is(self) -> None:
        """The first connection brings it, the last takes it away: everybody sees that."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            assert await node.layer.present(group) == []
            assert await node.layer.enter(group, "ann", "c1", '{"name":"Ann"}')
            for each in (node, other):
                assert await each.layer.present(group) == [Present("ann", '{"name":"Ann"}')]
            assert await node.layer.leave(group, "ann", "c1") == Present("ann", '{"name":"Ann"}')
            for each in (node, other):
                assert await each.layer.present(group) == []

    async def test_a_member_with_several_connections_is_present_once(self) -> None:
        """On any node, with what the first said."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            assert await node.layer.enter(group, "ann", "c1", "1")
            assert not await node.layer.enter(group, "ann", "c2", "2")
            assert not await other.layer.enter(group, "ann", "c3", "3")
            assert await other.layer.present(group) == [Present("ann", "1")]
            assert await node.layer.leave(group, "ann", "c1") is None
            assert [each.member for each in await node.layer.present(group)] == ["ann"]
            assert await node.layer.leave(group, "ann", "c2") is None
            assert await other.layer.leave(group, "ann", "c3") == Present("ann", "3")
            assert await node.layer.present(group) == []

    async def test_members_are_listed_as_they_came(self) -> None:
        """One who has left and comes again is the last."""
        group, members = self.group(), ["zoe", "ann", "群", "a:b", "bob", "10", "9", ""]
        async with self.nodes(2) as nodes:
            for number, member in enumerate(members):
                assert await nodes[number % 2].layer.enter(group, member, f"c-{number}", f"{number}")
            expected = [Present(member, f"{number}") for number, member in enumerate(members)]
            assert await nodes[0].layer.present(group) == expected
            assert await nodes[0].layer.leave(group, "zoe", "c-0") == expected[0]
            assert await nodes[1].layer.enter(group, "zoe", "c-9", "again")
            assert await nodes[1].layer.present(group) == [*expected[1:], Present("zoe", "again")]

    async def test_entering_again_is_no_arrival(self) -> None:
        """What the connection says now is what it says."""
        group = self.group()
        async with self.nodes(1) as (node,):
            assert await node.layer.enter(group, "ann", "c1", "old")
            assert not await node.layer.enter(group, "ann", "c1", "new"), "it was there already"
            assert await node.layer.present(group) == [Present("ann", "new")]
            assert await node.layer.leave(group, "ann", "c1") == Present("ann", "new")
            assert await node.layer.present(group) == []

    async def test_leaving_twice_is_no_departure(self) -> None:
        """Nor is that of one who was not there."""
        group = self.group()
        async with self.nodes(1) as (node,):
            assert await node.layer.leave(group, "ann", "c1") is None
            await node.layer.enter(group, "ann", "c1", "1")
            assert await node.layer.leave(group, "ann", "c2") is None
            assert await node.layer.leave(group, "bob", "c1") is None
            assert await node.layer.leave(self.group(), "ann", "c1") is None
            assert await node.layer.present(group) == [Present("ann", "1")]
            assert await node.layer.leave(group, "ann", "c1") == Present("ann", "1")
            assert await node.layer.leave(group, "ann", "c1") is None

    async def test_one_of_many_at_once_is_the_first_and_one_the_last(self) -> None:
        """However many connections a member opens and closes at a time."""
        group, arrivals, departures = self.group(), list[bool](), list[Present]()

        async def enter(node: Node, connection: str) -> None:
            arrivals.append(await node.layer.enter(group, "ann", connection, "1"))

        async def leave(node: Node, connection: str) -> None:
            present = await node.layer.leave(group, "ann", connection)
            if present is not None:
                departures.append(present)

        async with self.nodes(2) as nodes:
            for step in (enter, leave):
                async with anyio.create_task_group() as tasks:
                    for number in range(8):
                        tasks.start_soon(step, nodes[number % 2], f"c-{number}")
            assert sorted(arrivals) == [False] * 7 + [True]
            assert departures == [Present("ann", "1")]
            assert await nodes[0].layer.present(group) == []

    async def test_members_are_present_in_their_groups(self) -> None:
        """In each on its own account."""
        group, other = self.group(), self.group("other")
        async with self.nodes(1) as (node,):
            for name, info in ((group, "1"), (other, "2")):
                assert await node.layer.enter(name, "ann", "c1", info)
                assert await node.layer.present(name) == [Present("ann", info)]
            assert await node.layer.leave(group, "ann", "c1") == Present("ann", "1")
            assert await node.layer.present(other) == [Present("ann", "2")]

    async def test_what_a_member_says_is_any_text(self) -> None:
        """It is carried as it is."""
        group, infos = self.group(), ["", "{}", '"\\u0000 ärger 群 🦊"', "[" + "1," * 5_000 + "1]"]
        async with self.nodes(2) as (node, other):
            for info in infos:
                await node.layer.enter(group, "ann", "c1", info)
                assert await other.layer.present(group) == [Present("ann", info)]
                assert await node.layer.leave(group, "ann", "c1") == Present("ann", info)

    async def test_a_node_that_ends_takes_its_members_along(self) -> None:
        """Not those who have connections elsewhere, nor those of other nodes."""
        group, other = self.group(), self.group("other")
        async with self.nodes(2) as (node, stays):
            await self._populate(node, stays, group)
            await node.layer.enter(other, "ann", "c1", "1")
            await node.layer.stop()
            assert [each.member for each in await stays.layer.present(group)] == ["bob", "cid"]
            assert await stays.layer.present(other) == []
            assert await stays.layer.leave(group, "bob", "c3") == Present("bob", "3")

    async def test_a_node_that_is_killed_is_forgotten(self) -> None:
        """After the time to live; what others have entered stays."""
        group = self.group()
        async with self.nodes(2) as (node, stays):
            await self._populate(node, stays, group)
            await self.kill(node)
            await self.pass_time(self.presence_seconds + 1.0)

            async def is_forgotten() -> bool:
                return [each.member for each in await stays.layer.present(group)] == ["bob", "cid"]

            await self.eventually(is_forgotten, "only those of the living node")
            assert await stays.layer.leave(group, "bob", "c3") == Present("bob", "3")

    async def _populate(self, node: Node, stays: Node, group: str) -> None:
        """Have ann at one node, cid at the other, and bob at both."""
        await node.layer.enter(group, "ann", "c1", "1")
        await node.layer.enter(group, "bob", "c2", "2")
        await stays.layer.enter(group, "bob", "c3", "3")
        await stays.layer.enter(group, "cid", "c4", "4")
