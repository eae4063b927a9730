"""Failures whose data is generic over something else."""

# pyright: strict

from __future__ import annotations

from typing import Generic, TypeVar

import pytest
from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import EventConsumer, EventError, EventFailed, on
from nexws.testing import connect

T = TypeVar("T")
KeyT = TypeVar("KeyT")


class TooMany(EventError[list[T]]):
    """There are too many of a kind."""


class ManyNames(TooMany[str]):
    """There are too many names."""

    code = "many_names"


class Clash(EventError[dict[KeyT, T]], Generic[KeyT, T]):
    """Two things have one key."""


class NameClash(Clash[str, int]):
    """Two things have one name."""

    code = "name_clash"


class Shop(EventConsumer):
    @on("names", errors=[ManyNames])
    async def names(self) -> None:
        raise ManyNames(data=["ann", "bob"])

    @on("clash", errors=[NameClash])
    async def clash(self) -> None:
        raise NameClash(data={"ann": 2})


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


def reads(many: ManyNames, clash: NameClash) -> None:
    assert_type(many.data, list[str] | None)
    assert_type(clash.data, dict[str, int] | None)


async def run() -> None:
    async with connect(app, "/") as client:
        with pytest.raises(EventFailed, match="many_names") as failed:
            await client.call("names")
        assert failed.value.data == ["ann", "bob"]
        with pytest.raises(EventFailed, match="name_clash"):
            await client.call("clash")
