"""A server and its clients, as ASGI knows them: strict, in this process, and as rude as the network."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import anyio
from anyio.abc import TaskGroup
from nexios import NexiosApp
from nexios.websockets import WebSocketConsumer as NexiosConsumer

from nexws import Limits, Nexws, WebSocketConsumer

T = TypeVar("T")
Message = Any


class Missed(AssertionError):  # noqa: N818 - a failed assertion
    """Something awaited did not come in time."""


class Transport:
    """What a server writes to."""

    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        """Drop the socket."""
        self.aborted = True


class Client:
    """One client, and the server between it and the application.

    All that the application tells the server is in ``told``, also what a server must refuse.
    """

    def __init__(self, patience: float, *, answers_close: bool = True) -> None:
        self.told: list[Message] = []
        self.error: BaseException | None = None
        self.ended = False
        self.transport = Transport()
        self.send_raises: Exception | None = None
        """What the server raises for each frame, as for a client that is gone."""
        self.send_waits = False
        """Whether the server goes round the loop for each frame; most take one at once while the socket does."""
        self._patience, self._answers_close = patience, answers_close
        self._incoming: list[Message] = [{"type": "websocket.connect"}]
        self._changed = anyio.Event()
        self._readable = anyio.Event()
        self._readable.set()
        self._heard = 0
        self.task: asyncio.Task[Any] | None = None
        self.scope = anyio.CancelScope()

    # -- the client

    def say(self, payload: Any) -> None:
        """Send a JSON text frame."""
        self.deliver(text=json.dumps(payload))

    def deliver(self, **frame: Any) -> None:
        """Send a frame with just these keys."""
        self._put({"type": "websocket.receive", **frame})

    def leave(self, code: int | None = 1000) -> None:
        """Close; ``None`` leaves the code out of what the server tells."""
        self.send_raises = OSError("the client has left")
        self._put({"type": "websocket.disconnect"} | ({} if code is None else {"code": code}))

    def vanish(self) -> None:
        """Be gone, without the server having told so yet."""
        self.send_raises = OSError("the client is gone")

    def stall(self) -> None:
        """Read no more: the server's ``send`` waits."""
        self._readable = anyio.Event()

    def read_on(self) -> None:
        """Read again."""
        self._readable.set()

    async def hear(self) -> Any:
        """Give the payload of the next frame."""
        await self.until("a frame", lambda: len(self.frames) > self._heard or None)
        self._heard += 1
        text = self.frames[self._heard - 1].get("text")
        return json.loads(text) if text is not None else self.frames[self._heard - 1]["bytes"]

    async def ask(self, payload: Any) -> Any:
        """Send a JSON text frame and give the payload of the next frame that comes back."""
        self.say(payload)
        return await self.hear()

    async def closed(self) -> int:
        """Give the code that the application closed with first."""
        return (await self.until("a close", lambda: self.closes or None))[0]

    async def end(self) -> None:
        """Await the end of the application."""
        await self.until("the application's end", lambda: self.ended or None)

    async def until(self, what: str, find: Callable[[], T | None]) -> T:
        """Await that *find* finds something; once the application has ended nothing will change."""
        with anyio.move_on_after(self._patience):
            while (found := find()) is None and not self.ended:
                await self._changed.wait()
            if found is not None:
                return found
        raise Missed(f"awaited {what}, was told {self.told}, error {self.error!r}")

    # -- what the application told the server

    @property
    def accepted(self) -> bool:
        """Whether the client has been accepted."""
        return any(each["type"] == "websocket.accept" for each in self.told)

    @property
    def frames(self) -> list[Message]:
        """The frames, as the server got them."""
        return [each for each in self.told if each["type"] == "websocket.send"]

    @property
    def closes(self) -> list[int]:
        """The codes of all closes: there should never be two."""
        return [each.get("code", 1000) for each in self.told if each["type"] == "websocket.close"]

    # -- the server

    async def run(self, app: Any, scope: Any) -> None:
        """Serve the client; whatever the application raises is kept."""
        self.task = asyncio.current_task()
        try:
            with self.scope:
                await app(scope, self.receive, self.send)
        except (Exception, asyncio.CancelledError) as error:
            self.error = error
        self.ended = True
        self.notify()

    async def receive(self) -> Message:
        """Give the application what the client sent; after its end, the end again."""
        while not self._incoming:
            await self._changed.wait()
        if self._incoming[0]["type"] == "websocket.disconnect":
            return self._incoming[0]
        return self._incoming.pop(0)

    async def send(self, message: Message) -> None:
        """Take what the application sends."""
        closed = bool(self.closes)
        self.told.append(message)
        self.notify()
        if self.send_waits or not self._readable.is_set():
            await self._readable.wait()
        kind = message["type"]
        if kind == "websocket.send" and self.send_raises is not None:
            raise self.send_raises
        if closed:
            raise RuntimeError(f"unexpected {kind!r} after a close")
        if kind == "websocket.send":
            _check(message)
        elif kind == "websocket.close" and self._answers_close:
            code = message.get("code", 1000) if self.accepted else 1006
            self._put({"type": "websocket.disconnect", "code": code})

    def notify(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()
        self._changed = anyio.Event()

    def _put(self, message: Message) -> None:
        self._incoming.append(message)
        self.notify()


def _check(message: Message) -> None:
    """Refuse what no server can put into a frame."""
    text, data = message.get("text"), message.get("bytes")
    if not (isinstance(text, str) and data is None) and not (isinstance(data, bytes) and text is None):
        raise TypeError("a frame has either text (str) or bytes (bytes)")
    if text is not None:
        text.encode()


class Server:
    """Runs consumers, which are written for nexws' class, on that class or on Nexios'."""

    def __init__(self, tasks: TaskGroup, *, is_nexws: bool) -> None:
        self.is_nexws = is_nexws
        self._tasks = tasks
        self._patience = 5.0 if is_nexws else 0.15
        self._clients: list[Client] = []
        self._made: dict[type, type[Any]] = {}

    def on_base(self, consumer: type[WebSocketConsumer]) -> type[Any]:
        """Give *consumer* itself, or its like with Nexios' class in the place of nexws'."""
        if self.is_nexws:
            return consumer
        if consumer not in self._made:
            body: dict[str, Any] = {}
            own = consumer.__mro__[: consumer.__mro__.index(WebSocketConsumer)]
            for each in reversed(own):
                body.update(vars(each))
            kept = {key: value for key, value in body.items() if key not in ("__dict__", "__weakref__")}
            self._made[consumer] = types.new_class(
                consumer.__name__, (NexiosConsumer,), exec_body=lambda names: names.update(kept)
            )
        return self._made[consumer]

    def serve(self, *consumers: type[WebSocketConsumer], limits: Limits | None = None) -> NexiosApp:
        """Make an application with each of *consumers* on the path ``/<name>``."""
        app = NexiosApp()
        if self.is_nexws:
            Nexws(app, limits=limits)
        for each in consumers:
            app.add_ws_route(self.on_base(each).as_route(f"/{each.__name__}"))
        return app

    async def connect(
        self, app: Any, to: type[WebSocketConsumer] | str, *, answers_close: bool = True, **scope: Any
    ) -> Client:
        """Connect, and await that the application accepts."""
        client = self.knock(app, to, answers_close=answers_close, **scope)
        await client.until("the handshake", lambda: client.accepted or None)
        return client

    async def connect_all(self, app: Any, to: type[WebSocketConsumer], number: int) -> Sequence[Client]:
        """Connect several clients, one after the other."""
        return [await self.connect(app, to) for _ in range(number)]

    def knock(
        self, app: Any, to: type[WebSocketConsumer] | str, *, answers_close: bool = True, **scope: Any
    ) -> Client:
        """Begin to connect."""
        path = to if isinstance(to, str) else f"/{to.__name__}"
        client = Client(self._patience, answers_close=answers_close)
        self._clients.append(client)
        self._tasks.start_soon(client.run, app, websocket_scope(path) | scope)
        return client

    async def get(self, app: Any, path: str) -> tuple[int, bytes]:
        """Make an HTTP request; gives status and body."""
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        await app(websocket_scope(path) | {"type": "http", "method": "GET", "scheme": "http"}, receive, send)
        return answer[0]["status"], b"".join(each.get("body", b"") for each in answer)

    async def stop(self) -> None:
        """Send all clients home, await the end, and see that a server would have had no error from nexws."""
        for client in self._clients:
            client.read_on()
            client.leave()
        if self.is_nexws:
            for client in self._clients:
                await client.end()
                if client.error is not None and not isinstance(client.error, asyncio.CancelledError):
                    raise client.error


def websocket_scope(path: str) -> dict[str, Any]:
    """Write the scope of a handshake, as servers do."""
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
