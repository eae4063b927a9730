"""What people do on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, Route, WebSocket, WebSocketRoute, expect

from nexws.app.documents import routes_of
from tests.docs_ui.console_app import app
from tests.docs_ui.console_document import document
from tests.recording import Recording

PATIENCE = 20.0
DOCUMENT = re.compile(r"/(asyncapi|plain)\.json$")
Json = dict[str, Any]


def push(station: str = "grill", **more: object) -> str:
    """Write the push of a placed order."""
    return json.dumps(
        {"event": "order.placed", "data": {"station": station, "number": 1, "table": 2, **more}}
    )


class Visit:
    """A window in which the page is open; keeps what it asked for, and what it complained about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.refused: list[str] = []
        self.sockets: list[str] = []
        self.complaints: list[str] = []
        self.recordings: list[Recording] = []
        page.on("websocket", self._record)
        page.on("console", self._complain)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _record(self, socket: WebSocket) -> None:
        """Write down what crosses a connection, if there is a consumer at its end."""
        self.sockets.append(socket.url)
        path = urlsplit(socket.url).path
        route = next((each for _, each in routes_of(app.router.routes) if each.pattern.match(path)), None)
        if route is None:
            return
        recording = Recording(app, route)
        self.recordings.append(recording)

        def said(side: str, frame: str | bytes) -> None:
            if isinstance(frame, bytes) and frame[:1] != b"{":  # a browser does not say what was agreed upon
                recording.subprotocol = "nexws.msgpack"
            recording.said.append((side, frame))

        socket.on("framesent", lambda frame: said(">", frame))
        socket.on("framereceived", lambda frame: said("<", frame))

    def _complain(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    async def refuse(self, route: Route) -> None:
        self.refused.append(route.request.url)
        await route.abort()

    async def reference(
        self, path: str = "/asyncapi", change: Callable[[Json], object] | None = None
    ) -> None:
        """Open the page, of the document as *change* has changed it."""
        await self._replace(change)
        await self.page.goto(self.url + path)
        await expect(self.page.locator("#operations")).to_be_visible(timeout=PATIENCE * 1000)

    async def console(self, change: Callable[[Json], object] | None = None, hash: str = "#console") -> None:
        """Open the console, of the document as *change* has changed it."""
        await self._replace(change)
        await self.page.goto(f"{self.url}/asyncapi{hash}")
        await expect(self.page.get_by_role("button", name="Connect", exact=True).first).to_be_visible()

    async def _replace(self, change: Callable[[Json], object] | None) -> None:
        """Put the document that is written by hand in the place of the generated one."""
        changed = document()
        if change is not None:
            change(changed)
        await self.page.route(DOCUMENT, lambda route: route.fulfill(json=changed))

    async def generated(self, channel: str, event: str) -> None:
        """Open the console with the document that the application has written itself, at an event."""
        await self.page.goto(f"{self.url}/asyncapi#console")
        await self.page.get_by_label("Channel").select_option(channel)
        await self.choose(event)

    async def connect(self) -> None:
        await self.page.locator(".connect").get_by_role("button", name="Connect").click()
        await expect(self.state).to_have_text("Connected")

    async def serve(self, answer: Callable[[WebSocketRoute, str | bytes], object]) -> None:
        """Answer in the server's place."""

        def accept(socket: WebSocketRoute) -> None:
            socket.on_message(lambda message: answer(socket, message))

        await self.page.route_web_socket("**/kitchen/*", accept)

    async def answer_with(self, *frames: str | bytes) -> None:
        """Answer each event with these frames, in the server's place."""

        def answer(socket: WebSocketRoute, _: str | bytes) -> None:
            for frame in frames:
                socket.send(frame)

        await self.serve(answer)

    async def choose(self, event: str) -> None:
        await self.events.get_by_role("option", name=event).click()
        await expect(self.page.get_by_role("heading", name=event)).to_be_visible()

    async def write(self, payload: object) -> None:
        """Write the payload as JSON."""
        await self.page.get_by_role("button", name="JSON", exact=True).click()
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self.page.get_by_label("Payload as JSON").fill(text)

    async def form(self) -> None:
        await self.page.get_by_role("button", name="Form", exact=True).click()

    async def send(self) -> None:
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def payload(self) -> object:
        found: object = json.loads(await self.page.get_by_label("Payload as JSON").input_value())
        return found

    async def log(self) -> list[Json]:
        """Read the log as its button copies it."""
        context = self.page.context
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        await self.page.get_by_title("Copy what is shown").click()
        await expect(self.page.get_by_text("Copied", exact=True)).to_be_visible()
        text: str = await self.page.evaluate("() => navigator.clipboard.readText()")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def state(self) -> Locator:
        return self.page.locator(".connect").get_by_role("status")

    @property
    def events(self) -> Locator:
        return self.page.get_by_role("listbox", name="Events")

    @property
    def outcome(self) -> Locator:
        return self.page.locator(".outcome")

    def rows(self, kind: str) -> Locator:
        return self.page.locator(f'.row[data-kind="{kind}"]')

    def request(self, event: str) -> Locator:
        """Find what was sent, with all of its answers."""
        return self.page.locator(".group", has=self.page.locator('[data-kind="sent"]', has_text=event))
