"""One client, from the handshake to the end, whatever framework serves it."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup

from nexws.errors import ConnectionClosedError
from nexws.events import Bucket
from nexws.protocol import CloseCode, close_reason
from nexws.runtime.application import Application, State
from nexws.runtime.backlog import OverflowCounts
from nexws.runtime.cancellation import Interrupt, Interrupted
from nexws.runtime.inbox import Inbox, Receive
from nexws.runtime.jobs import Jobs
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame, Message, Outbox, Send, WatchedOutbox
from nexws.runtime.refusals import PLAIN_TEXT, CloseRequested
from nexws.runtime.silence import HEARTBEAT, IDLE, close_when_silent
from nexws.runtime.stepping import resume
from nexws.runtime.transport import CloseWitness, Ends, abort, watch_close

__all__ = ["Connection"]


class Connection:
    """The life of one client.

    Its hooks run one after the other in the task of the connection: ``connected``, then ``received`` for each frame,
    then ``disconnected``, once, if the client had been accepted, however the connection ends. While a hook runs, the
    socket is read on (up to ``Limits.inbox_frames``), so a client that leaves is noticed; the hook is cancelled then.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        limits: Limits,
        *,
        server_send: Send | None = None,
        may_deny: bool = False,
        ends: Ends = (None, None),
        id: uuid.UUID | None = None,  # noqa: A002 - what it is
        consumer: str = "",
        overflows: OverflowCounts | None = None,
        watch: Callable[[Connection, Frame, bool], None] | None = None,
    ) -> None:
        self.id: uuid.UUID = id or uuid.uuid4()
        self.consumer = consumer  # whose connection it is, as its hub is called
        self.created: float = time.time()
        self.user_id: str | None = None
        self.groups: set[str] = set()
        self.encoding = ""
        """What its frames are written in, where its consumer speaks several."""
        self.state: State = State.CONNECTING
        self.code: int = CloseCode.ABNORMAL
        self.limits = limits
        self.outbox: Outbox = self._make_outbox(send, overflows, watch)
        self._inbox = Inbox(receive, limits.inbox_frames, limits.inbox_timeout, self._overflow)
        self._send, self._may_deny = send, may_deny
        self._server_send = server_send or send  # leads to the socket, where a middleware wraps the other
        self.heard_at: float | None = None
        """When the client was heard of last, where that matters."""
        self._handling, self._life = False, Interrupt()
        self._patience: anyio.CancelScope
        self._expires: float | None = None
        self._ends = ends
        self._witness: CloseWitness | None = None
        self._jobs: Jobs | None = None
        self.buckets: dict[str, Bucket] = {}
        """What is left of each event's rate."""
        self.application: Application
        self._tasks: TaskGroup

    def _make_outbox(
        self,
        send: Send,
        overflows: OverflowCounts | None,
        watch: Callable[[Connection, Frame, bool], None] | None,
    ) -> Outbox:
        make = Outbox if watch is None else WatchedOutbox
        outbox = make(
            send,
            self.spawn,
            self._cut,
            limit_bytes=self.limits.outbox_bytes,
            timeout=self.limits.send_timeout,
            on_dropped=self._dropped,
            counts=overflows,
        )
        if watch is not None and isinstance(outbox, WatchedOutbox):
            outbox.watch(partial(watch, self))
        return outbox

    async def serve(self, application: Application) -> None:
        """Serve the client until it leaves; nothing outlives this call."""
        self.application = application
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    with anyio.CancelScope() as self._patience, contextlib.suppress(Interrupted):
                        await self._life.over(self._live)
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._end_jobs()
                    self._tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._end()
            # Some servers keep the socket for as long as anybody holds their ends of it (granian).
            self._inbox.close()
            self.outbox.forget_send()
            del self._send, self._server_send

    @property
    def jobs(self) -> Jobs:
        """What runs for this client beside the order of its events."""
        if self._jobs is None:
            self._jobs = Jobs(self.spawn)
        return self._jobs

    # -- the framework's side of the socket

    async def receive(self) -> Message:
        """Give the next message of the client.

        Raises:
            ConnectionClosedError: the connection is over.
        """
        message = await self._inbox.take()
        if message["type"] == "websocket.disconnect":
            self._left(message)
            return {**message, "code": message.get("code") or CloseCode.NO_STATUS}
        if self.heard_at is not None and not self._inbox.reads_ahead:
            self.heard_at = anyio.current_time()
        if self._expires is not None:
            self.outbox.active_at = anyio.current_time()
        return message

    async def send(self, message: Message) -> None:
        """Take an ASGI message from the framework: frames go through the outbox, the others change the state."""
        kind = message["type"]
        if kind == "websocket.send":
            text = message.get("text")
            await self.write(Frame.text(text) if text is not None else Frame.binary(message["bytes"]))
        elif kind == "websocket.accept":
            try:
                await self._send(self.application.accepting(message))
            except OSError:
                raise ConnectionClosedError(self.code) from None
            self._witness = watch_close(self._server_send)
            self.state = State.OPEN
            await self.application.accepted()
            self.outbox.open()
            self._watch_idle()
        elif kind == "websocket.close":
            await self.close(message.get("code") or CloseCode.NORMAL, message.get("reason") or "")
        else:  # websocket.http.response.*: the framework's own words of refusal
            self.state = State.REFUSED
            await self._send(message)

    async def write(self, frame: Frame) -> None:
        """Send *frame* behind all others, and wait until the client's socket has taken it.

        Raises:
            ConnectionClosedError: the connection is over, or ends by this frame; not where its policy drops it.
        """
        if self.outbox.put(frame) or not self.outbox.is_closed:
            if self.state is not State.OPEN or not self.outbox.is_congested:
                return
            await self.outbox.flush()
            if self.state is State.OPEN:
                return
        raise ConnectionClosedError(self.code)

    # -- endings

    async def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Send what still waits, then close; before the client is accepted, refuse it. A second call does nothing."""
        if self.state is State.CONNECTING:
            await self.refuse(reason)
        elif self.state is State.OPEN:
            self.state, self.code = State.CLOSING, code
            self.outbox.seal()
            await self.outbox.flush()
            if self.state is State.CLOSING:
                await self._say_goodbye(code, reason)
            self.outbox.close()
            if not self._handling:
                self._interrupt()

    async def end(self, code: int, reason: str = "") -> None:
        """Close as ``close`` does, and cancel what runs for the client: nobody waits for it any more."""
        if self.state is State.OPEN:
            await self.close(code, reason)
            self._interrupt()

    def end_soon(self, code: int, reason: str = "") -> bool:
        """End as ``end`` does, in a task of the connection's own; false where it is at its end already."""
        if self.state is not State.OPEN:
            return False
        self.spawn(self.end, code, reason)
        return True

    async def refuse(self, reason: str = "", status: int = 403, content_type: str = PLAIN_TEXT) -> None:
        """Turn the client away: with *status* and *reason* where the server can say so, else as it does it (403)."""
        self.state = State.REFUSED
        await self._quietly(self._deny(reason, status, content_type))

    async def _deny(self, reason: str, status: int, content_type: str) -> None:
        if not self._may_deny:
            await self._send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION, "reason": ""})
            return
        body = (reason or "forbidden").encode("utf-8", "replace")
        headers = [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body, "more_body": False})

    @property
    def expires(self) -> float | None:
        """Close with 1001 once nothing has crossed the connection for so many seconds; ``None``: never."""
        return self._expires

    @expires.setter
    def expires(self, seconds: float | None) -> None:
        watched, self._expires = self._expires is not None, seconds
        if self.state is State.OPEN and not watched:
            self._watch_idle()

    @property
    def silent_since(self) -> float | None:
        """When the client was heard of last, where that matters; now, while nobody listens."""
        return self.heard_at if self.heard_at is None or self._inbox.listens else anyio.current_time()

    def expect_heartbeat(self) -> None:
        """Close with 4012 once nothing has been heard for longer than a heartbeat may take, from now on."""
        if self.heard_at is None and self.state is State.OPEN:
            self.heard_at = anyio.current_time()
            self.spawn(close_when_silent, self, HEARTBEAT)

    # -- the life

    async def _live(self) -> None:
        if not await self._hook("on_connect", self.application.connected()):
            return
        while True:
            message = await self.receive()
            if self.state is not State.OPEN:
                return
            self._handling = True
            try:
                if not await self._hook("on_receive", self.application.received(message)):
                    return
            finally:
                self._handling = False

    async def _hook(self, name: str, running: Coroutine[Any, Any, None]) -> bool:
        """Run a hook; false if the connection does not go on after it."""
        try:
            await (self._watched(running) if self.state is State.OPEN else running)
        except CloseRequested as wish:
            if self.state is State.CONNECTING:
                await self.refuse(wish.reason, wish.status, wish.content_type)
            await self.close(wish.code, wish.reason)
            return False
        except Exception as error:  # noqa: BLE001 - the edge: whatever a hook raises ends here
            if isinstance(error, ConnectionClosedError) and (
                self.state is not State.OPEN or self.outbox.is_closed
            ):
                await self._await_departure()
                return False
            self.application.report(name, error)
            self._handling = False
            await self.close(CloseCode.INTERNAL_ERROR)
            return False
        return self.state is State.OPEN

    async def _await_departure(self) -> None:
        """Read on to the end, which tells the code, where the server took no frame before it told of the end."""
        if self.state is not State.OPEN or not self.outbox.is_closed:
            return
        with anyio.move_on_after(self.limits.send_timeout):
            while self.state is State.OPEN:
                await self.receive()
        self.state = State.CLOSED

    async def _watched(self, running: Coroutine[Any, Any, None]) -> None:
        """Run a hook in this task; only if it has to wait does another task read the socket on."""
        try:
            wanted = running.send(None)
        except StopIteration:
            return
        if self._inbox.begin_reading_ahead():
            self.spawn(self._inbox.read_ahead, self._left_meanwhile, self._overtaking)
        await resume(running, wanted)

    async def _overtaking(self, message: Message) -> bool:
        if self.heard_at is not None:
            self.heard_at = anyio.current_time()
        return self.state is State.OPEN and await self.application.overtaking(message)

    def _left_meanwhile(self, message: Message) -> None:
        """Notice that the client has left while a hook runs."""
        if self.state is State.OPEN:
            self._left(message)
            self._interrupt()

    async def _end(self) -> None:
        """See to it that the client was told and the application knows."""
        if self.state is State.CONNECTING:
            await self.refuse()
        if self.state is State.REFUSED:
            self.outbox.close()
            return
        if self.state is State.OPEN:  # the server stops, or whoever runs this task
            self.state, self.code = State.CLOSING, CloseCode.SERVICE_RESTART
            await self._say_goodbye(self.code, "")
        self.state = State.CLOSED
        self.outbox.close()
        with anyio.move_on_after(self.limits.disconnect_timeout) as limit:
            await self._hook("on_disconnect", self.application.disconnected(self.code))
        if limit.cancelled_caught:
            text = f"took longer than Limits.disconnect_timeout, {self.limits.disconnect_timeout} s"
            self.application.report("on_disconnect", TimeoutError(text))

    def _dropped(self, counts: Mapping[str, int]) -> None:
        self.application.dropped(counts)

    async def _end_jobs(self) -> None:
        await self.application.left()
        if self._jobs is not None:
            await self._jobs.close(self.limits.disconnect_timeout)

    async def _overflow(self, message: Message) -> None:
        await self.application.overflowed(message)
        if self.state is not State.OPEN:
            self._interrupt()

    async def _say_goodbye(self, code: int, reason: str) -> None:
        message = {"type": "websocket.close", "code": code, "reason": close_reason(reason)}
        await self._quietly(self._send(message))

    async def _quietly(self, sending: Awaitable[None]) -> None:
        """Tell the server of an end that it may know already, and that its client may not wait for."""
        with anyio.move_on_after(self.limits.send_timeout):
            try:
                await sending
            except (OSError, RuntimeError):
                return

    def _left(self, message: Message) -> None:
        if self.state is State.OPEN or self.state is State.CONNECTING:
            self.code = self._code_of(message)
            self.state = State.CLOSED if self.state is State.OPEN else State.REFUSED
        self.outbox.close()

    def _code_of(self, message: Message) -> int:
        """Read the close code: a server that says 1005 and names no reason has received no close frame at all."""
        if self._witness is not None and self._witness.code is not None:
            return self._witness.code
        code: int = message.get("code") or CloseCode.NO_STATUS
        return CloseCode.ABNORMAL if code == CloseCode.NO_STATUS and "reason" not in message else code

    def _cut(self) -> None:
        """Drop a client that does not read."""
        if self.state is State.OPEN:
            self.code = CloseCode.SLOW
        self.state = State.CLOSED
        abort(self._server_send, self._ends)
        self._interrupt()

    # -- tasks

    def _interrupt(self) -> None:
        """End the life of the connection, once as asyncio does it, and for good where a clean-up does not end."""
        if not self._life.is_requested:
            self._life.request()
            self.spawn(self._insist)

    async def _insist(self) -> None:
        await anyio.sleep(self.limits.disconnect_timeout)
        self._patience.cancel()

    def spawn(self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: object) -> None:
        """Run *function* beside all else; it ends with the connection."""
        self._tasks.start_soon(function, *arguments)

    def _watch_idle(self) -> None:
        if self._expires is not None:
            self.outbox.active_at = anyio.current_time()
            self.spawn(close_when_silent, self, IDLE)
