"""Another program than the one that serves: ``python -m tests.layers.publishing URL PREFIX WHAT``."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel

from nexws import EventConsumer, SyncLayer, emits, on
from nexws.layers.redis import RedisLayer


class Line(BaseModel):
    text: str


class Chat(EventConsumer):
    """Whose clients are served elsewhere."""

    namespace = "publishing.Chat"
    said = emits("said", Line, history=True)

    @on("join")
    async def join(self, group: str) -> None:
        await self.join_group(group)


async def publish(layer: RedisLayer) -> None:
    """Publish as async code does."""
    async with layer:
        told = await Chat.said.broadcast(Line(text="async"), "lobby", via=layer, idempotency_key="k")
        told += await Chat.said.broadcast(Line(text="again"), "lobby", via=layer, idempotency_key="k")
        print(told, await Chat.said.send_to("ann", Line(text="ann"), via=layer))


def say(layer: SyncLayer, text: str) -> int:
    """Publish as a task of Celery does."""
    return layer.run(Chat.said.broadcast(Line(text=text), "lobby", via=layer))


def fork(layer: SyncLayer) -> None:
    """Publish on both sides of a fork, again and again."""
    print(say(layer, "before"))
    context = multiprocessing.get_context("fork")
    for name in ("one", "two"):
        child = context.Process(target=say, args=(layer, name))
        child.start()
        child.join()
        print(child.exitcode)
    print(say(layer, "after"))


def threads(layer: SyncLayer) -> None:
    """Publish from several threads at once."""
    with ThreadPoolExecutor(10) as pool:
        told = pool.map(lambda name: [say(layer, f"{name} {number}") for number in range(30)], range(10))
        print(sum(map(sum, told)))


def main(url: str, prefix: str, what: str) -> None:
    """Do *what*, and end."""
    layer = RedisLayer(url, prefix=prefix)
    if what == "async":
        asyncio.run(publish(layer))
        return
    sync = SyncLayer(layer)
    if what == "fork":
        fork(sync)
        sync.close()
    elif what == "threads":
        threads(sync)
    else:
        print(say(sync, "once"))


if __name__ == "__main__":
    main(*sys.argv[1:])
