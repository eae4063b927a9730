"""Observers that watch what is not there."""

from __future__ import annotations

from nexios import NexiosApp

from nexws import ConnectionClosed, ConnectionOpened, EventHandled, FrameSent, Nexws, Observer


class Watch(Observer):
    def opened(self, detail: ConnectionClosed, /) -> None:  # wrong: is told of an opened one
        print(detail.code)

    def handled(self, detail: EventHandled, /) -> None:
        print(detail.duration)  # wrong: seconds
        detail.outcome = "ok"  # wrong: it is frozen
        event: str = detail.event  # wrong: may be unknown

    def sent(self, detail: FrameSent, size: int, /) -> None:  # wrong: is told one thing
        print(detail)

    async def closed(self, detail: ConnectionClosed, /) -> None:  # wrong: nobody would await it
        print(detail)


class Stranger:
    def opened(self, detail: ConnectionOpened, /) -> None: ...


Nexws(NexiosApp(), observers=[Stranger()])  # wrong: no Observer
Nexws(NexiosApp(), observers=[Observer])  # wrong: an instance
Nexws(NexiosApp(), observers=Observer())  # wrong: a sequence
Nexws(NexiosApp(), observers=[print])  # wrong: a function
ConnectionOpened(path="/")  # wrong: of which connection
