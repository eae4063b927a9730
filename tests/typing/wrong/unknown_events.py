"""Serving what is unknown, wrongly."""

from __future__ import annotations

from nexws import EventConsumer, EventContext, on


class Proxy(EventConsumer):
    @on.unknown("chat.*")  # wrong: has no name; a family is on("chat.*")
    async def names_a_family(self, event: EventContext) -> None: ...

    @on.unknown(rate=5)  # wrong: in which time
    async def rate_of_five(self, event: EventContext) -> None: ...

    @on.unknown(stream=int)  # wrong: nothing to stream
    async def streams(self, event: EventContext) -> None: ...

    @on.unknown(guard=[])  # wrong: guards
    async def is_misspelt(self, event: EventContext) -> None: ...

    @on.unknown(concurrency="newest")  # wrong: latest
    async def newest(self, event: EventContext) -> None: ...

    @on.known  # wrong: no such thing
    async def known(self, event: EventContext) -> None: ...

    @on.unknown
    async def rest(self, event: EventContext) -> str:
        return event.name


async def calls(proxy: Proxy, event: EventContext) -> None:
    number: int = await proxy.rest(event)  # wrong: the name
    await proxy.rest("chat.message")  # wrong: the event, not its name
    await proxy.rest()  # wrong: takes the event
