"""How often, how long and how many: other words and types than there are."""

from __future__ import annotations

from nexws import EventConsumer, Rate, on


class Shop(EventConsumer):
    @on("a", concurrency="newest")  # wrong: latest
    async def a(self) -> None: ...

    @on("b", concurrency=1.5)  # wrong: a whole number
    async def b(self) -> None: ...

    @on("c", timeout="5")  # wrong: seconds are a number
    async def c(self) -> None: ...

    @on("d", rate=5)  # wrong: in which time
    async def d(self) -> None: ...

    @on("e", rate=(5, 1.0))  # wrong: a pair is no rate
    async def e(self) -> None: ...

    @on("f", shield="yes")  # wrong: a boolean
    async def f(self) -> None: ...

    @on("g", deprecated=1.0)  # wrong: a boolean
    async def g(self) -> None: ...

    @on("h", schema=int, reply=int, timeout="5")  # wrong: between types too
    async def h(self, data: int) -> int:
        return data


Rate("5/s")  # wrong: Rate.parse reads text
Rate(5, per="s")  # wrong: seconds
Rate(5).events = 6  # wrong: it is frozen
Rate.parse(5)  # wrong: text
