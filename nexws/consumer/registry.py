"""What the consumers of one application share; nothing belongs to the process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket, WebSocketDisconnect

from nexws.consumer.dependencies import NexiosFramework
from nexws.errors import ConnectionClosedError
from nexws.events import Contract
from nexws.runtime import Dispatcher, Hub, Limits

__all__ = ["STATE_KEY", "Authenticate", "Registry", "Service"]

STATE_KEY: Final = "nexws"
"""Where an application keeps its registry: ``app.state["nexws"]``."""

_ABOUT_THE_CONNECTION: Final = (ConnectionClosedError, WebSocketDisconnect, WebSocketException)
"""What a handler raises because of its connection, not of the event."""

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True)
class Service:
    """One consumer class in one application: who is connected, and what is served."""

    hub: Hub
    dispatcher: Dispatcher | None


Authenticate: TypeAlias = Callable[[WebSocket], Awaitable[None]]


class Registry:
    """The settings of one application, and the service of each of its consumer classes."""

    def __init__(
        self,
        limits: Limits | None = None,
        middleware: Sequence[Any] = (),
        authenticate: Authenticate | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.middleware = tuple(middleware)
        self.authenticate = authenticate
        self._services: dict[type, Service] = {}

    @staticmethod
    def of(scope: MutableMapping[str, Any]) -> Registry:
        """Find the registry of the application that serves *scope*; the first connection makes one."""
        app = scope.get("base_app") or scope.get("app")
        state = cast("MutableMapping[str, Any] | None", getattr(app, "state", None))
        if state is None:  # a bare router
            state = vars(app)
        if STATE_KEY not in state:
            state[STATE_KEY] = Registry()
        registry: Registry = state[STATE_KEY]
        return registry

    def service(self, consumer: type, contract: Contract | None) -> Service:
        """Find the service of *consumer*; the first connection makes it."""
        service = self._services.get(consumer)
        if service is None:
            dispatcher = None
            if contract is not None:
                dispatcher = Dispatcher(
                    contract, self.limits, _logger, _ABOUT_THE_CONNECTION, NexiosFramework()
                )
            service = self._services[consumer] = Service(Hub(self.limits), dispatcher)
        return service
