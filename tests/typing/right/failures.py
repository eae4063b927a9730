"""Failures of a contract, with and without data."""

# pyright: strict

from __future__ import annotations

from typing import Any

import pytest
from nexios import NexiosApp
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventError, EventFailed, EventRouter, on
from nexws.testing import connect


class Capacity(BaseModel):
    members: int


class Full(EventError[Capacity]):
    """There is no place left."""

    code = "full"
    retryable = True


class Gone(EventError[None]):
    """It has ended."""

    code = "gone"


class OddError(EventError):
    """It is odd, with any data."""

    code = "odd"


class Shop(EventConsumer):
    errors = [Gone]

    @on("full", errors=[Full, Gone, OddError])
    async def full(self) -> None:
        raise Full(data=Capacity(members=100))

    @on("gone", schema=int, reply=int, errors=(Gone,))
    async def gone(self, data: int) -> int:
        raise Gone("it has ended for good", retryable=False)

    @on("odd", errors=[OddError])
    async def odd(self) -> None:
        raise OddError(data={"anything": [1]})

    @on("bare", reply=int)
    async def bare(self) -> int:
        raise EventError("bare", "with a code of its own", data=[1])


router = EventRouter(errors=[Full, Gone])
app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


def reads(error: EventError[Capacity]) -> None:
    assert_type(error.data, Capacity | None)
    assert_type(Full(data=Capacity(members=1)).data, Capacity | None)
    assert_type(Gone().data, None)
    assert_type(EventError("bare", data=1), EventError[int])
    assert_type(error.code, str)
    assert_type(Full.retryable, bool)


async def run() -> None:
    async with connect(app, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("full")
        assert_type(failed.value, EventFailed)
        assert_type(failed.value.code, str)
        assert_type(failed.value.data, Any)
        assert (failed.value.code, failed.value.data) == ("full", {"members": 100})
        with pytest.raises(EventFailed, match="gone"):
            await client.call("gone", 1)
