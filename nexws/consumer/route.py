"""The route of a consumer, in any place where Nexios takes one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nexios.objects import URLPath
from nexios.routing import WebsocketRoute
from nexios.routing._utils import MatchStatus, get_route_path
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets import WebSocket
from typing_extensions import override

from nexws.consumer.registry import Registry
from nexws.consumer.socket import SERVER_SEND, open_socket

__all__ = ["ConsumerRoute"]


_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")


class ConsumerRoute(WebsocketRoute):
    """Serves WebSocket handshakes on a path; leaves HTTP requests on that path to other routes.

    ``path`` may hold parameters (``/chat/{group}``, ``/chat/{number:int}``); a value that a converter refuses does
    not match. Works in ``app.add_ws_route``, ``Router(prefix=...).add_ws_route`` and ``Group(routes=[...])``.
    """

    def __init__(self, path: str, consumer: type[Any], *, name: str | None = None) -> None:
        async def handler(websocket: WebSocket) -> None:
            await consumer()(websocket)

        super().__init__(path, handler)
        self.path = path
        self.methods: list[str] = []
        self.name: str = name or consumer.__name__
        self.converters: dict[str, str] = {
            name: converter or "str" for name, converter in _PARAMETER.findall(path)
        }
        self.consumer = consumer
        self._chain: tuple[Registry, ASGIApp] | None = None

    @override
    def match(self, scope: Scope) -> tuple[Any, Any]:
        """Tell whether this route serves *scope*, and with which path parameters."""
        if scope["type"] != "websocket":
            return MatchStatus.NONE, {}
        # Groups have taken their prefix off the path already; Nexios takes it off once more.
        found = self.pattern.match(get_route_path(scope)) or self.pattern.match(scope["path"])
        if found is None:
            return MatchStatus.NONE, {}
        convert = self.route_info.convertor
        try:
            return MatchStatus.FULL, {
                name: convert[name].convert(text) for name, text in found.groupdict().items()
            }
        except ValueError:
            return MatchStatus.NONE, {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: the application's middleware, the class', then the consumer."""
        registry = Registry.of(scope)
        if self._chain is None or self._chain[0] is not registry:
            self._chain = (
                registry,
                _wrap(self._serve, (*registry.settings.middleware, *self.consumer.middleware)),
            )
        scope[SERVER_SEND] = send
        scope["route"] = self  # where others look for it
        await self._chain[1](scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handler(open_socket(scope, receive, send))

    @override
    def url_path_for(self, name: str, **path_params: Any) -> URLPath:
        """Write the path of the route called *name*.

        Raises:
            ValueError: the route has another name, or other parameters than these.
        """
        if name != self.name:
            raise ValueError(f"route name {name!r} does not match this route's name {self.name!r}")
        if set(path_params) != set(self.param_names):
            raise ValueError(
                f"route {name!r} takes the parameters {self.param_names}, not {sorted(path_params)}"
            )

        def text(found: re.Match[str]) -> str:
            return self.route_info.convertor[found[1]].to_string(path_params[found[1]])

        return URLPath(path=_PARAMETER.sub(text, self.raw_path), protocol="websocket")


def _wrap(app: ASGIApp, middleware: tuple[Any, ...]) -> ASGIApp:
    """Put *middleware* around *app*, the first outermost: ASGI classes, or Nexios' definitions of such."""
    for each in reversed(middleware):
        make: Callable[..., ASGIApp] = each
        arguments, options = (), {}
        if not callable(each):
            make, arguments, options = each
        app = make(app, *arguments, **options)
    return app
