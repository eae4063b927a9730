"""The layer on a Redis or Valkey server: it holds the contract, and what it writes has ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import anyio
import anyio.lowlevel
import pytest
from typing_extensions import override

from nexws.errors import LayerError
from nexws.layers import ChannelLayer, Present
from nexws.protocol import Position, Retention
from nexws.testing.layer_contract import LayerContract, Node
from nexws.testing.layer_contract.bench import push
from tests.brokers import Broker
from tests.layers.redis_layers import DEADLINE, eventually, make_layer, running
from tests.proxy import Proxy

MOST_NODES = 4


class TestRedisLayer(LayerContract):
    """Each node reaches the server through a proxy of its own, so that it can be cut off alone."""

    patience = 10.0
    presence_seconds = 2.0

    @pytest.fixture(autouse=True)
    async def _reached(self, broker: Broker, prefix: str) -> AsyncIterator[None]:
        self.broker, self.prefix = broker, prefix
        self.layers: list[ChannelLayer] = []
        async with AsyncExitStack() as stack:
            self.proxies = [await stack.enter_async_context(Proxy(broker.port)) for _ in range(MOST_NODES)]
            yield

    @override
    def node(self) -> ChannelLayer:
        url = self.proxies[len(self.layers) % MOST_NODES].url
        layer = make_layer(url, self.prefix, presence_seconds=self.presence_seconds)
        self.layers.append(layer)
        return layer

    # The clock is that of the server; what goes by it is below.
    test_events_are_kept_up_to_their_age = None  # type: ignore[assignment]
    test_a_key_is_known_for_five_minutes = None  # type: ignore[assignment]

    @override
    async def pass_time(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    @override
    async def lose_the_store(self) -> None:
        self.broker.command("FLUSHALL")

    @override
    async def kill(self, node: Node) -> None:
        """Whatever its tasks do from now on, nobody hears of it: that is what a killed process looks like."""
        proxy = self.proxies[self.layers.index(node.layer) % MOST_NODES]
        proxy.refuse()
        proxy.reset()

    @override
    async def interrupt(self, node: Node) -> None:
        self.broker.command("CLIENT", "KILL", "TYPE", "pubsub")

    @override
    async def cut_off(self) -> None:
        for proxy in self.proxies:
            proxy.blackhole()


async def test_events_are_kept_up_to_their_age(broker: Broker, prefix: str) -> None:
    """By the clock of the server; the top stays, and positions go on from it."""
    retention = Retention(events=10, seconds=0.5, size_bytes=10_000)
    async with running(broker.url, prefix) as node:
        (first, second) = await node.publish("lobby", "one", "two", retention=retention)
        assert len((await node.layer.read("lobby", since=None)).entries) == 2

        async def is_forgotten() -> bool:
            return not (await node.layer.read("lobby")).entries

        await eventually(is_forgotten, "what is too old is not read")
        assert first.position is not None
        assert second.position is not None
        page = await node.layer.read("lobby", since=first.position)
        assert (page.top, page.is_complete) == (second.position, False)
        assert (await node.layer.read("lobby", since=second.position)).is_complete
        (third,) = await node.publish("lobby", "three", retention=retention)
        assert third.position == Position(second.position.epoch, second.position.offset + 1)


async def test_whatever_is_written_has_an_end(broker: Broker, prefix: str) -> None:
    """No key of a group, of an idempotency key or of a member is there for ever; none is outside of the prefix."""
    before = set(broker.command("KEYS", "*"))
    async with running(broker.url, prefix, "lobby") as node:
        await node.layer.publish(
            "lobby", push("one"), retention=Retention(events=10, seconds=60.0, size_bytes=10_000), key="k"
        )
        await node.layer.enter("lobby", "ann", "c1", "{}")
        written = set(broker.command("KEYS", "*")) - before
        assert written
        for key in written:
            assert key.startswith(prefix), key
            assert broker.command("TTL", key) > 0, key


async def test_a_key_is_kept_for_five_minutes(broker: Broker, prefix: str) -> None:
    """A retry does not make it younger."""
    async with running(broker.url, prefix) as node:
        await node.layer.publish("lobby", push("one"), key="k")
        ages = {key: broker.command("PTTL", key) for key in broker.command("KEYS", f"{prefix}*")}
        assert any(299_000 < age <= 300_000 for age in ages.values()), ages
        await anyio.sleep(0.01)
        assert (await node.layer.publish("lobby", push("one"), key="k")).is_duplicate
        for key, age in ages.items():
            assert broker.command("PTTL", key) < age, key


async def test_who_only_publishes_leaves_it_to_others_to_bury(broker: Broker, prefix: str) -> None:
    """It passes over who has gone with a killed node; one that serves finds them still, and is told."""
    short = {"presence_seconds": 1.0}
    async with (
        Proxy(broker.port) as proxy,
        running(proxy.url, prefix, **short) as killed,
        running(broker.url, prefix, **short) as serving,
        make_layer(broker.url, prefix, **short) as publisher,
    ):
        await killed.layer.enter("lobby", "ann", "c1", "{}")
        proxy.refuse()
        proxy.reset()

        async def is_empty() -> bool:
            return await publisher.present("lobby") == []

        await eventually(is_empty, "nobody present")
        assert serving.buried == []
        assert await serving.layer.present("lobby") == []
        assert serving.buried == [("lobby", Present("ann", "{}"))]


async def test_prefixes_keep_applications_apart(broker: Broker, prefix: str) -> None:
    """Their groups, what is kept of them, keys, and who is present."""
    async with (
        running(broker.url, f"{prefix}-a", "lobby") as one,
        running(broker.url, f"{prefix}-b", "lobby") as other,
    ):
        for node in (one, other):
            published = await node.layer.publish("lobby", push("one"), key="k")
            assert (published.receivers, published.is_duplicate) == (1, False)
            assert await node.layer.enter("lobby", "ann", "c1", "{}")
        for node in (one, other):
            await node.gets("lobby", "one")


async def test_nothing_is_sent_to_nodes_without_members(broker: Broker, prefix: str) -> None:
    """Neither before it follows, nor after: the server counts nobody."""
    async with running(broker.url, prefix) as node, running(broker.url, prefix) as other:
        assert (await other.publish("lobby", "one"))[0].receivers == 0
        await node.layer.follow("lobby")
        assert (await other.publish("lobby", "two"))[0].receivers == 1
        node.layer.unfollow("lobby")

        async def is_alone() -> bool:
            return (await other.publish("lobby", "three"))[0].receivers == 0

        await eventually(is_alone, "nobody follows")


def test_without_its_extra_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['redis'] = None; import nexws.layers.redis"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'RedisLayer needs redis-py: pip install "nexws[redis]"' in done.stderr


async def publish_or_not(layer: ChannelLayer) -> None:
    with suppress(LayerError), anyio.fail_after(1.0):  # less than the deadline
        await layer.publish("lobby", push("one"))


async def test_it_stops_whatever_it_is_at(broker: Broker, prefix: str) -> None:
    """Before Python 3.12 ``wait_for``, with which redis-py writes, swallows a cancellation that comes late."""
    for turns in range(12):
        layer = make_layer(broker.url, prefix)
        await layer.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(publish_or_not, layer)
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            with anyio.fail_after(DEADLINE):
                await layer.stop()
