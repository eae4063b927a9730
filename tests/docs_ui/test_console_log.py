"""The console's log: what it shows, and what it keeps."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.docs_ui.visit import Visit, push

pytestmark = pytest.mark.browser


async def test_the_log_can_be_filtered_and_cleared(visit: Visit) -> None:
    await visit.answer_with(push("grill"), push("pastry"))
    await visit.console()
    await visit.connect()
    await visit.send()
    visible = visit.page.locator(".row:visible")
    await expect(visible).to_have_count(4)
    await visit.page.get_by_label("Kind", exact=True).select_option("Pushes")
    await expect(visible).to_have_count(2)
    await visit.page.get_by_label("Filter").fill("PASTRY")
    await expect(visible).to_have_count(1)
    assert [entry["frame"]["data"]["station"] for entry in await visit.log()] == ["pastry"]
    await visit.page.get_by_label("Filter").press("Escape")
    await visit.page.get_by_label("Kind", exact=True).select_option("All frames")
    await expect(visible).to_have_count(4)
    await visit.page.get_by_role("button", name="Clear").click()
    await expect(visit.rows("push")).to_have_count(0)


async def test_a_log_that_is_paused_shows_what_came_meanwhile_later(visit: Visit) -> None:
    await visit.answer_with(push(), push(), push())
    await visit.console()
    await visit.connect()
    await expect(visit.rows("opened")).to_have_count(1)
    await visit.page.get_by_role("button", name="Pause").click()
    await visit.send()
    more = visit.page.get_by_role("button", name="Go on (4 new)")
    await expect(more).to_be_visible()
    await expect(visit.page.locator(".row")).to_have_count(1)
    await more.click()
    await expect(visit.rows("push")).to_have_count(3)


async def test_the_log_keeps_a_thousand_frames(visit: Visit) -> None:
    """The oldest go; a stream that still runs keeps its request, and its button."""

    def flood(socket: WebSocketRoute, message: str | bytes) -> None:
        ref = json.loads(message)["ref"]
        for n in range(1500):
            frame = {
                "event": "kitchen.watch",
                "ref": ref,
                "status": "next",
                "data": {"n": n, "doing": "tasting"},
            }
            socket.send(json.dumps(frame))
            if n % 3 == 0:
                socket.send(push())

    await visit.serve(flood)
    await visit.console()
    await visit.connect()
    await visit.choose("kitchen.watch")
    await visit.send()
    count = visit.page.locator(".count")
    await expect(count).to_have_text("1000 frames, 1002 older ones dropped")
    await expect(visit.page.locator(".row")).to_have_count(1000)
    request = visit.request("kitchen.watch")
    await expect(request).to_contain_text("streaming, 1500 items")
    await expect(request.get_by_role("button", name="Cancel")).to_be_visible()
    await expect(request.locator(".row:visible")).to_have_count(7)
