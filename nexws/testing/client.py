"""A client for tests: speaks ASGI to an application in this process, strictly, without a server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, overload

import anyio
from nexios.types import ASGIApp

from nexws.consumer import ConsumerRoute, EventConsumer
from nexws.errors import EventFailed, ExpectationError, HandshakeRefusedError
from nexws.events import Codec, Emit
from nexws.protocol import CANCEL_EVENT
from nexws.testing.server import Server, make_scope

__all__ = ["Connection", "connect"]

T = TypeVar("T")


_USUAL: Final = EventConsumer.codec_of(None)


@asynccontextmanager
async def connect(
    app: ASGIApp,
    path: str,
    *,
    user: Any = None,
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
    timeout: float | None = 2.0,
) -> AsyncGenerator[Connection]:
    """Connect to *path* of *app*, query and all; gives the connection once the application has accepted it.

    Leaving the block closes the connection and waits for the application to clean up. ``user`` becomes
    ``scope["user"]``, as a middleware would set it. ``timeout`` bounds each wait, in seconds; ``None`` waits for ever.

    Raises:
        HandshakeRefusedError: the application did not accept.
        ExpectationError: it did not answer, or not end, in time.
        Exception: whatever the application raised.
    """
    server = Server(make_scope(path, headers or {}, cookies or {}, subprotocols, user), timeout)
    connection = Connection(server)
    failed: BaseException | None = None
    ending: ExpectationError | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, app)
        try:
            await server.wait("the handshake", lambda: server.decided or None)
            if server.refusal is not None:
                raise HandshakeRefusedError(*server.refusal)
            yield connection
        except (anyio.get_cancelled_exc_class(), GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - raised below, outside of the group, which would wrap it
            failed = error
        finally:
            with anyio.CancelScope(shield=True):
                ending = await _finish(connection)
            failed = failed or ending
            tasks.cancel_scope.cancel()
    failed = server.error or failed
    if failed is not None:
        raise failed


async def _finish(connection: Connection) -> ExpectationError | None:
    try:
        await connection.close()
    except ExpectationError as error:
        return error
    return None


class Connection:
    """One client's side of a connection. Whatever is awaited may arrive before or after other frames."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._refs = itertools.count(1)

    @property
    def _codec(self) -> Codec:
        """What the consumer at the other end speaks, in its envelope; JSON in the usual one where nobody knows."""
        route = self._server.scope.get("route")
        if isinstance(route, ConsumerRoute) and issubclass(route.consumer, EventConsumer):
            return route.consumer.codec_of(self.subprotocol)
        return _USUAL

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the application chose."""
        return self._server.subprotocol

    @property
    def is_over(self) -> bool:
        """Whether the application has ended its side, and cleaned up."""
        return self._server.finished

    # -- what the client sends

    async def send(self, event: str, data: Any = None, ref: str | int | None = None) -> None:
        """Send an event, as the consumer's envelope and encoding have it.

        *data* is a model, or anything else that can be written so; bytes go as they are.
        """
        frame: dict[str, Any] = {"event": event}
        if data is not None:
            frame["data"] = data
        if ref is not None:
            frame["ref"] = ref
        await self.send_raw(self._codec.compose(frame))

    async def send_raw(self, frame: str | bytes) -> None:
        """Send a text or binary frame as it is."""
        key = "text" if isinstance(frame, str) else "bytes"
        self._server.deliver({"type": "websocket.receive", key: frame})

    async def call(self, event: str, data: Any = None) -> Any:
        """Send an event and give the payload of its reply.

        Raises:
            EventFailed: the application answered with a failure.
        """
        ref = f"test-{next(self._refs)}"
        await self.send(event, data, ref)
        frame = await self._take(f"the reply to {event!r}", lambda frame: frame.get("ref") == ref)
        if frame["status"] == "error":
            raise _failed(frame)
        if frame["status"] != "ok":
            raise ExpectationError(f"one reply to {event!r}, not a stream", [str(frame)])
        return frame.get("data")

    async def stream(self, event: str, data: Any = None) -> AsyncGenerator[Any]:
        """Send an event and give the payloads of the stream that answers it; leaving it early cancels it.

        Raises:
            EventFailed: the application answered with a failure, at once or behind some items.
        """
        ref, status = f"test-{next(self._refs)}", "next"
        await self.send(event, data, ref)
        try:
            while True:
                frame = await self._take(f"the stream of {event!r}", lambda frame: frame.get("ref") == ref)
                status = frame["status"]
                if status == "error":
                    raise _failed(frame)
                if status != "next":
                    return
                yield frame.get("data")
        finally:
            if status == "next" and not self.is_over:
                await self.send(CANCEL_EVENT, ref=ref)

    def pause(self) -> None:
        """Stop reading, as a stalled client does: what the application sends waits."""
        if self._server.readable.is_set():
            self._server.readable = anyio.Event()

    def resume(self) -> None:
        """Read on."""
        self._server.readable.set()

    async def close(self, code: int = 1000) -> None:
        """Leave, and wait until the application has cleaned up."""
        self._server.disconnect(code)
        await self._server.wait("the application's end", lambda: self._server.finished or None)

    # -- what the client expects

    @overload
    async def expect(self, event: Emit[T], within: float | None = None) -> T: ...
    @overload
    async def expect(self, event: str, within: float | None = None) -> Any: ...
    async def expect(self, event: Emit[Any] | str, within: float | None = None) -> Any:
        """Await a push and give its payload, typed and validated where the declaration is given."""
        name = event if isinstance(event, str) else event.event
        frame = await self._take(
            f"push {name!r}", lambda frame: frame.get("event") == name and "status" not in frame, within
        )
        data = frame.get("data")
        return (
            data if isinstance(event, str) or event.schema is None else self._codec.check(event.schema, data)
        )

    async def expect_failure(self, code: str) -> EventFailed:
        """Await a failure, which must have this *code*."""
        frame = await self._take(f"failure {code!r}", lambda frame: frame.get("status") == "error")
        failure = _failed(frame)
        if failure.code != code:
            raise ExpectationError(f"failure {code!r}", [str(failure)])
        return failure

    async def expect_nothing(self, within: float = 0.05) -> None:
        """See that no frame is left, and that none arrives within so many seconds."""
        with anyio.move_on_after(within):
            while not self._server.frames:
                await self._server.changed()
        if self._server.frames:
            raise ExpectationError("nothing", self._server.arrived())

    async def expect_close(self) -> int:
        """Await that the application closes the connection, and give the code."""
        code: int = await self._server.wait("a close", lambda: self._server.close_code)
        return code

    async def receive_raw(self) -> str | bytes:
        """Await the next frame, whatever it is."""
        await self._server.wait("a frame", lambda: bool(self._server.frames) or None)
        return self._server.frames.popleft()

    # -- inside

    async def _take(
        self, what: str, matches: Callable[[dict[str, Any]], bool], within: float | None = None
    ) -> dict[str, Any]:
        """Await the first frame that matches, and leave the others."""

        def find() -> dict[str, Any] | None:
            for index, raw in enumerate(self._server.frames):
                frame = self._codec.parts(raw)
                if matches(frame):
                    del self._server.frames[index]
                    return frame
            return None

        return await self._server.wait(what, find, within)


def _failed(frame: Mapping[str, Any]) -> EventFailed:
    error = frame["error"]
    return EventFailed(
        error["code"],
        error.get("message", ""),
        details=error.get("details", ()),
        data=error.get("data"),
        retry_after=error.get("retry_after"),
        retryable=error.get("retryable", False),
    )
