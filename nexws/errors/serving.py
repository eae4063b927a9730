"""What goes wrong while clients are served, and in tests that play one."""

from __future__ import annotations

from typing import Any

from nexws.errors.base import NexwsError

__all__ = [
    "AddressError",
    "ConnectionClosedError",
    "EventFailed",
    "ExpectationError",
    "GroupLimitError",
    "GroupNameError",
    "HandshakeRefusedError",
    "LayerError",
    "NotAcceptedError",
    "NotServingError",
    "PayloadError",
    "PositionError",
    "UndeclaredEventError",
    "UndeclaredPresenceError",
]


class PayloadError(NexwsError, ValueError):
    """A payload that the server wanted to send does not fit its declaration; nothing was sent."""

    def __init__(self, event: str | None, problem: str) -> None:
        super().__init__(event, problem)
        self.event = event
        self.problem = problem

    def __str__(self) -> str:
        what = "the payload" if self.event is None else f"the payload of event {self.event!r}"
        return f"{what} cannot be sent: {self.problem}"


class UndeclaredEventError(NexwsError):
    """An event consumer was asked to send something outside its contract; nothing was sent."""

    def __init__(self, consumer: str, method: str, event: str | None = None) -> None:
        super().__init__(consumer, method, event)
        self.consumer = consumer
        self.method = method
        self.event = event

    def __str__(self) -> str:
        if not self.consumer:
            return (
                f"push {self.event!r} belongs to no consumer class, so nobody knows whose clients are meant; "
                f"name it, as in posted.of(Chat).{self.method}(...)"
            )
        if self.event is not None:
            return (
                f"{self.consumer} does not declare event {self.event!r}, which it is to send; "
                f"write emits({self.event!r}, Model) in its class, or include the router that does"
            )
        return (
            f"{self.consumer} sends declared events only, so {self.method}() takes no bare payload; "
            f"declare posted = emits('chat.posted', Model) and call self.posted.{self.method}(...)"
        )


class UndeclaredPresenceError(NexwsError):
    """An event consumer was asked who is present, or to say so, without having declared what is known of members."""

    def __init__(self, consumer: str, method: str) -> None:
        super().__init__(consumer, method)
        self.consumer = consumer
        self.method = method

    def __str__(self) -> str:
        return (
            f"{self.consumer} does not declare who may be present, which {self.method}() needs to know; "
            f"write presence = Presence(Model) in its class"
        )


class GroupNameError(NexwsError, ValueError):
    """A group's name has characters or a length that no group may have."""

    def __init__(self, group: object) -> None:
        super().__init__(group)
        self.group = group

    def __str__(self) -> str:
        return f"group name {self.group!r:.300} is not usable; write 1 to 255 of A-Z a-z 0-9 : _ . -"


class GroupLimitError(NexwsError):
    """A connection is in as many groups as it may be."""

    def __init__(self, group: str, limit: int) -> None:
        super().__init__(group, limit)
        self.group = group
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"cannot join group {self.group!r}: the connection is in {self.limit} groups already; "
            f"leave one or raise Limits.groups_per_connection"
        )


class LayerError(NexwsError, ConnectionError):
    """The channel layer cannot do now what it was asked to; it may later."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the channel layer cannot do that now: {self.problem}; try again later, and see health()"


class PositionError(NexwsError, ValueError):
    """A text is no position in what was sent to a group."""

    def __init__(self, text: object) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"{self.text!r:.100} is no position; write what a push had under 'pos', as '<epoch>:<offset>'"


class NotAcceptedError(NexwsError):
    """``on_connect`` ended without a decision about the client."""

    def __init__(self, consumer: str) -> None:
        super().__init__(consumer)
        self.consumer = consumer

    def __str__(self) -> str:
        return (
            f"{self.consumer}.on_connect returned without accepting the client, which was refused; "
            f"call await websocket.accept(), or await websocket.close() to refuse on purpose"
        )


class ConnectionClosedError(NexwsError, ConnectionError):
    """The connection is over; what was to be sent has nowhere to go."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"the connection is closed (code {self.code})"


class HandshakeRefusedError(NexwsError):
    """The server did not accept the connection: the HTTP status that a client would see."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def __str__(self) -> str:
        return f"the server refused the connection with HTTP {self.status}: {self.body}"


class EventFailed(NexwsError):  # noqa: N818 - what happened, not an error of this program
    """The server answered an event with a failure."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        details: Any = (),
        data: Any = None,
        retry_after: float | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.data = data
        self.retry_after = retry_after
        self.retryable = retryable

    def __str__(self) -> str:
        details = f" {self.details}" if self.details else ""
        return f"{self.code}: {self.message}{details}"


class ExpectationError(NexwsError, AssertionError):
    """A test awaited something that did not come: what was awaited, and what came instead."""

    def __init__(self, awaited: str, arrived: list[str]) -> None:
        super().__init__(awaited, arrived)
        self.awaited = awaited
        self.arrived = arrived

    def __str__(self) -> str:
        arrived = "".join(f"\n  {each}" for each in self.arrived) or " nothing"
        return f"awaited {self.awaited}; arrived:{arrived}"


class NotServingError(NexwsError):
    """A consumer was asked to act outside of a connection."""

    def __init__(self, consumer: str) -> None:
        super().__init__(consumer)
        self.consumer = consumer

    def __str__(self) -> str:
        return f"this {self.consumer} serves no connection; route it with {self.consumer}.as_route(path)"


class AddressError(NexwsError):
    """A server cannot listen where it is to; *reason* is the system's, ``None`` if the port is taken."""

    def __init__(self, host: str, port: int, reason: str | None = None) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        if self.reason is None:
            return (
                f"port {self.port} of {self.host} is taken; "
                "stop what uses it, or choose another port (0 takes a free one)"
            )
        return f"cannot listen on {self.host}: {self.reason}; choose an address of this machine"
