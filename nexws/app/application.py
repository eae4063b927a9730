"""``Nexws``: the settings of an application's real-time part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexios import NexiosApp
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.exceptions import AuthException
from nexios.auth.users.base import BaseUser
from nexios.auth.users.simple import SimpleUser, UnauthenticatedUser
from nexios.websockets import WebSocket

from nexws.app.outside import Outside
from nexws.app.routes import DocsRoute
from nexws.consumer import STATE_KEY, Registry, Settings
from nexws.errors import SetupError
from nexws.events import EventMiddleware, Guard
from nexws.layers import ChannelLayer
from nexws.runtime import Hooks, Limits, Observer

__all__ = ["Nexws"]


class Nexws(Outside):
    """Configures the consumers of *app*; an application without it has the defaults.

    Args:
        app: the application whose consumers this is about; routes may be added before and after.
        limits: what one client may cost.
        layer: what carries pushes between processes, and keeps some; a ``MemoryLayer`` of the application's own, unless
            given.
        auth: nexios' authentication backends, asked in order before ``on_connect`` until one knows the client. The
            user that ``user_model`` loads is ``scope["user"]`` and ``self.user``; where no backend knows the client,
            and no middleware has set a user, it is nexios' ``UnauthenticatedUser``.
        user_model: loads a user by the identity that a backend found.
        middleware: ASGI middleware around each connection, the first outermost; a consumer's own is inside of it.
        guards: what lets events through, before the guards of a class, its routers and its events.
        event_middleware: what goes around handlers, the first outermost, outside of all others.
        observers: who is told of connections, events and frames.
        docs: the path of the docs page; the AsyncAPI document is at that path with ``.json`` and ``.yaml`` behind it.
            ``None`` serves neither.
        console: put a live console into the page, with which whoever sees it can connect and send.
        title: the title of the document; the application's, unless given.
        version: the version of the contract; the application's, unless given.
        strict: do not tell clients the codes of ``EventError`` that a handler does not declare in ``errors=[...]``, but
            ``internal``; otherwise they are told, and logged once.

    Raises:
        SetupError: *app* has been configured already.
    """

    def __init__(
        self,
        app: NexiosApp,
        *,
        limits: Limits | None = None,
        layer: ChannelLayer | None = None,
        auth: Sequence[AuthenticationBackend] = (),
        user_model: type[BaseUser] = SimpleUser,
        middleware: Sequence[Any] = (),
        guards: Sequence[Guard] = (),
        event_middleware: Sequence[EventMiddleware] = (),
        observers: Sequence[Observer] = (),
        docs: str | None = "/asyncapi",
        console: bool = False,
        title: str | None = None,
        version: str | None = None,
        strict: bool = False,
    ) -> None:
        if STATE_KEY in app.state:
            raise SetupError("this application has a Nexws already; pass all settings to one")
        self.limits: Limits = limits or Limits()
        self._backends, self._user_model = tuple(auth), user_model
        self._registry = app.state[STATE_KEY] = Registry(
            Settings(
                limits=self.limits,
                layer=layer,
                middleware=tuple(middleware),
                guards=tuple(guards),
                event_middleware=tuple(event_middleware),
                hooks=Hooks(observers),
                strict=strict,
                title=title,
                version=version,
                backends=self._backends,
                authenticate=self._authenticate if self._backends else None,
            )
        )
        super().__init__(app, self._registry.node, self._registry.claim)
        if docs is not None:
            app.add_route(DocsRoute(docs.rstrip("/") or "/asyncapi", app, console=console))

    @property
    def is_draining(self) -> bool:
        """Whether the server stops: no client is accepted any more. For the answers of health checks."""
        return self._registry.drain.is_begun

    async def drain(self, seconds: float | None = None) -> None:
        """Warn all clients, close their connections evenly over so many seconds, and accept no others.

        ``Limits.drain_timeout`` unless given. Where the server is uvicorn, a signal to stop does it; this is for other
        servers and reasons. Returns when all have left, or a second after the last was closed.
        """
        await self._registry.drain.run(seconds)

    # -- inside

    async def _authenticate(self, websocket: WebSocket) -> None:
        scope: Any = websocket.scope
        for backend in self._backends:
            try:
                result = await backend.authenticate(websocket)  # type: ignore[arg-type] # asks headers and cookies
            except AuthException:
                continue
            if result.success:
                scope["user"] = await self._user_model.load_user(result.identity)
                scope["auth"] = result.scope
                return
        scope.setdefault("user", UnauthenticatedUser())
        scope.setdefault("auth", None)
