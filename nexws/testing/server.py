"""The server's side of ASGI, as strict as its specification, without sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

import anyio
from nexios.types import ASGIApp

from nexws.errors import ExpectationError
from nexws.runtime import Message

__all__ = ["Server", "make_scope"]

ResultT = TypeVar("ResultT")

_SHOWN = 300


class Server:
    """The server's side of ASGI (version 3, WebSocket specification 2.4), as strict as the specification."""

    def __init__(self, scope: dict[str, Any], timeout: float | None) -> None:
        self.scope = scope
        self._timeout = timeout
        self.frames: deque[str | bytes] = deque()
        self.subprotocol: str | None = None
        self.decided: bool = False
        self.refusal: tuple[int, str] | None = None
        self.close_code: int | None = None
        self.finished: bool = False
        self.error: Exception | None = None
        self.readable: anyio.Event = anyio.Event()
        self.readable.set()
        self._incoming: deque[Message] = deque([{"type": "websocket.connect"}])
        self._gone = False
        self._event = anyio.Event()

    async def run(self, app: ASGIApp) -> None:
        """Run the application to its end."""
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
        """Give the application its next message."""
        while not self._incoming:
            await self.changed()
        message = self._incoming.popleft()
        if message["type"] == "websocket.disconnect":
            self._incoming.append(message)  # as often as it is asked
        return message

    async def send(self, message: Message) -> None:
        """Take a message from the application."""
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
        """Put a message in line for the application."""
        self._incoming.append(message)
        self._notify()

    def disconnect(self, code: int) -> None:
        """Leave, as a client does."""
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
        """Say what the application sent that nobody took."""
        arrived = [str(each)[:_SHOWN] for each in self.frames]
        if self.close_code is not None:
            arrived.append(f"close {self.close_code}")
        return arrived

    async def changed(self) -> None:
        """Wait until anything happens."""
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


def make_scope(
    path: str, headers: Mapping[str, str], cookies: Mapping[str, str], subprotocols: Iterable[str], user: Any
) -> dict[str, Any]:
    """Make the scope of a handshake."""
    raw_path, _, query = path.partition("?")
    given = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if cookies:
        own = "; ".join(f"{name}={value}" for name, value in cookies.items())
        given.append((b"cookie", own.encode("latin-1")))
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
