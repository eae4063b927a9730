"""The layer behind sentinels: it finds the master, and the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from nexws.errors import LayerError
from nexws.testing.layer_contract import Node
from nexws.testing.layer_contract.bench import push
from tests.brokers import Broker
from tests.clusters import MASTER, SentinelBroker, running_sentinels
from tests.layers.redis_layers import (
    PATIENCE,
    has_health,
    make_layer,
    publish,
    publish_surely,
    running,
)

Servers = tuple[Broker, Broker, Sequence[SentinelBroker]]


@pytest.fixture
def servers(request: pytest.FixtureRequest, broker_server: Path, tmp_path: Path) -> Iterator[Servers]:
    ready = "nodes" in request.fixturenames  # which live through a fail-over; that takes seconds
    with running_sentinels(broker_server, tmp_path, ready=ready) as servers:
        yield servers


@pytest.fixture
def url(servers: Servers) -> str:
    hosts = ",".join(f"127.0.0.1:{each.port}" for each in servers[2])
    return f"redis+sentinel://{hosts}/{MASTER}/0"


@pytest.fixture
async def nodes(url: str, prefix: str) -> AsyncIterator[tuple[Node, Node]]:
    """Give two nodes, the first of which follows the lobby, which something has been published to."""
    async with running(url, prefix, "lobby") as node, running(url, prefix) as other:
        await publish(other, "lobby", "before")
        await node.gets("lobby", "before")
        yield node, other


async def goes_on(node: Node, other: Node) -> None:
    """See that what is published arrives, or is told as a loss, and nothing is recovered that may be another."""
    last = node.positions("lobby")[-1]
    assert last is not None
    await publish_surely(other, "lobby", "after")
    await node.until(lambda: "lobby" in node.broken or "after" in node.events("lobby"), "it, or a loss")
    await has_health(node, is_up=True)
    await publish_surely(other, "lobby", "later")
    await node.gets_to("lobby", "later")
    assert "lobby" in node.broken, "recovered in silence"
    page = await other.layer.read("lobby", since=last)
    assert page.top is not None
    assert page.top.epoch != last.epoch
    assert not page.is_complete
    assert len(node.events("lobby")) == len(set(node.events("lobby"))), "delivered twice"


async def test_a_master_that_is_killed_is_replaced(servers: Servers, nodes: tuple[Node, Node]) -> None:
    """Both nodes find the replica that has taken over, within the time that the sentinels need and some seconds."""
    master, replica, _ = servers
    node, other = nodes
    master.kill()
    with anyio.fail_after(PATIENCE * 2):
        await goes_on(node, other)
    assert replica.info("role") == "master"


async def test_a_master_that_is_replaced_alive_is_left(
    servers: Servers, nodes: tuple[Node, Node], prefix: str
) -> None:
    """As an administrator does it: the old one lives on as a replica, where nothing can be written."""
    master, replica, sentinels = servers
    node, other = nodes
    sentinels[0].command("SENTINEL", "FAILOVER", MASTER)

    await anyio.to_thread.run_sync(replica.wait_for, "role", "master")
    await anyio.to_thread.run_sync(master.wait_for, "role", "slave")
    with anyio.fail_after(PATIENCE * 2):
        await goes_on(node, other)
    name = f"{prefix}:{{lobby!}}"
    assert master.command("PUBSUB", "NUMSUB", name) == [name, 0]
    assert replica.command("PUBSUB", "NUMSUB", name) == [name, 1]


async def test_sentinels_that_are_away_are_passed_over(servers: Servers, url: str, prefix: str) -> None:
    """One is enough, whichever it is; a frozen one takes half a second."""
    _, _, sentinels = servers
    sentinels[0].kill()
    sentinels[1].freeze()
    try:
        async with make_layer(url, prefix) as layer:
            await layer.publish("lobby", push("one"))
    finally:
        sentinels[1].thaw()


async def test_a_name_that_no_sentinel_knows_is_told(servers: Servers, url: str, prefix: str) -> None:
    layer = make_layer(url.replace(MASTER, "nobody"), prefix)
    with pytest.raises(LayerError, match="the sentinels know no master 'nobody'"):
        await layer.start()


async def test_sentinels_may_want_a_password_of_their_own(servers: Servers, url: str, prefix: str) -> None:
    """What is for the servers is not told to them."""
    master, replica, sentinels = servers
    for each in (master, replica):
        each.command("ACL", "SETUSER", "nexws", "on", ">for-servers", "~*", "&*", "+@all")
    for each in sentinels:
        each.command("ACL", "SETUSER", "asks", "on", ">for-sentinels", "&*", "+@all")
        each.command("ACL", "SETUSER", "default", "off")
    with_users = url.replace("://", "://nexws:for-servers@")
    with_users += "?sentinel_username=asks&sentinel_password=for-sentinels"
    async with running(with_users, prefix, "lobby") as node:
        await node.publish("lobby", "one")
        await node.gets("lobby", "one")
    with pytest.raises(LayerError) as refused:
        await make_layer(with_users.replace("for-sentinels", "wrong-word"), prefix).start()
    for secret in ("wrong-word", "for-servers"):
        assert secret not in str(refused.value)
