"""The layer of one process: it holds the contract, and its memory has bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typing_extensions import override

from nexws.layers import MemoryLayer
from nexws.protocol import Publication, Retention
from nexws.testing.layer_contract import LayerContract

KEPT = Retention(events=10, seconds=60.0, size_bytes=10_000)
SAID = Publication(consumer="chat", event="chat.said", bodies={"json": "1"})


class Clock:
    """A clock that goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class TestMemoryLayer(LayerContract):
    @pytest.fixture(autouse=True)
    def _memory(self) -> None:
        self.clock = Clock()
        self.first = MemoryLayer(groups=20, clock=self.clock)

    @override
    def node(self) -> MemoryLayer:
        return self.first.twin()

    @override
    async def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    # One process is killed with its memory, and never cut off from it.
    test_a_node_that_is_killed_is_forgotten = None  # type: ignore[assignment]
    test_a_store_that_cannot_be_reached_is_told = None  # type: ignore[assignment]
    test_what_an_interrupted_node_has_missed_is_mended_or_told = None  # type: ignore[assignment]

    @override
    async def lose_the_store(self) -> None:
        """What is kept of other groups pushes out all that was kept before."""
        for _ in range(20):
            await self.first.publish(self.group("pushing"), SAID, retention=KEPT)


async def test_the_group_that_was_silent_longest_is_forgotten_first() -> None:
    """It comes back with another epoch, so that who was there is told."""
    layer = MemoryLayer(groups=2)
    first = await layer.publish("silent", SAID, retention=KEPT)
    spoken = await layer.publish("spoken", SAID, retention=KEPT)
    await layer.publish("silent", SAID, retention=KEPT)
    await layer.publish("third", SAID, retention=KEPT)
    assert first.position is not None
    assert spoken.position is not None
    assert (await layer.read("silent", since=first.position)).is_complete
    gone = await layer.read("spoken", since=spoken.position)
    assert (list(gone.entries), gone.top, gone.is_complete) == ([], None, False)
    again = await layer.publish("spoken", SAID, retention=KEPT)
    assert again.position is not None
    assert again.position.epoch != spoken.position.epoch
    assert not (await layer.read("spoken", since=spoken.position)).is_complete


async def test_each_memory_has_epochs_of_its_own() -> None:
    """A process that starts again knows nothing of what was before."""
    positions = [(await MemoryLayer().publish("lobby", SAID, retention=KEPT)).position for _ in range(2)]
    assert positions[0] != positions[1]


async def test_keys_are_bounded() -> None:
    """The oldest is forgotten first, and may be used again."""
    layer = MemoryLayer()
    for number in range(10_001):
        await layer.publish("lobby", SAID, key=f"{number}")
    assert (await layer.publish("lobby", SAID, key="10000")).is_duplicate
    assert (await layer.publish("lobby", SAID, key="1")).is_duplicate
    assert not (await layer.publish("lobby", SAID, key="0")).is_duplicate
    assert len(layer._memory._keys) == 10_000


async def test_keys_leave_memory_with_time() -> None:
    """Those of a burst do not stay."""
    clock = Clock()
    layer = MemoryLayer(clock=clock)
    for number in range(100):
        await layer.publish("lobby", SAID, key=f"{number}")
    clock.now = 301.0
    await layer.publish("lobby", SAID, key="new")
    assert len(layer._memory._keys) == 1


async def test_nothing_is_left_of_groups_that_nobody_is_in() -> None:
    """Neither of those who followed nor of those who were present, however many there were."""
    layer = MemoryLayer()
    other = layer.twin()
    for number in range(100):
        group = f"group-{number}"
        for node in (layer, other):
            await node.follow(group)
            await node.enter(group, "ann", f"{id(node)}", "{}")
        await layer.publish(group, SAID)
        await layer.leave("elsewhere", "ann", "c1")
        await layer.read(group)
        layer.unfollow(group)
        await layer.leave(group, "ann", f"{id(layer)}")
    await other.stop()
    memory = layer._memory
    assert (memory.followers, memory.presence, dict(memory.logs), layer._entered) == ({}, {}, {}, {})
    assert other._entered == {}
    assert memory.turns == {}


async def test_what_is_kept_of_a_group_does_not_grow() -> None:
    """The bound holds while nobody reads."""
    layer = MemoryLayer()
    for _ in range(1000):
        await layer.publish("lobby", SAID, retention=replace(KEPT, events=5))
    log = layer._memory.logs["lobby"]
    assert (len(log._entries), len(log._ages), log._size) == (5, 5, 5)


async def test_what_is_too_old_in_a_silent_group_is_let_go_of() -> None:
    """Publications to other groups see to it; whoever comes back to it is told that nothing was missed."""
    clock = Clock()
    layer = MemoryLayer(clock=clock)
    silent = [await layer.publish(f"silent-{number}", SAID, retention=KEPT) for number in range(50)]
    clock.now += KEPT.seconds + 1
    for _ in range(10):
        await layer.publish("spoken", SAID, retention=KEPT)
    kept = {group: len(log._entries) for group, log in layer._memory.logs.items() if log._entries}
    assert kept == {"spoken": 10}
    page = await layer.read("silent-0", since=silent[0].position)
    assert (page.top, page.is_complete) == (silent[0].position, True)
