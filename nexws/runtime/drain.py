"""The end of many connections, spread over a while so that their clients do not all come back at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import anyio
from pydantic import BaseModel, Field

from nexws.events import Codec, Emit
from nexws.protocol import CLOSING_EVENT, CloseCode
from nexws.runtime.application import State
from nexws.runtime.connection import Connection
from nexws.runtime.outbox import Frame

__all__ = ["CLOSING", "Drain"]

_GLANCE = 0.1  # nobody tells of the end of a connection, so it is looked for this often
_GRACE = 1.0  # for clients that are slow to take their close frame


class Closing(BaseModel):
    """The end of a connection, as its client is told before."""

    code: Literal[4001]
    reconnect: Literal[True]
    delay: float = Field(ge=0, description="Seconds until this connection is closed.")


CLOSING: Final[Emit[Closing]] = Emit(
    CLOSING_EVENT,
    Closing,
    summary="The server stops, and closes this connection after a delay; come back then.",
    history=False,
)
"""The push that warns clients."""


class Drain:
    """Closes all connections of an application with 4001, evenly over a while.

    Clients with events are warned, all of them at the beginning. A connection is closed when its turn has come, so
    handlers may finish until then. One that ends by itself is not waited for; nor is, at its turn, one whose client
    does not read. No client is accepted any more.

    Args:
        served: lists the connections, each with what its pushes are written by, if anything.
        seconds: how long it takes, unless told otherwise when it begins.
    """

    def __init__(
        self, served: Callable[[], Iterable[tuple[Connection, Codec | None]]], seconds: float
    ) -> None:
        self.seconds: float = seconds
        self.is_begun: bool = False
        self.was_signalled: bool = False
        """Whether it is, or was, for the stop of a server."""
        self._served = served
        self._over: anyio.Event | None = None
        self._hurries = False

    @property
    def is_needed(self) -> bool:
        """Whether there is any connection."""
        return any(True for _ in self._served())

    async def run(self, seconds: float | None = None) -> None:
        """Close all connections; returns when none is left, or the last have had a second since.

        A second call waits for the first.
        """
        if self._over is not None:
            await self._over.wait()
            return
        self._over, self.is_begun = anyio.Event(), True
        try:
            await self._close_all(self.seconds if seconds is None else seconds)
        finally:
            self._over.set()
            self._over, self._hurries = None, False

    def hurry(self) -> None:
        """Close at once what is still open, now or when it begins; may be called from a signal handler."""
        self._hurries = True

    async def _close_all(self, seconds: float) -> None:
        plan = self._warn(seconds)
        for at, connection in plan:
            await self._turn(at, connection)
            _close(connection)
        for connection, _ in self._served():  # accepted while the drain began
            _close(connection)
        with anyio.move_on_after(_GRACE):
            while self.is_needed:  # noqa: ASYNC110 - there is no event to wait for
                await anyio.sleep(_GLANCE / 10)

    def _warn(self, seconds: float) -> Sequence[tuple[float, Connection]]:
        """Warn every client; gives when each connection is closed."""
        served = [each for each in self._served() if each[0].state is State.OPEN]
        begun, plan = anyio.current_time(), list[tuple[float, Connection]]()
        for number, (connection, codec) in enumerate(served, 1):
            delay = seconds * number / len(served)
            plan.append((begun + delay, connection))
            if codec is not None:
                closing = Closing(code=4001, reconnect=True, delay=round(delay, 3))
                warning = codec.body(CLOSING.writer, closing)
                connection.outbox.put(Frame.of(codec.push(CLOSING.event, warning)))
        return plan

    async def _turn(self, at: float, connection: Connection) -> None:
        """Wait for the time at which a connection is closed, for as long as there is something to close."""
        while connection.state is State.OPEN and not self._hurries:
            left = at - anyio.current_time()
            if left <= 0:
                return
            await anyio.sleep(min(left, _GLANCE))


def _close(connection: Connection) -> None:
    if connection.state is State.OPEN:
        connection.spawn(connection.close, CloseCode.DRAIN, "the server stops")
