"""Kills nodes and broker under 50 clients that come back: nothing is lost, twice or out of order, unless it is told.

    python tests/soak/chaos.py [--seed N ...] [--short] [--memory] [--plant drop|no-repair|ignore-position]

Two nodes on one broker that keeps what it acknowledges; clients resume on any node by position, a publisher tries
again with the same key until it is acknowledged. ``--short`` is one seed and one fault in some twelve seconds;
``--memory`` has one node with a ``MemoryLayer`` whose clients are cut; ``--plant`` breaks
something, so that this fails.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.brokers import Broker, find_server
from tests.chaos.app import GROUPS
from tests.chaos.checking import Findings, check
from tests.chaos.clients import Client, Publisher
from tests.chaos.nodes import ServerNode
from tests.chaos.planted import PLANTED

CLIENTS: Final = 50
RATE: Final = 120.0
"""Publications in a second."""
SEEDS: Final = [1, 2, 3]
IGNORE: Final = "ignore-position"

Fault = Callable[["Run"], Awaitable[None]]


@dataclass
class Run:
    """One seed's servers and clients."""

    nodes: list[ServerNode]
    clients: list[Client]
    broker: Broker | None
    chance: random.Random

    async def kill_node(self, place: int) -> None:
        """Kill one node, and start it again."""
        self.nodes[place].kill()
        await asyncio.sleep(1.5)
        await self.nodes[place].start()

    async def kill_broker(self) -> None:
        """Kill the broker, and start it again with what it has written."""
        assert self.broker is not None
        await asyncio.to_thread(self.broker.kill)
        await asyncio.sleep(1.5)
        await asyncio.to_thread(self.broker.start)

    async def freeze_broker(self) -> None:
        """Have the broker stand still for four seconds."""
        assert self.broker is not None
        self.broker.freeze()
        await asyncio.sleep(4.0)
        self.broker.thaw()

    async def kill_both(self) -> None:
        """Kill the broker and a node at once."""
        await asyncio.gather(self.kill_broker(), self.kill_node(0))

    async def cut_clients(self) -> None:
        """Cut half of the clients, a few times."""
        for _ in range(4):
            for client in self.chance.sample(self.clients, len(self.clients) // 2):
                client.cut()
            await asyncio.sleep(0.5)


FAULTS: Final[dict[str, Fault]] = {
    "node 0 killed": lambda run: run.kill_node(0),
    "node 1 killed": lambda run: run.kill_node(1),
    "broker frozen": Run.freeze_broker,
    "broker killed": Run.kill_broker,
    "broker and node 0 killed": Run.kill_both,
}
FAULTS_IN_MEMORY: Final[dict[str, Fault]] = {
    "clients cut": Run.cut_clients,
    "node killed, all told": lambda run: run.kill_node(0),
    "clients cut again": Run.cut_clients,
}


async def run_seed(options: argparse.Namespace, seed: int, folder: Path, stack: ExitStack) -> bool:
    """Run the faults in the order of *seed*; tells whether nothing is wrong."""
    broker = None
    if not options.memory:
        server = find_server()
        if server is None:
            raise SystemExit("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
        (folder / "broker").mkdir()
        broker = stack.enter_context(Broker(server, folder / "broker", aof="always"))
    nodes = list[ServerNode]()
    for place in range(1 if broker is None else 2):
        url = "memory" if broker is None else broker.url
        nodes.append(ServerNode(folder, f"node-{place}", layer=url, plant=options.plant))
        stack.callback(nodes[-1].kill)
    await asyncio.gather(*(node.start() for node in nodes))
    chance, ports = random.Random(seed), [node.port for node in nodes]
    clients = [
        Client(ports, random.Random(chance.random()), is_resuming=options.plant != IGNORE)
        for _ in range(CLIENTS)
    ]
    reading = [asyncio.create_task(client.run()) for client in clients]
    publisher = Publisher(ports, random.Random(chance.random()), RATE)
    try:
        await until(lambda: all(client.is_ready for client in clients), 20.0, "everybody is connected")
        await disturb(Run(nodes, clients, broker, chance), publisher, plan(options, chance))
        await arrive(clients, publisher)
    finally:
        for task in reading:
            task.cancel()
        ended = await asyncio.gather(*reading, return_exceptions=True)
    for each in ended:
        if isinstance(each, Exception):
            raise each
    return report(seed, clients, publisher)


def plan(options: argparse.Namespace, chance: random.Random) -> list[tuple[str, Fault]]:
    """Choose the faults, and their order."""
    faults = list((FAULTS_IN_MEMORY if options.memory else FAULTS).items())
    if options.short:
        return faults[:1]
    chance.shuffle(faults)
    return faults


async def disturb(run: Run, publisher: Publisher, faults: list[tuple[str, Fault]]) -> None:
    """Publish, and do what is planned meanwhile."""
    is_over = asyncio.Event()
    publishing = asyncio.create_task(publisher.run(is_over))
    try:
        await asyncio.sleep(2.5)
        for name, fault in faults:
            begun = time.monotonic()
            await fault(run)
            print(
                f"  {name}, {time.monotonic() - begun:.1f} s; {sum(publisher.published.values())} published"
            )
            await asyncio.sleep(run.chance.uniform(3.5, 4.5))
        is_over.set()
        await publishing
    finally:
        publishing.cancel()


async def arrive(clients: list[Client], publisher: Publisher) -> None:
    """Wait until everybody has the last of each group; what has not come in time is lost."""
    last = publisher.published.items()
    try:
        await until(
            lambda: all(client.has(group, number) for client in clients for group, number in last),
            8.0,
            "the last",
        )
    except TimeoutError:
        print("  not everybody has got the last")


async def until(condition: Callable[[], bool], patience: float, what: str) -> None:
    """Wait for *condition*."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience} s")
        await asyncio.sleep(0.05)


def report(seed: int, clients: list[Client], publisher: Publisher) -> bool:
    """Print what has come of it; tells whether nothing is wrong."""
    findings = Findings()
    for number, client in enumerate(clients):
        for group in GROUPS:
            check(client.seen[group], publisher.published[group], findings, f"client {number}, {group}")
    published = sum(publisher.published.values())
    outages = sorted(each for client in clients for each in client.outages) or [0.0]
    delays = sorted(each for client in clients for each in client.delays) or [0.0]
    print(
        f"seed {seed}: {published} published in {publisher.tries} tries, {findings}; "
        f"{len(outages)} outages, median {statistics.median(outages):.2f} s, p95 {_at(outages, 0.95):.2f} s, "
        f"most {outages[-1]:.2f} s; delay median {statistics.median(delays) * 1e3:.1f} ms, "
        f"p95 {_at(delays, 0.95) * 1e3:.1f} ms"
    )
    for example in findings.examples[:5]:
        print(f"  WRONG: {example}")
    return findings.is_well and published > 0


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def main() -> int:
    """Run each seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--plant", choices=[*PLANTED, IGNORE], default="")
    options = parser.parse_args()
    is_well = True
    for seed in options.seed[:1] if options.short else options.seed:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            is_well &= asyncio.run(run_seed(options, seed, Path(folder), stack))
    print("all is well" if is_well else "something is wrong")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
