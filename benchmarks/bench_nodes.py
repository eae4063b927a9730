"""What 100 nodes and 10,000 groups cost the store and each node, by the store's own counters.

    python benchmarks/bench_nodes.py [--nodes 100] [--groups 10000] [--presence 60]

All nodes are ``RedisLayer`` objects in this process, on a store of its own: what they cost the store is counted; how
long they take is more than as many processes would. Each group has members on three nodes, 20 groups have some on
every node, and the last node has none at all. Ends with 1 where something was sent to a node without members, or did
not reach one with some.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from nexws.layers import Present
from nexws.layers.redis import RedisLayer
from nexws.protocol import Position, Publication, Retention
from tests.brokers import Broker, find_server

SPREAD, EVERYWHERE = 3, 20
"""On how many nodes a group has members; how many groups have some on all."""
FLYING: Final = 200
PUBLISHED: Final = 200
IDLE: Final = 20.0
QUIET: Final = 1.0
PONG: Final = len(b"*2\r\n$4\r\npong\r\n$0\r\n\r\n")
KEPT: Final = Retention(events=100, seconds=300.0, size_bytes=2**20)


@dataclass
class Node:
    """A layer that writes down what it is handed."""

    number: int
    layer: RedisLayer
    groups: list[str] = field(default_factory=list[str])
    got: Counter[str] = field(default_factory=Counter[str])
    is_lost: set[str] = field(default_factory=set[str])

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        self.got[group] += 1
        return 1

    async def lost(self, group: str) -> None:
        self.is_lost.add(group)

    async def gone(self, group: str, present: Present) -> None: ...


class Counters:
    """What the store has done since this was made, or since its own start."""

    def __init__(self, broker: Broker, *, is_new: bool = False) -> None:
        self._broker, self._begun = broker, time.monotonic()
        self._before = {} if is_new else self._read()

    def _read(self) -> dict[str, float]:
        info: dict[str, Any] = self._broker.command("INFO", "everything")
        counts = {
            name.removeprefix("cmdstat_"): float(each["calls"])
            for name, each in info.items()
            if name.startswith("cmdstat_")
        }
        counts["cpu"] = info["used_cpu_user"] + info["used_cpu_sys"]
        counts["out"] = float(info["total_net_output_bytes"])
        return counts

    def scripts(self) -> float:
        """Tell how many scripts have run since."""
        done = self.since()
        return done["evalsha"] + done["eval"]

    def since(self) -> Counter[str]:
        """Tell how much of each there was, and how long it took."""
        took = time.monotonic() - self._begun
        now = self._read()
        return Counter({name: now[name] - self._before.get(name, 0.0) for name in now}) + Counter({"s": took})


def readers(broker: Broker) -> dict[int, dict[str, int]]:
    """Tell of each node's subscribed connection what the store counts of it."""
    found: dict[int, dict[str, int]] = {}
    for each in clients(broker):
        if each["name"].startswith("node-") and int(each["sub"]):
            found[int(each["name"].removeprefix("node-"))] = {
                "sub": int(each["sub"]),
                "out": int(each["tot-net-out"]),
                "memory": int(each["tot-mem"]),
            }
    return found


def clients(broker: Broker) -> list[dict[str, str]]:
    """List the connections of the nodes."""
    listed: str = broker.command("CLIENT", "LIST")
    found = [dict(word.split("=", 1) for word in line.split()) for line in listed.splitlines()]
    return [each for each in found if each["name"].startswith("node-")]


async def together(work: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Do much, some of it at a time."""
    left = iter(work)

    async def some() -> None:
        for each in left:
            await each()

    await asyncio.gather(*(some() for _ in range(FLYING)))


async def until(condition: Callable[[], bool], patience: float = 120.0) -> float:
    """Wait for *condition*; gives the seconds that it took."""
    begun = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - begun < patience, "it takes too long"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


@asynccontextmanager
async def running(broker: Broker, options: argparse.Namespace) -> AsyncIterator[list[Node]]:
    """Start the nodes, and give each its groups."""
    chance = random.Random(1)
    nodes = [
        Node(
            number,
            RedisLayer(
                f"{broker.url}?client_name=node-{number}", deadline=20.0, presence_seconds=options.presence
            ),
        )
        for number in range(options.nodes)
    ]
    for number in range(options.groups):
        some = nodes[:-1] if number < EVERYWHERE else chance.sample(nodes[:-1], SPREAD)
        for node in some:
            node.groups.append(f"group-{number}")
    try:
        for node in nodes:
            await node.layer.start(node)
        yield nodes
    finally:
        await asyncio.gather(*(node.layer.stop() for node in nodes))


def tell(what: str, figures: str) -> None:
    """Print a line of the table."""
    print(f"{what:44} {figures}", flush=True)


# -- what is measured


async def idle(broker: Broker, what: str, seconds: float = IDLE) -> None:
    """Count what the store does while nothing is published."""
    counters = Counters(broker)
    await asyncio.sleep(seconds)
    done = counters.since()
    asked = sum(done[name] for name in ("ping", "publish", "evalsha", "eval"))
    tell(
        what,
        f"{asked / done['s']:.0f} commands/s (PING {done['ping'] / done['s']:.0f}, probes "
        f"{done['publish'] / done['s']:.1f}, scripts {done['evalsha'] / done['s']:.0f}), {done['cpu'] / done['s']:.1%} "
        "of a core",
    )


async def follow_all(broker: Broker, nodes: list[Node]) -> None:
    """Follow all groups, and tell what that costs."""
    before, begun = broker.info("used_memory"), time.monotonic()
    jobs = [(node.layer, group) for node in nodes for group in node.groups]
    random.Random(2).shuffle(jobs)
    await together(partial(layer.follow, group) for layer, group in jobs)
    took, found = time.monotonic() - begun, readers(broker)
    subscriptions = sorted(each["sub"] for each in found.values())
    memory = (broker.info("used_memory") - before) / len(jobs)
    patterns, links = broker.command("PUBSUB", "NUMPAT"), len(clients(broker))
    tell("connections", f"{links}, {links / len(nodes):.1f} for each node; {patterns} patterns")
    tell(
        "subscriptions of a node",
        f"{subscriptions[0]} (no members) to {subscriptions[-1]}, one of them its probe; {sum(subscriptions)} "
        f"in all, {memory:.0f} bytes each",
    )
    tell("following them", f"{len(jobs) / took:.0f}/s")


async def publish_to(broker: Broker, nodes: list[Node], group: str) -> bool:
    """Publish much to one group; tells whether it went to the nodes that have members, and nowhere else."""
    with_members = {node.number for node in nodes if group in node.groups}
    publication = Publication(consumer="bench", event="tick", bodies={"json": "x" * 256})
    before, counters = readers(broker), Counters(broker)
    receivers = {
        (await nodes[-1].layer.publish(group, publication)).receivers for _ in range(PUBLISHED)
    }  # by one without members
    await until(lambda: all(nodes[number].got[group] == PUBLISHED for number in with_members), 20.0)
    done, after = counters.since(), readers(broker)
    sent = {number: after[number]["out"] - before[number]["out"] for number in after}
    others = {number: sent[number] for number in sent.keys() - with_members}
    unasked = {number: size for number, size in others.items() if not is_sign_of_life(size)}
    to_members = min((sent[number] for number in with_members), default=0) / PUBLISHED
    tell(
        f"a publication to a group on {len(with_members)} nodes",
        f"{'/'.join(map(str, sorted(receivers)))} messages, {to_members:.0f} bytes to a node with members; "
        f"{done['cpu'] / PUBLISHED * 1e6:.0f} µs of a core; to the {len(others)} others in {done['s']:.1f} s "
        f"{sum(others.values())} bytes, {'NOT ALL' if unasked else 'all'} of them PONGs and probes",
    )
    strays = [node.number for node in nodes if node.number not in with_members and node.got[group]]
    return receivers == {len(with_members)} and not unasked and not strays


def is_sign_of_life(size: int) -> bool:
    """Whether so many bytes can be answers to PINGs, and at most two probes."""
    channel = len("nexws:@probe/") + 16
    probe = len(f"*3\r\n$7\r\nmessage\r\n${channel}\r\n\r\n$0\r\n\r\n") + channel
    return any(left >= 0 and left % PONG == 0 for left in (size, size - probe, size - 2 * probe))


async def return_from(
    broker: Broker, nodes: list[Node], what: str, *, is_kept: bool, is_restart: bool = False
) -> None:
    """Cut the connections, and tell what it costs until all is followed again, and has been looked after."""
    wanted = sum(len(node.groups) + 1 for node in nodes)
    for node in nodes:
        node.is_lost.clear()
    if is_restart:
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
    counters = Counters(broker, is_new=is_restart)
    if not is_restart:
        broker.command("CLIENT", "KILL", "TYPE", "pubsub")
    follow = await until(lambda: sum(each["sub"] for each in readers(broker).values()) == wanted)
    begun, reads = time.monotonic(), (wanted - len(nodes)) * is_kept
    await until(lambda: counters.scripts() >= reads)
    await until(is_quiet(counters))
    quiet = time.monotonic() - begun - QUIET
    done = counters.since()
    tell(
        what,
        f"all follow after {follow:.1f} s, have read what they missed {quiet:.1f} s later; {wanted} subscriptions, "
        f"{done['evalsha'] + done['eval']:.0f} scripts ({done['eval']:.0f} with their source), {done['cpu']:.1f} s "
        f"of a core; {sum(len(node.is_lost) for node in nodes)} groups told that they are lost",
    )


def is_quiet(counters: Counters) -> Callable[[], bool]:
    """Make what asks whether no script has run for a while."""
    seen = [(-1.0, 0.0)]

    def ask() -> bool:
        now = counters.scripts()
        if now != seen[0][0]:
            seen[0] = (now, time.monotonic())
        return time.monotonic() - seen[0][1] > QUIET

    return ask


async def run(broker: Broker, options: argparse.Namespace) -> bool:
    """Measure all of it; tells whether what is promised holds."""
    async with running(broker, options) as nodes:
        await idle(broker, f"{len(nodes)} nodes, nothing followed")
        await follow_all(broker, nodes)
        await idle(broker, f"{len(nodes)} nodes, {options.groups} groups, idle")
        is_kept = True
        for group in (f"group-{EVERYWHERE}", "group-0", "group-without-members"):
            is_kept &= await publish_to(broker, nodes, group)
        await return_from(broker, nodes, "all cut, nothing kept", is_kept=False)
        tick = Publication(consumer="bench", event="tick", bodies={"json": "x" * 256})
        groups = [f"group-{number}" for number in range(options.groups)]
        before = broker.info("used_memory")
        await together(partial(nodes[-1].layer.publish, group, tick, retention=KEPT) for group in groups)
        tell(
            "kept of a group with one event",
            f"{(broker.info('used_memory') - before) / len(groups):.0f} bytes",
        )
        await return_from(broker, nodes, "all cut, all groups with history", is_kept=True)
        await return_from(broker, nodes, "restart, all groups with history", is_kept=True, is_restart=True)
        jobs = [(node, group) for node in nodes for group in node.groups]
        before = broker.info("used_memory")
        await together(
            partial(node.layer.enter, group, f"user-{node.number}", f"{node.number}", "{}")
            for node, group in jobs
        )
        tell(
            "presence of one member on each of these",
            f"{(broker.info('used_memory') - before) / len(jobs):.0f} bytes each, {len(jobs)} in all",
        )
        await idle(broker, f"the same, refreshed each {options.presence / 3:.0f} s")
    return is_kept


def main() -> int:
    """Measure, and print a table."""
    logging.getLogger("nexws").setLevel(logging.ERROR)  # each node says that its connection was cut
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--presence", type=float, default=60.0)
    options = parser.parse_args()
    server = find_server()
    if server is None:
        print("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
        return 0
    with tempfile.TemporaryDirectory() as folder, Broker(server, Path(folder), aof="everysec") as broker:
        is_kept = asyncio.run(run(broker, options))
    print("all is as promised" if is_kept else "SOMETHING IS NOT AS PROMISED")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
