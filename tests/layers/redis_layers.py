"""Redis layers for tests: made in one place, and awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import pytest

from nexws.errors import LayerError
from nexws.layers import ChannelLayer, Health
from nexws.layers.redis import RedisLayer
from nexws.protocol import Published
from nexws.testing.layer_contract import Node
from nexws.testing.layer_contract.bench import KEPT, push

__all__ = [
    "DEADLINE",
    "PATIENCE",
    "eventually",
    "fails",
    "has_health",
    "make_layer",
    "publish",
    "publish_surely",
    "running",
]

DEADLINE: Final = 3.0
"""Within what ``publish`` says what became of it: two seconds, and one for a busy machine."""
PATIENCE: Final = 10.0


def make_layer(url: str, prefix: str, **options: Any) -> ChannelLayer:
    """Make a layer that is not started."""
    return RedisLayer(url, prefix=prefix, **options)


@asynccontextmanager
async def running(url: str, prefix: str, *groups: str, **options: Any) -> AsyncIterator[Node]:
    """Start a node that follows *groups*, and stop it; that ends in time, whatever has happened."""
    node = Node(make_layer(url, prefix, **options), PATIENCE)
    await node.layer.start(node)
    try:
        for group in groups:
            await node.layer.follow(group)
        yield node
    finally:
        with anyio.fail_after(PATIENCE, shield=True):
            await node.layer.stop()


async def publish(node: Node, group: str, event: str, key: str | None = None) -> Published:
    """Publish what is kept, and see that it does not take longer than it may."""
    with anyio.fail_after(DEADLINE):
        return await node.layer.publish(group, push(event), retention=KEPT, key=key)


async def publish_surely(node: Node, group: str, event: str) -> None:
    """Publish, again and with the same key where it is refused, until it is published."""

    async def is_published() -> bool:
        try:
            await publish(node, group, event, key=event)
        except LayerError:
            return False
        return True

    await eventually(is_published, f"{event!r} published")


async def fails(node: Node, group: str) -> str:
    """See that publishing is refused within the deadline; gives what is said."""
    with pytest.raises(LayerError) as refused:
        await publish(node, group, "refused")
    return str(refused.value)


async def eventually(check: Callable[[], Awaitable[object]], what: str, patience: float = PATIENCE) -> float:
    """Ask until it is true; gives how long it took."""
    begun = anyio.current_time()
    while not await check():
        assert anyio.current_time() - begun < patience, f"{what}: not within {patience} s"
        await anyio.sleep(0.02)
    return anyio.current_time() - begun


async def has_health(node: Node, *, is_up: bool, patience: float = PATIENCE) -> tuple[Health, float]:
    """Wait until the layer says that it is up, or not; gives what it says, and how long it took."""
    health = Health(is_up=not is_up)

    async def is_so() -> bool:
        nonlocal health
        health = await node.layer.health()
        return health.is_up == is_up

    took = await eventually(is_so, f"up: {is_up}", patience)
    return health, took
