"""What is kept, for how long, and what is read of it."""

from __future__ import annotations

from dataclasses import replace

from nexws.layers import Page
from nexws.protocol import Position, Publication, Retention
from nexws.testing.layer_contract.bench import KEPT, Bench, Node, push

__all__ = ["History"]


class History(Bench):
    """What is kept, for how long, and what is read of it."""

    async def test_positions_of_a_group_are_gapless(self) -> None:
        """Whichever node publishes; what is not kept has none, and takes none."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            positions: list[Position | None] = []
            for number in range(12):
                retention = None if number % 3 == 2 else KEPT
                publisher = (node, other)[number % 2]
                positions += [
                    each.position for each in await publisher.publish(group, "x", retention=retention)
                ]
            assert positions[2::3] == [None] * 4, positions
            kept = [position for position in positions if position is not None]
            assert kept == [Position(kept[0].epoch, kept[0].offset + more) for more in range(8)], positions
            await self.settle(node, other)
            assert node.positions(group) == positions, "what is delivered stands elsewhere"

    async def test_positions_can_be_written(self) -> None:
        """A client keeps them as text."""
        group = self.group()
        async with self.nodes(1) as (node,):
            (position,) = await self._keep(node, group, "one")
            try:
                read = Position.parse(str(position))
            except ValueError as error:
                raise AssertionError(f"{position} is no position") from error
            assert read == position

    async def test_what_is_kept_is_read_oldest_first(self) -> None:
        """At any node, whether it follows or not, with the time of each."""
        group = self.group()
        async with self.nodes(2) as (node, other):
            positions = await self._keep(node, group, "one", "two", "three")
            await node.publish(group, "passing")
            for each in (node, other):
                page = await each.layer.read(group)
                assert _events(page) == ["one", "two", "three"]
                assert [entry.position for entry in page.entries] == positions
                assert page.top == positions[-1]
                assert page.is_complete
                assert all(entry.created.tzinfo is not None for entry in page.entries), "a time of nowhere"

    async def test_a_group_that_nothing_was_kept_of_is_empty(self) -> None:
        """And whoever knows a position of it has missed something."""
        group = self.group()
        async with self.nodes(1) as (node,):
            for _ in range(2):
                page = await node.layer.read(group)
                assert (_events(page), page.top, page.is_complete) == ([], None, True)
                page = await node.layer.read(group, since=Position("other", 3))
                assert (_events(page), page.top, page.is_complete) == ([], None, False)
                await node.publish(group, "passing")

    async def test_reading_since_a_position(self) -> None:
        """It gives what is newer, and says whether that is everything."""
        group = self.group()
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, "one", "two", "three", "four")
            top = positions[-1]
            for since, events in (
                (_moved(positions[0], -1), ["one", "two", "three", "four"]),
                (positions[0], ["two", "three", "four"]),
                (positions[2], ["four"]),
                (top, []),
            ):
                page = await node.layer.read(group, since=since)
                assert (_events(page), page.top, page.is_complete) == (events, top, True), since

    async def test_reading_since_what_is_not_proved_is_incomplete(self) -> None:
        """Of another epoch, or newer than all: nobody knows what that reader has missed."""
        group, other = self.group(), self.group("other")
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, "one", "two", "three")
            (elsewhere,) = await self._keep(node, other, "one")
            foreign = [Position("another", each.offset) for each in positions]
            newer = [_moved(positions[-1], 1), _moved(positions[-1], 1000)]
            if elsewhere.epoch != positions[0].epoch:
                foreign.append(elsewhere)
            for since in (*foreign, *newer, Position("another", 0), Position("another", 2**53 - 1)):
                for limit in (None, 1, 100):
                    page = await node.layer.read(group, since=since, limit=limit)
                    assert not page.is_complete, f"complete since {since}, of which nothing is known"
                    assert page.top == positions[-1]

    async def test_reading_since_what_is_dropped_is_incomplete(self) -> None:
        """What is left is given, and the newest that is dropped is a place from which nothing is missing."""
        group, retention = self.group(), replace(KEPT, events=3)
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, *"abcdef", retention=retention)
            for since in positions[:2]:
                page = await node.layer.read(group, since=since)
                assert (_events(page), page.is_complete) == (["d", "e", "f"], False), since
            for place in (2, 3, 4, 5):
                page = await node.layer.read(group, since=positions[place])
                assert (_events(page), page.is_complete) == (list("abcdef"[place + 1 :]), True), place
            assert page.top == positions[-1]
            assert _events(await node.layer.read(group)) == ["d", "e", "f"]

    async def test_a_limit_gives_the_first_after_a_position(self) -> None:
        """The page is complete where it has cut nothing."""
        group = self.group()
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, *"abcde")
            for limit, events, is_complete in (
                (0, "", False),
                (1, "c", False),
                (2, "cd", False),
                (3, "cde", True),
                (99, "cde", True),
            ):
                page = await node.layer.read(group, since=positions[1], limit=limit)
                assert (_events(page), page.is_complete) == (list(events), is_complete), limit
                assert page.top == positions[-1]
            page = await node.layer.read(group, since=positions[-1], limit=0)
            assert (_events(page), page.is_complete) == ([], True)

    async def test_a_limit_without_a_position_gives_the_newest(self) -> None:
        """Oldest first, all the same."""
        group = self.group()
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, *"abcde")
            for limit, events, is_complete in (
                (0, "", False),
                (2, "de", False),
                (5, "abcde", True),
                (99, "abcde", True),
            ):
                page = await node.layer.read(group, limit=limit)
                assert (_events(page), page.is_complete) == (list(events), is_complete), limit
                assert page.top == positions[-1]

    async def test_events_are_kept_up_to_their_number(self) -> None:
        """The oldest go first, and the positions go on."""
        group = self.group()
        async with self.nodes(1) as (node,):
            positions = await self._keep(node, group, *"abcdef", retention=replace(KEPT, events=2))
            page = await node.layer.read(group)
            assert _events(page) == ["e", "f"]
            assert [entry.position for entry in page.entries] == positions[-2:]

    async def test_events_are_kept_up_to_their_size(self) -> None:
        """One that is larger by itself is not kept, but takes its place."""
        group, retention = self.group(), replace(KEPT, size_bytes=3_600)
        async with self.nodes(1) as (node,):
            for number in range(10):
                await node.layer.publish(group, _sized(f"{number}", 1_000), retention=retention)
            events = _events(await node.layer.read(group))
            assert 1 <= len(events) <= 3, f"{len(events)} times 1000 B within 3600 B"
            assert events == [f"{number}" for number in range(10)][-len(events) :]
            published = await node.layer.publish(group, _sized("huge", 10_000), retention=retention)
            page = await node.layer.read(group)
            assert (_events(page), page.top) == ([], published.position)
            assert published.position is not None
            page = await node.layer.read(group, since=_moved(published.position, -1))
            assert (_events(page), page.is_complete) == ([], False)

    async def test_events_are_kept_up_to_their_age(self) -> None:
        """What is left is read; the top stays, and positions go on from it."""
        group, retention = self.group(), replace(KEPT, seconds=60.0)
        async with self.nodes(1) as (node,):
            (first,) = await self._keep(node, group, "one", retention=retention)
            await self.pass_time(40.0)
            (second,) = await self._keep(node, group, "two", retention=retention)
            assert _events(await node.layer.read(group)) == ["one", "two"]
            await self.pass_time(30.0)
            page = await node.layer.read(group, since=first)
            assert (_events(page), page.is_complete) == (["two"], True)
            assert not (await node.layer.read(group, since=_moved(first, -1))).is_complete
            await self.pass_time(40.0)
            page = await node.layer.read(group, since=first)
            assert (_events(page), page.top, page.is_complete) == ([], second, False)
            assert (await node.layer.read(group, since=second)).is_complete
            (third,) = await self._keep(node, group, "three", retention=retention)
            assert third == _moved(second, 1)

    async def _keep(
        self, node: Node, group: str, *events: str, retention: Retention = KEPT
    ) -> list[Position]:
        """Publish what is kept, and tell where it stands."""
        positions = [each.position for each in await node.publish(group, *events, retention=retention)]
        assert None not in positions, "what is kept has no position"
        return [position for position in positions if position is not None]


def _moved(position: Position, more: int) -> Position:
    """Give the position so many after *position*."""
    return Position(position.epoch, position.offset + more)


def _events(page: Page) -> list[str]:
    return [entry.publication.event for entry in page.entries]


def _sized(event: str, size: int) -> Publication:
    return replace(push(event), bodies={"json": "x" * size})
