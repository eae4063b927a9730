"""Servers of several processes with one store: their clients are together, whatever process serves them."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import anyio.to_thread
import pytest

from nexws.layers.redis import RedisLayer
from nexws.protocol import CloseCode
from tests.brokers import Broker
from tests.layers.redis_layers import eventually
from tests.servers.apps import PRESENCE_SECONDS
from tests.servers.harness import Server
from tests.servers.members import Member, member, spread

pytestmark = pytest.mark.server

KINDS: Final = {
    "nexws": ("nexws",),
    "uvicorn": ("uvicorn-sansio",),
    "granian": ("granian", "--respawn-failed-workers", "--respawn-interval", "0.1"),
}
ENDS: Final = {"granian": CloseCode.ABNORMAL}
"""How a connection ends that the program closes, where it is not with the code that was given."""


def start(kind: str, folder: Path, broker: Broker, workers: int = 2) -> Server:
    """Start a server of several processes, with a store."""
    name, *options = KINDS[kind]
    options += ("--workers", f"{workers}")
    server = Server(name, folder, *options, layer=broker.url, prefix=f"workers-{folder.name}")
    try:
        server.wait_until_ready()
    except BaseException:
        server.kill()
        raise
    return server


@pytest.fixture(scope="module", params=KINDS)
def workers(
    request: pytest.FixtureRequest, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Give each server in turn."""
    count = 4 if request.param == "nexws" else 2
    server = start(request.param, tmp_path_factory.mktemp("workers"), broker, count)
    yield server
    server.kill()


@pytest.fixture
async def room(workers: Server, name: str) -> AsyncIterator[list[Member]]:
    """Give three members of a room, on two processes at least."""
    async with spread(workers, name, f"ann-{name}", f"ben-{name}", f"cid-{name}") as members:
        yield members


async def test_what_is_said_reaches_everybody_once_and_in_order(room: list[Member], name: str) -> None:
    """And all see the same members, and the same history, wherever they are."""
    texts = [f"{number}" for number in range(20)]
    for number, text in enumerate(texts):
        await room[number % 3].say(text)
    for each in room:
        await each.hears(*texts)
        assert await each.ask("shared.members") == [each.name for each in room]
        assert await each.ask("shared.kept") == texts


async def test_a_user_is_reached_and_dismissed_wherever_it_is(
    workers: Server, room: list[Member], name: str
) -> None:
    """On all processes on which it has connections, and nobody else is."""
    ann, ben, cid = room
    async with member(workers, name, ben.name, lambda process: process != ben.process) as also_ben:
        await ann.ask("shared.whisper", {"to": ben.name, "text": "psst"})
        for each in (ben, also_ben):
            await each.hears("psst")
        assert await ann.ask("shared.dismiss", ben.name) == 2
        for each in (ben, also_ben):
            assert await each.closed() == ENDS.get(workers.kind, CloseCode.FORBIDDEN)
    for each in (ann, cid):
        await each.hears_of_leaving(ben.name)
        assert await each.ask("shared.members") == [ann.name, cid.name]
        assert each.pushes == []


async def test_a_client_resumes_on_another_process(workers: Server, name: str) -> None:
    """What it missed comes once and in order, and then what is live."""
    async with spread(workers, name, "ann", "ben") as (ann, ben):
        await ann.say("first")
        await ben.hears_last("first")
        position, process = ben.pushes[-1]["pos"], ben.process
        await ben.connection.close()
        missed = [f"{number}" for number in range(20)]
        await ann.say(*missed)
        async with member(workers, name, "ben", lambda here: here != process) as returned:
            assert await returned.resume(name, position)
            await ann.say("live")
            await returned.hears(*missed, "live")


async def test_a_killed_process_takes_nobody_with_it(workers: Server, name: str) -> None:
    """Others miss nothing, its clients resume elsewhere, who does not come back is buried, and the server goes on."""
    async with spread(workers, name, "ann", f"ben-{name}") as (ann, ben):
        victim = ben.process
        async with member(workers, name, "cid", lambda process: process == victim) as cid:
            await ann.say("before")
            for each in (ben, cid):
                await each.hears_last("before")
            position = ben.pushes[-1]["pos"]
            os.kill(victim, signal.SIGKILL)
            for each in (ben, cid):
                assert await each.closed() == CloseCode.ABNORMAL
        missed = [f"{number}" for number in range(20)]
        await ann.say(*missed)
        async with member(workers, name, ben.name, lambda process: process != victim) as returned:
            assert await returned.resume(name, position)
            await ann.say("after")
            await returned.hears(*missed, "after")
            await ann.hears("before", *missed, "after")
            await ann.hears_of_leaving("cid")
            assert await returned.ask("shared.members") == ["ann", ben.name]
            await ann.ask("shared.whisper", {"to": ben.name, "text": "psst"})
            await returned.hears("psst")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stop_is_one_of_all_processes(broker: Broker, tmp_path: Path, kind: str, name: str) -> None:
    """Clients of all of them are warned and closed, where the server lets us, and nobody is present afterwards."""
    code, warnings = ENDS.get(kind, CloseCode.DRAIN), [] if kind in ENDS else ["nexws.closing"]
    server = start(kind, tmp_path, broker)
    try:
        async with spread(server, name, "ann", "ben", "cid") as room:
            server.terminate()
            assert [await each.closed() for each in room] == [code] * 3
            assert [[push["event"] for push in each.pushes] for each in room] == [warnings] * 3
        assert await anyio.to_thread.run_sync(server.wait) == 0
        async with RedisLayer(broker.url, prefix=f"workers-{tmp_path.name}") as layer:
            if kind in ENDS:  # its workers may be killed: whoever was there through them stays for a while

                async def is_empty() -> bool:
                    return not await layer.present(f"shared/{name}")

                await eventually(is_empty, "nobody present", PRESENCE_SECONDS * 3)
            assert await layer.present(f"shared/{name}") == []
    finally:
        server.kill()
