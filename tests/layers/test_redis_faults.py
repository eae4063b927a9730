"""What the layer on a Redis or Valkey server does when the server is not well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import anyio
import pytest

from nexws.errors import LayerError
from nexws.testing.layer_contract import Node
from tests.brokers import Broker
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


async def comes_alive(node: Node, publisher: Node, group: str, event: str) -> None:
    """Publish until it is published: it arrives, or a loss is told; what comes later arrives, by itself."""
    await publish_surely(publisher, group, event)
    await has_health(node, is_up=True)
    number = 0

    async def is_delivered() -> bool:
        nonlocal number
        number += 1
        await publish_surely(publisher, group, f"{event}, {number}")
        return any(each.startswith(f"{event}, ") for each in node.events(group))

    await eventually(is_delivered, "something after it")
    assert event in node.events(group) or group in node.broken, "missing in silence"
    assert len(node.events(group)) == len(set(node.events(group))), "delivered twice"


@pytest.fixture
async def nodes(own_broker: Broker, prefix: str) -> AsyncIterator[tuple[Node, Node]]:
    """Give two nodes, the first of which follows the lobby, which something has been published to."""
    async with running(own_broker.url, prefix, "lobby") as node, running(own_broker.url, prefix) as other:
        await publish(other, "lobby", "before")
        await node.gets("lobby", "before")
        yield node, other


# -- not there


async def test_a_layer_that_is_required_does_not_start_without_a_server(
    own_broker: Broker, prefix: str
) -> None:
    """It says where it looked, within five seconds, and can be started later."""
    own_broker.kill()
    layer = make_layer(own_broker.url, prefix, required=True)
    with anyio.fail_after(5.0), pytest.raises(LayerError, match=f"{own_broker.port}") as refused:
        await layer.start()
    assert "\n" not in str(refused.value)
    own_broker.start()
    async with layer:
        assert (await layer.health()).is_up


async def test_one_that_is_not_required_starts_and_comes_alive(own_broker: Broker, prefix: str) -> None:
    """Until then it says why, and refuses in time what only the store can do; what is followed comes alive with it."""
    own_broker.kill()
    async with running(own_broker.url, prefix, required=False) as node:
        health = await node.layer.health()
        assert not health.is_up
        assert health.reason
        await fails(node, "lobby")
        with pytest.raises(LayerError), anyio.fail_after(DEADLINE):
            await node.layer.read("lobby")
        with anyio.fail_after(DEADLINE):
            for group in ("lobby", "left"):
                await node.layer.follow(group)
        node.layer.unfollow("left")
        own_broker.start()
        await has_health(node, is_up=True, patience=4.0)
        await publish(node, "left", "never")
        await publish(node, "lobby", "after")
        await node.gets("lobby", "after")
        assert node.events("left") == []
        assert node.broken == []


async def test_who_could_not_follow_in_time_does_not_end_it_for_another(
    own_broker: Broker, prefix: str
) -> None:
    """Two follow one group while the server is frozen; it thaws too late for the first."""
    async with running(own_broker.url, prefix) as node, running(own_broker.url, prefix) as other:
        await node.layer.follow("elsewhere")
        own_broker.freeze()
        refused = anyio.Event()

        async def follow_in_vain() -> None:
            with pytest.raises(LayerError):
                await node.layer.follow("lobby")
            refused.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow_in_vain)
            await anyio.sleep(1.0)  # half of the time that each has
            tasks.start_soon(node.layer.follow, "lobby")
            await refused.wait()
            own_broker.thaw()
        await publish(other, "lobby", "after")
        await node.gets("lobby", "after")


async def test_a_server_that_goes_down_later_is_told_and_found_again(
    own_broker: Broker, nodes: tuple[Node, Node]
) -> None:
    """Groups are followed again by themselves."""
    node, other = nodes
    own_broker.kill()
    await fails(other, "lobby")
    for each in nodes:
        health, _ = await has_health(each, is_up=False, patience=5.0)
        assert health.reason
    with pytest.raises(LayerError), anyio.fail_after(DEADLINE):
        await node.layer.enter("lobby", "ann", "c1", "{}")
    own_broker.start()
    await comes_alive(node, other, "lobby", "after")


async def test_a_server_that_is_frozen_is_told_within_five_seconds(
    own_broker: Broker, nodes: tuple[Node, Node]
) -> None:
    node, other = nodes
    own_broker.freeze()
    await fails(other, "lobby")
    await has_health(node, is_up=False, patience=5.0)
    own_broker.thaw()
    await comes_alive(node, other, "lobby", "after")


# -- there, and not well


@contextmanager
def read_only(broker: Broker) -> Iterator[None]:
    """As the old master is after a fail-over."""
    broker.command("REPLICAOF", "127.0.0.1", 1)
    yield
    broker.promote()


@contextmanager
def out_of_memory(broker: Broker) -> Iterator[None]:
    broker.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", 1)
    yield
    broker.command("CONFIG", "SET", "maxmemory", 0)


@contextmanager
def cannot_save(broker: Broker) -> Iterator[None]:
    """Where the snapshot goes is a folder, so writing it fails, and the server takes no more."""
    snapshot = broker.folder / "dump.rdb"
    snapshot.mkdir()
    broker.command("CONFIG", "SET", "save", "900 1")
    broker.command("BGSAVE")
    broker.wait_for("rdb_last_bgsave_status", "err")
    yield
    snapshot.rmdir()
    broker.command("BGSAVE")
    broker.wait_for("rdb_last_bgsave_status", "ok")


@contextmanager
def not_allowed(broker: Broker) -> Iterator[None]:
    """An administrator has forgotten a command that the layer needs."""
    broker.command(
        "ACL", "SETUSER", "default", "-publish", "-spublish", "-xadd", "-eval", "-evalsha", "-fcall"
    )
    yield
    broker.command("ACL", "SETUSER", "default", "+@all")


FAULTS = {
    "READONLY|read only": read_only,
    "OOM|maxmemory": out_of_memory,
    "MISCONF": cannot_save,
    "NOPERM|permission": not_allowed,
}


@pytest.mark.parametrize("says", FAULTS)
async def test_a_server_that_takes_no_writes_is_told_and_found_again(
    own_broker: Broker, nodes: tuple[Node, Node], says: str
) -> None:
    """Publishing is refused in the server's words, ``health`` repeats them, and all is well again by itself."""
    node, other = nodes
    fault: AbstractContextManager[None] = FAULTS[says](own_broker)
    with fault:
        said = await fails(other, "lobby")
        health, _ = await has_health(other, is_up=False, patience=5.0)
        for text in (said, health.reason):
            assert any(word.lower() in text.lower() for word in says.split("|")), text
    await comes_alive(node, other, "lobby", "after")


async def test_a_server_that_loads_is_awaited(own_broker: Broker, nodes: tuple[Node, Node]) -> None:
    """Meanwhile it is refused, as by one that is not there."""
    node, other = nodes
    own_broker.command("EVAL", "for i = 1, 1500 do redis.call('SET', 'more-' .. i, 'x') end", 0)
    own_broker.command("BGREWRITEAOF")
    own_broker.wait_for("aof_rewrite_in_progress", 0)
    own_broker.kill()
    own_broker.options = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"]
    own_broker.start(is_awaited=False)
    await fails(other, "lobby")
    await has_health(other, is_up=False, patience=5.0)
    await comes_alive(node, other, "lobby", "after")


async def test_a_server_that_forgets_its_scripts_is_given_them_again(
    own_broker: Broker, nodes: tuple[Node, Node]
) -> None:
    """Nobody notices."""
    node, other = nodes
    own_broker.command("SCRIPT", "FLUSH")
    await publish(other, "lobby", "after")
    await node.gets("lobby", "before", "after")
    await node.layer.enter("lobby", "ann", "c1", "{}")
    own_broker.command("SCRIPT", "FLUSH")
    assert (await node.layer.present("lobby"))[0].member == "ann"
    assert (await other.layer.read("lobby")).entries


async def test_a_key_of_another_kind_spoils_its_group_alone(
    own_broker: Broker, nodes: tuple[Node, Node], prefix: str
) -> None:
    """Somebody else has written there: others go on, and it works again once that is gone."""
    node, other = nodes
    await node.layer.follow("elsewhere")
    streams = [
        key for key in own_broker.command("KEYS", f"{prefix}*") if own_broker.command("TYPE", key) == "stream"
    ]
    assert streams
    for key in streams:
        own_broker.command("SET", key, "mine")
    assert "WRONGTYPE" in await fails(other, "lobby")
    with pytest.raises(LayerError, match="WRONGTYPE"):
        await other.layer.read("lobby")
    await publish(other, "elsewhere", "one")
    await node.gets("elsewhere", "one")
    own_broker.command("DEL", *streams)
    await comes_alive(node, other, "lobby", "after")


# -- what was acknowledged


async def holds(acknowledged: list[str], count: int) -> bool:
    return len(acknowledged) >= count


async def test_what_is_acknowledged_outlives_a_crash(own_broker: Broker, nodes: tuple[Node, Node]) -> None:
    """A server that writes all is killed amid publications: each that was acknowledged is kept, and delivered."""
    node, other = nodes
    acknowledged = ["before"]

    async def publish_on() -> None:
        number = 0
        while len(acknowledged) < 200:
            try:
                await publish(other, "lobby", f"{number}", key=f"{number}")
            except LayerError:
                continue  # with the same key
            acknowledged.append(f"{number}")
            number += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(publish_on)
        for reached in (50, 100):
            await eventually(partial(holds, acknowledged, reached), f"{reached} acknowledged")
            own_broker.kill()
            own_broker.start()
    last = acknowledged[-1]
    await node.until(lambda: last in node.events("lobby") or "lobby" in node.broken, "the last, or a loss")
    got = node.events("lobby")
    assert got == [event for event in acknowledged if event in set(got)], "out of order, or twice"
    assert got == acknowledged or "lobby" in node.broken, "missing in silence"
    page = await other.layer.read("lobby")
    kept = [entry.publication.event for entry in page.entries]
    assert kept == acknowledged[-len(kept) :], "acknowledged, and gone"
    assert len(kept) == len(acknowledged) or "lobby" in node.broken, "acknowledged, and gone in silence"


async def test_a_server_without_its_data_is_another_one(own_broker: Broker, nodes: tuple[Node, Node]) -> None:
    """Whoever was there is told, by a loss or another epoch: nothing is missing in silence."""
    node, other = nodes
    before = node.positions("lobby")[-1]
    assert before is not None
    own_broker.kill()
    own_broker.lose()
    own_broker.start()
    await comes_alive(node, other, "lobby", "after")
    page = await other.layer.read("lobby", since=before)
    assert not page.is_complete
    after = node.positions("lobby")[-1]
    assert after is not None
    assert after.epoch != before.epoch
    await node.until(lambda: "lobby" in node.broken, "the loss")


async def test_a_loss_is_told_though_nothing_is_published(
    own_broker: Broker, nodes: tuple[Node, Node]
) -> None:
    """By the node that follows, once it has found the server again."""
    node, _ = nodes
    own_broker.kill()
    own_broker.lose()
    own_broker.start()
    await node.until(lambda: "lobby" in node.broken, "the loss")
