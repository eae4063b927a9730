"""A client for tests: speaks ASGI to an application in this process, strictly, without a server."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast, overload
from urllib.parse import unquote

import anyio
from nexios.types import ASGIApp
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from nexws.errors import EventFailed, ExpectationError, HandshakeRefusedError
from nexws.events import Emit
from nexws.protocol import CANCEL_EVENT
from nexws.runtime import Message

__all__ = ["Connection", "connect"]

T = TypeVar("T")
ResultT = TypeVar("ResultT")

_SHOWN = 300


@asynccontextmanager
async def connect(
    app: ASGIApp,
    path: str,
    *,
    user: Any = None,
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
    timeout: float | None = 2.0,
) -> AsyncGenerator[Connection]:
    """Connect to *path* of *app*; gives the connection once the application has accepted it.

    Leaving the block closes the connection and waits for the application to clean up. ``user`` becomes
    ``scope["user"]``, as a middleware would set it. ``timeout`` bounds each wait, in seconds; ``None`` waits for ever.

    Raises:
        HandshakeRefusedError: the application did not accept.
        ExpectationError: it did not answer, or not end, in time.
        Exception: whatever the application raised.
    """
    server = _Server(_scope(path, headers or {}, subprotocols, user), timeout)
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

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._refs = itertools.count(1)

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
        """Send an event; *data* is a model, or anything else that can be written as JSON."""
        frame: dict[str, Any] = {"event": event}
        if data is not None:
            frame["data"] = data
        if ref is not None:
            frame["ref"] = ref
        await self.send_raw(to_json(frame, by_alias=True).decode())

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
        if isinstance(event, str) or event.schema is None:
            return data
        schema: Any = event.schema
        return TypeAdapter[Any](schema).validate_json(to_json(data))

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
                frame = _read(raw)
                if matches(frame):
                    del self._server.frames[index]
                    return frame
            return None

        return await self._server.wait(what, find, within)


class _Server:
    """The server's side of ASGI (version 3, WebSocket specification 2.4), as strict as the specification."""

    def __init__(self, scope: dict[str, Any], timeout: float | None) -> None:
        self.scope, self._timeout = scope, timeout
        self.frames: deque[str | bytes] = deque()
        self.subprotocol: str | None = None
        self.decided = False
        self.refusal: tuple[int, str] | None = None
        self.close_code: int | None = None
        self.finished = False
        self.error: Exception | None = None
        self.readable = anyio.Event()
        self.readable.set()
        self._incoming: deque[Message] = deque([{"type": "websocket.connect"}])
        self._gone = False
        self._event = anyio.Event()

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self.scope, self.receive, self.send)
            if not self.decided:
                raise RuntimeError("the application ended without accepting or refusing the connection")
        except Exception as error:  # noqa: BLE001 - told to the test
            self.error = error
        finally:
            self.finished = True
            if self.decided and self.refusal is None and not self._gone and self.close_code is None:
                self.close_code = 1006  # dropped, as a server does when the application ends
            self._notify()

    async def receive(self) -> Message:
        while not self._incoming:
            await self.changed()
        message = self._incoming.popleft()
        if message["type"] == "websocket.disconnect":
            self._incoming.append(message)  # as often as it is asked
        return message

    async def send(self, message: Message) -> None:
        if not self.readable.is_set():  # anyio yields at a set event too; servers do not where they need not
            await self.readable.wait()
        if self._gone:
            raise OSError("the client has left")
        kind = message["type"]
        body = kind == "websocket.http.response.body"
        if self.close_code is not None or (self.refusal is not None and (self.decided or not body)):
            raise RuntimeError(f"unexpected {kind!r} after the end of the connection")
        if self.refusal is not None:
            self.refusal = (self.refusal[0], self.refusal[1] + message.get("body", b"").decode())
            self.decided = not message.get("more_body", False)
        elif not self.decided:
            self._decide(kind, message)
        elif kind == "websocket.send":
            self._take_frame(message)
        elif kind == "websocket.close":
            self.close_code = message.get("code", 1000)
            self._incoming.append({"type": "websocket.disconnect", "code": self.close_code, "reason": ""})
        else:
            raise RuntimeError(f"unexpected {kind!r} on an open connection")
        self._notify()

    def deliver(self, message: Message) -> None:
        self._incoming.append(message)
        self._notify()

    def disconnect(self, code: int) -> None:
        if not self._gone:
            self._gone = True
            self.readable.set()
            self.deliver({"type": "websocket.disconnect", "code": code, "reason": ""})

    async def wait(
        self, what: str, find: Callable[[], ResultT | None], within: float | None = None
    ) -> ResultT:
        """Await that *find* finds something; the application's end and the time limit end the wait."""
        with anyio.move_on_after(within if within is not None else self._timeout):
            while True:
                found = find()
                if found is not None:
                    return found
                if self.finished:
                    break
                await self.changed()
        if self.error is not None:
            raise self.error
        raise ExpectationError(what, self.arrived())

    def arrived(self) -> list[str]:
        arrived = [str(each)[:_SHOWN] for each in self.frames]
        if self.close_code is not None:
            arrived.append(f"close {self.close_code}")
        return arrived

    async def changed(self) -> None:
        await self._event.wait()

    def _notify(self) -> None:
        self._event.set()
        self._event = anyio.Event()

    def _decide(self, kind: str, message: Message) -> None:
        if kind == "websocket.accept":
            self.subprotocol = message.get("subprotocol")
            if self.subprotocol is not None and self.subprotocol not in self.scope["subprotocols"]:
                raise RuntimeError(f"the client did not offer subprotocol {self.subprotocol!r}")
        elif kind == "websocket.close":
            self.refusal = (403, "")
        elif kind == "websocket.http.response.start":
            self.refusal = (message["status"], "")
        else:
            raise RuntimeError(f"unexpected {kind!r} before the connection is accepted")
        self.decided = kind != "websocket.http.response.start"

    def _take_frame(self, message: Message) -> None:
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str) and data is None:
            text.encode()  # a lone surrogate has no UTF-8
            self.frames.append(text)
        elif isinstance(data, bytes) and text is None:
            self.frames.append(data)
        else:
            raise RuntimeError("a frame has either text (str) or bytes (bytes)")


def _scope(path: str, headers: Mapping[str, str], subprotocols: Iterable[str], user: Any) -> dict[str, Any]:
    raw_path, _, query = path.partition("?")
    given = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if not any(name == b"host" for name, _ in given):
        given.insert(0, (b"host", b"testserver"))
    scope: dict[str, Any] = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": given,
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "subprotocols": list(subprotocols),
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    return scope if user is None else {**scope, "user": user}


def _read(raw: str | bytes) -> dict[str, Any]:
    try:
        frame = from_json(raw)
    except ValueError:
        return {}
    return cast("dict[str, Any]", frame) if isinstance(frame, dict) else {}


def _failed(frame: Mapping[str, Any]) -> EventFailed:
    error = frame["error"]
    return EventFailed(
        error["code"],
        error.get("message", ""),
        details=error.get("details", ()),
        data=error.get("data"),
        retryable=error.get("retryable", False),
    )
