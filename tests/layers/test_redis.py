"""The layer on a Redis or Valkey server: it holds the contract, and what it writes has ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

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

DOCS = Path(__file__).parents[2] / "docs"
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


async def test_a_log_that_the_server_has_dropped_is_told_and_begun_again(broker: Broker, prefix: str) -> None:
    """As one that evicts does; what the log held before does not count any more."""
    retention = Retention(events=10, seconds=60.0, size_bytes=10)
    async with running(broker.url, prefix) as node:
        (first, _) = await node.publish("lobby", "one", "two", retention=retention)
        assert broker.command("DEL", f"{prefix}:{{lobby!}}:s")
        assert not (await node.layer.read("lobby", since=first.position)).is_complete
        (third,) = await node.publish("lobby", "three", retention=retention)
        page = await node.layer.read("lobby")
        assert [entry.position for entry in page.entries] == [third.position]
        assert not (await node.layer.read("lobby", since=first.position)).is_complete


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


async def test_a_script_that_the_server_has_forgotten_is_brought_once(
    own_broker: Broker, prefix: str
) -> None:
    """However many want it at that time: after a restart, each node has all its groups to look after."""
    async with running(own_broker.url, prefix) as node:
        await node.publish("lobby", "one")
        own_broker.command("SCRIPT", "FLUSH")
        own_broker.command("CONFIG", "RESETSTAT")
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(node.publish, "lobby", f"{number}")
        assert own_broker.command("INFO", "commandstats")["cmdstat_eval"]["calls"] == 1


async def test_presence_in_many_groups_lasts_however_far_away_the_server_is(
    broker: Broker, prefix: str
) -> None:
    """Were it renewed for one group after another, that would take longer than it lasts."""
    groups, seconds = [f"group-{number}" for number in range(100)], 3.0
    nodes = [f"{prefix}:{{{group}!}}:n" for group in groups]
    async with Proxy(broker.port) as proxy, running(proxy.url, prefix, presence_seconds=seconds) as node:
        async with anyio.create_task_group() as tasks:
            for group in groups:
                tasks.start_soon(node.layer.enter, group, "ann", "c1", "{}")

        def trusted() -> list[int]:
            """Tell until when the node is trusted to live, for each group."""
            each = "redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]"
            script = f"local found = {{}} for _, key in ipairs(KEYS) do found[#found + 1] = {each} end return found"
            return [int(score) for score in broker.command("EVAL", script, len(nodes), *nodes)]

        entered, proxy.latency = trusted(), 0.03

        async def is_renewed() -> bool:
            return all(now > before for now, before in zip(trusted(), entered, strict=True))

        try:
            await eventually(is_renewed, "it is renewed for all", seconds)
        finally:
            proxy.latency = 0.0


async def test_the_acl_of_the_docs_has_what_is_needed_and_no_more(own_broker: Broker) -> None:
    """A user who may do just that is refused nothing, and everything that it may do is done."""
    documented = (
        (DOCS / "redis.md").read_text().partition("```text\nuser nexws ")[2].partition("```")[0].split()
    )
    own_broker.command("ACL", "SETUSER", "nexws", *documented)
    own_broker.command("CONFIG", "RESETSTAT")
    url = f"redis://nexws:secret@127.0.0.1:{own_broker.port}/1"
    retention = Retention(events=1, seconds=60.0, size_bytes=10_000)
    async with running(url, "nexws", "lobby", "hall", presence_seconds=0.5) as node:
        (first, _) = await node.publish("lobby", "one", "two", retention=retention)
        await node.layer.publish("lobby", push("three"), key="k")
        await node.gets("lobby", "one", "two", "three")
        for since in (None, first.position):
            assert (await node.layer.read("lobby", since=since)).entries
        node.layer.unfollow("hall")
        assert (await node.layer.health()).is_up
        assert await node.layer.enter("lobby", "ann", "c1", "{}")
        assert await node.layer.enter("lobby", "bob", "c2", "{}")
        assert await node.layer.leave("lobby", "bob", "c2")
        async with Proxy(own_broker.port) as proxy:
            killed = make_layer(
                url.replace(f"{own_broker.port}", f"{proxy.port}"), "nexws", presence_seconds=0.5
            )
            await killed.start()
            await killed.enter("lobby", "eve", "c3", "{}")
            proxy.refuse()
            proxy.reset()

            async def is_buried() -> bool:
                return [each.member for each in await node.layer.present("lobby")] == ["ann"]

            await eventually(is_buried, "who was there through it is buried")
            await killed.stop()

        async def is_unfollowed() -> bool:
            return not own_broker.command("PUBSUB", "CHANNELS", "*hall*")

        await eventually(is_unfollowed, "unfollowed")

        async def is_asked() -> bool:
            return "cmdstat_ping" in own_broker.command("INFO", "commandstats")

        await eventually(is_asked, "it is asked for a sign of life")
    assert own_broker.command("ACL", "LOG") == []
    allowed = {word[1:] for word in documented if word.startswith("+")}
    done = {name.partition("_")[2] for name in own_broker.command("INFO", "commandstats")}
    assert allowed <= done, f"not needed: {allowed - done}"


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
