"""Cuts a node off from its store as a network does, without a word, and heals it: it notices, and mends what it missed.

    python tests/soak/partition.py [--seconds 60] [--patience 1]

Needs root: store and node are in two network namespaces, with a router between them that drops all packets. Another
node, beside the store, publishes all the time. ``--patience 3`` is for machines that are busy: three times the limits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nexws.layers.redis import RedisLayer
from nexws.protocol import Publication, Retention
from tests.brokers import Broker, find_server
from tests.chaos.cut_off import GROUP, PREFIX
from tests.chaos.network import HERE, Network, move_into_namespaces, why_not
from tests.soak.serving import Verdict

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = Retention(events=10_000, seconds=600.0, size_bytes=16 * 2**20)
RATE: Final = 20.0
"""Publications in a second."""
PATIENCE: Final = 20.0

NOTICED: Final = 5.0
"""Seconds within which the node says that its layer is not up."""
REFUSED: Final = 2.5
"""Seconds within which it is told that a publication is not known to be published: the deadline, and half a second."""
LIVE: Final = 3.0
"""Seconds within which it is live again: one, and the pause between two tries, which is up to two."""
STALLED: Final = 0.05
"""Seconds for which its loop may stand still."""


@dataclass
class Node:
    """The node that is cut off: what it has said."""

    process: Process
    said: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def read(self) -> None:
        """Read what it says, until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))

    def all(self, what: str, since: float = 0.0) -> list[dict[str, Any]]:
        """Give what it has said of one kind."""
        return [each for each in self.said if each["what"] == what and each["at"] >= since]

    def first(self, what: str, since: float = 0.0, **facts: Any) -> float | None:
        """Tell how long after *since* it has said this for the first time."""
        found = [each["at"] - since for each in self.all(what, since) if facts.items() <= each.items()]
        return found[0] if found else None


@dataclass
class Run:
    """One partition."""

    network: Network
    node: Node
    seconds: float
    published: list[str] = field(default_factory=list[str])
    cut_at: float = 0.0
    healed_at: float = 0.0
    is_over: bool = False

    async def publish(self, layer: RedisLayer) -> None:
        """Publish what is kept, until it is over."""
        while not self.is_over:
            event = f"{len(self.published)}"
            await layer.publish(GROUP, Publication(consumer="", event=event), retention=KEPT)
            self.published.append(event)
            await asyncio.sleep(1 / RATE)

    async def go(self) -> None:
        """Cut, wait, heal, and wait until the node has all again."""
        await until(lambda: len(self.node.all("got")) > RATE, "the node gets what is published")
        self.network.cut()
        self.cut_at = time.monotonic()
        await asyncio.sleep(self.seconds)
        self.network.heal()
        self.healed_at = time.monotonic()
        await until(lambda: bool(self.node.all("published", self.healed_at)), "the node publishes again")
        await until(lambda: bool(self.node.all("got", self.healed_at)), "the node gets something again")
        await asyncio.sleep(1.0)

    def report(self, verdict: Verdict, patience: float) -> None:
        """Compare the figures with what they may be."""
        node, cut_at, healed_at = self.node, self.cut_at, self.healed_at

        def within(name: str, seconds: float | None, limit: float) -> None:
            shown = "never" if seconds is None else f"{seconds:.3f} s"
            is_well = seconds is not None and seconds <= limit * patience
            verdict.check(name, shown, wanted=f"{limit * patience:g} s", is_well=is_well)

        within("said that it is not up", node.first("health", cut_at, is_up=False), NOTICED)
        refused = [each["took"] for each in node.all("refused")]
        within("a publication refused, at the longest", max(refused, default=None), REFUSED)
        within("published again after healing", node.first("published", healed_at), LIVE)
        within("got what it missed after healing", node.first("got", healed_at), LIVE)
        within("said that it is up after healing", node.first("health", healed_at, is_up=True), LIVE)
        stalls = sorted(node.all("stall"), key=lambda each: float(each["own"])) or [
            {"own": 0.0, "whole": 0.0}
        ]
        within("the loop stood still, at the longest", stalls[-1]["own"], STALLED)
        whole = max(each["whole"] for each in stalls)
        print(f"     with what it waited for a processor, at the longest: {whole * 1e3:.0f} ms")
        got = [each["event"] for each in node.all("got")]
        meanwhile = f"{len(got)} of {len(self.published)}"
        verdict.check("got in order and once", meanwhile, wanted="all", is_well=got == self.published)
        verdict.check("losses told", len(node.all("lost")), wanted="0", is_well=not node.all("lost"))


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for *condition*."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            print(f"     {what}: not within {PATIENCE} s")
            return
        await asyncio.sleep(0.02)


async def cut_off(network: Network, broker: Broker, seconds: float) -> Run:
    """Start a node on the other side, and cut it off."""
    process = await asyncio.create_subprocess_exec(
        *(*network.there, sys.executable, "-m", "tests.chaos.cut_off", f"redis://{HERE}:{broker.port}"),
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
    )
    run = Run(network, Node(process), seconds)
    reading = asyncio.create_task(run.node.read())
    try:
        await until(lambda: bool(run.node.all("ready")), "the node is ready")
        async with RedisLayer(broker.url, prefix=PREFIX) as layer:
            publishing = asyncio.create_task(run.publish(layer))
            await run.go()
            run.is_over = True
            await publishing
        await until(lambda: len(run.node.all("got")) >= len(run.published), "the node has all")
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), PATIENCE)
        await reading
    return run


def main() -> None:
    """Run one partition, in a namespace of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--patience", type=float, default=1.0)
    options = parser.parse_args()
    reason, server = why_not(), find_server()
    if reason:
        raise SystemExit(f"this cannot run here: {reason}")
    if server is None:
        raise SystemExit("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
    move_into_namespaces()
    verdict = Verdict()
    with Network() as network, tempfile.TemporaryDirectory() as folder:
        broker = Broker(server, Path(folder))
        broker.options = ["--bind", "127.0.0.1", HERE, "--protected-mode", "no"]
        with broker:
            run = asyncio.run(cut_off(network, broker, options.seconds))
    run.report(verdict, options.patience)
    verdict.exit()


if __name__ == "__main__":
    main()
