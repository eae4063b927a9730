"""Guards: functions, methods and objects, async or not."""

# pyright: strict

from __future__ import annotations

from collections.abc import Awaitable

import pytest
from nexios import NexiosApp
from typing_extensions import assert_type

from nexws import (
    EventConsumer,
    EventContext,
    EventError,
    EventFailed,
    EventRouter,
    Guard,
    Nexws,
    authenticated,
    on,
)
from nexws.testing import connect


def is_known(event: EventContext) -> bool:
    return event.user is not None


async def is_known_later(event: EventContext) -> bool:
    return is_known(event)


async def raises(event: EventContext) -> None:
    if event.user == "eve":
        raise EventError("banned", "go away")


def may_say_nothing(event: EventContext) -> bool | None:
    return None


def takes_anything(event: object) -> bool:
    return True


class Role:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, event: EventContext) -> bool:
        return bool(event.user == self.name)

    async def check(self, event: EventContext) -> bool:
        return self(event)


def role(name: str) -> Guard:
    return lambda event: event.user == name


admin: Guard = role("admin")
known: list[Guard] = [is_known, is_known_later, authenticated]


class Shop(EventConsumer):
    guards = [is_known, is_known_later]

    @on("a", guards=[authenticated, raises, may_say_nothing, takes_anything], reply=int)
    async def a(self) -> int:
        return 1

    @on("b", guards=(Role("admin"), Role("admin").check, admin, lambda event: event.ref is not None))
    async def b(self) -> None: ...

    @on("c", schema=int, reply=int, guards=known)
    async def c(self, data: int) -> int:
        return data


router = EventRouter(guards=known)
app = NexiosApp()
Nexws(app, guards=[is_known, raises])
app.add_ws_route(Shop.as_route("/"))


def calls(event: EventContext) -> None:
    assert_type(admin(event), bool | Awaitable[bool | None] | None)


async def run() -> None:
    async with connect(app, "/", user="ann") as client:
        assert await client.call("a") == 1
        with pytest.raises(EventFailed, match="forbidden"):
            await client.call("b")
