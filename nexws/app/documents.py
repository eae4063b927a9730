"""The AsyncAPI document of an application."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal, cast

from nexios import NexiosApp
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend

from nexws.asyncapi import Channel, SecurityScheme, write_document
from nexws.consumer import STATE_KEY, ConsumerRoute, EventConsumer, Registry
from nexws.events import parameters_of
from nexws.runtime import Limits

__all__ = ["build_asyncapi", "routes_of"]

_NO_DESCRIPTION = "Nexios Asgi framework"
"""What an application without a description has there."""

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


def build_asyncapi(
    app: NexiosApp,
    *,
    title: str | None = None,
    version: str | None = None,
    spec: Literal["3.1.0", "3.0.0"] = "3.1.0",
    view: Literal["server", "client"] = "server",
    servers: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write the AsyncAPI document of all event consumers that *app* routes, in the order of the routes.

    Args:
        app: the application, with its routes.
        title: the title; the application's, unless given here or to ``Nexws``.
        version: the version of the contract, likewise.
        spec: the version of AsyncAPI.
        view: who speaks: what a client sends is received by the server, and sent by the client.
        servers: AsyncAPI's Server Objects, by name.

    Raises:
        SchemaConversionError: a type says something that the document has no words for.
    """
    registry = app.state.get(STATE_KEY) or Registry()
    settings = registry.settings
    info = _info_of(app)
    described = {"title": title or settings.title, "version": version or settings.version}
    info.update({name: text for name, text in described.items() if text})
    limits = {name: each for name, each in asdict(settings.limits).items() if not name.startswith("history_")}
    channels = [
        Channel(
            name=route.name or route.consumer.__name__,
            qualifier=route.consumer.__module__,
            address=_PARAMETER.sub(r"{\1}", path),
            parameters=route.converters,
            description=inspect.cleandoc(route.consumer.__doc__ or ""),
            contract=route.consumer.contract,
            handshake=tuple(parameters_of(route.consumer).values()),
            subprotocols=tuple(route.consumer.subprotocols),
            limits=limits,
            history=_history(route.consumer, settings.limits),
        )
        for path, route in routes_of(app.router.routes)
        if issubclass(route.consumer, EventConsumer)
    ]
    return write_document(
        channels,
        info=info,
        servers=servers or {},
        security=_schemes(settings.backends),
        spec=spec,
        view=view,
    )


def _history(consumer: type[EventConsumer], limits: Limits) -> dict[str, float]:
    """Say how much is kept where the class, or one of its pushes, says that something is."""
    keeps = any(emit.history for emit in consumer.pushes.values())
    if not keeps and consumer.history is EventConsumer.history:
        return {}
    kept = consumer.history.retention(limits)
    return {"events": kept.events, "seconds": kept.seconds, "bytes": kept.size_bytes}


def routes_of(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, ConsumerRoute]]:
    """Go through the consumers' routes, of routers and groups too, each with its whole path."""
    for route in routes:
        if isinstance(route, ConsumerRoute):
            yield prefix + route.raw_path, route
        else:
            below: Any = getattr(route, "routes", ())
            path: str = getattr(route, "path", "") or ""
            yield from routes_of(cast("Iterable[Any]", below), prefix + path.rstrip("/"))


def _info_of(app: NexiosApp) -> dict[str, str]:
    found: Any = app.openapi_config.openapi_spec.info
    info = {name: str(getattr(found, name, None) or "") for name in ("title", "version", "description")}
    return {name: text for name, text in info.items() if text and text != _NO_DESCRIPTION}


def _schemes(backends: Iterable[AuthenticationBackend]) -> list[SecurityScheme]:
    """Say how clients are known: each way once, and each under a name of its own."""
    found: dict[str, SecurityScheme] = {}
    for scheme in map(_scheme, backends):
        number, name = 1, scheme.name
        while name in found and replace(found[name], name=scheme.name) != scheme:
            number += 1
            name = f"{scheme.name}_{number}"
        found[name] = replace(scheme, name=name)
    return list(found.values())


def _scheme(backend: AuthenticationBackend) -> SecurityScheme:
    """Say in the specification's words how *backend* knows a client."""
    if isinstance(backend, JWTAuthBackend):
        return SecurityScheme(name="bearer", type="http", details={"scheme": "bearer", "bearerFormat": "JWT"})
    if isinstance(backend, APIKeyAuthBackend):
        details = {"in": "header", "name": backend.header_name}
        return SecurityScheme(name="apiKey", type="httpApiKey", details=details)
    if isinstance(backend, SessionAuthBackend):
        return SecurityScheme(
            name="session", type="httpApiKey", details={"in": "cookie", "name": "session_id"}
        )
    name = re.sub(r"[^A-Za-z0-9._-]", "_", type(backend).__name__)
    description = f"{type(backend).__name__}, of the application itself"
    return SecurityScheme(name=name, type="http", details={"scheme": name, "description": description})
