"""A consumer that takes anything, and what its answers are checked with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, field_validator

from nexws import EventConsumer, on
from nexws.testing import connect

KIB_64 = 64 * 1024
NO_EVENT = "nexws.error"
AFTER = '{"event":"echo","ref":"after","status":"ok","data":"good"}'

positions = pytest.mark.parametrize("position", ["first", "later"])


class Even(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def is_even(cls, n: int) -> int:
        if n % 2:
            raise ValueError("write an even number")
        return n


class Crash(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def crash(cls, n: int) -> int:
        raise KeyError("inside of the validator")


class Sink(EventConsumer):
    """Takes anything, and puts all its clients into one group."""

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("all")

    @on("echo")
    async def echo(self, data: Any) -> object:
        return data

    @on("map")
    async def map(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    @on("even", schema=Even)
    async def even(self, data: Even) -> str:
        return f"{type(data).__name__} {data}"

    @on("many")
    async def many(self, data: list[int]) -> int:
        return len(data)

    @on("crash", schema=Crash)
    async def crash(self, data: Crash) -> None:
        """Never runs."""

    @on("nothing")
    async def nothing(self) -> None:
        """Takes nothing, gives nothing."""


def read(frame: str | bytes) -> dict[str, Any]:
    """Read what the server sent, which must be JSON, and not only Python's."""

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    assert isinstance(frame, str)
    assert frame.isascii() or frame.encode()
    answer = json.loads(frame, parse_constant=refuse)
    assert isinstance(answer, dict)
    return answer


def check_quiet(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """See that a bad frame left at most one short line in the log, and nothing elsewhere."""
    text = caplog.text
    assert len(text) <= 300
    assert len(text.splitlines()) <= 1
    assert capfd.readouterr() == ("", "")


async def answer_to(app: NexiosApp, frame: str | bytes, position: str) -> dict[str, Any]:
    """Send *frame*; give its one answer, and see that the connection and its neighbour go on."""
    async with connect(app, "/ws") as neighbour, connect(app, "/ws") as client:
        if position == "later":
            assert await client.call("echo", [1]) == [1]
        await client.send_raw(frame)
        await client.send("echo", "good", ref="after")
        answer = read(await client.receive_raw())
        assert await client.receive_raw() == AFTER
        await neighbour.send("echo", "good", ref="after")
        assert await neighbour.receive_raw() == AFTER
    return answer


def frame(event: object = "echo", data: object = 1, **others: object) -> str:
    return json.dumps({"event": event, "data": data, "ref": "r", **others})


def padded(text: str, size: int) -> str:
    return text + " " * (size - len(text.encode()))
