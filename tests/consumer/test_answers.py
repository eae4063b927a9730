"""Whatever happens, an event that carries a ref is answered exactly once."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, EventError, Limits, Nexws, on
from nexws.testing import Connection, connect


class Work(BaseModel):
    """What a handler does: waits so many turns, then ends in its way, with a clean-up of so many turns."""

    turns: int = 0
    end: str = "return"
    clean_up: int = 0


async def work(data: Work) -> int:
    try:
        for _ in range(data.turns):
            await checkpoint()
        if data.end == "fail":
            raise EventError("failed", "as it was told to")
        if data.end == "raise":
            raise KeyError("secret")
        if data.end == "hang":
            await anyio.sleep_forever()
        return data.turns if data.end != "lie" else "no number"  # type: ignore[return-value]
    finally:
        for _ in range(data.clean_up):
            await asyncio.sleep(0)


class Worker(EventConsumer):
    """The same work in every way in which a handler may run."""

    @on("order")
    async def order(self, data: Work) -> int:
        return await work(data)

    @on("beside", concurrency=2)
    async def beside(self, data: Work) -> int:
        return await work(data)

    @on("latest", concurrency="latest")
    async def latest(self, data: Work) -> int:
        return await work(data)

    @on("shielded", shield=True)
    async def shielded(self, data: Work) -> int:
        return await work(data)

    @on("thread", timeout=0.5)
    def thread(self, data: Work) -> int:
        if data.end == "raise":
            raise KeyError("secret")
        return data.turns

    @on("stream")
    async def stream(self, data: Work) -> AsyncIterator[int]:
        for n in range(data.turns):
            yield n
        yield await work(data)

    @on("latest.stream", concurrency="latest")
    async def latest_stream(self, data: Work) -> AsyncIterator[int]:
        for n in range(data.turns):
            yield n
        yield await work(data)

    @on("rated", rate="1/h")
    async def rated(self, data: Work) -> int:
        return await work(data)


works = st.builds(
    Work,
    turns=st.integers(0, 4),
    end=st.sampled_from(["return", "return", "fail", "raise", "hang", "lie"]),
    clean_up=st.integers(0, 4),
)
events = st.sampled_from([*Worker.events, "nope", "nexws.cancel", "pause", "resume"])
steps = st.lists(st.tuples(events, works), max_size=20)


async def play(client: Connection, script: list[tuple[str, Work]]) -> list[int]:
    """Do what *script* says; gives the refs that were used."""
    refs: list[int] = []
    for event, data in script:
        if event == "pause":
            client.pause()
        elif event == "resume":
            client.resume()
        elif event == "nexws.cancel":
            if refs:
                await client.send(event, ref=refs[data.turns % len(refs)])
        else:
            refs.append(len(refs))
            await client.send(event, data, refs[-1])
        for _ in range(data.turns):
            await checkpoint()
    client.resume()
    return refs


async def last_words(client: Connection, expected: int) -> list[int]:
    """Take what arrives until there are as many last words as *expected*, and whatever else comes."""
    words: list[int] = []
    with anyio.fail_after(2):
        while len(words) < expected:
            frame = json.loads(await client.receive_raw())
            if frame["status"] != "next":
                words.append(frame["ref"])
    await client.expect_nothing(0.002)
    return words


def serve() -> NexiosApp:
    app = NexiosApp()
    Nexws(app, limits=Limits(streams_per_connection=3, handler_timeout=0.01))
    app.add_ws_route(Worker.as_route("/"))
    return app


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(steps)
@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"failed"')
def test_each_ref_has_one_last_word(script: list[tuple[str, Work]]) -> None:
    """Random handlers, failures, cancels, timeouts and pauses; each ref is used once."""

    async def run() -> None:
        async with connect(serve(), "/", timeout=5) as client:
            refs = await play(client, script)
            assert Counter(await last_words(client, len(refs))) == Counter(refs)

    anyio.run(run)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(steps, st.integers(0, 6))
@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"failed"')
def test_no_ref_has_two_last_words_and_nothing_is_left_when_the_client_leaves(
    script: list[tuple[str, Work]], turns: int
) -> None:
    """At any moment."""

    async def run() -> None:
        before = asyncio.all_tasks()
        async with connect(serve(), "/", timeout=5) as client:
            await play(client, script)
            for _ in range(turns):
                await checkpoint()
            frames: list[Any] = [json.loads(frame) for frame in client._server.frames]
        words = Counter(frame["ref"] for frame in frames if frame["status"] != "next")
        assert all(count == 1 for count in words.values())
        assert asyncio.all_tasks() == before

    anyio.run(run)
