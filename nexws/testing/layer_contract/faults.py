"""What goes wrong: publishers that give up, stores that forget or cannot be reached."""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint

from nexws.errors import LayerError
from nexws.protocol import Position
from nexws.testing.layer_contract.bench import KEPT, Bench, Node, push

__all__ = ["Faults"]


class Faults(Bench):
    """What goes wrong: publishers that give up, stores that forget or cannot be reached."""

    async def test_a_cancelled_publication_is_everywhere_or_nowhere(self) -> None:
        """Wherever its publisher gives up; and those that follow it go on."""
        group = self.group()
        async with self.nodes(3) as (publisher, *nodes):
            for node in nodes:
                await node.layer.follow(group)
            for steps in range(12):
                await self._give_up(publisher, group, steps)
                await publisher.publish(group, f"after-{steps}", retention=KEPT)
            await self._agree(publisher, nodes, group, whole=[f"after-{steps}" for steps in range(12)])

    async def test_a_publication_cancelled_at_a_slow_node_reaches_the_others(self) -> None:
        """The one that is slow has it too."""
        group = self.group()
        async with self.nodes(3) as (publisher, slow, quick):
            for node in (slow, quick):
                await node.layer.follow(group)
            gate = slow.gate = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._give_up, publisher, group, 5)
                tasks.start_soon(self._give_up, publisher, group, 6)
                for _ in range(20):
                    await checkpoint()
                slow.gate = None
                gate.set()
            await publisher.publish(group, "after", retention=KEPT)
            await self._agree(publisher, [slow, quick], group, whole=["after"])

    async def _give_up(self, publisher: Node, group: str, steps: int) -> None:
        """Publish, and cancel it after so many turns."""

        async def publish() -> None:
            await publisher.publish(group, f"given-up-{steps}", retention=KEPT)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(publish)
            for _ in range(steps):
                await checkpoint()
            tasks.cancel_scope.cancel()

    async def _agree(self, publisher: Node, nodes: list[Node], group: str, *, whole: list[str]) -> None:
        """See that what is kept is what each node has got, and has *whole* in it."""
        for node in nodes:
            await node.gets_to(group, whole[-1])
        page = await publisher.layer.read(group)
        kept = [entry.publication.event for entry in page.entries]
        assert [event for event in kept if not event.startswith("given-up")] == whole
        for node in nodes:
            assert node.events(group) == kept, "what was given up is not everywhere"
            assert node.positions(group) == [entry.position for entry in page.entries]

    async def test_what_an_interrupted_node_has_missed_is_mended_or_told(self) -> None:
        """It gets what is kept in order and once, or its group is lost: nothing is missing in silence."""
        group, events = self.group(), [f"event-{number}" for number in range(6)]
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            await other.publish(group, events[0], retention=KEPT)
            await node.gets(group, events[0])
            await self.interrupt(node)
            await other.publish(group, *events[1:], retention=KEPT)
            await node.until(
                lambda: group in node.broken or events[-1] in node.events(group), "the last, or a loss"
            )
            if group not in node.broken:
                await node.gets(group, *events)
            await other.publish(group, "after", retention=KEPT)
            await node.gets_to(group, "after")
            assert len(set(node.events(group))) == len(node.events(group)), "mended twice"

    async def test_a_lost_store_is_another_epoch(self) -> None:
        """Whoever has a position of before is told that something is missing, and who follows can see it."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            (*_, before) = await other.publish(group, "one", "two", retention=KEPT)
            await node.gets(group, "one", "two")
            await self.lose_the_store()
            assert before.position is not None
            page = await node.layer.read(group, since=before.position)
            assert not page.is_complete, "complete since what is lost"
            (after,) = await other.publish(group, "three", retention=KEPT)
            assert after.position is not None
            assert after.position.epoch != before.position.epoch, "the epoch has outlived the store"
            for offset in range(4):
                page = await other.layer.read(group, since=Position(before.position.epoch, offset))
                assert not page.is_complete, f"complete since {offset} of what is lost"
                assert page.top == after.position
            await node.until(
                lambda: group in node.broken or after.position in node.positions(group), "a sign"
            )

    async def test_a_store_that_cannot_be_reached_is_told(self) -> None:
        """``publish`` raises in time, and ``health`` says why."""
        group = self.group()
        async with self.nodes(1) as (node,):
            await self.cut_off()
            with anyio.move_on_after(self.patience) as within:
                try:
                    await node.layer.publish(group, push("one"), retention=KEPT)
                except LayerError:
                    pass
                else:
                    raise AssertionError("published, where nothing can be reached")
            assert not within.cancelled_caught, f"publish has no answer within {self.patience} s"

            async def is_down() -> bool:
                health = await node.layer.health()
                return not health.is_up and health.reason != ""

            await self.eventually(is_down, "a health that says why it is not up")
