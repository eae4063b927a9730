"""Handlers that ask for what nexios provides."""

# pyright: strict

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from nexios import NexiosApp
from nexios.dependencies import Depend
from pydantic import BaseModel
from typing_extensions import assert_type

from nexws import EventConsumer, EventContext, on
from nexws.testing import connect


class Order(BaseModel):
    item: str


class Database:
    def count(self) -> int:
        return 7


def database() -> Database:
    return Database()


async def session() -> AsyncIterator[Database]:
    yield Database()


async def name(event: EventContext) -> str:
    return event.name


# To type checkers a ``Depend(...)`` is a ``Depend``, not what it provides.
DATABASE: Any = Depend(database)
SESSION: Any = Depend(session)
NAME: Any = Depend(name)


class Shop(EventConsumer):
    @on("order.place", schema=Order, reply=int)
    async def place(self, data: Order, db: Database = DATABASE) -> int:
        assert_type(db, Database)
        return db.count()

    @on("order.find", schema=Order, reply=str)
    async def find(self, data: Order, *, db: Database = SESSION, name: str = NAME) -> str:
        return f"{name} {db.count()}"

    @on("order.count", reply=int)
    def count(self, db: Database = DATABASE) -> int:
        return db.count()


app = NexiosApp()
app.add_ws_route(Shop.as_route("/"))


async def calls(shop: Shop) -> None:
    assert_type(await shop.place(Order(item="tea")), int)
    assert_type(await shop.place(Order(item="tea"), Database()), int)
    assert_type(await shop.find(Order(item="tea"), db=Database()), str)
    assert_type(shop.count(), int)


async def run() -> None:
    async with connect(app, "/") as client:
        assert await client.call("order.place", Order(item="tea")) == 7
        assert await client.call("order.find", Order(item="tea")) == "order.find 7"
        assert await client.call("order.count") == 7
