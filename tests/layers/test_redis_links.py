"""What the layer on a Redis or Valkey server does when the way there is not well, or leads to another server."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from nexws.testing.layer_contract import Node
from tests.brokers import Broker
from tests.layers.redis_layers import fails, has_health, publish, publish_surely, running
from tests.proxy import Proxy


@pytest.fixture
async def proxy(own_broker: Broker) -> AsyncIterator[Proxy]:
    async with Proxy(own_broker.port) as proxy:
        yield proxy


@pytest.fixture
async def nodes(own_broker: Broker, proxy: Proxy, prefix: str) -> AsyncIterator[tuple[Node, Node]]:
    """Give a node that follows the lobby through the proxy, and one that publishes past it."""
    async with running(proxy.url, prefix, "lobby") as node, running(own_broker.url, prefix) as other:
        await publish(other, "lobby", "before")
        await node.gets("lobby", "before")
        yield node, other


async def mends(node: Node, *events: str) -> None:
    """See that *node* gets *events*, in order and once."""
    await has_health(node, is_up=True)
    await node.gets("lobby", *events)
    assert node.broken == []


async def test_a_link_that_is_half_open_is_noticed_within_five_seconds(
    proxy: Proxy, nodes: tuple[Node, Node]
) -> None:
    """Nothing says that it is dead: no answer comes. What was missed meanwhile is mended when it heals."""
    node, other = nodes
    proxy.blackhole()
    await publish(other, "lobby", "meanwhile")
    health, _ = await has_health(node, is_up=False, patience=5.0)
    assert health.reason
    await fails(node, "elsewhere")
    await proxy.heal()
    await mends(node, "before", "meanwhile")
    await publish(other, "lobby", "after")
    await node.gets("lobby", "before", "meanwhile", "after")


async def test_what_was_kept_before_a_group_could_be_followed_is_told(
    own_broker: Broker, proxy: Proxy, prefix: str
) -> None:
    """Where the store is not required, a group is followed once it can be; what was missed until then is not known."""
    async with running(proxy.url, prefix, required=False) as node, running(own_broker.url, prefix) as other:
        await has_health(node, is_up=True)
        await node.layer.follow("elsewhere")
        proxy.refuse()
        proxy.reset()
        await has_health(node, is_up=False, patience=5.0)
        for group in ("lobby", "quiet", "elsewhere"):
            await node.layer.follow(group)
        for group in ("lobby", "elsewhere"):
            await publish(other, group, "meanwhile")
        await proxy.heal()
        await node.until(lambda: node.broken, "the loss")
        for group in ("lobby", "quiet"):
            await publish(other, group, "after")
            await node.gets(group, "after")
        await node.gets("elsewhere", "meanwhile")
        assert node.broken == ["lobby"]


async def test_a_link_that_is_reset_is_mended(proxy: Proxy, nodes: tuple[Node, Node]) -> None:
    """Several times in a row, with publications between."""
    node, other = nodes
    for number in range(5):
        proxy.reset()
        await publish(other, "lobby", f"{number}")
    await mends(node, "before", *(f"{number}" for number in range(5)))


async def test_half_a_close_is_an_end(proxy: Proxy, nodes: tuple[Node, Node]) -> None:
    """The server says no more; what the layer says would still arrive."""
    node, other = nodes
    proxy.half_close()
    await publish(other, "lobby", "after")
    await mends(node, "before", "after")


async def test_a_way_that_is_refused_is_tried_again(proxy: Proxy, nodes: tuple[Node, Node]) -> None:
    node, other = nodes
    proxy.refuse()
    proxy.reset()
    await publish(other, "lobby", "meanwhile")
    await has_health(node, is_up=False, patience=5.0)
    await proxy.heal()
    await mends(node, "before", "meanwhile")


async def test_a_slow_link_is_no_dead_one(proxy: Proxy, nodes: tuple[Node, Node]) -> None:
    """What takes a third of a second takes a third of a second."""
    node, other = nodes
    proxy.latency = 0.15
    await publish(other, "lobby", "one")
    await publish(node, "lobby", "two")
    await node.gets("lobby", "before", "one", "two")
    assert (await node.layer.health()).is_up


async def test_a_timeout_of_the_kernel_does_not_hold_the_loop(proxy: Proxy, nodes: tuple[Node, Node]) -> None:
    """The loop keeps nine of ten ticks: ETIMEDOUT of the reader's socket is an end, not "nothing yet"."""
    node, other = nodes
    usual = await ticks(1.0)
    assert plant_timeout(proxy.port) >= 1
    kept = 0
    for _ in range(3):  # a loop that spins does so for ever; others use the machine for a while
        if (kept := await ticks(1.0)) >= 0.9 * usual:
            break
    assert kept >= 0.9 * usual
    await publish(other, "lobby", "after")
    await mends(node, "before", "after")


async def ticks(seconds: float) -> int:
    """Count how often the loop gets round within so many seconds."""
    count, until = 0, anyio.current_time() + seconds
    while anyio.current_time() < until:
        await anyio.sleep(0.005)
        count += 1
    return count


def plant_timeout(port: int) -> int:
    """End all connections to *port* as the kernel does that has waited too long for an answer; gives their number."""
    loop: Any = asyncio.get_running_loop()
    planted = 0
    for transport in list(loop._transports.values()):
        address = transport.get_extra_info("peername")
        if address and address[1] == port and not transport.is_closing():
            transport._fatal_error(OSError(errno.ETIMEDOUT, "Connection timed out"))
            planted += 1
    return planted


async def test_a_fail_over_that_loses_the_tail_is_told(
    own_broker: Broker, broker_server: Path, proxy: Proxy, nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    """The replica that takes over lacks what was acknowledged last: positions of before prove nothing."""
    node, other = nodes
    (folder := tmp_path / "replica").mkdir()
    with Broker(broker_server, folder) as replica:
        async with Proxy(own_broker.port) as link:
            await anyio.to_thread.run_sync(replica.replicate, link.port)
            link.blackhole()
            for number in range(5):
                await publish(other, "lobby", f"{number}")
            await node.gets_to("lobby", "4")
            own_broker.kill()
        replica.promote()
        proxy.target = replica.port
        proxy.reset()
        last = node.positions("lobby")[-1]
        assert last is not None
        await publish_surely(node, "lobby", "after")
        await node.until(lambda: "lobby" in node.broken, "the loss")
        await has_health(node, is_up=True)
        for number in range(10):
            published = await publish(node, "lobby", f"after-{number}")
            assert published.position is not None
            assert published.position.epoch != last.epoch
            assert not (await node.layer.read("lobby", since=last)).is_complete
        await node.gets_to("lobby", "after-9")


async def test_a_fail_over_that_loses_nothing_loses_nothing(
    own_broker: Broker, broker_server: Path, proxy: Proxy, nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    """It may be told as a loss, for nothing proves that it is none; what is published afterwards arrives once."""
    node, other = nodes
    (folder := tmp_path / "replica").mkdir()
    with Broker(broker_server, folder) as replica:
        await anyio.to_thread.run_sync(replica.replicate, own_broker.port)
        own_broker.kill()
        replica.promote()
        proxy.target = replica.port
        proxy.reset()
        await fails(other, "lobby")
        await publish_surely(node, "lobby", "one")
        await node.until(lambda: "lobby" in node.broken or "one" in node.events("lobby"), "it, or a loss")
        await publish_surely(node, "lobby", "two")
        await node.gets_to("lobby", "two")
        assert len(node.events("lobby")) == len(set(node.events("lobby"))), "delivered twice"
