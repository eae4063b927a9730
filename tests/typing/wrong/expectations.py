"""What a test client gives, taken for something else."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from nexws import EventConsumer, emits
from nexws.testing import Connection, connect


class Placed(BaseModel):
    item: str


class Cancelled(BaseModel):
    reason: str


class Shop(EventConsumer):
    placed = emits("order.placed", Placed)
    counted = emits("order.counted", int)
    named = emits("order.named", Placed | Cancelled)


async def talks(client: Connection) -> None:
    cancelled: Cancelled = await client.expect(Shop.placed)  # wrong: gives Placed
    text: str = await client.expect(Shop.counted)  # wrong: gives a number
    placed: Placed = await client.expect(Shop.named)  # wrong: may give Cancelled
    late: Placed = client.expect(Shop.placed)  # wrong: is not awaited
    (await client.expect(Shop.placed)).reason  # wrong: has an item
    await client.expect(Placed)  # wrong: the push, not its payload
    await client.expect(Shop.placed, within="1")  # wrong: seconds
    await client.expect_failure(404)  # wrong: a code is text
    await client.send("order.place", {"item": "tea"}, ref=1.5)  # wrong: text or a whole number
    await client.send_raw({"event": "order.place"})  # wrong: text or bytes
    code: str = await client.expect_close()  # wrong: gives a number
    for item in client.stream("order.watch"):  # wrong: with async for
        print(item)


async def connects(app: Any) -> None:
    async with connect(app, "/shop", usr="ann"):  # wrong: user
        pass
    async with connect(app, "/shop", timeout="2"):  # wrong: seconds
        pass
    with connect(app, "/shop"):  # wrong: with async with
        pass
