"""The route of the docs page, the document and their files."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nexios import NexiosApp
from nexios.objects import URLPath
from nexios.routing._utils import MatchStatus, get_route_path
from nexios.routing.base import BaseRoute
from nexios.types import Receive, Scope, Send
from pydantic_core import from_json, to_json
from typing_extensions import override

from nexws.app.documents import build_asyncapi, routes_of
from nexws.docs_ui import CONTENT_SECURITY_POLICY, find_asset, render_page
from nexws.errors import SchemaConversionError

__all__ = ["DocsRoute"]

_is_host = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?").fullmatch
_METHODS = "GET, HEAD, OPTIONS"
_UNWRITTEN = "the AsyncAPI document of this application cannot be written; the application's log says why"

_logger = logging.getLogger("nexws")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    content: bytes
    content_type: str
    headers: Mapping[str, str]
    status: int = 200


class DocsRoute(BaseRoute):
    """Serves the page at *path*, the document at ``path.json`` and ``path.yaml``, files below ``path/static/``.

    Answers ``GET`` and ``HEAD``, with an ETag each, and nothing that another method asks.
    """

    def __init__(self, path: str, app: NexiosApp, *, console: bool) -> None:
        path = f"/{path.lstrip('/')}"
        super().__init__(path, [], "nexws-docs")  # nexios looks for a dotted name in groups
        self.raw_path = path
        self._app, self._console = app, console
        self._document: tuple[tuple[int, ...], dict[str, Any] | None] | None = None

    @override
    def match(self, scope: Scope) -> tuple[Any, dict[str, Any]]:
        """Tell whether this route serves *scope*."""
        served = scope["type"] == "http" and self._answering(get_route_path(scope)) is not None
        return (MatchStatus.FULL if served else MatchStatus.NONE), {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            status = 204 if method == "OPTIONS" else 405
            await _respond(send, status, {"allow": _METHODS}, b"")
            return
        answering = self._answering(get_route_path(scope))
        assert answering is not None  # it matched
        answer = answering(scope)
        body = b"" if method == "HEAD" else answer.content
        if answer.status != 200:
            said = {"content-type": answer.content_type, **answer.headers}
            await _respond(send, answer.status, said, body, length=len(answer.content))
            return
        etag = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
        headers = {
            "content-type": answer.content_type,
            "etag": etag,
            "cache-control": "no-cache",
            "x-content-type-options": "nosniff",
            **answer.headers,
        }
        known = _header(scope, b"if-none-match")
        if etag in known or known.strip() == "*":
            await _respond(send, 304, headers, b"")
            return
        await _respond(send, 200, headers, body, length=len(answer.content))

    @override
    def url_path_for(self, name: str, **path_params: Any) -> URLPath:
        """Write the path of the page.

        Raises:
            ValueError: *name* is not this route's.
        """
        if name != self.name or path_params:
            raise ValueError(f"route name {name!r} does not match this route's name {self.name!r}")
        return URLPath(path=self.raw_path, protocol="http")

    # -- what is served

    def _answering(self, path: str) -> Callable[[Scope], _Answer] | None:
        """Find what answers *path*."""
        known = {
            self.raw_path: self._page,
            f"{self.raw_path}.json": self._json,
            f"{self.raw_path}.yaml": self._yaml,
        }
        if path in known:
            return lambda scope: self._of_document(known[path], scope)
        below = f"{self.raw_path}/static/"
        return (lambda scope: _asset(path[len(below) :], scope)) if path.startswith(below) else None

    def _of_document(self, write: Callable[[dict[str, Any], Scope], _Answer], scope: Scope) -> _Answer:
        document = self._described()
        return _text(500, _UNWRITTEN) if document is None else write(document, scope)

    def _page(self, document: dict[str, Any], scope: Scope) -> _Answer:
        name = self.raw_path.rpartition("/")[2]
        page = render_page(
            title=str(document["info"].get("title", "AsyncAPI")),
            document_url=f"{name}.json",
            static_url=f"{name}/static",
            console=self._console,
            yaml_url=f"{name}.yaml",
        )
        headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "referrer-policy": "no-referrer"}
        return _Answer(content=page.encode(), content_type="text/html; charset=utf-8", headers=headers)

    def _json(self, document: dict[str, Any], scope: Scope) -> _Answer:
        content = to_json(_placed(document, scope), indent=2)
        return _Answer(content=content, content_type="application/json", headers={})

    def _yaml(self, document: dict[str, Any], scope: Scope) -> _Answer:
        document = _placed(document, scope)
        try:
            yaml: Any = importlib.import_module("yaml")
        except ImportError:  # all JSON is YAML
            content = to_json(document, indent=2)
        else:
            unshared = from_json(to_json(document))  # or YAML would have anchors
            content = yaml.safe_dump(unshared, sort_keys=False, allow_unicode=True, width=110).encode()
        return _Answer(content=content, content_type="application/yaml", headers={})

    def _described(self) -> dict[str, Any] | None:
        """Write the document, once for as long as the routes are the same; ``None`` if that cannot be done."""
        routes = tuple(id(route) for _, route in routes_of(self._app.router.routes))
        if self._document is None or self._document[0] != routes:
            self._document = routes, self._written()
        return self._document[1]

    def _written(self) -> dict[str, Any] | None:
        try:
            return build_asyncapi(self._app)
        except SchemaConversionError as error:
            _logger.error("no AsyncAPI document can be written: %s", error)
            return None


def _placed(document: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Say in a document where it was asked for, so that a client knows where to connect."""
    host = _header(scope, b"host")
    if not _is_host(host):
        return document
    server = {"host": host, "protocol": "wss" if scope.get("scheme") == "https" else "ws"}
    root = scope.get("root_path") or ""
    placed = {"default": {**server, "pathname": root} if root else server}
    head = {name: document[name] for name in ("asyncapi", "info", "defaultContentType")}
    return {**head, "servers": placed, **document}


def _text(status: int, text: str) -> _Answer:
    content_type = "text/plain; charset=utf-8"
    return _Answer(content=text.encode(), content_type=content_type, headers={}, status=status)


def _asset(name: str, scope: Scope) -> _Answer:
    asset = find_asset(name)
    if asset is None:
        return _text(404, "not found")
    headers = {"vary": "accept-encoding"} if asset.encoding else {}
    content = asset.content
    if asset.encoding and "gzip" in _header(scope, b"accept-encoding"):
        headers["content-encoding"] = asset.encoding
    elif asset.encoding:
        content = gzip.decompress(content)
    return _Answer(content=content, content_type=asset.content_type, headers=headers)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _respond(
    send: Send, status: int, headers: Mapping[str, str], body: bytes, *, length: int | None = None
) -> None:
    size = len(body) if length is None else length
    given = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    if status not in (204, 304):  # whose content, if any, is not theirs
        given.append((b"content-length", str(size).encode()))
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body})
