"""Reaching clients from outside of a connection: from HTTP handlers, background tasks and threads."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent import futures
from dataclasses import dataclass
from typing import Any, TypeVar

from nexios import NexiosApp

from nexws.app.documents import routes_of
from nexws.errors import LayerError, NexwsError, SetupError
from nexws.layers import ChannelLayer
from nexws.protocol import CloseCode, Publication, Published, Retention, is_close_code
from nexws.runtime import Node

__all__ = ["ConnectionInfo", "Outside"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionInfo:
    """One client of this process."""

    id: uuid.UUID
    consumer: str
    """The namespace of its consumer class: module and name, unless that has another."""
    user_id: str | None
    created: float
    """When it connected, in seconds since the epoch."""
    groups: tuple[str, ...]


class Outside:
    """What an application's ``Nexws`` can do without a connection."""

    def __init__(self, app: NexiosApp, node: Node, claim: Callable[[type[Any]], object]) -> None:
        self._app, self._node, self._claim = app, node, claim
        app.on_startup(self._check_namespaces)
        app.on_startup(node.start)
        app.on_shutdown(node.stop)

    @property
    def layer(self) -> ChannelLayer:
        """What carries pushes between processes."""
        return self._node.layer

    @property
    def connections(self) -> tuple[ConnectionInfo, ...]:
        """The clients that are connected to this process."""
        return tuple(
            ConnectionInfo(
                id=each.id,
                consumer=each.consumer,
                user_id=each.user_id,
                created=each.created,
                groups=tuple(sorted(each.groups)),
            )
            for each in self._node.connections
        )

    @property
    def groups(self) -> dict[str, int]:
        """How many connections of this process are in each group, whatever their consumer."""
        return dict(Counter(group for each in self._node.connections for group in tuple(each.groups)))

    @property
    def overflows(self) -> dict[str, int]:
        """How often each overflow policy has acted for clients of this process that read too slowly.

        ``close`` counts connections that were cut, ``drop_oldest`` and ``drop_newest`` what was dropped, ``latest``
        what a newer one has replaced.
        """
        return self._node.overflows.as_dict()

    async def publish(
        self,
        group: str,
        publication: Publication,
        /,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        """Carry what ``Chat.posted.broadcast(..., via=ws)`` sends; from any event loop, in any thread.

        Raises:
            LayerError: it is not known to be published.
        """
        return await self._there(self._node.publish(group, publication, retention=retention, key=key))

    async def disconnect(self, user: object, *, code: int = CloseCode.FORBIDDEN, reason: str = "") -> int:
        """Close all connections of a user (its id), on all processes; tells how many are closed, 0 where there is none.

        With several processes it tells how many of those are concerned. A client does not come back after 4507, unless
        somebody tells it to. From any event loop, in any thread.

        What runs for them is cancelled, as where a client leaves.

        Raises:
            ValueError: no close frame can have *code* (RFC 6455 section 7.4).
            LayerError: it is not known to be told.
        """
        if not is_close_code(code):
            raise ValueError(f"close code {code} cannot be sent; take one of 1000 to 1014 or 3000 to 4999")
        return await self._there(self._node.disconnect(str(user), code, reason))

    def from_thread(self, coroutine: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """Run *coroutine* on the application's event loop and give its result, from a thread that has none.

        For programs that are not async: ``ws.from_thread(Chat.posted.broadcast(..., via=ws))``.

        Raises:
            LayerError: the application does not run yet, or not any more.
            SetupError: called in the thread of the event loop, which would wait for itself.
            TimeoutError: it took longer than *timeout* seconds, and has been cancelled.
        """
        loop = self._node.loop
        try:
            if loop is None or not loop.is_running():
                raise LayerError("the application does not run yet")
            if _running_loop() is loop:
                raise SetupError(
                    "from_thread() would wait for its own event loop; await the coroutine instead"
                )
        except NexwsError:
            coroutine.close()
            raise
        running = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return running.result(timeout)
        except futures.CancelledError:
            raise LayerError("the application has ended meanwhile") from None
        except futures.TimeoutError:  # another one than the builtin before Python 3.11
            if running.cancel():
                raise TimeoutError(f"it took longer than {timeout} s, and was cancelled") from None
            raise

    # -- inside

    async def _check_namespaces(self) -> None:
        """See before the first client comes that no two classes share their groups; nexios logs what is raised."""
        for _, route in routes_of(self._app.router.routes):
            self._claim(route.consumer)

    async def _there(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run *coroutine* on the event loop of the connections."""
        loop = self._node.loop
        if loop is None or not loop.is_running() or loop is _running_loop():
            return await coroutine
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
