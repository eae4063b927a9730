"""What the tests stand on: nodes that write down what they get, and what the author of a layer may lend."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from unittest import SkipTest

import anyio

from nexws.layers import ChannelLayer, Present
from nexws.protocol import Position, Publication, Published, Retention

__all__ = ["KEPT", "Bench", "Delivered", "Node", "push"]

KEPT = Retention(events=1000, seconds=300.0, size_bytes=2**20)
"""Enough for what a test publishes."""


def push(event: str) -> Publication:
    """Make a publication that is told from others by its event."""
    return Publication(consumer="contract", event=event, bodies={"json": f'"{event}"'})


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a layer has handed to a node."""

    group: str
    publication: Publication
    position: Position | None


class Node:
    """A layer, and a sink that writes down what this hands to it."""

    def __init__(self, layer: ChannelLayer, patience: float) -> None:
        self.layer: ChannelLayer = layer
        self.delivered: list[Delivered] = []
        self.broken: list[str] = []
        """The groups that were told to be lost."""
        self.buried: list[tuple[str, Present]] = []
        """Who has gone with a node that was killed."""
        self.gate: anyio.Event | None = None
        """Where there is one, what is delivered begins, and ends behind it."""
        self._patience = patience
        self._changed = anyio.Event()

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        """Write down what is delivered."""
        self.delivered.append(Delivered(group, publication, position))
        self._change()
        if self.gate is not None:
            await self.gate.wait()
        return 1

    async def lost(self, group: str) -> None:
        """Write down which group is lost."""
        self.broken.append(group)
        self._change()

    async def gone(self, group: str, present: Present) -> None:
        """Write down who has gone with a killed node."""
        self.buried.append((group, present))
        self._change()

    def events(self, group: str) -> list[str]:
        """Tell what was delivered to *group*."""
        return [each.publication.event for each in self.delivered if each.group == group]

    def positions(self, group: str) -> list[Position | None]:
        """Tell the positions of what was delivered to *group*."""
        return [each.position for each in self.delivered if each.group == group]

    async def publish(self, group: str, *events: str, retention: Retention | None = None) -> list[Published]:
        """Publish *events* to *group*, one after another."""
        return [await self.layer.publish(group, push(each), retention=retention) for each in events]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a delivery that makes *condition* true."""
        with anyio.move_on_after(self._patience):
            while not condition():
                await self._changed.wait()
        assert condition(), f"{what}: not within {self._patience} s; delivered: {self.delivered[-20:]}"

    async def gets_many(self, group: str, count: int) -> None:
        """Wait until so many have been delivered to *group*."""
        await self.until(lambda: len(self.events(group)) >= count, f"{count} in {group!r}")

    async def gets_to(self, group: str, event: str) -> None:
        """Wait until *event* has been delivered to *group*."""
        await self.until(lambda: event in self.events(group), f"{event!r} in {group!r}")

    async def gets(self, group: str, *events: str) -> None:
        """Wait until *events* have been delivered to *group*: these, in this order, and no others."""
        await self.gets_many(group, len(events))
        assert self.events(group) == list(events), f"{group!r} got {self.events(group)}, not {list(events)}"

    def _change(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


class Bench(ABC):
    """What the author of a layer gives and lends to the contract's tests."""

    patience: float = 5.0
    """Seconds for which a test waits for what must come."""
    presence_seconds: float = 60.0
    """The time to live of what a killed node has entered, at most; for tests with ``kill`` and ``pass_time``."""

    @abstractmethod
    def node(self) -> ChannelLayer:
        """Make a node that is not started; all that are made within a test share one store."""

    async def pass_time(self, seconds: float) -> None:
        """Let *seconds* go by, for the clock that the layer goes by."""
        raise SkipTest("no clock is lent: override pass_time")

    async def lose_the_store(self) -> None:
        """Have the store lose all that it knows, while the nodes are up."""
        raise SkipTest("no store is lent: override lose_the_store")

    async def kill(self, node: Node) -> None:
        """End *node* as a killed process ends: without a word to the others."""
        raise SkipTest("no node can be killed: override kill")

    async def interrupt(self, node: Node) -> None:
        """Break the connection by which *node* gets what is published; the layer mends that by itself."""
        raise SkipTest("no connection of a node is lent: override interrupt")

    async def cut_off(self) -> None:
        """Have no node reach the store from now on, until the end of the test."""
        raise SkipTest("no connection is lent: override cut_off")

    def group(self, name: str = "lobby") -> str:
        """Name a group that no other test uses."""
        return f"{name}-{secrets.token_hex(6)}"

    @asynccontextmanager
    async def nodes(self, count: int) -> AsyncGenerator[list[Node]]:
        """Start so many nodes, and stop them."""
        async with AsyncExitStack() as stack:
            started: list[Node] = []
            for _ in range(count):
                node = Node(self.node(), self.patience)
                await node.layer.start(node)
                stack.push_async_callback(node.layer.stop)
                started.append(node)
            yield started

    async def settle(self, *nodes: Node) -> None:
        """Wait until each of *nodes* has what was published before this: it gets something that is published later.

        Override this for a layer in which groups overtake each other.
        """
        group = self.group("settled")
        for node in nodes:
            await node.layer.follow(group)
        await nodes[0].publish(group, "settled")
        for node in nodes:
            await node.gets(group, "settled")
            node.layer.unfollow(group)

    async def eventually(self, check: Callable[[], Awaitable[bool]], what: str) -> None:
        """Ask *check* until it is true."""
        until = anyio.current_time() + self.patience
        while not await check():
            assert anyio.current_time() < until, f"{what}: not within {self.patience} s"
            await anyio.sleep(0.01)
