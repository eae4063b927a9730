"""The demo as people meet it: ``nexws demo`` as a process, its page in Chromium."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import Process
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebSocketRoute,
    async_playwright,
    expect,
)

pytestmark = pytest.mark.browser

PATIENCE = 20.0
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # as tools/browser.sh has it
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
TOO_LONG = "a" * 501
REACHES_OUT = """() => [...document.querySelectorAll('body *')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 || each.getBoundingClientRect().left < -0.5)
    .map((each) => each.outerHTML.slice(0, 80))"""
SMALL_TEXT = """() => [...document.querySelectorAll('input, textarea')]
    .filter((each) => parseFloat(getComputedStyle(each).fontSize) < 16)
    .map((each) => each.id)"""


def chromium() -> str:
    """Find the program, or do without these tests: on a developer's machine, not in CI."""
    wanted = os.environ.get("NEXWS_CHROMIUM")
    found = next(filter(None, map(shutil.which, (wanted,) if wanted else CHROMIUM)), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no Chromium: install it, or set NEXWS_CHROMIUM to the path of its program")
    return found


class Demo:
    """The server, which can be killed and started again where it was."""

    def __init__(self) -> None:
        self.url = ""
        self._port = "0"
        self._process: Process | None = None

    async def start(self) -> None:
        command = [sys.executable, "-m", "nexws", "demo", "--port", self._port]
        self._process = await anyio.open_process(command, stderr=None)
        assert self._process.stdout is not None
        written = b""
        with anyio.fail_after(PATIENCE):
            while b"\n" not in written:
                written += await self._process.stdout.receive()
        found = re.search(r"http://[\d.]+:(\d+)", written.decode())
        assert found is not None
        self.url, self._port = found[0], found[1]

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.aclose()


class Visits:
    """The pages of one test, each in a window that shares nothing with the others."""

    def __init__(self, browser: Browser, url: str, stack: AsyncExitStack) -> None:
        self._browser, self._url, self._stack = browser, url, stack

    async def context(self, **settings: Any) -> BrowserContext:
        context = await self._browser.new_context(**settings)
        self._stack.push_async_callback(context.close)
        return context

    async def page(self, **settings: Any) -> Page:
        """Open the page; it asks for a name."""
        page = await (await self.context(**settings)).new_page()
        await page.goto(self._url)
        return page

    async def enter(self, name: str, group: str = "lobby", **settings: Any) -> Page:
        """Open the page and come in."""
        page = await self.page(**settings)
        await come_in(page, name, group)
        return page


@asynccontextmanager
async def running_demo() -> AsyncGenerator[Demo]:
    demo = Demo()
    await demo.start()
    try:
        yield demo
    finally:
        await demo.kill()


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    executable = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def demo(browser: Browser) -> AsyncGenerator[Demo]:
    async with running_demo() as demo:
        yield demo


@pytest.fixture
async def visits(browser: Browser, demo: Demo) -> AsyncGenerator[Visits]:
    async with AsyncExitStack() as stack:
        yield Visits(browser, demo.url, stack)


async def come_in(page: Page, name: str, group: str = "lobby") -> None:
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Group", exact=True).fill(group)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=group)).to_be_visible()


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def expect_said(page: Page, *texts: str) -> None:
    """Await that the log has these messages, and no others."""
    await expect(page.locator("#messages .text")).to_have_text(list(texts))


async def expect_error(page: Page, label: str, error: str) -> None:
    """Await that a field is marked as wrong, and described by the server's own words."""
    field = page.get_by_label(label, exact=True)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(error)
    await expect(field).to_be_focused()
    await expect(page.get_by_text(error, exact=True)).to_be_visible()


async def luminance(page: Page) -> float:
    found: str = await page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(each) for each in re.findall(r"\d+", found)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


async def test_a_message_typed_in_one_page_appears_in_the_other(visits: Visits) -> None:
    """All of it with the keyboard; the other page also sees who is there."""
    ann, bob = await visits.enter("Ann"), await visits.enter("Bob")
    await say(ann, "hello Bob")
    await say(bob, "hello Ann")
    for page in (ann, bob):
        await expect_said(page, "hello Bob", "hello Ann")
        await expect(page.locator("#people li")).to_have_text(["AAnn", "BBob"])
    await expect(ann.locator("#messages .mine .text")).to_have_text(["hello Bob"])
    await expect(bob.locator("#messages .by b")).to_have_text(["Ann", "Bob"])


async def test_a_message_of_several_lines_and_of_markup_stays_what_it_is(visits: Visits) -> None:
    ann, bob = await visits.enter("<b>Ann</b>"), await visits.enter("Bob")
    await ann.get_by_label("Message", exact=True).type("<img src=x onerror=alert(1)>")
    await ann.keyboard.press("Shift+Enter")
    await ann.keyboard.type("& more")
    await ann.keyboard.press("Enter")
    text = bob.locator("#messages .text")
    await expect(text).to_have_text("<img src=x onerror=alert(1)>\n& more", use_inner_text=True)
    await expect(bob.locator("#messages img")).to_have_count(0)
    await expect(bob.locator("#messages .by b").first).to_have_text("<b>Ann</b>")


async def test_groups_are_apart_and_show_what_was_said_in_them(visits: Visits) -> None:
    """A page switches between groups, makes one, and finds what others have said there."""
    ann, bob = await visits.enter("Ann"), await visits.enter("Bob", "tea-time")
    await say(ann, "in the lobby")
    await expect_said(ann, "in the lobby")
    await say(bob, "in my own group")
    await expect_said(bob, "in my own group")
    await ann.get_by_label("Enter another group, or make one").fill("tea-time")
    await ann.keyboard.press("Enter")
    await expect_said(ann, "in my own group")
    await expect(bob.locator("#people li")).to_have_text(["BBob", "AAnn"])
    await bob.get_by_role("button", name="lobby").click()
    await expect_said(bob, "in the lobby")
    await expect(bob.get_by_role("button", name="lobby")).to_have_attribute("aria-current", "true")
    await expect(ann.locator("#people li")).to_have_text(["AAnn"])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (TOO_LONG, "String should have at most 500 characters"),
        ("  ", "String should have at least 1 character"),
    ],
    ids=["too long", "empty"],
)
async def test_a_message_that_breaks_the_schema_shows_it_at_the_field(
    visits: Visits, text: str, error: str
) -> None:
    """Nobody else sees it, and the next one is sent as if nothing had been."""
    ann, bob = await visits.enter("Ann"), await visits.enter("Bob")
    await say(ann, text)
    await expect_error(ann, "Message", error)
    await expect(ann.get_by_label("Message", exact=True)).to_have_value(text)
    await say(ann, "short")
    await expect_said(bob, "short")
    await expect(ann.get_by_label("Message", exact=True)).not_to_have_attribute("aria-invalid", "true")
    await expect(ann.get_by_text(error, exact=True)).to_have_count(0)


async def test_a_long_message_is_counted(visits: Visits) -> None:
    """As the server counts: one for each character, whatever its size."""
    ann = await visits.enter("Ann")
    field, count = ann.get_by_label("Message", exact=True), ann.locator("#count")
    await field.fill("🙂" * 400)
    await expect(count).to_be_empty()
    await field.fill("🙂" * 500)
    await expect(count).to_have_text("500 / 500")
    await expect(count).not_to_have_class(re.compile("over"))
    await field.fill("🙂" * 501)
    await expect(count).to_have_class(re.compile("over"))


async def test_a_bad_group_shows_its_error_at_its_field(visits: Visits) -> None:
    """In both places where a group can be named; the page stays where it is."""
    error = "String should match pattern '^[a-z0-9-]{1,40}$'"
    ann = await visits.page()
    await ann.get_by_label("Your name").fill("Ann")
    await ann.get_by_label("Group", exact=True).fill("The Lobby")
    await ann.keyboard.press("Enter")
    await expect_error(ann, "Group", error)
    await ann.get_by_label("Group", exact=True).fill("lobby")
    await expect(ann.get_by_text(error, exact=True)).to_have_count(0)
    await ann.keyboard.press("Enter")
    await ann.get_by_label("Enter another group, or make one").fill("Tea Time")
    await ann.keyboard.press("Enter")
    await expect_error(ann, "Enter another group, or make one", error)
    await expect(ann.get_by_role("heading", name="lobby")).to_be_visible()


async def test_a_bad_name_shows_its_error_at_its_field(visits: Visits) -> None:
    ann = await visits.page()
    await ann.get_by_role("button", name="Enter").click()
    await expect_error(ann, "Your name", "String should have at least 1 character")


async def test_the_pages_come_back_when_the_server_does(visits: Visits, demo: Demo) -> None:
    """By themselves, into their groups, with what they had; what is said meanwhile is kept in its field."""
    ann, bob = await visits.enter("Ann", "tea-time"), await visits.enter("Bob", "tea-time")
    await say(ann, "before")
    await expect_said(bob, "before")
    await demo.kill()
    for page in (ann, bob):
        await expect(page.get_by_text("Connected", exact=True)).to_have_count(0)
    await say(ann, "meanwhile")
    await expect(ann.get_by_role("alert").filter(has_text="There is no connection")).to_be_visible()
    await expect(ann.get_by_label("Message", exact=True)).to_have_value("meanwhile")
    await demo.start()
    for page in (ann, bob):
        await expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=PATIENCE * 1000)
    await expect(ann.locator("#people li")).to_have_count(2)
    await ann.keyboard.press("Enter")
    await say(bob, "after")
    for page in (ann, bob):
        await expect(page.locator("#messages .text").filter(has_text="after")).to_be_visible()
        await expect(page.locator("#messages .text").filter(has_text="meanwhile")).to_be_visible()
        await expect(page.locator("#messages .text").first).to_have_text("before")


async def test_whoever_does_not_want_to_wait_reconnects_now(visits: Visits, demo: Demo) -> None:
    """The pauses grow, and are shown; the button ends one."""
    context = await visits.context()
    await context.add_init_script("Math.random = () => 0.999")
    page = await context.new_page()
    await page.goto(demo.url)
    await come_in(page, "Ann")
    await demo.kill()
    for pause in ("in 1 s", "in 2 s", "in 4 s"):
        await expect(page.get_by_text(pause)).to_be_visible(timeout=PATIENCE * 1000)
    await expect(page.get_by_text("in 8 s")).to_be_visible(timeout=PATIENCE * 1000)
    await demo.start()
    await page.get_by_role("button", name="Reconnect now").click()
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=3000)


@pytest.mark.parametrize(("code", "comes_back"), [(1001, True), (4001, True), (4499, True), (4500, False)])
async def test_a_close_code_says_whether_a_page_comes_back(
    visits: Visits, demo: Demo, code: int, comes_back: bool
) -> None:
    """4500 to 4999 are for good; it is said, and still up to the reader."""
    context, connections = await visits.context(), 0

    async def serve(socket: WebSocketRoute) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            await socket.close(code=code)
        else:
            socket.connect_to_server()

    await context.route_web_socket("**/chat", serve)
    page = await context.new_page()
    await page.goto(demo.url)
    if not comes_back:
        await expect(page.get_by_text(f"Ended by the server ({code})")).to_be_visible()
        await page.get_by_role("button", name="Reconnect now").click()
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert connections == 2


async def test_a_failure_of_no_field_is_a_notice(visits: Visits, demo: Demo) -> None:
    """Here a server that fails; the notice can be closed."""
    context = await visits.context()

    async def serve(socket: WebSocketRoute) -> None:
        socket.on_message(
            lambda _: socket.send(
                '{"event":"chat.enter","ref":1,"status":"error",'
                '"error":{"code":"internal","message":"the event could not be served","retryable":false}}'
            )
        )

    await context.route_web_socket("**/chat", serve)
    page = await context.new_page()
    await page.goto(demo.url)
    await page.get_by_label("Your name").fill("Ann")
    await page.keyboard.press("Enter")
    notice = page.get_by_role("alert").filter(has_text="the event could not be served")
    await expect(notice).to_be_visible()
    await notice.get_by_role("button", name="Close").click()
    await expect(notice).to_be_hidden()


async def test_whoever_is_faster_than_the_connection_waits_for_it(visits: Visits, demo: Demo) -> None:
    """Here one that opens late; it is said that it is not there yet."""
    context = await visits.context()
    await context.add_init_script(
        "window.WebSocket = class extends WebSocket {"
        " set onopen(open) { super.onopen = open && (() => setTimeout(open, 500)); } }"
    )
    page = await context.new_page()
    await page.goto(demo.url)
    await page.get_by_label("Your name").fill("Ann")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Connecting", exact=True)).to_be_visible()
    await expect(page.get_by_role("heading", name="lobby")).to_be_visible()


async def test_a_page_that_is_loaded_again_is_where_it_was(visits: Visits) -> None:
    ann = await visits.enter("Ann", "tea-time")
    await say(ann, "hello")
    await expect_said(ann, "hello")
    await ann.reload()
    await expect_said(ann, "hello")
    await expect(ann.get_by_text("You are Ann")).to_be_visible()


async def test_a_name_can_be_changed(visits: Visits) -> None:
    ann, bob = await visits.enter("Ann"), await visits.enter("Bob")
    await ann.get_by_role("button", name="change").click()
    await come_in(ann, "Anna")
    await expect(bob.locator("#people li")).to_have_text(["BBob", "AAnna"])


async def test_the_page_needs_nobody_else_and_complains_about_nothing(visits: Visits, demo: Demo) -> None:
    """No request leaves for another host; nothing is in the console."""
    context, asked = await visits.context(), list[str]()
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(demo.url)
    await come_in(page, "Ann")
    await say(page, "hello")
    await expect_said(page, "hello")
    await say(page, TOO_LONG)
    await expect_error(page, "Message", "String should have at most 500 characters")
    await page.get_by_role("button", name="music").click()
    await expect(page.get_by_text("Nobody has said anything here yet.")).to_be_visible()
    host = demo.url.removeprefix("http://")
    assert {re.split("[/]+", url)[1] for url in asked} == {host}
    assert f"ws://{host}/chat" in asked
    assert complaints == []


async def test_what_crosses_the_wire_can_be_seen(visits: Visits) -> None:
    ann = await visits.enter("Ann", viewport={"width": 1280, "height": 800})
    await say(ann, TOO_LONG)
    await expect(ann.locator("#frames .error")).to_contain_text('"code": "invalid_payload"')
    await ann.get_by_role("button", name="What crosses the wire").click()
    await expect(ann.locator("#frames")).to_be_hidden()


async def test_a_small_phone_has_room_for_all_of_it(visits: Visits) -> None:
    """Nothing scrolls sideways, whatever is open; text fields are large enough not to be zoomed."""
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = await visits.page(**phone, reduced_motion="reduce")
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert await page.evaluate(REACHES_OUT) == []
    await expect(page.get_by_role("button")).to_have_text(["Enter"])
    await come_in(page, "A" * 24, "g" * 40)
    await say(page, "w" * 300)
    await expect_said(page, "w" * 300)
    await say(page, TOO_LONG)
    await expect_error(page, "Message", "String should have at most 500 characters")
    assert await page.evaluate(REACHES_OUT) == []
    assert await page.evaluate(SMALL_TEXT) == []
    assert await page.evaluate("() => document.documentElement.scrollWidth") == 320
    send = await page.get_by_role("button", name="Send").bounding_box()
    assert send is not None
    assert send["y"] + send["height"] <= 640
    await page.get_by_role("button", name="Groups and people").click()
    await expect(page.get_by_role("button", name="g" * 40)).to_be_focused()
    assert await page.evaluate(REACHES_OUT) == []
    await page.get_by_role("button", name="music").click()
    await expect(page.get_by_role("heading", name="music")).to_be_visible()
    await expect(page.get_by_role("button", name="music")).to_be_hidden()
    await page.get_by_role("button", name="What crosses the wire").click()
    await expect(page.locator("#frames")).to_be_visible()
    assert await page.evaluate(REACHES_OUT) == []


async def test_the_page_is_light_or_dark_as_its_reader_likes(visits: Visits) -> None:
    page = await visits.enter("Ann", color_scheme="light")
    light = await luminance(page)
    await page.emulate_media(color_scheme="dark")
    dark = await luminance(page)
    assert light > 0.85
    assert dark < 0.15
