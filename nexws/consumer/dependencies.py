"""Nexios' ``Depend`` for events: what a handler asks for is made when its event comes, and cleaned up behind it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, cast

from nexios.dependencies import Context, Depend
from nexios.exceptions import WebSocketException
from nexios.websockets import WebSocket

from nexws.errors import DependencyError
from nexws.events import EventContext, Source

__all__ = ["NexiosFramework", "recognise"]

_EMPTY = inspect.Parameter.empty


def recognise(parameter: inspect.Parameter, hint: object) -> Source | None:
    """Tell which parameters of a handler nexios fills.

    Raises:
        DependencyError: a dependency, or one that it asks for, cannot be provided.
    """
    if isinstance(parameter.default, Depend):
        _check(parameter.name, parameter.default)
        return "dependency"
    if isinstance(hint, type) and issubclass(hint, WebSocket):
        return "socket"
    return None


def _check(name: str, depend: Depend) -> None:
    """See that *depend* can be provided: everything that it asks for has to come from somewhere."""
    provider = depend.dependency
    if provider is None:
        raise DependencyError(name, "Depend()", "names no provider")
    if provider is Context:
        return
    for parameter in inspect.signature(provider).parameters.values():
        default = parameter.default
        if isinstance(default, Depend):
            _check(parameter.name, default)
        elif _is_extractor(default):
            problem = f"asks for {parameter.name!r} of an HTTP request; read event.websocket instead"
            raise DependencyError(name, _name(provider), problem)
        elif not _is_given(parameter):
            raise DependencyError(name, _name(provider), f"takes {parameter.name!r}, which nothing supplies")


def _is_given(parameter: inspect.Parameter) -> bool:
    given = parameter.default is not _EMPTY or _annotated_as(parameter, EventContext, WebSocket)
    return given or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _annotated_as(parameter: inspect.Parameter, *types: type) -> bool:
    """Whether a provider's parameter is annotated as one of *types*, as a type or as its name."""
    return parameter.annotation in types or parameter.annotation in {each.__name__ for each in types}


def _is_extractor(default: object) -> bool:
    """Whether a default is one of nexios' markers for parts of a request (``Query()``, ``Header()``, ...)."""
    return type(default).__module__ == "nexios.parameters"


def _name(provider: object) -> str:
    return getattr(provider, "__qualname__", None) or repr(provider)


class NexiosFramework:
    """What Nexios knows of a connection, and provides for its events."""

    def __init__(self) -> None:
        self._parameters: dict[Any, tuple[inspect.Parameter, ...]] = {}

    def user(self, websocket: WebSocket) -> Any:
        """Tell who is connected: ``scope["user"]``."""
        return websocket.scope.get("user")

    def path_params(self, websocket: WebSocket) -> Mapping[str, Any]:
        """Give the parameters of the connection's path."""
        found: Any = websocket.scope.get("route_params", {})
        # RouteParam gives a parameter called "data" for the dictionary that holds them.
        if not isinstance(found, dict):
            found = object.__getattribute__(found, "data")
        return cast("Mapping[str, Any]", found)

    def close_wish(self, error: Exception) -> tuple[int, str] | None:
        """Tell with which code and reason a ``WebSocketException`` wants the connection closed."""
        return (error.code, error.reason) if isinstance(error, WebSocketException) else None

    async def resolve(
        self, dependency: Depend, context: EventContext, cleanups: AsyncExitStack, resolved: dict[Any, Any]
    ) -> Any:
        """Give what *dependency* provides; the same provider is asked once for each event.

        A provider may be a function or a generator, both either way: what is behind a ``yield`` runs when the handler
        is done, and sees what it raised. One that is not async runs in the event loop, so it must not block.
        """
        provider: Any = dependency.dependency
        if provider is Context:
            return self._nexios_context(context)
        if provider not in resolved:
            arguments = {
                parameter.name: await self._argument(parameter, context, cleanups, resolved)
                for parameter in self._parameters_of(provider)
            }
            resolved[provider] = await _provide(provider, arguments, cleanups)
        return resolved[provider]

    def _parameters_of(self, provider: Any) -> tuple[inspect.Parameter, ...]:
        """List the parameters of *provider* that are to be supplied; looked up once, for it takes a while."""
        if provider not in self._parameters:
            self._parameters[provider] = tuple(
                parameter
                for parameter in inspect.signature(provider).parameters.values()
                if isinstance(parameter.default, (Depend, Context)) or parameter.default is _EMPTY
                if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            )
        return self._parameters[provider]

    async def _argument(
        self,
        parameter: inspect.Parameter,
        context: EventContext,
        cleanups: AsyncExitStack,
        resolved: dict[Any, Any],
    ) -> Any:
        if isinstance(parameter.default, Depend):
            return await self.resolve(parameter.default, context, cleanups, resolved)
        if isinstance(parameter.default, Context):
            return self._nexios_context(context)
        return context if _annotated_as(parameter, EventContext) else context.websocket

    def _nexios_context(self, context: EventContext) -> Context:
        websocket = context.websocket
        scope = websocket.scope
        return Context(
            request=websocket, base_app=scope.get("base_app"), app=scope.get("app"), user=context.user
        )


async def _provide(provider: Any, arguments: dict[str, Any], cleanups: AsyncExitStack) -> Any:
    if inspect.isasyncgenfunction(provider):
        return await cleanups.enter_async_context(asynccontextmanager(provider)(**arguments))
    if inspect.isgeneratorfunction(provider):
        return cleanups.enter_context(contextmanager(provider)(**arguments))
    provided = provider(**arguments)
    return await provided if inspect.isawaitable(provided) else provided
