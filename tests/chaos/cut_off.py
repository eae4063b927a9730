"""The node of the partition run: follows a group, publishes, asks after its layer, and measures its loop.

    python -m tests.chaos.cut_off URL

It writes what happens as lines of JSON, each with the time (that of ``time.monotonic``, which all processes of a
machine share), until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, Final

from nexws.errors import LayerError
from nexws.layers import Present
from nexws.layers.redis import RedisLayer
from nexws.protocol import Position, Publication

__all__ = ["GROUP", "PREFIX", "SCRATCH"]

GROUP: Final = "lobby"
SCRATCH: Final = "scratch"
"""What the node publishes to."""
PREFIX: Final = "partition"

_TICK: Final = 0.005
_STALL: Final = 0.002
"""Seconds of a stall that is worth a line."""


def say(what: str, **facts: Any) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps({"what": what, "at": time.monotonic(), **facts}) + "\n")
    sys.stdout.flush()


class Lines:
    """A sink that writes what it gets."""

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        say("got", event=publication.event)
        return 1

    async def lost(self, group: str) -> None:
        say("lost")

    async def gone(self, group: str, present: Present) -> None:
        raise AssertionError("nobody is present")


async def tick() -> None:
    """Say how long the loop stands still, less the time for which it could run, and other processes did."""
    schedule = os.open("/proc/self/schedstat", os.O_RDONLY)

    def waited() -> float:
        return int(os.pread(schedule, 100, 0).split()[1]) / 1e9

    at, queued = time.monotonic(), waited()
    while True:
        await asyncio.sleep(_TICK)
        now, now_queued = time.monotonic(), waited()
        late = now - at - _TICK
        if late > _STALL:
            say("stall", whole=late, own=max(0.0, late - (now_queued - queued)))
        at, queued = now, now_queued


async def watch(layer: RedisLayer) -> None:
    """Say when the layer is up, and when not."""
    was_up: bool | None = None
    while True:
        health = await layer.health()
        if health.is_up != was_up:
            was_up = health.is_up
            say("health", is_up=was_up, reason=health.reason)
        await asyncio.sleep(0.05)


async def publish(layer: RedisLayer) -> None:
    """Publish on and on, and say what has become of it, and how long that took."""
    while True:
        begun = time.monotonic()
        try:
            await layer.publish(SCRATCH, Publication(consumer="", event="tick"))
            say("published", took=time.monotonic() - begun)
        except LayerError:
            say("refused", took=time.monotonic() - begun)
        await asyncio.sleep(0.1)


async def main() -> None:
    """Run until the input ends."""
    layer = RedisLayer(sys.argv[1], prefix=PREFIX)
    await layer.start(Lines())
    await layer.follow(GROUP)
    tasks = [asyncio.create_task(each) for each in (tick(), watch(layer), publish(layer))]
    say("ready")
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    await layer.stop()


if __name__ == "__main__":
    asyncio.run(main())
