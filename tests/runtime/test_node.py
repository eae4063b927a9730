"""A node: follows what somebody is in, on the event loop that serves."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint
from typing_extensions import override

from nexws import LayerError, Limits, MemoryLayer
from nexws.layers import Sink
from nexws.protocol import Publication
from nexws.runtime import Connection, Node


class Layer(MemoryLayer):
    """Notes what it is asked, takes its time, and may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.starts, self.fails, self.go_on = 0, False, anyio.Event()
        self.go_on.set()

    @override
    async def start(self, sink: Sink | None = None) -> None:
        self.starts += 1
        await self.go_on.wait()
        await checkpoint()
        if self.fails:
            raise LayerError("the store cannot be reached")
        await super().start(sink)

    @override
    async def follow(self, group: str) -> None:
        assert self._sink is not None, "it has not begun"
        await self.go_on.wait()
        if self.fails:
            raise LayerError("the store cannot be reached")
        await super().follow(group)

    @property
    def followed(self) -> list[str]:
        return sorted(each for each in self._memory.followers if not each.startswith("@node/"))


async def _nothing(*_: object) -> None:
    """Neither receive nor send anything."""


def connection() -> Connection:
    return Connection(_nothing, _nothing, Limits())  # type: ignore[arg-type] # it is never read


async def test_those_who_come_at_once_begin_once() -> None:
    """And none goes on before the layer has begun."""
    layer = Layer()
    node = Node(layer, Limits())
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(node.start)
            tasks.start_soon(node.publish, "group", Publication(consumer="Chat"))
    assert layer.starts == 1


async def test_a_layer_that_could_not_begin_is_asked_again() -> None:
    """By the next who needs it."""
    layer = Layer()
    node = Node(layer, Limits())
    layer.fails = True
    for _ in range(2):
        with pytest.raises(LayerError):
            await node.start()
    layer.fails = False
    await node.start()
    await node.start()
    assert layer.starts == 3


async def test_what_somebody_is_in_is_followed() -> None:
    """And nothing else."""
    layer = Layer()
    node = Node(layer, Limits())
    await node.start()
    first, second = connection(), connection()
    for each in (first, second):
        await node.enter("one", each)
    await node.identify(first, "ann")
    assert layer.followed == ["@user/ann", "one"]
    assert node.sizes() == {"one": 2}
    await node.identify(first, "bob")
    assert layer.followed == ["@user/bob", "one"]
    node.exit("one", first)
    assert layer.followed == ["@user/bob", "one"]
    node.exit("one", second)
    node.exit("one", second)
    node.remove(first)
    assert layer.followed == []


async def test_who_begins_again_follows_again() -> None:
    """Members that were there stay reachable."""
    layer = Layer()
    node = Node(layer, Limits())
    await node.start()
    member = connection()
    await node.enter("one", member)
    await node.stop()
    await node.stop()
    assert layer.followed == []
    await node.publish("another", Publication(consumer="Chat"))
    assert layer.followed == ["one"]


async def test_a_group_that_cannot_be_followed_has_no_members() -> None:
    """Nor is it followed later."""
    layer = Layer()
    node = Node(layer, Limits())
    await node.start()
    layer.fails = True
    with pytest.raises(LayerError):
        await node.enter("one", connection())
    assert node.group("one") is None
    assert layer.followed == []


async def test_a_group_that_was_left_while_it_was_followed_is_not_followed() -> None:
    """Nobody would ever end that."""
    layer = Layer()
    node = Node(layer, Limits())
    await node.start()
    layer.go_on = anyio.Event()
    member = connection()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(node.enter, "one", member)
        with anyio.fail_after(10):
            while node.group("one") is None:
                await checkpoint()
        node.exit("one", member)
        layer.go_on.set()
    assert layer.followed == []
