"""Publishing again under a key: it has been published."""

from __future__ import annotations

from dataclasses import replace

import anyio

from nexws.protocol import Published, Retention
from nexws.testing.layer_contract.bench import KEPT, Bench, Node, push

__all__ = ["Keys"]


class Keys(Bench):
    """Publishing again under a key: it has been published."""

    async def test_a_key_publishes_once(self) -> None:
        """The answer is that of the first, from whichever node; also where nothing is kept."""
        for retention in (KEPT, None):
            group = self.group()
            async with self.nodes(2) as (node, other):
                await node.layer.follow(group)
                first = await node.layer.publish(group, push("one"), retention=retention, key="k")
                assert not first.is_duplicate
                for each in (node, other):
                    again = await each.layer.publish(group, push("again"), retention=retention, key="k")
                    assert again == replace(first, is_duplicate=True)
                await other.publish(group, "two", retention=retention)
                await self.settle(node, other)
                await node.gets(group, "one", "two")
                page = await other.layer.read(group)
                assert [each.publication.event for each in page.entries] == (
                    [] if retention is None else ["one", "two"]
                )

    async def test_a_key_publishes_once_of_many_at_once(self) -> None:
        """A retry may overtake the first."""
        group, answers = self.group(), list[Published]()

        async def publish(node: Node, event: str) -> None:
            answers.append(await node.layer.publish(group, push(event), retention=KEPT, key="k"))

        async with self.nodes(2) as nodes:
            await nodes[0].layer.follow(group)
            async with anyio.create_task_group() as tasks:
                for number in range(8):
                    tasks.start_soon(publish, nodes[number % 2], f"{number}")
            assert sorted(each.is_duplicate for each in answers) == [False] + [True] * 7
            assert len({each.position for each in answers}) == 1, "one publication, several positions"
            await self.settle(*nodes)
            page = await nodes[1].layer.read(group)
            assert len(page.entries) == 1
            await nodes[0].gets(group, page.entries[0].publication.event)

    async def test_keys_are_told_apart(self) -> None:
        """By group, and by every character; publications without a key have none in common."""
        group, other = self.group(), self.group("other")
        keys = ["k", "K", "k ", "", "ärger", "a:b", "k\0", "x" * 200, None, None]
        async with self.nodes(1) as (node,):
            for name in (group, other):
                for key in keys:
                    answer = await node.layer.publish(name, push("x"), retention=KEPT, key=key)
                    assert not answer.is_duplicate, f"{key!r} was taken for another"
                assert len((await node.layer.read(name)).entries) == len(keys)

    async def test_a_key_is_known_for_five_minutes(self) -> None:
        """Then it may be used again."""
        group, retention = self.group(), Retention(events=10, seconds=3600.0, size_bytes=10_000)
        async with self.nodes(1) as (node,):

            async def is_duplicate() -> bool:
                return (await node.layer.publish(group, push("x"), retention=retention, key="k")).is_duplicate

            assert not await is_duplicate()
            await self.pass_time(200.0)
            assert await is_duplicate()
            await self.pass_time(90.0)
            assert await is_duplicate()
            await self.pass_time(20.0)
            assert not await is_duplicate(), "a retry has made it younger"
            assert len((await node.layer.read(group)).entries) == 2
