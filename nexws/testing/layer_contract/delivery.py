"""Who gets what, and in which order."""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint

from nexws.layers import Page
from nexws.protocol import Position, Retention
from nexws.testing.layer_contract.bench import KEPT, Bench, Delivered, Node, push

__all__ = ["Delivery"]

_RACERS = 4
_EACH = 25


class Delivery(Bench):
    """Who gets what, and in which order."""

    async def test_a_publication_reaches_each_node_that_follows_its_group(self) -> None:
        """Also the one that publishes it; not those that follow another group, or none."""
        group, other = self.group(), self.group("other")
        async with self.nodes(4) as nodes:
            first, second, elsewhere, idle = nodes
            for node in (first, second):
                await node.layer.follow(group)
            await elsewhere.layer.follow(other)
            await first.publish(group, "one")
            await idle.publish(group, "two", retention=KEPT)
            await self.settle(*nodes)
            for node in (first, second):
                await node.gets(group, "one", "two")
            assert elsewhere.events(group) == [], "it follows another group"
            assert idle.events(group) == [], "it follows none"

    async def test_publications_reach_the_groups_that_they_are_for(self) -> None:
        """Not those whose names look alike."""
        stem = self.group()
        names = [
            stem,
            f"{stem}:a",
            f"{stem}:A",
            f"{stem} ",
            f"{stem}*",
            f"{stem}?",
            f"{{{stem}}}",
            stem.upper(),
        ]
        async with self.nodes(2) as (node, other):
            for name in names:
                await node.layer.follow(name)
            for number, name in enumerate(names):
                await other.publish(name, f"for-{number}", retention=KEPT)
            for number, name in enumerate(names):
                await node.gets(name, f"for-{number}")
                page = await other.layer.read(name)
                assert [entry.publication.event for entry in page.entries] == [f"for-{number}"], name

    async def test_names_of_groups_are_text_of_any_kind(self) -> None:
        """Spaces, marks that a store may read, control characters, and a thousand of them."""
        names = [
            "",
            " ",
            "a b",
            "a:b:c",
            "a.b.>",
            "*",
            "[a-z]?",
            "{a}b",
            "ärger/群/🦊",
            "line\nline\0",
            "x" * 1000,
        ]
        async with self.nodes(2) as (node, other):
            for name in names:
                await node.layer.follow(name)
                await other.publish(name, "hello")
                await node.gets(name, "hello")
                node.layer.unfollow(name)

    async def test_it_tells_how_many_have_it(self) -> None:
        """Nobody, where nobody follows."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            assert [each.receivers for each in await other.publish(group, "one")] == [0]
            await node.layer.follow(group)
            assert [each.receivers for each in await other.publish(group, "two")] == [1]
            await other.layer.follow(group)
            assert [each.receivers for each in await other.publish(group, "three")] == [2]

    async def test_all_nodes_get_a_group_in_one_order(self) -> None:
        """However many publish to it at once."""
        await self._race(None)

    async def test_what_is_kept_arrives_in_the_order_of_its_positions(self) -> None:
        """However many publish to it at once; each once, and where it stands."""
        group, nodes = await self._race(KEPT)
        for node in nodes:
            positions = [position for position in node.positions(group) if position is not None]
            first = positions[0]
            expected = [Position(first.epoch, first.offset + more) for more in range(_RACERS * _EACH)]
            assert positions == expected, positions

    async def _race(self, retention: Retention | None) -> tuple[str, list[Node]]:
        group = self.group()

        async def publish(node: Node, racer: int) -> None:
            for number in range(_EACH):
                await node.publish(group, f"{racer}.{number}", retention=retention)
                await checkpoint()

        async with self.nodes(3) as nodes:
            for node in nodes:
                await node.layer.follow(group)
            async with anyio.create_task_group() as tasks:
                for racer in range(_RACERS):
                    tasks.start_soon(publish, nodes[racer % 2], racer)
            first = nodes[0]
            for node in nodes:
                await node.gets_many(group, _RACERS * _EACH)
                assert node.events(group) == first.events(group), "two nodes have two orders"
        everything = [f"{racer}.{number}" for racer in range(_RACERS) for number in range(_EACH)]
        assert sorted(first.events(group)) == sorted(everything)
        for racer in range(_RACERS):
            own = [event for event in first.events(group) if event.startswith(f"{racer}.")]
            assert own == [f"{racer}.{number}" for number in range(_EACH)], (
                "what was published later came first"
            )
        return group, nodes

    async def test_a_slow_node_changes_no_order(self) -> None:
        """Neither its own nor that of another."""
        group, events = self.group(), [f"event-{number}" for number in range(5)]
        async with self.nodes(2) as (slow, quick):
            for node in (slow, quick):
                await node.layer.follow(group)
            gate = slow.gate = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(slow.publish, group, events[0])
                await slow.gets(group, events[0])
                slow.gate = None
                for event in events[1:]:
                    tasks.start_soon(slow.publish, group, event)
                    await _turns(10)
                gate.set()
            for node in (slow, quick):
                await node.gets_many(group, len(events))
            assert sorted(slow.events(group)) == events
            assert quick.events(group) == slow.events(group), "the other has another order"

    async def test_following_twice_delivers_once(self) -> None:
        """And one unfollow ends it."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            await node.layer.follow(group)
            await other.publish(group, "one", "two")
            await self.settle(node, other)
            await node.gets(group, "one", "two")
            node.layer.unfollow(group)
            await self._ends(node, other, group)

    async def test_unfollowing_ends_delivery(self) -> None:
        """For this node and this group alone."""
        group, kept = self.group(), self.group("kept")
        async with self.nodes(3) as (node, stays, other):
            for each in (node, stays):
                await each.layer.follow(group)
            await node.layer.follow(kept)
            node.layer.unfollow(group)
            await self._ends(node, other, group)
            await other.publish(group, "after")
            await other.publish(kept, "after")
            await node.gets(kept, "after")
            await stays.gets_to(group, "after")

    async def test_what_waited_when_a_group_was_unfollowed_does_not_come_late(self) -> None:
        """Followed again while its node is busy: nothing comes behind what was published later."""
        group, elsewhere = self.group(), self.group("elsewhere")
        async with self.nodes(2) as (node, other):
            for each in (group, elsewhere):
                await node.layer.follow(each)
            gate = node.gate = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(other.publish, group, "one")
                await node.gets_to(group, "one")
                tasks.start_soon(other.publish, group, "two")
                await _turns(10)
                tasks.start_soon(other.publish, elsewhere, "sign")
                await node.gets_to(elsewhere, "sign")
                node.layer.unfollow(group)
                await node.layer.follow(group)
                tasks.start_soon(other.publish, group, "three")
                await _turns(10)
                gate.set()
                await node.gets_to(group, "three")
            await other.publish(group, "four")
            await node.gets_to(group, "four")
            got = node.events(group)
            assert got == [each for each in ("one", "two", "three", "four") if each in got], got

    async def test_unfollowing_what_is_not_followed_is_no_error(self) -> None:
        """It is what is wanted already."""
        async with self.nodes(1) as (node,):
            node.layer.unfollow(self.group())

    async def test_following_again_at_once_misses_nothing(self) -> None:
        """Nor is anything delivered twice."""
        group, events = self.group(), [f"event-{number}" for number in range(20)]
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            for event in events:
                node.layer.unfollow(group)
                await node.layer.follow(group)
                await other.publish(group, event)
            await self.settle(node, other)
            await node.gets(group, *events)

    async def test_reading_after_following_leaves_no_hole(self) -> None:
        """What is read, and what is delivered and newer than that, is everything, and once."""
        group, events = self.group(), [f"event-{number}" for number in range(60)]
        pages: dict[Node, Page] = {}

        async def publish(node: Node) -> None:
            for event in events:
                await node.publish(group, event, retention=KEPT)
                await checkpoint()

        async def join(node: Node, after: int) -> None:
            await _turns(after)
            await node.layer.follow(group)
            pages[node] = await node.layer.read(group)

        async with self.nodes(4) as (publisher, *joining):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(publish, publisher)
                for place, node in enumerate(joining):
                    tasks.start_soon(join, node, 5 + 40 * place)
            for node, page in pages.items():
                read = [entry.publication.event for entry in page.entries]
                if events[-1] not in read:
                    await node.gets_to(group, events[-1])
                newer = [
                    each.publication.event for each in node.delivered if _is_newer(each, group, page.top)
                ]
                assert [*read, *newer] == events, f"read {read} to {page.top}, then got {newer}"

    async def test_a_node_without_a_sink_publishes_and_reads(self) -> None:
        """As a program does that serves nobody."""
        group = self.group()
        async with self.nodes(1) as (node,):
            await node.layer.follow(group)
            async with self.node() as layer:
                published = await layer.publish(group, push("one"), retention=KEPT)
                page = await layer.read(group)
            assert [entry.publication for entry in page.entries] == [push("one")]
            assert page.top == published.position
            await node.gets(group, "one")

    async def test_nothing_is_delivered_after_the_end(self) -> None:
        """And it may be ended twice."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            await other.layer.follow(group)
            await node.layer.stop()
            before = node.events(group)
            await other.publish(group, "one", "two")
            await other.gets(group, "one", "two")
            await self.settle(other)
            assert node.events(group) == before
            await node.layer.stop()

    async def test_a_node_that_is_up_says_so(self) -> None:
        """Without a reason."""
        async with self.nodes(1) as (node,):
            health = await node.layer.health()
            assert health.is_up, health.reason

    async def _ends(self, node: Node, publisher: Node, group: str) -> None:
        """See that *node* gets no more of *group*, soon, and then never."""

        async def is_over() -> bool:
            before = len(node.events(group))
            await publisher.publish(group, "more")
            await self.settle(node, publisher)
            return len(node.events(group)) == before

        await self.eventually(is_over, "the end of what was followed")
        for _ in range(3):
            assert await is_over(), "it was over, and began again"


async def _turns(count: int) -> None:
    """Let others run so many times."""
    for _ in range(count):
        await checkpoint()


def _is_newer(delivered: Delivered, group: str, top: Position | None) -> bool:
    """Tell whether a reader who has read up to *top* wants what was *delivered*."""
    position = delivered.position
    return delivered.group == group and position is not None and (top is None or position.offset > top.offset)
