"""Publishing from programs that serve nobody: async ones, and those without an event loop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from nexios import NexiosApp

from nexws import LayerError, MemoryLayer, Nexws, SetupError, SyncLayer
from nexws.layers.redis import RedisLayer
from nexws.testing import Connection, connect
from tests.brokers import Broker
from tests.layers.publishing import Chat, Line, say

PATIENCE = 20.0
ROOT = Path(__file__).parents[2]


async def elsewhere(broker: Broker, prefix: str, what: str) -> list[str]:
    """Run the other program to its end; gives what it printed, and it complained of nothing."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-W",
        "ignore:This process:DeprecationWarning",  # Python 3.12 and newer, where a process with threads forks
        "-X",
        "dev",
        "-m",
        "tests.layers.publishing",
        broker.url,
        prefix,
        what,
    ]
    with anyio.fail_after(PATIENCE):
        done = await anyio.run_process(command, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode().split()


@pytest.fixture
async def ann(broker: Broker, prefix: str) -> AsyncIterator[Connection]:
    """Give a client of the application that serves, in the lobby."""
    app = NexiosApp(title="Chat", version="1.0.0")
    ws = Nexws(app, layer=RedisLayer(broker.url, prefix=prefix))
    app.add_ws_route(Chat.as_route("/ws"))
    async with connect(app, "/ws", user="ann", timeout=PATIENCE) as client:
        await client.call("join", "lobby")
        yield client
    await ws.layer.stop()


@pytest.fixture
def sync(broker: Broker, prefix: str) -> Iterator[SyncLayer]:
    with SyncLayer(RedisLayer(broker.url, prefix=prefix)) as layer:
        yield layer


async def test_a_worker_needs_the_layer_alone(ann: Connection, broker: Broker, prefix: str) -> None:
    """Whoever is served elsewhere gets it, by group and by user; an idempotency key holds."""
    assert await elsewhere(broker, prefix, "async") == ["2", "1"]
    assert [(await ann.expect(Chat.said)).text for _ in range(2)] == ["async", "ann"]
    await ann.expect_nothing()


async def test_a_program_without_a_loop_publishes(ann: Connection, broker: Broker, prefix: str) -> None:
    """And ends without having closed anything: nothing keeps the process."""
    assert await elsewhere(broker, prefix, "once") == ["1"]
    assert (await ann.expect(Chat.said)).text == "once"


async def test_forked_processes_publish_through_connections_of_their_own(
    ann: Connection, broker: Broker, prefix: str
) -> None:
    """The layer was made, and used, before the fork, and works on after it."""
    assert await elsewhere(broker, prefix, "fork") == ["1", "0", "0", "1"]
    assert [(await ann.expect(Chat.said)).text for _ in range(4)] == ["before", "one", "two", "after"]


async def test_what_each_thread_publishes_keeps_its_order(
    ann: Connection, broker: Broker, prefix: str
) -> None:
    assert await elsewhere(broker, prefix, "threads") == ["300"]
    got = [(await ann.expect(Chat.said)).text.split() for _ in range(300)]
    for name in map(str, range(10)):
        assert [int(number) for thread, number in got if thread == name] == list(range(30))


# -- what goes wrong


def test_it_does_not_hold_an_event_loop(sync: SyncLayer) -> None:
    async def wrong() -> None:
        with pytest.raises(SetupError, match="await"):
            say(sync, "never")

    asyncio.run(wrong())


async def test_it_publishes_within_run_alone(sync: SyncLayer) -> None:
    with pytest.raises(SetupError, match="within its run"):
        await Chat.said.broadcast(Line(text="never"), via=sync)


def test_closed_it_publishes_no_more(sync: SyncLayer) -> None:
    assert say(sync, "nobody is there") == 0
    threads = threading.active_count()
    sync.close()
    sync.close()
    assert threading.active_count() == threads - 1
    with pytest.raises(LayerError, match="closed"):
        say(sync, "never")


def test_without_the_store_it_says_so_in_time(own_broker: Broker, prefix: str) -> None:
    """And publishes once it is there."""
    own_broker.kill()
    with SyncLayer(RedisLayer(own_broker.url, prefix=prefix)) as layer:
        began = time.monotonic()
        with pytest.raises(LayerError, match="cannot be reached"):
            say(layer, "never")
        assert time.monotonic() - began < PATIENCE / 2
        own_broker.start()
        assert say(layer, "there") == 0


def test_many_threads_wait_together_for_a_store_that_is_away(own_broker: Broker, prefix: str) -> None:
    """Each is told within the time of one try."""
    own_broker.kill()

    def told(layer: SyncLayer) -> float:
        began = time.monotonic()
        with pytest.raises(LayerError):
            say(layer, "never")
        return time.monotonic() - began

    with SyncLayer(RedisLayer(own_broker.url, prefix=prefix)) as layer, ThreadPoolExecutor(10) as pool:
        assert max(pool.map(lambda _: told(layer), range(10))) < PATIENCE / 2


def test_what_a_signal_raises_ends_the_wait_and_the_work() -> None:
    """As Celery's soft time limit does."""
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            os.kill(os.getpid(), signal.SIGUSR1)
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    def limit(_number: int, _frame: object) -> None:
        raise ValueError("too long")

    before = signal.signal(signal.SIGUSR1, limit)
    try:
        with SyncLayer(MemoryLayer()) as layer:
            with pytest.raises(ValueError, match="too long"):
                layer.run(wait())
            assert cancelled.wait(PATIENCE)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_closing_while_it_begins_leaves_nothing_behind(own_broker: Broker, prefix: str) -> None:
    """Neither a thread nor a connection."""
    own_broker.freeze()
    layer = SyncLayer(RedisLayer(own_broker.url, prefix=prefix))
    with pytest.raises(TimeoutError):
        layer.run(Chat.said.broadcast(Line(text="never"), via=layer), timeout=0.1)
    layer.close()
    own_broker.thaw()
    gc.collect()  # what was left would complain now


def test_it_waits_no_longer_than_it_may() -> None:
    """What takes longer is cancelled."""
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    with SyncLayer(MemoryLayer()) as layer:
        with pytest.raises(TimeoutError, match="was cancelled"):
            layer.run(wait(), timeout=0.05)
        assert cancelled.wait(PATIENCE)


def test_closing_ends_what_others_wait_for() -> None:
    waiting = threading.Event()
    told: list[Exception] = []

    async def wait() -> None:
        waiting.set()
        await asyncio.sleep(3600)

    def run(layer: SyncLayer) -> None:
        try:
            layer.run(wait())
        except LayerError as error:
            told.append(error)

    with SyncLayer(MemoryLayer()) as layer:
        other = threading.Thread(target=partial(run, layer))
        other.start()
        assert waiting.wait(PATIENCE)
    other.join(PATIENCE)
    assert not other.is_alive()
    assert "closed meanwhile" in str(told[0])


def test_a_wait_can_be_interrupted() -> None:
    async def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(3600)

    with SyncLayer(MemoryLayer()) as layer, pytest.raises(KeyboardInterrupt):
        layer.run(interrupt())


def test_what_is_raised_comes_through() -> None:
    async def fail() -> None:
        raise LookupError("mine")

    with SyncLayer(MemoryLayer()) as layer, pytest.raises(LookupError, match="mine"):
        layer.run(fail())
