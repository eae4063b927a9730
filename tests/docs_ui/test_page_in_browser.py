"""The page in Chromium: what it shows, how it looks, and whether there is room."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.docs_ui.console_document import Json
from tests.docs_ui.visit import DOCUMENT, Visit

pytestmark = pytest.mark.browser

REACHES_OUT = """() => [...document.querySelectorAll('body *')]
    .filter((each) => !each.parentElement.closest('.preview')) // which is cut off, with an ellipsis
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 || each.getBoundingClientRect().left < -0.5)
    .map((each) => each.outerHTML.slice(0, 80))"""
SMALL_TEXT = """() => [...document.querySelectorAll('#console :is(input, select, textarea)')]
    .filter((each) => each.checkVisibility() && parseFloat(getComputedStyle(each).fontSize) < 16)
    .map((each) => each.outerHTML.slice(0, 80))"""
LUMINANCE = "() => getComputedStyle(document.body).backgroundColor"


async def test_the_page_shows_the_document_and_complains_about_nothing(visit: Visit) -> None:
    await visit.reference()
    await expect(visit.page.get_by_text("Kitchen 1.0.0").last).to_be_visible()
    names = visit.page.locator("#operations h3:visible > span:last-child")
    await expect(names).to_have_text(
        [
            "order.place",
            "order.cancel",
            "kitchen.watch",
            "kitchen.close",
            "kitchen.whisper",
            "order.placed",
            "nexws.cancel",
            "nexws.error",
        ]
    )
    await expect(visit.page.get_by_role("cell", name="4010 KITCHEN_CLOSED")).to_be_visible()
    assert visit.complaints == []
    assert visit.sockets == []


async def test_without_the_console_the_page_does_not_speak_of_it(visit: Visit) -> None:
    await visit.reference("/plain#console")
    await expect(visit.page.get_by_text("console")).to_have_count(0)
    assert visit.complaints == []


async def test_an_event_of_the_page_leads_into_the_console(visit: Visit) -> None:
    """And back, with the browser's own button."""
    await visit.reference()
    watch = visit.page.locator("#operations > ul > li").filter(has_text="Watch the cook")
    await watch.get_by_role("link", name="Try it in the console").click()
    await expect(visit.page.get_by_role("heading", name="kitchen.watch")).to_be_visible()
    await expect(visit.events.get_by_role("option", name="kitchen.watch")).to_have_attribute(
        "aria-selected", "true"
    )
    await visit.page.go_back()
    await expect(visit.page.locator("#operations")).to_be_visible()


async def test_a_document_that_cannot_be_had_is_told(visit: Visit) -> None:
    await visit.page.route(DOCUMENT, lambda route: route.fulfill(status=503))
    await visit.page.goto(f"{visit.url}/asyncapi")
    await expect(visit.page.get_by_role("alert")).to_contain_text("asyncapi.json was answered with 503")


async def test_a_description_runs_nothing_and_asks_nobody(visit: Visit) -> None:
    """Descriptions are Markdown, so they may hold HTML: it is cleaned, and the policy is behind that."""
    nasty = (
        "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
        "![there](https://example.com/seen.png) <a href='javascript:window.hacked=3'>here</a> **bold**"
    )

    def change(document: Json) -> None:
        document["info"]["description"] = document["channels"]["Kitchen"]["description"] = nasty
        document["operations"]["Kitchen.order.place"]["description"] = nasty
        document["components"]["schemas"]["Order"]["description"] = nasty

    await visit.reference(change=change)
    await expect(visit.page.get_by_text("bold").first).to_be_visible()
    assert await visit.page.evaluate("() => window.hacked") is None
    links = "() => [...document.querySelectorAll('a')].filter((each) => each.href.startsWith('javascript')).length"
    assert await visit.page.evaluate(links) == 0


async def test_the_page_is_light_or_dark_as_its_reader_likes(visit: Visit) -> None:
    """As the system is, or as the button says, which is kept."""

    async def is_dark() -> bool:
        found: str = await visit.page.evaluate(LUMINANCE)
        return sum(int(each) for each in re.findall(r"\d+", found)[:3]) < 200

    await visit.page.emulate_media(color_scheme="dark")
    await visit.console()
    assert await is_dark()
    await visit.page.emulate_media(color_scheme="light")
    assert not await is_dark()
    button = visit.page.get_by_role("button", name="Colours")
    await button.click()
    await button.click()
    await expect(button).to_have_accessible_name("Colours: dark")
    assert await is_dark()
    await visit.page.reload()
    assert await is_dark()


@pytest.mark.parametrize("width", [360, 900, 1280])
async def test_there_is_room_for_all_of_it(visit: Visit, width: int) -> None:
    """Nothing scrolls sideways, in any part; on a phone, text fields are large enough not to be zoomed."""
    await visit.page.set_viewport_size({"width": width, "height": 720})
    await visit.console()
    parts = visit.page.get_by_role("navigation", name="Parts of the console")
    is_phone = width < 832

    async def show(part: str) -> None:
        if is_phone:
            await parts.get_by_role("button", name=part).click()

    async def check() -> None:
        assert await visit.page.evaluate(REACHES_OUT) == []
        if is_phone:
            assert await visit.page.evaluate(SMALL_TEXT) == []

    await check()
    await visit.connect()
    await show("Event")
    await visit.page.get_by_label("table", exact=True).fill("77")
    await visit.send()
    await expect(visit.outcome).to_contain_text("invalid_payload")
    await check()
    await show("Log")
    await expect(visit.rows("failure")).to_be_visible()
    await visit.rows("failure").locator("summary").click()
    await check()


async def test_the_reference_has_room_on_a_phone(visit: Visit) -> None:
    """Wide tables scroll by themselves."""
    await visit.page.set_viewport_size({"width": 360, "height": 720})
    await visit.reference()
    assert await visit.page.evaluate("() => document.documentElement.scrollWidth") == 360
    link = visit.page.get_by_role("link", name="Try it in the console").first
    await link.click()
    await expect(visit.page.get_by_role("heading", name="order.place")).to_be_visible()
