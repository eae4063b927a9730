"""Streams: in order, no faster than they are read, ended by exactly one last word."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocketDisconnect
from pydantic import BaseModel

from nexws import EventConsumer, EventError, EventFailed, ExpectationError, Limits, Nexws, on
from nexws.testing import connect


class CountTo(BaseModel):
    limit: int


class Tick(BaseModel):
    n: int


class Streamer(EventConsumer):
    """Streams of all kinds."""

    log: list[str] = []

    @on("count", schema=CountTo, stream=Tick)
    async def count(self, data: CountTo) -> AsyncIterator[Tick]:
        for n in range(data.limit):
            yield Tick(n=n)

    @on("forever")
    async def forever(self) -> AsyncIterator[int]:
        try:
            for n in itertools.count():
                self.log.append(f"item {n}")
                yield n
                await checkpoint()
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self.log.append("cleaned up")

    @on("wait")
    async def wait(self) -> AsyncIterator[int]:
        await anyio.sleep_forever()
        yield 1

    @on("full")
    async def full(self) -> AsyncIterator[int]:
        yield 1
        raise EventError("full", "no more", data=[1])

    @on("broken")
    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise KeyError("secret")

    @on("liar", stream=int)
    async def liar(self) -> AsyncIterator[int]:
        yield 1
        yield "two"  # type: ignore[misc]

    @on("kick")
    async def kick(self) -> AsyncIterator[int]:
        yield 1
        raise WebSocketException(4321, "out")

    @on("other")
    async def other(self) -> AsyncIterator[int]:
        yield 1
        raise WebSocketDisconnect(1006)  # of somebody else: this client is there

    @on("echo")
    async def echo(self, data: int) -> int:
        return data


@pytest.fixture
def app() -> NexiosApp:
    Streamer.log = []
    app = NexiosApp()
    Nexws(app, limits=Limits(streams_per_connection=3))
    app.add_ws_route(Streamer.as_route("/"))
    return app


async def until(condition: Any) -> None:
    with anyio.fail_after(2):
        while not condition():
            await checkpoint()


async def test_a_stream_is_told_item_by_item_and_ends_with_done(app: NexiosApp) -> None:
    """The frames of the protocol."""
    async with connect(app, "/") as client:
        await client.send("count", CountTo(limit=2), "7")
        assert [json.loads(await client.receive_raw()) for _ in range(3)] == [
            {"event": "count", "ref": "7", "status": "next", "data": {"n": 0}},
            {"event": "count", "ref": "7", "status": "next", "data": {"n": 1}},
            {"event": "count", "ref": "7", "status": "done"},
        ]
        await client.expect_nothing()


async def test_a_test_reads_a_stream_as_an_iterator(app: NexiosApp) -> None:
    """Empty ones too."""
    async with connect(app, "/") as client:
        assert [tick async for tick in client.stream("count", {"limit": 3})] == [{"n": 0}, {"n": 1}, {"n": 2}]
        assert [tick async for tick in client.stream("count", {"limit": 0})] == []
        with pytest.raises(ExpectationError, match="not a stream"):
            await client.call("count", {"limit": 1})


async def test_other_events_are_served_while_a_stream_runs(app: NexiosApp) -> None:
    """A stream holds nobody up, and two of them run side by side."""
    async with connect(app, "/") as client:
        await client.send("wait", ref="w")
        assert await client.call("echo", 1) == 1
        assert [tick["n"] async for tick in client.stream("count", {"limit": 2})] == [0, 1]


async def test_a_client_ends_a_stream(app: NexiosApp) -> None:
    """It is told done, once; the generator cleans up, and may await to do so."""
    async with connect(app, "/") as client:
        await client.send("forever", ref=7)
        await until(lambda: len(Streamer.log) > 3)
        for _ in range(3):
            await client.send("nexws.cancel", ref=7)
        await client.send("nexws.cancel", ref="never was")
        await until(lambda: "cleaned up" in Streamer.log)
        assert await client.call("echo", 1) == 1
        frames = [json.loads(frame) for frame in iter_frames(client)]
        assert [frame["status"] for frame in frames if frame["status"] != "next"] == ["done"]


def iter_frames(client: Any) -> list[str]:
    return list(client._server.frames)


async def test_leaving_a_stream_early_cancels_it(app: NexiosApp) -> None:
    """In tests, as in clients."""
    async with connect(app, "/") as client:
        stream = client.stream("forever")
        assert [await anext(stream) for _ in range(3)] == [0, 1, 2]
        await stream.aclose()
        await until(lambda: "cleaned up" in Streamer.log)


async def test_a_client_that_leaves_ends_its_streams(app: NexiosApp) -> None:
    """And they have cleaned up when ``on_disconnect`` runs."""

    class Watching(Streamer):
        async def on_disconnect(self, websocket: Any, close_code: int) -> None:
            self.log.append("left")

    app.add_ws_route(Watching.as_route("/watching"))
    async with connect(app, "/watching") as client:
        await client.send("forever", ref=1)
        await until(lambda: len(Streamer.log) > 3)
    assert Streamer.log[-2:] == ["cleaned up", "left"]


async def test_a_stream_is_not_drained_faster_than_it_is_read(app: NexiosApp) -> None:
    """While the client's socket takes nothing, the generator is asked for nothing."""
    async with connect(app, "/") as client:
        client.pause()
        await client.send("forever", ref=1)
        await until(lambda: Streamer.log)
        for _ in range(50):
            await checkpoint()
        assert len(Streamer.log) == 1
        client.resume()
        await until(lambda: len(Streamer.log) > 5)


@pytest.mark.parametrize(
    ("event", "code", "data"),
    [
        ("full", "full", [1]),
        ("broken", "internal", None),
        ("liar", "internal", None),
        ("other", "internal", None),
    ],
)
@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"full"')
async def test_a_stream_that_fails_says_so_as_its_last_word(
    app: NexiosApp, event: str, code: str, data: Any
) -> None:
    """Behind what it had yielded."""
    async with connect(app, "/") as client:
        got = []
        with pytest.raises(EventFailed) as failed:
            async for item in client.stream(event):
                got += [item]
        assert got == [1]
        assert (failed.value.code, failed.value.data) == (code, data)
        assert "secret" not in str(failed.value)
        assert await client.call("echo", 1) == 1


async def test_a_stream_may_close_the_connection(app: NexiosApp) -> None:
    """With nexios' exception, as in any handler."""
    async with connect(app, "/") as client:
        await client.send("kick", ref=1)
        assert await client.expect_close() == 4321


@pytest.mark.outside_contract("which refs are taken is in no schema", '"wait",.*"bad_envelope"')
async def test_a_stream_needs_a_ref_of_its_own(app: NexiosApp) -> None:
    """Otherwise nobody could tell its items, or its end, from another's."""
    async with connect(app, "/") as client:
        await client.send("count", {"limit": 1})
        assert "needs a ref" in (await client.expect_failure("bad_envelope")).message
        await client.send("wait", ref=1)
        await client.send("wait", ref=1)
        await client.expect_failure("bad_envelope")
        await client.send("nexws.cancel", ref=1)
        assert json.loads(await client.receive_raw()) == {"event": "wait", "ref": 1, "status": "done"}


async def test_the_number_of_streams_is_bounded(app: NexiosApp) -> None:
    """One that ends makes room."""
    async with connect(app, "/") as client:
        for ref in range(3):
            await client.send("wait", ref=ref)
        with pytest.raises(EventFailed) as failed:
            await client.call("wait")
        assert (failed.value.code, failed.value.retryable) == ("rate_limited", True)
        await client.send("nexws.cancel", ref=1)
        await client.receive_raw()
        assert [tick["n"] async for tick in client.stream("count", {"limit": 1})] == [0]


@pytest.mark.parametrize("ref", [None, True, 1.5, "x" * 129, []])
async def test_a_cancel_names_a_ref(app: NexiosApp, ref: object) -> None:
    """As any envelope does."""
    async with connect(app, "/") as client:
        await client.send_raw(json.dumps({"event": "nexws.cancel", "ref": ref}))
        await client.expect_failure("bad_envelope")
