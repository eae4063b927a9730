"""The layer on a cluster: it holds the contract, each group is at its server, and goes on where it moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from typing_extensions import override

from nexws.errors import LayerError
from nexws.layers import ChannelLayer
from nexws.testing.layer_contract import LayerContract, Node
from nexws.testing.layer_contract.bench import push
from tests.brokers import Broker
from tests.clusters import Cluster, cluster_server, running_cluster
from tests.layers.redis_layers import (
    DEADLINE,
    eventually,
    fails,
    has_health,
    make_layer,
    publish,
    publish_surely,
    running,
)


@pytest.fixture(scope="module")
def cluster(broker_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a cluster that the tests of this file share: none may break it."""
    with running_cluster(broker_server, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def own_cluster(broker_server: Path, tmp_path: Path) -> Iterator[Cluster]:
    """Give a cluster that the test may break."""
    with running_cluster(broker_server, tmp_path) as cluster:
        yield cluster


class TestRedisLayerOnACluster(LayerContract):
    """Servers are known by their own ports, so nodes are cut off there: each is a user of its own."""

    patience = 10.0
    presence_seconds = 2.0

    @pytest.fixture(autouse=True)
    async def _reached(self, cluster: Cluster, prefix: str) -> AsyncIterator[None]:
        self.cluster, self.prefix = cluster, prefix
        self.layers: list[ChannelLayer] = []
        yield
        for each in cluster.servers:
            each.thaw()

    @override
    def node(self) -> ChannelLayer:
        user = f"{self.prefix}-{len(self.layers)}"
        for each in self.cluster.servers:
            each.command("ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all")
        url = self.cluster.url.replace("://", f"://{user}:secret@")
        layer = make_layer(url, self.prefix, presence_seconds=self.presence_seconds)
        self.layers.append(layer)
        return layer

    # The clock is that of the servers; test_redis.py has what goes by it.
    test_events_are_kept_up_to_their_age = None  # type: ignore[assignment]
    test_a_key_is_known_for_five_minutes = None  # type: ignore[assignment]

    @override
    async def pass_time(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    @override
    async def lose_the_store(self) -> None:
        for each in self.cluster.servers:
            each.command("FLUSHALL")

    @override
    async def kill(self, node: Node) -> None:
        """Whatever its tasks do from now on, nobody hears of it: that is what a killed process looks like."""
        user = f"{self.prefix}-{self.layers.index(node.layer)}"
        for each in self.cluster.servers:
            each.command("ACL", "DELUSER", user)  # which cuts its connections

    @override
    async def interrupt(self, node: Node) -> None:
        for each in self.cluster.servers:
            each.command("CLIENT", "KILL", "TYPE", "pubsub")

    @override
    async def cut_off(self) -> None:
        for each in self.cluster.servers:
            each.freeze()


@pytest.fixture
async def nodes(own_cluster: Cluster, prefix: str) -> AsyncIterator[tuple[Node, Node]]:
    """Give two nodes, the first of which follows the lobby, which something has been published to."""
    url = own_cluster.url
    async with running(url, prefix, "lobby") as node, running(url, prefix) as other:
        await publish(other, "lobby", "before")
        await node.gets("lobby", "before")
        yield node, other


def channel_of(prefix: str, group: str) -> str:
    return f"{prefix}:{{{group}!}}"


def subscribers(server: Broker) -> int:
    return int(server.info("pubsub_clients"))


async def test_only_servers_of_followed_groups_are_connected_to(own_cluster: Cluster, prefix: str) -> None:
    """A node reads from none at first, from one for each server of what it follows, and lets it alone after that."""
    groups = [f"group-{number}" for number in range(20)]
    owner = own_cluster.owner(channel_of(prefix, groups[0]))
    here = [each for each in groups if own_cluster.owner(channel_of(prefix, each)) is owner]
    elsewhere = next(each for each in groups if each not in here)

    async def is_read(*servers: Broker) -> bool:
        return all(subscribers(each) == (each in servers) for each in own_cluster.servers)

    async with running(own_cluster.url, prefix) as node:
        assert await is_read()
        for group in here:
            await node.layer.follow(group)
        await eventually(lambda: is_read(owner), "one server is read from")
        await node.layer.follow(elsewhere)
        other = own_cluster.owner(channel_of(prefix, elsewhere))
        await eventually(lambda: is_read(owner, other), "two servers are read from")
        for group in here:
            node.layer.unfollow(group)
        await eventually(lambda: is_read(other), "the first is let alone")
        await node.publish(elsewhere, "one")
        await node.gets(elsewhere, "one")


async def test_what_is_published_stays_at_its_server(own_cluster: Cluster, nodes: tuple[Node, Node]) -> None:
    """The servers tell each other nothing of it, as they do of what is not sharded."""
    node, other = nodes
    for number in range(10):
        await publish(other, "lobby", f"{number}")
    await node.gets_to("lobby", "9")
    for server in own_cluster.servers:
        assert "messages_publish_sent" not in str(server.command("CLUSTER", "INFO"))


async def test_a_group_is_followed_to_where_its_slot_moves(
    own_cluster: Cluster, nodes: tuple[Node, Node], prefix: str
) -> None:
    """There and back: what comes later arrives, and what may be lost is told, for the other server has another run."""
    node, other = nodes
    channel = channel_of(prefix, "lobby")
    first = own_cluster.owner(channel)
    second = next(each for each in own_cluster.servers if each is not first)
    for number, target in enumerate((second, first)):
        await anyio.to_thread.run_sync(own_cluster.move, channel, target)
        assert own_cluster.owner(channel) is target
        await publish(other, "lobby", f"after-{number}")
        await node.until(lambda: "lobby" in node.broken, "the loss")
        await publish(other, "lobby", f"later-{number}")
        await node.gets_to("lobby", f"later-{number}")
        assert (await node.layer.health()).is_up
    assert len(node.events("lobby")) == len(set(node.events("lobby"))), "delivered twice"


async def test_what_moves_takes_its_history_and_members_along(
    own_cluster: Cluster, nodes: tuple[Node, Node], prefix: str
) -> None:
    node, other = nodes
    await node.layer.enter("lobby", "ann", "c1", "{}")
    channel = channel_of(prefix, "lobby")
    target = next(each for each in own_cluster.servers if each is not own_cluster.owner(channel))
    await anyio.to_thread.run_sync(own_cluster.move, channel, target)
    page = await other.layer.read("lobby")
    assert [entry.publication.event for entry in page.entries] == ["before"]
    assert [each.member for each in await other.layer.present("lobby")] == ["ann"]


async def test_a_group_that_is_moving_is_read_where_it_is(
    own_cluster: Cluster, nodes: tuple[Node, Node], prefix: str
) -> None:
    """The old server sends whoever asks to the new one (ASK), for this once."""
    _, other = nodes
    channel = channel_of(prefix, "lobby")
    target = next(each for each in own_cluster.servers if each is not own_cluster.owner(channel))
    own_cluster.begin_to_move(channel, target)
    page = await other.layer.read("lobby")
    assert [entry.publication.event for entry in page.entries] == ["before"]


async def test_a_server_that_is_killed_is_told_and_the_others_go_on(
    own_cluster: Cluster, nodes: tuple[Node, Node], prefix: str
) -> None:
    """Groups of the others do not notice; those of the one are refused, and told a loss once it is back."""
    node, other = nodes
    victim = own_cluster.owner(channel_of(prefix, "lobby"))
    names = (f"group-{number}" for number in range(100))
    elsewhere = next(each for each in names if own_cluster.owner(channel_of(prefix, each)) is not victim)
    await node.layer.follow(elsewhere)
    victim.kill()
    await fails(other, "lobby")
    await publish(other, elsewhere, "meanwhile")
    await node.gets(elsewhere, "meanwhile")
    health, _ = await has_health(node, is_up=False, patience=5.0)
    assert health.reason
    victim.start()
    await publish_surely(other, "lobby", "after")
    await node.until(lambda: "lobby" in node.broken, "the loss")
    await has_health(node, is_up=True)
    await publish_surely(other, "lobby", "later")
    await node.gets_to("lobby", "later")
    assert elsewhere not in node.broken


async def test_a_replica_that_takes_over_is_found(
    own_cluster: Cluster, nodes: tuple[Node, Node], broker_server: Path, prefix: str, tmp_path: Path
) -> None:
    """The loss is told, for the replica may lack the tail; what comes later arrives."""
    node, other = nodes
    master = own_cluster.owner(channel_of(prefix, "lobby"))
    with cluster_server(broker_server, tmp_path / "replica") as replica:
        await anyio.to_thread.run_sync(own_cluster.replicate, master, replica)
        master.kill()
        await eventually(lambda: refused_no_more(other), "the replica has taken over", patience=20.0)
        await node.until(lambda: "lobby" in node.broken, "the loss")
        await has_health(node, is_up=True)
        await publish_surely(other, "lobby", "later")
        await node.gets_to("lobby", "later")
        assert len(node.events("lobby")) == len(set(node.events("lobby"))), "delivered twice"


async def refused_no_more(node: Node) -> bool:
    try:
        await publish(node, "lobby", "after", key="after")
    except LayerError:
        return False
    return True


async def test_a_server_that_is_frozen_holds_up_nobody_else(
    own_cluster: Cluster, nodes: tuple[Node, Node], prefix: str
) -> None:
    node, other = nodes
    victim = own_cluster.owner(channel_of(prefix, "lobby"))
    names = (f"group-{number}" for number in range(100))
    elsewhere = next(each for each in names if own_cluster.owner(channel_of(prefix, each)) is not victim)
    await node.layer.follow(elsewhere)
    victim.freeze()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fails, other, "lobby")
        with anyio.fail_after(1.0):
            for number in range(20):
                await publish(other, elsewhere, f"{number}")
    await has_health(node, is_up=False, patience=5.0)
    victim.thaw()
    await has_health(node, is_up=True)
    await publish_surely(other, "lobby", "after")
    await node.until(lambda: "lobby" in node.broken or "after" in node.events("lobby"), "it, or a loss")


async def test_any_server_of_a_cluster_leads_to_it(own_cluster: Cluster, prefix: str) -> None:
    """Those that are not there are passed over."""
    hosts = ",".join(f"127.0.0.1:{each.port}" for each in own_cluster.servers)
    own_cluster.servers[0].kill()
    layer = make_layer(f"redis+cluster://{hosts}", prefix)
    groups = [f"group-{number}" for number in range(20)]
    living = [
        each for each in groups if own_cluster.owner(channel_of(prefix, each)) is not own_cluster.servers[0]
    ]
    async with layer:
        await layer.publish(living[0], push("one"))


async def test_what_is_followed_while_a_cluster_is_away_comes_alive_with_it(
    own_cluster: Cluster, prefix: str
) -> None:
    """Where it is not required, each group is looked for until a server has it."""
    for each in own_cluster.servers:
        each.freeze()
    async with running(own_cluster.url, prefix, required=False) as node:
        with anyio.fail_after(DEADLINE):
            for group in ("lobby", "left"):
                await node.layer.follow(group)
        node.layer.unfollow("left")
        for each in own_cluster.servers:
            each.thaw()
        await has_health(node, is_up=True)

        async def is_heard() -> list[str]:
            await publish_surely(node, "lobby", f"{len(node.events('lobby'))}")
            return node.events("lobby")

        await eventually(is_heard, "what is published")
        assert node.events("left") == []
