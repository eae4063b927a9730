"""What the consumers of one application share; nothing belongs to the process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias, cast

from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket, WebSocketDisconnect

from nexws.consumer.attendance import tell_gone
from nexws.consumer.dependencies import NexiosFramework
from nexws.consumer.encodings import Encoding
from nexws.consumer.presence import presence_of
from nexws.errors import ConnectionClosedError, SetupError
from nexws.events import Codec, Contract, EventMiddleware, Guard
from nexws.layers import ChannelLayer, MemoryLayer
from nexws.runtime import Connection, Dispatcher, Drain, Hooks, Hub, Limits, Node, drain_before_stop

__all__ = ["STATE_KEY", "Authenticate", "Registry", "Service", "Settings"]

STATE_KEY: Final = "nexws"
"""Where an application keeps its registry: ``app.state["nexws"]``."""

_ABOUT_THE_CONNECTION: Final = (ConnectionClosedError, WebSocketDisconnect, WebSocketException)
"""What a handler raises because of its connection, not of the event."""

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True)
class Service:
    """One consumer class in one application: who is connected, and what is served in each encoding."""

    node: Node
    hub: Hub
    dispatchers: Mapping[str, Dispatcher]
    drain: Drain


Authenticate: TypeAlias = Callable[[WebSocket], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an application has said about all its consumers."""

    limits: Limits = field(default_factory=Limits)
    layer: ChannelLayer | None = None
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
        limits = self.settings.limits
        self.node: Node = Node(self.settings.layer or MemoryLayer(groups=limits.history_groups), limits)
        self.drain: Drain = Drain(self._served, self.settings.limits.drain_timeout)
        self._services: dict[type, Service] = {}
        self._names: dict[str, type] = {}

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

    def service(
        self, consumer: type, namespace: str, contract: Contract | None, encoding: Encoding
    ) -> Service:
        """Find the service of *consumer*; the first connection makes it.

        Raises:
            SetupError: another class has the same namespace.
        """
        drain_before_stop(self.drain)  # by now the server has its handlers, whether or not it has a lifespan
        service = self._services.get(consumer)
        if service is not None:
            return service
        self._take_name(consumer, namespace)
        dispatchers = {} if contract is None else self._dispatchers(contract)
        codecs = {each: dispatcher.codec for each, dispatcher in dispatchers.items()}
        hub = self.node.hubs[namespace] = Hub(self.node, namespace, codecs, encoding.read_kept)
        presence = presence_of(consumer)
        hub.on_gone = None if presence is None else partial(tell_gone, presence, hub)
        service = self._services[consumer] = Service(self.node, hub, dispatchers, self.drain)
        return service

    def claim(self, consumer: type[Any]) -> None:
        """Keep the namespace of *consumer* for it.

        Raises:
            SetupError: another class has the same.
        """
        self._take_name(consumer, consumer.namespace_of())

    def _take_name(self, consumer: type, namespace: str) -> None:
        if namespace.startswith("@"):
            raise SetupError(
                f"the namespace {namespace!r} of {consumer.__module__}.{consumer.__qualname__} begins with '@', as the "
                f"groups of users do; give it another"
            )
        taken = self._names.setdefault(namespace, consumer)
        if taken is not consumer:
            first, second = (f"{each.__module__}.{each.__qualname__}" for each in (taken, consumer))
            raise SetupError(
                f"{first} and {second} would share their groups, as both have the namespace {namespace!r}; "
                f"give one another: namespace = '...'"
            )

    def _served(self) -> Iterator[tuple[Connection, Codec | None]]:
        """List all connections, each with the codec of its events."""
        for connection in self.node.connections:
            yield connection, self.node.hubs[connection.consumer].codec(connection.encoding)

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
