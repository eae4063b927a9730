"""The page of the chat: a few small files, read once, with headers that keep the page to itself."""

from pathlib import Path

from nexios.http.response import BaseResponse
from nexios.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "page"
TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Page:
    """Answers requests for the files of the folder ``page``; leaves all others to the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.files = {
            f"/{file.name}": (file.read_bytes(), TYPES[file.suffix])
            for file in FOLDER.iterdir()
            if file.suffix in TYPES
        }
        self.files["/"] = self.files.pop("/index.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        file = self.files.get(scope["path"]) if wanted else None
        if file is None:
            await self.app(scope, receive, send)
        else:
            content, content_type = file
            response = BaseResponse(content, headers=HEADERS, content_type=content_type)
            await response(scope, receive, send)
