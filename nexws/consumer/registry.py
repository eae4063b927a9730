"""What the consumers of one application share; nothing belongs to the process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket, WebSocketDisconnect

from nexws.consumer.dependencies import NexiosFramework
from nexws.errors import ConnectionClosedError
from nexws.events import Contract, EventMiddleware, Guard
from nexws.runtime import Dispatcher, Hooks, Hub, Limits

__all__ = ["STATE_KEY", "Authenticate", "Registry", "Service", "Settings"]

STATE_KEY: Final = "nexws"
"""Where an application keeps its registry: ``app.state["nexws"]``."""

_ABOUT_THE_CONNECTION: Final = (ConnectionClosedError, WebSocketDisconnect, WebSocketException)
"""What a handler raises because of its connection, not of the event."""

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True)
class Service:
    """One consumer class in one application: who is connected, and what is served in each encoding."""

    hub: Hub
    dispatchers: Mapping[str, Dispatcher]


Authenticate: TypeAlias = Callable[[WebSocket], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an application has said about all its consumers."""

    limits: Limits = field(default_factory=Limits)
    middleware: tuple[Any, ...] = ()
    guards: tuple[Guard, ...] = ()
    event_middleware: tuple[EventMiddleware, ...] = ()
    hooks: Hooks = field(default_factory=Hooks)
    strict: bool = False
    authenticate: Authenticate | None = None
    backends: tuple[Any, ...] = ()
    title: str | None = None
    version: str | None = None


class Registry:
    """The settings of one application, and the service of each of its consumer classes."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings: Settings = settings or Settings()
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
            dispatchers = {} if contract is None else self._dispatchers(contract)
            service = self._services[consumer] = Service(Hub(self.settings.limits), dispatchers)
        return service

    def _dispatchers(self, contract: Contract) -> dict[str, Dispatcher]:
        settings = self.settings
        return {
            encoding: Dispatcher(
                contract,
                settings.limits,
                _logger,
                _ABOUT_THE_CONNECTION,
                NexiosFramework(),
                encoding=encoding,
                guards=settings.guards,
                middleware=settings.event_middleware,
                hooks=settings.hooks,
                strict=settings.strict,
            )
            for encoding in contract.codecs
        }
